"""A relay that is down, that refuses us or is crowded: emails wait for it and are not blamed."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable

import servers
from deliveries import NOWHERE, events, let_pass, most, now
from relays import FaultyRelay
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.delivery import claims, relays, sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.models import Email, Profile, Relay
from mentorship.service import queue
from mentorship.settings import Settings
from mentorship.states import EmailState


def test_a_relay_that_is_down_rests_and_costs_no_email_an_attempt(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    first, second = owe("a@example.org", "b@example.org")
    settings = settings.replace(smtp_url=NOWHERE)
    down = SMTPSender(settings)
    assert most(engine, settings) == 1000

    sending.deliver(engine, down, first.id, settings)
    sending.deliver(engine, down, second.id, settings)

    found = now(engine, first)
    assert (found.state, found.attempts) == (EmailState.READY, 0)
    assert "cannot be reached" in (found.last_error or "")
    assert [kind for kind, _ in events(engine, first)] == ["put_off"]
    assert events(engine, second) == [], "it is not even tried"
    assert most(engine, settings) == 0


def test_pauses_grow_to_five_minutes_and_one_email_tries_again(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    (email,) = owe("a@example.org")
    settings = settings.replace(smtp_url=NOWHERE)
    down = SMTPSender(settings)
    for seconds in (5, 10, 20, 40, 80, 160, 300, 300, 300):
        with database.reading(engine) as session:
            earliest = database.now(session)
        sending.deliver(engine, down, email.id, settings)
        with database.reading(engine) as session:
            latest = database.now(session)
            until = session.scalars(select(Relay.paused_until)).one()
        pause = datetime.timedelta(seconds=seconds)
        assert until is not None
        assert earliest + pause <= until <= latest + pause
        assert now(engine, email).due_at == until
        let_pass(engine, 400)
        assert most(engine, settings) == 1

    assert now(engine, email).attempts == 0


def test_one_email_that_is_taken_ends_the_pause_for_all(
    engine: Engine, sender: SMTPSender, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    email, other = owe("a@example.org", "b@example.org")
    with database.transaction(engine) as session:
        relays.pause(session, "421 closing", settings)
    sending.deliver(engine, sender, email.id, settings)
    assert now(engine, email).state is EmailState.READY

    let_pass(engine, 6)
    sending.deliver(engine, sender, email.id, settings)

    assert now(engine, email).state is EmailState.SENT
    assert most(engine, settings) == 1000
    with database.reading(engine) as session:
        relay = session.scalars(select(Relay)).one()
        assert (relay.failures, relay.down_since, relay.reason) == (0, None, "")
    sending.deliver(engine, sender, other.id, settings)
    assert now(engine, other).state is EmailState.SENT


def test_what_coordinators_read_of_a_relay_names_no_one(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        relays.pause(session, "the relay said 421 4.7.0 <ana@example.org>: later", settings)

    with database.reading(engine) as session:
        reason = session.scalars(select(Relay)).one().reason
    assert "421 4.7.0" in reason
    assert "ana@" not in reason


def test_workers_that_fail_at_once_lengthen_the_pause_once(
    engine: Engine, settings: Settings
) -> None:
    for _ in range(5):
        with database.transaction(engine) as session:
            relays.pause(session, "421 closing", settings)

    with database.reading(engine) as session:
        assert session.scalars(select(Relay)).one().failures == 1


def test_a_relay_that_allows_few_connections_is_not_down(
    engine: Engine, sender: SMTPSender, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    first, second = owe("a@example.org", "b@example.org")
    with FaultyRelay(greeting="421 4.7.0 Error: too many connections from 127.0.0.1") as busy:
        crowded = settings.replace(smtp_url=busy.url)
        other = SMTPSender(crowded)
        sending.deliver(engine, other, first.id, crowded)
        with database.reading(engine) as session:
            assert relays.is_down(session, crowded), "someone else has all its connections"
        let_pass(engine, 6)
        sending.deliver(engine, other, first.id, crowded)
        assert now(engine, first).state is EmailState.SENT
        assert most(engine, crowded) == 1000

        other.close()
        busy.faults["greeting"] = "421 4.7.0 Error: too many connections from 127.0.0.1"
        sending.deliver(engine, other, second.id, crowded)
        assert now(engine, second).state is EmailState.READY
        assert now(engine, second).attempts == 0
        assert events(engine, second) == []
        with database.reading(engine) as session:
            assert relays.find(session, crowded).failures == 0  # type: ignore[union-attr]
        let_pass(engine, 4)
        sending.deliver(engine, other, second.id, crowded)
        assert now(engine, second).state is EmailState.SENT
        other.close()


def test_an_email_at_which_the_relay_hangs_up_is_given_up_while_others_leave(
    engine: Engine, settings: Settings, relay: servers.Relay, owe: Callable[..., list[Email]]
) -> None:
    settings = settings.replace(mail_give_up_seconds=36_000.0)
    bad, *others = owe(*(f"p{number}@example.org" for number in range(20)))
    states = []
    for other in others:
        sender = SMTPSender(settings)
        relay.recipient_answers += ["421 go away", "421 go away"]
        sending.deliver(engine, sender, bad.id, settings)
        relay.recipient_answers.clear()
        let_pass(engine, 100_000)
        sending.deliver(engine, sender, other.id, settings)
        sender.close()
        states.append(now(engine, other).state)

    assert set(states) == {EmailState.SENT}
    assert now(engine, bad).state is EmailState.FAILED
    assert "given up after" in (now(engine, bad).last_error or "")


def test_a_verdict_of_any_kind_ends_the_pause(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]],
) -> None:  # fmt: skip
    (email,) = owe("a@example.org")
    with database.transaction(engine) as session:
        relays.pause(session, "421 closing", settings)
    let_pass(engine, 6)
    relay.recipient_answers.append("550 5.1.1 unknown")

    sending.deliver(engine, sender, email.id, settings)

    assert now(engine, email).state is EmailState.FAILED
    with database.reading(engine) as session:
        assert not relays.is_down(session, settings)


def test_a_relay_that_is_back_is_seen_where_no_email_waits(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]],
) -> None:  # fmt: skip
    (email,) = owe("a@example.org")
    sending.deliver(engine, sender, email.id, settings)
    down = settings.replace(smtp_url=NOWHERE)
    with database.transaction(engine) as session:
        for of in (settings, down):
            relays.pause(session, "421 closing", of)

    def failures(of: Settings) -> int:
        sending.try_relay(engine, of)
        with database.reading(engine) as session:
            found = relays.find(session, of)
            assert found is not None
            assert (found.down_since is None) == (found.failures == 0)
            return found.failures

    assert (failures(settings), failures(down)) == (1, 1), "it still rests"
    let_pass(engine, 6)
    owe("b@example.org")
    assert failures(settings) == 1, "the email that is due tries it"
    with database.transaction(engine) as session:
        session.execute(update(Email).values(state=EmailState.SUPERSEDED))
    assert (failures(settings), failures(down)) == (0, 2)
    assert failures(down) == 2, "it rests again"
    assert len(relay.taken) == 1


def test_the_first_failure_that_two_workers_meet_at_once_is_one(
    engine: Engine, settings: Settings
) -> None:
    barrier, errors = threading.Barrier(4), []

    def fail() -> None:
        try:
            with database.transaction(engine) as session:
                barrier.wait()
                relays.pause(session, "421 closing", settings)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=fail) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    with database.reading(engine) as session:
        assert session.scalars(select(Relay)).one().failures == 1


def test_workers_that_wait_long_for_a_relay_that_is_down_cost_no_email_its_life(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    (email,) = owe("a@example.org")
    with database.transaction(engine) as session:
        relays.pause(session, "it cannot be reached", settings)
    for _ in range(9):
        let_pass(engine, 1000)
        with database.transaction(engine) as session:
            silent = settings.replace(lease_seconds=-1.0)
            assert claims.claim(session, email.id, silent) is not None
        with database.transaction(engine) as session:
            claims.take_back(session, settings)

    assert (now(engine, email).state, now(engine, email).crashes) == (EmailState.READY, 0)


def test_sweeps_ring_for_one_email_while_the_relay_is_down(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]], session: Session
) -> None:
    owe("a@example.org", "b@example.org", "c@example.org")
    again = datetime.timedelta(0)
    relays.pause(session, "421 closing", settings)
    session.commit()
    assert (
        queue._due(
            session, again, relays.most_to_try(session, 9, settings), 9, settings.most_starts
        )
        == []
    )
    session.rollback()
    let_pass(engine, 6)
    assert (
        len(
            queue._due(
                session, again, relays.most_to_try(session, 9, settings), 9, settings.most_starts
            )
        )
        == 1
    )
    assert session.scalar(select(Profile).limit(1)) is not None

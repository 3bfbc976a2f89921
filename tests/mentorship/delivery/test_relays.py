"""A relay that is down, one that takes only so many a minute, and emails sent again by hand."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Sequence

import factories
import pytest
import servers
from relays import FaultyRelay
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery import claims, outcomes, relays, sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.emails import messages
from mentorship.errors import Invalid, WrongState
from mentorship.models import AuditEntry, Email, EmailEvent, EmailKind, Person, Profile, Relay
from mentorship.service import queue
from mentorship.settings import Settings
from mentorship.states import EmailState

NOWHERE = "smtp://127.0.0.1:1"


@pytest.fixture
def owe(engine: Engine) -> Callable[..., list[Email]]:
    """Welcome emails that are owed to people with these addresses."""

    def write(*addresses: str) -> list[Email]:
        with database.transaction(engine) as session:
            program = factories.make_program(session)
            for address in addresses:
                profile = factories.make_mentee(session, program, email=address)
                person_id = profile.person_id
                outbox.owe(
                    session,
                    EmailKind.WELCOME,
                    to=person_id,
                    about=profile.id,
                    program_id=program.id,
                )
            session.flush()
            return list(session.scalars(select(Email).join(Email.person).order_by(Person.email)))

    return write


def now(engine: Engine, email: Email) -> Email:
    with database.reading(engine) as session:
        return session.get_one(Email, email.id)


def events(engine: Engine, email: Email) -> list[tuple[str, str]]:
    with database.reading(engine) as session:
        found = select(EmailEvent).where(EmailEvent.email_id == email.id).order_by(EmailEvent.at)
        return [(event.kind.value, event.words) for event in session.scalars(found)]


def let_pass(engine: Engine, seconds: float) -> None:
    """Move what is waited for into the past by so many seconds."""
    by = datetime.timedelta(seconds=seconds)
    with database.transaction(engine) as session:
        for row in session.scalars(select(Relay)):
            row.paused_until = row.paused_until - by if row.paused_until else None
        for email in session.scalars(select(Email)):
            email.due_at -= by


def most(engine: Engine, settings: Settings) -> int:
    with database.transaction(engine) as session:
        return relays.most_to_try(session, 1000, settings)


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


def test_what_coordinators_read_of_a_relay_names_nobody(engine: Engine, settings: Settings) -> None:
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


def test_a_login_that_is_refused_fails_no_email(
    engine: Engine, settings: Settings, relay: servers.Relay, owe: Callable[..., list[Email]]
) -> None:
    (email,) = owe("a@example.org")
    wrong = settings.replace(smtp_url=relay.url.replace("//", "//user:wrong@"))

    sending.deliver(engine, SMTPSender(wrong), email.id, wrong)

    found = now(engine, email)
    assert (found.state, found.attempts) == (EmailState.READY, 0)
    with database.reading(engine) as session:
        assert session.get_one(Person, email.person_id).address_problem is None
        assert session.scalars(select(Relay)).one().down_since is not None


@pytest.mark.parametrize(
    "answer",
    [
        "554 5.7.1 <a@example.org>: Relay access denied",
        "530 5.7.0 Authentication required",
        "550 5.4.5 Daily user sending limit exceeded",
        "550 5.7.54 Unable to relay recipient in non-accepted domain",
    ],
)
def test_a_relay_that_does_not_know_us_fails_no_email_and_flags_nobody(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]], answer: str,
) -> None:  # fmt: skip
    (email,) = owe("a@example.org")
    relay.recipient_answers.append(answer)

    sending.deliver(engine, sender, email.id, settings)

    assert (now(engine, email).state, now(engine, email).attempts) == (EmailState.READY, 0)
    assert most(engine, settings) == 0
    with database.reading(engine) as session:
        assert session.get_one(Person, email.person_id).address_problem is None


def flagged(engine: Engine) -> list[str]:
    with database.reading(engine) as session:
        return list(
            session.scalars(select(Person.email).where(Person.address_problem.is_not(None)))
        )


@pytest.mark.parametrize(
    "answer",
    [
        "553 5.7.1 <bounces@example.org>: Sender address rejected: not owned by user a@example.org",
        "554 5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied",
        "504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname",
        "550-Verification failed for <b@x.org>\r\n550-No such user\r\n550 Sender verify failed",
    ],
)
def test_a_relay_that_refuses_us_fails_no_email_and_all_leave_once_it_takes_us(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]], answer: str,
) -> None:  # fmt: skip
    emails = owe(*(f"p{number}@example.org" for number in range(6)))
    for email in emails:
        relay.recipient_answers[:] = [answer]
        sending.deliver(engine, sender, email.id, settings)
        let_pass(engine, 400)

    assert {now(engine, email).state for email in emails} == {EmailState.READY}
    assert flagged(engine) == []
    with database.reading(engine) as session:
        assert relays.is_down(session, settings)
        paused = relays.find(session, settings)
        assert paused is not None
        assert answer[:3] in paused.reason
    relay.recipient_answers.clear()
    for email in emails:
        sending.deliver(engine, sender, email.id, settings)
    assert {now(engine, email).state for email in emails} == {EmailState.SENT}


@pytest.mark.parametrize("phase", ["recipient_answers", "text_answers"])
def test_what_is_said_to_one_after_another_is_about_us_whatever_its_words(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]], phase: str,
) -> None:  # fmt: skip
    emails = owe(*(f"p{number}@example.org" for number in range(6)))
    for number, email in enumerate(emails):
        getattr(relay, phase)[:] = [f"554 5.7.1 we would rather not, id{number}x <p{number}@x.org>"]
        sending.deliver(engine, sender, email.id, settings)
        let_pass(engine, 400)

    failed = [now(engine, email) for email in emails[:2]]
    assert [email.state for email in failed] == [EmailState.FAILED] * 2
    assert len({email.failure for email in failed}) == 1
    assert {now(engine, email).state for email in emails[2:]} == {EmailState.READY}
    assert flagged(engine) == []
    with database.reading(engine) as session:
        assert relays.is_down(session, settings)


def test_what_is_said_to_some_while_others_are_taken_is_about_them(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]],
) -> None:  # fmt: skip
    emails = owe(*(f"p{number}@example.org" for number in range(8)))
    for number, email in enumerate(emails):
        relay.text_answers[:] = ["550 5.7.1 looks like spam"] if number % 2 else []
        sending.deliver(engine, sender, email.id, settings)

    states = [now(engine, email).state for email in emails]
    assert states == [EmailState.SENT, EmailState.FAILED] * 4
    assert flagged(engine) == []


def test_one_email_that_is_refused_over_and_over_is_not_about_us(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]],
) -> None:  # fmt: skip
    (email,) = owe("a@example.org")
    for _ in range(4):
        relay.text_answers[:] = ["552 5.3.4 too big"]
        sending.deliver(engine, sender, email.id, settings)
        assert now(engine, email).state is EmailState.FAILED
        resend(engine, email)


def test_an_address_that_takes_an_email_again_is_no_longer_flagged(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]],
) -> None:  # fmt: skip
    (email,) = owe("a@example.org")
    relay.recipient_answers.append("550 5.1.1 no such user")
    sending.deliver(engine, sender, email.id, settings)
    assert flagged(engine) == ["a@example.org"]

    resend(engine, email)
    sending.deliver(engine, sender, email.id, settings)

    assert now(engine, email).state is EmailState.SENT
    assert now(engine, email).failure is None
    assert flagged(engine) == []
    with database.reading(engine) as session:
        cleared = select(AuditEntry).where(AuditEntry.action == "address cleared")
        assert session.scalars(cleared).one().actor == "service"


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
    bad, *others = owe(*(f"p{number}@example.org" for number in range(40)))
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


def test_turns_that_were_missed_are_given_anew(
    engine: Engine, sender: SMTPSender, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    emails = owe(*(f"p{number}@example.org" for number in range(5)))
    limited = settings.replace(mail_per_minute=1.0)
    for email in emails:
        sending.deliver(engine, sender, email.id, limited)
    with database.transaction(engine) as session:
        for row in session.scalars(select(Email).where(Email.state == EmailState.READY)):
            row.due_at -= datetime.timedelta(hours=9)
            assert row.slot_at is not None
            row.slot_at -= datetime.timedelta(hours=9)

    for email in emails:
        sending.deliver(engine, sender, email.id, limited)

    sent = [email for email in emails if now(engine, email).state is EmailState.SENT]
    assert len(sent) == 1, "the first, at first; not all the others at once"


def test_a_worker_that_submits_while_it_is_taken_back_leaves_a_doubt_or_nothing(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    """On PostgreSQL a statement may find another state than the one before it saw."""
    (email,) = owe("a@example.org")
    with database.transaction(engine) as session:
        claimed = claims.claim(session, email.id, settings.replace(lease_seconds=-1.0))
        assert claimed is not None
        message = messages.compose(session, email.id, settings)
    barrier = threading.Barrier(2)
    submitted = []

    def submit() -> None:
        with database.transaction(engine) as session:
            barrier.wait()
            submitted.append(
                claims.submit(session, claimed, message.data, message.message_id, settings)
            )

    thread = threading.Thread(target=submit)
    thread.start()
    with database.transaction(engine) as session:
        barrier.wait()
        claims.take_back(session, settings)
    thread.join()

    found = now(engine, email)
    assert (found.state, submitted) in (
        (EmailState.SUBMITTING, [True]),
        (EmailState.READY, [False]),
    )


def test_an_answer_that_comes_after_an_email_was_taken_back_is_kept(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    (email,) = owe("a@example.org")
    soon = settings.replace(lease_seconds=-1.0)
    with database.transaction(engine) as session:
        claimed = claims.claim(session, email.id, settings)
        assert claimed is not None
        message = messages.compose(session, email.id, settings)
    with database.transaction(engine) as session:
        assert claims.submit(session, claimed, message.data, message.message_id, soon)
    with database.transaction(engine) as session:
        claims.take_back(session, settings)
    assert now(engine, email).state is EmailState.READY

    with database.transaction(engine) as session:
        outcomes.sent(session, claimed, "250 taken")

    found = now(engine, email)
    assert found.state is EmailState.SENT
    assert found.doubt_since is not None


def test_what_is_superseded_while_a_worker_holds_it_does_not_leave(
    engine: Engine, settings: Settings, relay: servers.Relay, owe: Callable[..., list[Email]]
) -> None:
    (email,) = owe("a@example.org")

    class Slow(SMTPSender):
        def begin(self, return_paths: Sequence[str], recipient: str) -> None:
            super().begin(return_paths, recipient)
            with database.transaction(engine) as session:
                outbox.supersede(session, [email.cause_id], email.kind)

    sender = Slow(settings)
    sending.deliver(engine, sender, email.id, settings)
    sender.close()

    assert now(engine, email).state is EmailState.SUPERSEDED
    assert relay.taken == []


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


def test_a_limit_gives_each_email_a_turn_of_its_own(
    engine: Engine, sender: SMTPSender, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    emails = owe(*(f"p{number}@example.org" for number in range(5)), "q@example.com")
    limited = settings.replace(mail_per_domain_minute=1.0)

    for email in emails:
        sending.deliver(engine, sender, email.id, limited)

    found = [now(engine, email) for email in emails]
    assert [email.state.value for email in found] == ["sent", *["ready"] * 4, "sent"]
    turns = [email.due_at for email in found[1:5]]
    apart = [(b - a).total_seconds() for a, b in zip(turns, turns[1:], strict=False)]
    assert apart == pytest.approx([60, 60, 60])
    assert [email.attempts for email in found[1:5]] == [0] * 4

    let_pass(engine, 600)
    for email in emails[1:5]:
        sending.deliver(engine, sender, email.id, limited)
    assert {now(engine, email).state for email in emails} == {EmailState.SENT}


def test_neither_of_two_limits_is_exceeded_and_nobody_waits_for_a_crowded_domain(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    limited = settings.replace(mail_per_minute=1.0, mail_per_domain_minute=0.1)
    crowded = [f"{n}@crowd{domain}.org" for domain in range(3) for n in range(5)]
    alone = [f"z@alone{n}.org" for n in range(20)]
    turns: dict[str, list[datetime.datetime]] = {}
    # By address, so the crowded domains come first.
    for email in owe(*crowded, *alone):
        with database.transaction(engine) as session:
            claims.claim(session, email.id, limited)
            found = session.get_one(Email, email.id, populate_existing=True)
            domain = found.person.email.rpartition("@")[2]
            turns.setdefault(domain, []).append(found.slot_at or database.now(session))

    def closest(of: list[datetime.datetime]) -> float:
        return min((b - a).total_seconds() for a, b in zip(of, of[1:], strict=False))

    # A little passes between an email's turn and the look at the clock.
    assert closest(sorted(at for of in turns.values() for at in of)) > 50
    assert all(closest(of) > 590 for of in turns.values() if len(of) > 1)
    begin = min(at for of in turns.values() for at in of)
    last_alone = max(of[0] for domain, of in turns.items() if domain.startswith("alone"))
    assert (last_alone - begin).total_seconds() < 60 * len(crowded + alone)


def test_an_email_to_sign_in_does_not_queue_up(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    limited = settings.replace(mail_per_minute=1.0)
    first, second = owe("a@example.org", "b@example.org")
    with database.transaction(engine) as session:
        session.execute(update(Email).where(Email.id == second.id).values(kind=EmailKind.SIGN_IN))
    with database.transaction(engine) as session:
        assert claims.claim(session, first.id, limited) is not None
        assert claims.claim(session, second.id, limited) is not None


def test_the_ledger_tells_an_emails_life_in_the_relays_words(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]],
) -> None:  # fmt: skip
    (email,) = owe("a@example.org")
    relay.recipient_answers.append("450 4.2.0 greylisted")
    sending.deliver(engine, sender, email.id, settings)
    let_pass(engine, 6)
    relay.cuts = 1
    sending.deliver(engine, sender, email.id, settings)
    let_pass(engine, 1000)
    sending.deliver(engine, sender, email.id, settings)

    kinds, words = zip(*events(engine, email), strict=True)
    assert kinds == ("put_off", "in_doubt", "sent")
    assert "450 4.2.0 greylisted" in words[0]
    assert "250" in words[2]


def resend(engine: Engine, email: Email, reason: str = "they deleted it") -> None:
    with database.transaction(engine) as session:
        outbox.resend(session, session.get_one(Email, email.id), "somebody", reason)


def test_a_sent_email_leaves_once_more_as_the_same_bytes_with_a_reason(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]],
) -> None:  # fmt: skip
    (email,) = owe("a@example.org")
    sending.deliver(engine, sender, email.id, settings)
    resend(engine, email)
    with pytest.raises(WrongState, match="on its way"):
        resend(engine, email)
    sending.deliver(engine, sender, email.id, settings)

    assert len(relay.taken) == 2
    assert relay.taken[0] == relay.taken[1]
    assert ("resent", "they deleted it") in events(engine, email)
    with database.reading(engine) as session:
        actions = session.scalars(select(AuditEntry.action)).all()
        assert "email sent again" in actions


def test_a_refused_email_is_written_anew_to_the_mended_address(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    owe: Callable[..., list[Email]],
) -> None:  # fmt: skip
    (email,) = owe("wrong@example.org")
    relay.text_answers.append("550 5.1.1 no such user")
    sending.deliver(engine, sender, email.id, settings)
    assert now(engine, email).message is not None
    with database.transaction(engine) as session:
        session.get_one(Person, email.person_id).email = "right@example.org"

    resend(engine, email)
    sending.deliver(engine, sender, email.id, settings)

    ((address, content),) = relay.taken
    assert address == "right@example.org"
    assert b"wrong@example.org" not in content


@pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 501, "a\x00b c"])
def test_nothing_is_sent_again_without_a_reason(
    engine: Engine, sender: SMTPSender, settings: Settings, owe: Callable[..., list[Email]],
    reason: str,
) -> None:  # fmt: skip
    (email,) = owe("a@example.org")
    sending.deliver(engine, sender, email.id, settings)
    with pytest.raises(Invalid, match="say why"):
        resend(engine, email, reason)
    assert now(engine, email).state is EmailState.SENT


def test_sweeps_ring_for_one_email_while_the_relay_is_down(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]], session: Session
) -> None:
    owe("a@example.org", "b@example.org", "c@example.org")
    again = datetime.timedelta(0)
    relays.pause(session, "421 closing", settings)
    session.commit()
    assert queue._due(session, again, relays.most_to_try(session, 9, settings), room=9) == []
    session.rollback()
    let_pass(engine, 6)
    assert len(queue._due(session, again, relays.most_to_try(session, 9, settings), room=9)) == 1
    assert session.scalar(select(Profile).limit(1)) is not None

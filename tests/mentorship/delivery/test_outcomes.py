"""Sending: three phases, and what comes of everything a relay may do."""

from __future__ import annotations

import datetime
import itertools
import mailbox
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import factories
import pytest
import servers
from patience import patient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery import claims, sending
from mentorship.delivery.smtp import InDoubt, PermanentFailure, SMTPSender, TemporaryFailure
from mentorship.models import Email, EmailEvent, EmailEventKind, EmailKind, Person, Unmatched
from mentorship.settings import Settings
from mentorship.states import EmailState

#: By default an email waits for so long after its first try, its second and so on.
DELAYS = [
    datetime.timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, *itertools.repeat(14400, 90))
]


@pytest.fixture
def email(engine: Engine) -> Email:
    """An honest "not this time" that is owed to a mentee."""
    with database.transaction(engine) as session:
        return owe_one(session, "ana@example.org")


def owe_one(session: Session, address: str) -> Email:
    from mentorship.rounds import rounds

    program = factories.make_program(session)
    mentee = factories.make_mentee(session, program, email=address)
    round, _ = rounds.start(session, program, requested_by="test")
    session.add(
        Unmatched(round_id=round.id, profile_id=mentee.id, reason={"cause": "floor", "allowed": 1})
    )
    outbox.owe(
        session, EmailKind.NOT_THIS_TIME, to=mentee.person_id, about=round.id, program_id=program.id
    )
    session.flush()
    return session.scalars(select(Email).where(Email.person_id == mentee.person_id)).one()


def now(engine: Engine, email: Email) -> Email:
    with database.reading(engine) as session:
        return session.get_one(Email, email.id)


def clock(engine: Engine) -> datetime.datetime:
    with database.reading(engine) as session:
        return database.now(session)


def make_due(engine: Engine) -> None:
    """Let the time pass after which emails are tried again, or leases run out."""
    with database.transaction(engine) as session:
        past = database.now(session) - datetime.timedelta(seconds=1)
        session.execute(update(Email).where(Email.state == "ready").values(due_at=past))
        held = Email.state.in_(("claimed", "submitting"))
        session.execute(update(Email).where(held).values(lease_until=past))


def deliver(engine: Engine, sender: Any, settings: Settings, email: Email) -> Email:
    make_due(engine)
    sending.deliver(engine, sender, email.id, settings)
    return now(engine, email)


def test_an_email_is_sent_once_however_often_it_is_rung_for(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    for _ in range(3):
        found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.SENT
    assert (found.attempts, found.doubt_since) == (1, None)
    assert found.sent_at is not None
    ((address, content),) = relay.taken
    assert address == "ana@example.org"
    assert content == found.message


def test_two_workers_at_once_send_it_once(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    def work() -> None:
        sender = SMTPSender(settings)
        sending.deliver(engine, sender, email.id, settings)
        sender.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(relay.taken) == 1


@pytest.mark.parametrize("phase", ["recipient_answers", "text_answers"])
def test_a_relay_that_is_busy_is_tried_again_later_with_the_same_bytes(
    engine: Engine,
    sender: SMTPSender,
    settings: Settings,
    relay: servers.Relay,
    email: Email,
    phase: str,
) -> None:
    getattr(relay, phase).append("451 try again")
    begin = clock(engine)
    found = deliver(engine, sender, settings, email)
    assert found.state is EmailState.READY
    assert found.last_error == "the relay said 451 try again"
    assert found.due_at >= begin + DELAYS[0]
    first = found.message

    found = deliver(engine, sender, settings, email)
    assert found.state is EmailState.SENT
    assert first in (None, found.message)
    assert len(relay.taken) == 1


@pytest.mark.parametrize("phase", ["recipient_answers", "text_answers"])
def test_an_address_that_does_not_exist_fails_for_good_and_the_next_goes_out(
    engine: Engine,
    sender: SMTPSender,
    settings: Settings,
    relay: servers.Relay,
    email: Email,
    phase: str,
) -> None:
    getattr(relay, phase).append("550 no such user")
    with database.transaction(engine) as session:
        other = owe_one(session, "ben@example.org")

    assert deliver(engine, sender, settings, email).state is EmailState.FAILED
    assert deliver(engine, sender, settings, other).state is EmailState.SENT
    assert [address for address, _ in relay.taken] == ["ben@example.org"]
    with database.reading(engine) as session:
        flagged = session.get_one(Person, email.person_id)
        assert "550 no such user" in (flagged.address_problem or "")
        assert session.get_one(Person, other.person_id).address_problem is None


def test_a_relay_that_is_down_only_delays(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    nowhere = settings.replace(smtp_url="smtp://127.0.0.1:1")
    found = deliver(engine, SMTPSender(nowhere), nowhere, email)
    assert found.state is EmailState.READY
    assert "cannot be reached" in (found.last_error or "")

    up = SMTPSender(settings)
    assert deliver(engine, up, settings, email).state is EmailState.SENT
    up.close()


def test_a_relay_that_closed_an_idle_connection_is_no_failure(
    engine: Engine, sender: SMTPSender, settings: Settings, email: Email
) -> None:
    with database.transaction(engine) as session:
        other = owe_one(session, "ben@example.org")
    assert deliver(engine, sender, settings, email).state is EmailState.SENT
    assert sender._relay is not None
    assert sender._relay.sock is not None
    sender._relay.sock.close()

    found = deliver(engine, sender, settings, other)

    assert (found.state, found.attempts) == (EmailState.SENT, 1)


def test_what_the_relay_puts_off_is_tried_by_the_list_and_given_up_after_72_hours(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    relay.recipient_answers += ["450 4.2.0 greylisted"] * 100
    waited = 0.0
    for wait in DELAYS:
        begin = clock(engine)
        found = deliver(engine, sender, settings, email)
        if found.state is not EmailState.READY:
            break
        assert begin + wait <= found.due_at <= clock(engine) + wait
        waited += wait.total_seconds()

    assert 68 * 3600 < waited <= 72 * 3600
    assert found.state is EmailState.FAILED
    assert "450 4.2.0 greylisted" in (found.last_error or "")
    assert "given up after" in (found.last_error or "")
    with database.reading(engine) as session:
        assert session.get_one(Person, email.person_id).address_problem is None


def test_a_cut_after_the_text_is_a_doubt_that_waits_and_is_settled_once_more(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    relay.cuts = 1
    found = deliver(engine, sender, settings, email)
    assert found.state is EmailState.READY
    assert found.doubt_since is not None
    with database.reading(engine) as session:
        assert found.due_at > database.now(session) + datetime.timedelta(seconds=800)

    found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.SENT
    assert found.doubt_since is not None, "a doubt stays listed"
    assert len({content for _, content in relay.taken}) == 1, "both copies are the same bytes"


def test_a_second_doubt_is_not_sent_a_third_time(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    relay.cuts = 5
    for _ in range(4):
        found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.FAILED
    assert "may have arrived" in (found.last_error or "")
    assert len(relay.taken) == 2


def test_a_journal_settles_a_doubt_without_a_second_copy(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, tmp_path: Path
) -> None:
    settings = settings.replace(mail_journal=str(tmp_path / "journal"))
    sender = SMTPSender(settings)
    relay.cuts = 1
    found = deliver(engine, sender, settings, email)
    mailbox.Maildir(tmp_path / "journal", create=True).add(relay.taken[0][1])

    found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.SENT
    assert found.doubt_since is not None
    assert len(relay.taken) == 1
    sender.close()


def test_a_journal_that_lags_is_asked_until_it_has_had_its_time(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, tmp_path: Path
) -> None:
    settings = settings.replace(mail_journal=str(tmp_path / "journal"))
    sender = SMTPSender(settings)
    relay.cuts = 1
    deliver(engine, sender, settings, email)
    journal = mailbox.Maildir(tmp_path / "journal", create=True)

    for waited in (0, 10, 100, 800):
        doubted_before(engine, waited)
        found = deliver(engine, sender, settings, email)
        pause = (found.due_at - clock(engine)).total_seconds()
        assert found.state is EmailState.READY
        assert found.attempts == 1, "looking is no attempt"
        assert min(waited, 60) - 10 < pause <= max(2, min(waited + 10, 60))
    journal.add(relay.taken[0][1])

    assert deliver(engine, sender, settings, email).state is EmailState.SENT
    assert len(relay.taken) == 1
    sender.close()


def doubted_before(engine: Engine, seconds: float) -> None:
    """Let the doubt be this old."""
    at = clock(engine) - datetime.timedelta(seconds=seconds)
    doubted = EmailEvent.kind == EmailEventKind.IN_DOUBT
    with database.transaction(engine) as session:
        session.execute(update(EmailEvent).where(doubted).values(at=at))


def test_a_journal_without_it_for_so_long_lets_it_be_sent(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, tmp_path: Path
) -> None:
    settings = settings.replace(mail_journal=str(tmp_path / "journal"))
    sender = SMTPSender(settings)
    relay.cuts = 1
    deliver(engine, sender, settings, email)
    mailbox.Maildir(tmp_path / "journal", create=True)
    doubted_before(engine, settings.doubt_seconds + 1)

    assert deliver(engine, sender, settings, email).state is EmailState.SENT
    assert len(relay.taken) == 2
    sender.close()


class Slow(SMTPSender):
    """A sender that takes several leases at a step, while others look for silent workers."""

    def __init__(self, settings: Settings, engine: Engine, step: str) -> None:
        super().__init__(settings)
        self.engine, self.step = engine, step

    def wait(self, step: str) -> None:
        until = time.monotonic() + patient(3)
        while self.step == step and time.monotonic() < until:
            with database.transaction(self.engine) as session:
                claims.take_back(session, self._settings)
            time.sleep(0.05)

    def begin(self, return_paths: Sequence[str], recipient: str) -> None:
        self.wait("begin")
        super().begin(return_paths, recipient)

    def finish(self, message: bytes) -> str:
        self.wait("finish")
        return super().finish(message)


@pytest.mark.parametrize("step", ["begin", "finish"])
def test_a_worker_that_lives_keeps_its_email_however_slow_the_relay_is(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, step: str
) -> None:
    short = settings.replace(lease_seconds=patient(1.0), heartbeat_seconds=0.1)
    sender = Slow(short, engine, step)

    found = deliver(engine, sender, short, email)

    sender.close()
    assert (found.state, found.crashes, found.doubt_since) == (EmailState.SENT, 0, None)
    assert found.fence == 1
    assert len(relay.taken) == 1


@pytest.mark.parametrize("at", ["begin", "finish"])
def test_what_a_dead_worker_held_is_due_within_seconds(
    engine: Engine, settings: Settings, email: Email, at: str
) -> None:
    for deaths in range(3):
        make_due(engine)
        with pytest.raises(KeyboardInterrupt):
            sending.deliver(engine, Dying(at), email.id, settings)
        lease = now(engine, email).lease_until
        assert lease is not None
        assert lease <= clock(engine) + datetime.timedelta(seconds=settings.lease_seconds)
        make_due(engine)
        with database.transaction(engine) as session:
            claims.take_back(session, settings)
        found = now(engine, email)
        if at == "finish":
            assert found.doubt_since is not None, "it may be there, so it waits for longer"
            return
        assert found.crashes == deaths + 1
        assert (found.due_at - clock(engine)).total_seconds() <= 5


class Dying:
    """A sender whose worker is killed at a point of its choice."""

    def __init__(self, at: str) -> None:
        self.at = at

    def begin(self, return_paths: Sequence[str], recipient: str) -> None:
        if self.at == "begin":
            raise KeyboardInterrupt

    def finish(self, message: bytes) -> str:
        raise KeyboardInterrupt

    def abandon(self) -> None:
        """Nothing was announced anywhere."""

    def took(self, message_id: str, since: datetime.datetime) -> bool:
        return False


@pytest.mark.parametrize(("at", "in_doubt"), [("begin", False), ("finish", True)])
def test_a_worker_that_dies_leaves_an_email_that_is_taken_back(
    engine: Engine,
    sender: SMTPSender,
    settings: Settings,
    relay: servers.Relay,
    email: Email,
    at: str,
    in_doubt: bool,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        sending.deliver(engine, Dying(at), email.id, settings)
    with database.transaction(engine) as session:
        claims.take_back(session, settings)
    assert now(engine, email).state is not EmailState.READY, "its lease has not run out yet"

    make_due(engine)
    with database.transaction(engine) as session:
        claims.take_back(session, settings)

    found = now(engine, email)
    assert found.state is EmailState.READY
    assert (found.doubt_since is not None) == in_doubt
    assert deliver(engine, sender, settings, email).state is EmailState.SENT
    assert len(relay.taken) == 1


def test_a_worker_that_was_overtaken_sends_nothing(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    class Overtaken(SMTPSender):
        def begin(self, return_paths: Sequence[str], recipient: str) -> None:
            super().begin(return_paths, recipient)
            make_due(engine)
            with database.transaction(engine) as session:
                claims.take_back(session, settings)

    sender = Overtaken(settings)
    sending.deliver(engine, sender, email.id, settings)
    sender.close()

    assert relay.taken == []
    assert now(engine, email).state is EmailState.READY


@pytest.mark.parametrize(
    ("answer", "failure"), [("421 closing", TemporaryFailure), ("552 too big", PermanentFailure)]
)
def test_a_sender_tells_later_from_never(
    settings: Settings, relay: servers.Relay, answer: str, failure: type[Exception]
) -> None:
    relay.text_answers.append(answer)
    sender = SMTPSender(settings)
    sender.begin(["a@example.org"], "b@example.org")

    with pytest.raises(failure):
        sender.finish(b"Subject: x\r\n\r\ny")
    sender.close()


def test_a_sender_is_in_doubt_only_after_the_text(settings: Settings, relay: servers.Relay) -> None:
    relay.cuts = 1
    sender = SMTPSender(settings)
    sender.begin(["a@example.org"], "b@example.org")

    with pytest.raises(InDoubt):
        sender.finish(b"Subject: x\r\n\r\ny")
    with pytest.raises(TemporaryFailure, match="is gone"):
        sender.finish(b"Subject: x\r\n\r\ny")


def test_an_email_whose_cause_is_gone_is_set_aside(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    with database.transaction(engine) as session:
        session.execute(update(Email).values(cause_id=uuid.uuid4()))

    found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.FAILED
    assert "what it is about is gone" in (found.last_error or "")
    assert relay.taken == []


def test_an_email_whose_workers_die_waits_longer_each_time_and_is_set_aside_after_days(
    engine: Engine, settings: Settings, email: Email
) -> None:
    waited, deaths = 0.0, 0
    # Two deaths make no email suspect.
    for wait in (DELAYS[0], DELAYS[0], *DELAYS):
        make_due(engine)
        with pytest.raises(KeyboardInterrupt):
            sending.deliver(engine, Dying("begin"), email.id, settings)
        deaths += 1
        make_due(engine)
        begin = clock(engine)
        with database.transaction(engine) as session:
            claims.take_back(session, settings)
        found = now(engine, email)
        if found.state is not EmailState.READY:
            break
        assert begin + wait <= found.due_at <= clock(engine) + wait
        waited += wait.total_seconds()

    assert waited > settings.mail_give_up_seconds - 14400
    assert found.state is EmailState.FAILED
    assert f"{deaths} workers stopped" in (found.last_error or "")
    assert found.attempts == 1


def test_the_journal_is_asked_only_once_the_relay_greets_again(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, tmp_path: Path
) -> None:
    settings = settings.replace(mail_journal=str(tmp_path / "journal"))
    relay.cuts = 1
    sender = SMTPSender(settings)
    deliver(engine, sender, settings, email)

    class Hung(SMTPSender):
        """Reaches a relay that has been writing the first copy until it greets."""

        def begin(self, return_paths: Sequence[str], recipient: str) -> None:
            mailbox.Maildir(tmp_path / "journal", create=True).add(relay.taken[0][1])
            super().begin(return_paths, recipient)

    hung = Hung(settings)
    assert deliver(engine, hung, settings, email).state is EmailState.SENT
    assert len(relay.taken) == 1
    hung.close()
    sender.close()


def test_a_doubt_on_the_last_attempt_is_listed_too(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    impatient = settings.replace(mail_give_up_seconds=1.0)
    relay.cuts = 1
    sender = SMTPSender(impatient)
    found = deliver(engine, sender, impatient, email)
    sender.close()

    assert found.state is EmailState.FAILED
    assert "may have arrived" in (found.last_error or "")
    assert found.doubt_since is not None
    assert found.message is not None

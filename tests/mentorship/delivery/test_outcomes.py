"""What comes of everything a relay may do with an email."""

from __future__ import annotations

import threading
import uuid

import pytest
import servers
from deliveries import DELAYS, clock, deliver, owe_one
from sqlalchemy import Engine, update

from mentorship import database
from mentorship.delivery import sending
from mentorship.delivery.smtp import PermanentFailure, SMTPSender, TemporaryFailure
from mentorship.models import Email, Person
from mentorship.settings import Settings
from mentorship.states import EmailState


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


def test_an_email_whose_cause_is_gone_is_set_aside(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    with database.transaction(engine) as session:
        session.execute(update(Email).values(cause_id=uuid.uuid4()))

    found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.FAILED
    assert "what it is about is gone" in (found.last_error or "")
    assert relay.taken == []

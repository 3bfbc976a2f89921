"""Refusals: those that are about us, and those that are about one email or address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import servers
from deliveries import flagged, let_pass, most, now, resend
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.delivery import relays, sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.models import AuditEntry, Email, Person, Relay
from mentorship.settings import Settings
from mentorship.states import EmailState


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
def test_a_relay_that_does_not_know_us_fails_no_email_and_flags_no_one(
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

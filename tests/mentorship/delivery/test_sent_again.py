"""Emails that coordinators send again, and what the list says of an email's history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import servers
from deliveries import events, let_pass, now, resend
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.delivery import sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.errors import Invalid, WrongState
from mentorship.models import AuditEntry, Email, Person
from mentorship.settings import Settings
from mentorship.states import EmailState


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


def test_a_refused_email_is_written_again_to_the_corrected_address(
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
    with pytest.raises(Invalid, match="why you're resending it"):
        resend(engine, email, reason)
    assert now(engine, email).state is EmailState.SENT

"""A relay that takes only so many emails a minute: each has its turn."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from deliveries import let_pass, now
from sqlalchemy import Engine, select, update

from mentorship import database
from mentorship.delivery import claims, sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.models import Email, EmailKind
from mentorship.settings import Settings
from mentorship.states import EmailState


def test_turns_that_were_missed_are_given_again(
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


def test_neither_of_two_limits_is_exceeded_and_no_one_waits_for_a_crowded_domain(
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

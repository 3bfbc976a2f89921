"""Emails on their way: owed, delivered, and looked at as they are stored."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from typing import Any

import factories
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery import relays, sending
from mentorship.models import Email, EmailEvent, EmailKind, Person, Relay, Unmatched
from mentorship.rounds import rounds
from mentorship.settings import Settings

NOWHERE = "smtp://127.0.0.1:1"
#: By default an email waits for so long after its first try, its second and so on.
DELAYS = [
    datetime.timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, *itertools.repeat(14400, 90))
]


def now(engine: Engine, email: Email) -> Email:
    """Return an email as it is stored now."""
    with database.reading(engine) as session:
        return session.get_one(Email, email.id)


def events(engine: Engine, email: Email) -> list[tuple[str, str]]:
    """Return what has happened to an email, and in which words."""
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
    """Return how many emails the relay may be tried with now."""
    with database.transaction(engine) as session:
        return relays.most_to_try(session, 1000, settings)


def flagged(engine: Engine) -> list[str]:
    """Return the addresses that are flagged."""
    with database.reading(engine) as session:
        return list(
            session.scalars(select(Person.email).where(Person.address_problem.is_not(None)))
        )


def resend(engine: Engine, email: Email, reason: str = "they deleted it") -> None:
    """Send an email again by hand."""
    with database.transaction(engine) as session:
        outbox.resend(session, session.get_one(Email, email.id), "somebody", reason)


def owe_one(session: Session, address: str) -> Email:
    """Owe a mentee an honest "not this time"."""
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


def clock(engine: Engine) -> datetime.datetime:
    """Return the database's time."""
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
    """Deliver an email that is due, and return it as it is stored then."""
    make_due(engine)
    sending.deliver(engine, sender, email.id, settings)
    return now(engine, email)


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

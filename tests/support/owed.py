"""Reminders as the clock owes them, and time that passes for them."""

from __future__ import annotations

import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.emails.contents import Outdated
from mentorship.emails.kinds import KINDS
from mentorship.models import Email, Pairing, Person
from mentorship.reminders import schedule, timing
from mentorship.settings import Settings
from mentorship.states import EmailState

DAY = datetime.timedelta(days=1)


def owe(session: Session) -> list[tuple[str, str, int]]:
    """Owe what is due, and return what is new: kind, called, number."""
    known = set(session.scalars(select(Email.id)))
    count = schedule.owe_due(session)
    session.expire_all()
    new = session.scalars(select(Email).where(Email.id.not_in(known))).all()
    assert len(new) == count
    return sorted((email.kind.value, who(session, email), email.number) for email in new)


def who(session: Session, email: Email) -> str:
    for pairing in session.scalars(select(Pairing)):
        if email.person_id == pairing.mentee_person_id:
            return "mentee"
        if email.person_id == pairing.mentor_person_id:
            return "mentor"
    return "coordinator"


def send_all(session: Session, days_ago: float = 0) -> None:
    """Let everything that waits have been sent so long ago."""
    at = database.now(session) - days_ago * DAY
    waiting = update(Email).where(Email.state == EmailState.READY)
    session.execute(waiting.values(state=EmailState.SENT, sent_at=at, created_at=at))


def make_older(session: Session, pairing: Pairing, days: float) -> None:
    """Let so many days pass for a pairing and for all emails."""
    for name in ("asked_at", "introduced_at"):
        if getattr(pairing, name):
            setattr(pairing, name, getattr(pairing, name) - days * DAY)
    for email in session.scalars(select(Email)):
        email.created_at -= days * DAY
        email.sent_at = email.sent_at and email.sent_at - days * DAY
    session.flush()


def set_person(session: Session, person: Person, **changes: object) -> None:
    for name, value in changes.items():
        setattr(person, name, value)
    session.flush()


def the_email(session: Session) -> Email:
    return session.scalars(
        select(Email).where(Email.state == EmailState.READY).order_by(Email.created_at)
    ).one()


def wanted(session: Session, settings: Settings, email: Email) -> bool:
    session.flush()
    session.expire_all()
    if not timing.still_wanted(session, email):
        return False
    try:
        KINDS[email.kind].gather(session, email, settings)
    except Outdated:
        return False
    return True

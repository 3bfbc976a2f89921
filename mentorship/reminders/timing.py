"""Whether a queued reminder is still sent, and when."""

from __future__ import annotations

import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import (
    Email,
    Person,
    Trait,
)
from mentorship.people import clock
from mentorship.reminders import candidates


def still_wanted(session: Session, email: Email) -> bool:
    """Return whether the reader of an email that is about to be sent still wants to be written to.

    Results and sign-in codes are always wanted. A reminder is not if its reader turned reminders
    off or got another one meanwhile; nor is a digest in quiet weeks. Whether what it says is still
    true is decided by its content.
    """
    if Trait.OPTIONAL not in email.kind.traits:
        return True
    person = session.get_one(Person, email.person_id)
    if not person.wants_reminders:
        return False
    if Trait.REMINDER not in email.kind.traits:
        return True
    at = database.now(session)
    zone = clock.Zones(session).look_up(person, email.program_id)
    if person.address_problem is not None:
        return False
    # The next week brings another; other reminders are put off.
    if Trait.WEEKLY in email.kind.traits and clock.is_quiet(person, at, zone):
        return False
    others = exists().where(
        Email.person_id == person.id,
        Email.id != email.id,
        Email.kind.in_(candidates.SPACED),
        candidates.came_lately(at),
    )
    # One that is already written is on its way, or is resent because a coordinator asked.
    is_first = email.kind in candidates.SPACED and email.message is None
    return not (is_first and session.scalar(select(others)))


def put_off(session: Session, email: Email) -> datetime.datetime | None:
    """Return when a reminder that meets the night or quiet weeks can go, None if it can go now."""
    if Trait.REMINDER not in email.kind.traits:
        return None
    at = database.now(session)
    person = session.get_one(Person, email.person_id)
    zone = clock.Zones(session).look_up(person, email.program_id)
    if person.quiet_until is not None and clock.is_quiet(person, at, zone):
        after = person.quiet_until + datetime.timedelta(days=1)
        at = datetime.datetime.combine(after, datetime.time(), tzinfo=zone)
    return None if clock.is_day(at, zone) else clock.daytime(at, zone, person.id)

"""Who can be reminded now: the query that every reminder starts from."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from mentorship.models import (
    Email,
    EmailKind,
    Pairing,
    Person,
    Profile,
    Role,
    Trait,
)
from mentorship.states import UNFINISHED_EMAIL

#: Days between two reminders to one person, in all programs together.
DAYS_APART = 14
#: The kinds of which no one gets two within that time.
SPACED = [kind for kind in EmailKind.having(Trait.REMINDER) if Trait.WEEKLY not in kind.traits]


@dataclass(frozen=True)
class Due:
    """A reminder that could go out now."""

    kind: EmailKind
    program_id: uuid.UUID
    person: Person
    #: The zone that their profile names, for people who have not chosen one.
    zone: str | None
    cause_id: uuid.UUID
    number: int
    since: datetime.datetime


def query(
    kind: EmailKind,
    role: Role,
    at: datetime.datetime,
    cause: InstrumentedAttribute[uuid.UUID] = Pairing.id,
) -> Select[Any]:
    """Select pairings with the one who can be reminded now, and their last such reminder."""
    is_mentee = role is Role.MENTEE
    person_id = Pairing.mentee_person_id if is_mentee else Pairing.mentor_person_id
    profile_id = Pairing.mentee_id if is_mentee else Pairing.mentor_id
    earlier = and_(Email.kind == kind, Email.cause_id == cause, Email.person_id == Person.id)
    # In one condition, so that a database looks at each person's few emails, and at no others.
    has_one = and_(
        Email.person_id == Person.id,
        Email.kind.in_(SPACED),
        or_(Email.state.in_(UNFINISHED_EMAIL), came_lately(at)),
    )
    return (
        select(
            Pairing,
            Person,
            Profile.answers["timezone"].as_string().label("zone"),
            select(func.max(Email.number)).where(earlier).scalar_subquery().label("last"),
            select(func.max(Email.created_at)).where(earlier).scalar_subquery().label("last_at"),
        )
        .join(Person, Person.id == person_id)
        .join(Profile, Profile.id == profile_id)
        .where(
            Person.wants_reminders,
            Person.address_problem.is_(None),
            ~exists().where(has_one),
        )
    )


def due_from(
    kind: EmailKind,
    row: Row[Any],
    number: int,
    since: datetime.datetime,
    cause_id: uuid.UUID | None = None,
) -> Due:
    pairing = row.Pairing
    cause_id = cause_id or pairing.id
    return Due(kind, pairing.program_id, row.Person, row.zone, cause_id, number, since)


def came_lately(at: datetime.datetime) -> ColumnElement[bool]:
    """Match emails that were sent in the last `DAYS_APART` days, or may have been."""
    since = at - datetime.timedelta(days=DAYS_APART)
    return or_(Email.sent_at > since, Email.doubt_since > since)


def is_owed(
    kind: EmailKind, cause: InstrumentedAttribute[uuid.UUID], *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    return exists().where(
        Email.kind == kind, Email.cause_id == cause, Email.person_id == Person.id, *conditions
    )

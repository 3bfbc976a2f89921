"""Which reminders and digests have become due, at most one reminder per person at a time.

`owe_due` writes what has become due. What it passes over is found again by a later run, until it
is owed or a newer reminder has taken its place.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.coordination import digest
from mentorship.models import (
    Coordinator,
    Email,
    EmailKind,
    Pairing,
    Person,
    Program,
    Role,
)
from mentorship.pairings import answers
from mentorship.people import clock
from mentorship.reminders import candidates, pulses
from mentorship.states import MET_PAIRING, PairingState

#: Days after which people who have not answered the question are reminded.
REMIND_DAYS = 7
#: Days after the introduction on which a mentee is asked whether they met: number 1 and 2.
FIRST_MEETING_DAYS = (7, 14)
#: Weekdays of the digest: Monday, and Tuesday in case nothing ran on Monday.
DIGEST_WEEKDAYS = (0, 1)
#: The most emails owed in one transaction; the next run goes on.
MOST_OWED = 1_000
#: The number of the advisory lock that is held while reminders are owed; any number would do.
_LOCK = 5_120_719_366


def owe_due(session: Session) -> int:
    """Write the reminders and digests that have become due, and return how many.

    Any number of workers can call this at once; while one is busy, the others do nothing.
    """
    if not _is_alone(session):
        return 0
    at = database.now(session)
    best: dict[uuid.UUID, candidates.Due] = {}
    for due in sorted(_reminders(session, at), key=_usefulness):
        best.setdefault(due.person.id, due)
    zones = clock.Zones(session)
    owed = 0
    for due in [*_digests(session, zones, at), *best.values()]:
        if owed == MOST_OWED:
            break
        zone = zones.of(due.person, due.program_id, due.zone)
        due_at = clock.daytime(at, zone, due.person.id)
        if clock.is_quiet(due.person, due_at, zone):
            continue
        outbox.owe(
            session,
            due.kind,
            to=due.person.id,
            about=due.cause_id,
            program_id=due.program_id,
            number=due.number,
            due_at=due_at,
        )
        owed += 1
    session.flush()
    return owed


def _is_alone(session: Session) -> bool:
    """Return whether no other worker is owing reminders; none begins before this transaction ends.

    A limit of one in 14 days cannot be a database constraint, so one worker at a time checks it.
    """
    if session.get_bind().dialect.name == "sqlite":
        return True  # There, every transaction is alone.
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))))


def _usefulness(due: candidates.Due) -> tuple[int, datetime.datetime, uuid.UUID]:
    return candidates.SPACED.index(due.kind), due.since, due.cause_id


def _reminders(session: Session, at: datetime.datetime) -> Iterator[candidates.Due]:
    """Yield all reminders that could go out now, often several for one person."""
    yield from _questions(session, Role.MENTEE, at)
    yield from _questions(session, Role.MENTOR, at)
    yield from _first_meetings(session, at)
    yield from _no_contacts(session, at)
    yield from pulses.of_mentees(session, at)
    yield from pulses.of_mentors(session, at)


def _questions(session: Session, role: Role, at: datetime.datetime) -> Iterator[candidates.Due]:
    kind = EmailKind.PAIRING_QUESTION_REMINDER
    agreed_at = Pairing.mentee_agreed_at if role is Role.MENTEE else Pairing.mentor_agreed_at
    rows = candidates.query(kind, role, at).where(
        Pairing.state == PairingState.ASKED,
        Pairing.asked_at <= at - datetime.timedelta(days=REMIND_DAYS),
        Pairing.asked_at > at - datetime.timedelta(days=clock.DAYS_TO_ANSWER),
        agreed_at.is_(None),
        ~answers.is_pending(Pairing.id, Person.id),
        ~candidates.is_owed(kind, Pairing.id),
    )
    for row in session.execute(rows):
        yield candidates.due_from(kind, row, 0, row.Pairing.asked_at)


def _first_meetings(session: Session, at: datetime.datetime) -> Iterator[candidates.Due]:
    kind = EmailKind.FIRST_MEETING
    first, second = (datetime.timedelta(days=days) for days in FIRST_MEETING_DAYS)
    rows = candidates.query(kind, Role.MENTEE, at).where(
        Pairing.state.in_(MET_PAIRING),
        Pairing.met_at.is_(None),
        # People who have set a time are asked once it has passed.
        or_(Pairing.meeting_at.is_(None), Pairing.meeting_at <= at - datetime.timedelta(days=1)),
        Pairing.introduced_at <= at - first,
        # From then on the pulse asks.
        Pairing.introduced_at > at - datetime.timedelta(days=pulses.PULSE_DAYS),
        ~answers.is_pending(Pairing.id, Person.id),
    )
    for row in session.execute(rows):
        number = 2 if row.Pairing.introduced_at <= at - second else 1
        if number > (row.last or 0):
            yield candidates.due_from(kind, row, number, row.Pairing.introduced_at)


def _no_contacts(session: Session, at: datetime.datetime) -> Iterator[candidates.Due]:
    kind = EmailKind.NO_CONTACT_YET
    rows = candidates.query(kind, Role.MENTOR, at).where(
        Pairing.state.in_(MET_PAIRING),
        Pairing.met_at.is_(None),
        Pairing.no_contact_at.is_not(None),
        ~candidates.is_owed(kind, Pairing.id),
    )
    for row in session.execute(rows):
        yield candidates.due_from(kind, row, 0, row.Pairing.no_contact_at)


def _digests(
    session: Session, zones: clock.Zones, at: datetime.datetime
) -> Iterator[candidates.Due]:
    """Yield this week's digest to each coordinator, if there is anything to say."""
    has_own = exists().where(
        Pairing.program_id == Program.id,
        or_(Pairing.mentee_person_id == Person.id, Pairing.mentor_person_id == Person.id),
    )
    coordinating = (
        select(Program, Person, has_own)
        .join(Coordinator, Coordinator.program_id == Program.id)
        .join(Person, Person.id == Coordinator.person_id)
        .where(Person.wants_reminders, Person.address_problem.is_(None))
    )
    has_news: dict[tuple[uuid.UUID, uuid.UUID | None], bool] = {}
    for program, person, has_pairing in session.execute(coordinating).all():
        zone = zones.look_up(person, program.id)
        year, week, weekday = at.astimezone(zone).isocalendar()
        number = year * 100 + week
        if weekday - 1 not in DIGEST_WEEKDAYS:
            continue
        kind = EmailKind.COORDINATOR_DIGEST
        earlier = exists().where(
            Email.kind == kind,
            Email.cause_id == program.id,
            Email.person_id == person.id,
            Email.number == number,
        )
        if session.scalar(select(earlier)):
            continue
        # All who have no pairing of their own read the same.
        read = program.id, person.id if has_pairing else None
        if read not in has_news:
            has_news[read] = bool(digest.of_program(session, program, person.id))
        if has_news[read]:
            yield candidates.Due(kind, program.id, person, str(zone), program.id, number, at)

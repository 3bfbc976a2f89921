"""What is owed to people after a round as time goes by: nudges, questions and a weekly digest.

`owe_due` writes what has become due, at most one reminder for each person at a time. Whatever it
passes over is found again by a later run, until it is owed or a newer one has taken its place.
"""

from __future__ import annotations

import datetime
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from mentorship import database, outbox
from mentorship.coordination import digest
from mentorship.models import (
    PENDING_ANSWER,
    REMINDERS,
    UNSUBSCRIBABLE,
    Answer,
    Coordinator,
    Email,
    EmailKind,
    Pairing,
    Person,
    Profile,
    Program,
    Role,
)
from mentorship.pairings import pairings
from mentorship.people import days, hours
from mentorship.states import EmailState, PairingState

#: Days after which somebody who was asked and is silent is reminded.
REMIND_DAYS = 7
#: Days after the introduction on which a mentee is asked whether they met: number 1 and 2.
FIRST_MEETING_DAYS = (7, 14)
#: Days after the introduction of the first question how it goes, and between that and the next.
PULSE_DAYS = 30
PULSE_AGAIN_DAYS = 60
#: Days between two reminders to one person, whatever they are about and in whichever program.
DAYS_APART = 14
#: Weekdays of the digest: Monday, and Tuesday where nothing ran on Monday.
DIGEST_WEEKDAYS = (0, 1)
#: So many emails are owed, and so many pairings expire, in one transaction; the next run goes on.
MOST_OWED = 1_000
MOST_EXPIRED = 100

#: The weekly digest is part of running a program: it neither waits for reminders nor delays them.
_SPACED = REMINDERS - {EmailKind.COORDINATOR_DIGEST}
#: Of several that are due to one person, the first of these goes out.
_MOST_USEFUL = (
    EmailKind.PAIRING_QUESTION_REMINDER, EmailKind.FIRST_MEETING, EmailKind.NO_CONTACT_YET,
    EmailKind.MENTEE_PULSE, EmailKind.MENTOR_PULSE,
)  # fmt: skip
_WAITING = (EmailState.READY, EmailState.CLAIMED, EmailState.SUBMITTING)
_MEETING = (PairingState.INTRODUCED, PairingState.ACTIVE)
_DAYS_A_MONTH = 30.44
#: Tells the lock of whoever owes reminders from others of the database; chosen once.
_LOCK = 5_120_719_366


@dataclass(frozen=True)
class _Due:
    """A reminder that could go out now."""

    kind: EmailKind
    program_id: uuid.UUID
    person: Person
    #: The zone that their profile names, for whoever has not chosen one.
    zone: str | None
    cause_id: uuid.UUID
    number: int
    since: datetime.datetime


def owe_due(session: Session) -> int:
    """Write the reminders and digests that have become due, and return how many.

    Any number of workers may call this at once; while one does, the others have nothing to do.
    """
    if not _is_alone(session):
        return 0
    at = database.now(session)
    best: dict[uuid.UUID, _Due] = {}
    for due in sorted(_reminders(session, at), key=_usefulness):
        best.setdefault(due.person.id, due)
    zones = hours.Zones(session)
    owed = 0
    for due in [*_digests(session, zones, at), *best.values()]:
        if owed == MOST_OWED:
            break
        zone = zones.of(due.person, due.program_id, due.zone)
        due_at = hours.daytime(at, zone, due.person.id)
        if hours.is_quiet(due.person, due_at, zone):
            continue
        outbox.owe(
            session,
            due.kind,
            due.program_id,
            due.person.id,
            due.cause_id,
            number=due.number,
            due_at=due_at,
        )
        owed += 1
    session.flush()
    return owed


def expire_unanswered(session: Session) -> int:
    """Close pairings whose last day to answer is over for both, and return how many.

    One whose answer can still be undone waits until it takes effect.
    """
    at = database.now(session)
    earliest = at - datetime.timedelta(days=days.TO_ANSWER - 1)
    asked = (Pairing.state == PairingState.ASKED) & (Pairing.asked_at < earliest)
    unanswered = asked & ~_pending(Pairing.id)
    sides = (Pairing.mentee, Pairing.mentor)
    old = session.scalars(
        select(Pairing)
        .where(unanswered)
        .order_by(Pairing.asked_at)
        .options(*(joinedload(side).joinedload(Profile.person) for side in sides))
    )
    over = (
        pairing.id
        for pairing in old
        if pairing.asked_at is not None
        and days.is_over(pairing.asked_at, days.TO_ANSWER, (pairing.mentee, pairing.mentor), at)
    )
    if not (ids := list(itertools.islice(over, MOST_EXPIRED))):
        return 0
    pairings.lock(session, Pairing.id.in_(ids))
    found = session.scalars(
        select(Pairing)
        .where(Pairing.id.in_(ids), unanswered)
        .order_by(Pairing.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for pairing in found:
        pairings.run_out(session, pairing)
    return len(found)


def still_wanted(session: Session, email: Email) -> bool:
    """Return whether an email that is about to be sent is still of use to whoever gets it.

    Results and answers always are. A reminder is not where it has become pointless, or where the
    person turned reminders off, or got another one meanwhile; nor is a digest in quiet weeks.
    """
    if email.kind not in UNSUBSCRIBABLE:
        return True
    person = session.get_one(Person, email.person_id)
    if not person.wants_reminders:
        return False
    if email.kind not in REMINDERS:
        return True
    at = database.now(session)
    zone = hours.Zones(session).look_up(person, email.program_id)
    if person.address_problem is not None:
        return False
    # The next week brings another digest; other reminders are put off.
    if email.kind is EmailKind.COORDINATOR_DIGEST and hours.is_quiet(person, at, zone):
        return False
    others = exists().where(
        Email.person_id == person.id,
        Email.id != email.id,
        Email.kind.in_(_SPACED),
        _came_lately(at),
    )
    # One that was written already is on its way, or is sent once more because somebody asked.
    if email.kind in _SPACED and email.message is None and session.scalar(select(others)):
        return False
    return _has_point(session, email)


def put_off(session: Session, email: Email) -> datetime.datetime | None:
    """Return until when a reminder waits that meets the night or quiet weeks, None if it can go."""
    if email.kind not in REMINDERS:
        return None
    at = database.now(session)
    person = session.get_one(Person, email.person_id)
    zone = hours.Zones(session).look_up(person, email.program_id)
    if person.quiet_until is not None and hours.is_quiet(person, at, zone):
        after = person.quiet_until + datetime.timedelta(days=1)
        at = datetime.datetime.combine(after, datetime.time(), tzinfo=zone)
    return None if hours.is_day(at, zone) else hours.daytime(at, zone, person.id)


def _is_alone(session: Session) -> bool:
    """Return whether nobody else owes reminders just now; they cannot begin before we are done.

    A limit of one in 14 days cannot be a constraint of the database, so one at a time checks it.
    """
    if session.get_bind().dialect.name == "sqlite":
        return True  # There, every transaction is alone.
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))))


def _usefulness(due: _Due) -> tuple[int, datetime.datetime, uuid.UUID]:
    return _MOST_USEFUL.index(due.kind), due.since, due.cause_id


def _reminders(session: Session, at: datetime.datetime) -> Iterator[_Due]:
    """Yield all reminders that could go out now, often several for one person."""
    yield from _questions(session, Role.MENTEE, at)
    yield from _questions(session, Role.MENTOR, at)
    yield from _first_meetings(session, at)
    yield from _no_contacts(session, at)
    yield from _mentee_pulses(session, at)
    yield from _mentor_pulses(session, at)


def _questions(session: Session, role: Role, at: datetime.datetime) -> Iterator[_Due]:
    kind = EmailKind.PAIRING_QUESTION_REMINDER
    agreed_at = Pairing.mentee_agreed_at if role is Role.MENTEE else Pairing.mentor_agreed_at
    query = _candidates(kind, role, at).where(
        Pairing.state == PairingState.ASKED,
        Pairing.asked_at <= at - datetime.timedelta(days=REMIND_DAYS),
        Pairing.asked_at > at - datetime.timedelta(days=days.TO_ANSWER),
        agreed_at.is_(None),
        ~_pending(Pairing.id, Person.id),
        ~_owed(kind, Pairing.id),
    )
    for row in session.execute(query):
        yield _due(kind, row, 0, row.Pairing.asked_at)


def _first_meetings(session: Session, at: datetime.datetime) -> Iterator[_Due]:
    kind = EmailKind.FIRST_MEETING
    first, second = (datetime.timedelta(days=days) for days in FIRST_MEETING_DAYS)
    query = _candidates(kind, Role.MENTEE, at).where(
        Pairing.state.in_(_MEETING),
        Pairing.met_at.is_(None),
        # Whoever has agreed on a time is asked once it has passed.
        or_(Pairing.meeting_at.is_(None), Pairing.meeting_at <= at - datetime.timedelta(days=1)),
        Pairing.introduced_at <= at - first,
        # From then on the pulse asks.
        Pairing.introduced_at > at - datetime.timedelta(days=PULSE_DAYS),
        ~_pending(Pairing.id, Person.id),
    )
    for row in session.execute(query):
        number = 2 if row.Pairing.introduced_at <= at - second else 1
        if number > (row.last or 0):
            yield _due(kind, row, number, row.Pairing.introduced_at)


def _no_contacts(session: Session, at: datetime.datetime) -> Iterator[_Due]:
    kind = EmailKind.NO_CONTACT_YET
    query = _candidates(kind, Role.MENTOR, at).where(
        Pairing.state.in_(_MEETING),
        Pairing.met_at.is_(None),
        Pairing.no_contact_at.is_not(None),
        ~_owed(kind, Pairing.id),
    )
    for row in session.execute(query):
        yield _due(kind, row, 0, row.Pairing.no_contact_at)


def _mentee_pulses(session: Session, at: datetime.datetime) -> Iterator[_Due]:
    kind = EmailKind.MENTEE_PULSE
    for row in session.execute(_pulses(kind, Role.MENTEE, Pairing.id, at)):
        pairing = row.Pairing
        number = _pulse_number(pairing.introduced_at, row.length_months, at)
        if number > (row.last or 0):
            yield _due(kind, row, number, pairing.introduced_at)


def _mentor_pulses(session: Session, at: datetime.datetime) -> Iterator[_Due]:
    """Yield one for all mentees of a mentor in a program, in the rhythm of the oldest pairing.

    That pairing may end and another become the oldest, so these are counted, and it is asked
    whether there was one since the rhythm's last day.
    """
    kind = EmailKind.MENTOR_PULSE
    query = _pulses(kind, Role.MENTOR, Pairing.mentor_id, at).order_by(Pairing.introduced_at)
    asked: set[uuid.UUID] = set()
    for row in session.execute(query):
        pairing = row.Pairing
        number = _pulse_number(pairing.introduced_at, row.length_months, at)
        if pairing.mentor_id in asked or number == 0:
            continue
        asked.add(pairing.mentor_id)
        latest = pairing.introduced_at + _pulse_after(number)
        if row.last_at is None or row.last_at < latest:
            yield _due(kind, row, (row.last or 0) + 1, pairing.introduced_at, pairing.mentor_id)


def _pulses(
    kind: EmailKind, role: Role, cause: InstrumentedAttribute[uuid.UUID], at: datetime.datetime
) -> Select[Any]:
    # The exact days are counted afterwards; this spares most rows the counting.
    lately = at - datetime.timedelta(days=PULSE_AGAIN_DAYS - DAYS_APART)
    return (
        _candidates(kind, role, at, cause)
        .add_columns(Program.length_months)
        .join(Program, Pairing.program_id == Program.id)
        .where(
            Pairing.state.in_(_MEETING),
            Pairing.introduced_at <= at - datetime.timedelta(days=PULSE_DAYS),
            ~_owed(kind, cause, Email.created_at > lately),
        )
    )


def _pulse_number(
    introduced_at: datetime.datetime, length_months: int, at: datetime.datetime
) -> int:
    """Return the number of the newest pulse that is due, 0 where there is none.

    The last one comes on or after the planned end; whoever goes on after that is left in peace.
    """
    number = (at - introduced_at - datetime.timedelta(days=PULSE_DAYS)) // datetime.timedelta(
        days=PULSE_AGAIN_DAYS
    ) + 1
    is_over = number > 1 and _pulse_after(number - 1).days >= length_months * _DAYS_A_MONTH
    return 0 if is_over else max(number, 0)


def _pulse_after(number: int) -> datetime.timedelta:
    return datetime.timedelta(days=PULSE_DAYS + PULSE_AGAIN_DAYS * (number - 1))


def _digests(session: Session, zones: hours.Zones, at: datetime.datetime) -> Iterator[_Due]:
    """Yield this week's digest to each coordinator, where there is anything to say."""
    runs = (
        select(Program, Person)
        .join(Coordinator, Coordinator.program_id == Program.id)
        .join(Person, Person.id == Coordinator.person_id)
        .where(Person.wants_reminders, Person.address_problem.is_(None))
    )
    has_news: dict[uuid.UUID, bool] = {}
    for program, person in session.execute(runs).all():
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
        if program.id not in has_news:
            has_news[program.id] = bool(digest.of_program(session, program))
        if has_news[program.id]:
            yield _Due(kind, program.id, person, str(zone), program.id, number, at)


def _candidates(
    kind: EmailKind,
    role: Role,
    at: datetime.datetime,
    cause: InstrumentedAttribute[uuid.UUID] = Pairing.id,
) -> Select[Any]:
    """Select pairings with whoever of the two may be reminded now, and the last such reminder."""
    is_mentee = role is Role.MENTEE
    person_id = Pairing.mentee_person_id if is_mentee else Pairing.mentor_person_id
    profile_id = Pairing.mentee_id if is_mentee else Pairing.mentor_id
    earlier = and_(Email.kind == kind, Email.cause_id == cause, Email.person_id == Person.id)
    # In one condition, so that a database looks at each person's few emails, and at no others.
    has_one = and_(
        Email.person_id == Person.id,
        Email.kind.in_(_SPACED),
        or_(Email.state.in_(_WAITING), _came_lately(at)),
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


def _due(
    kind: EmailKind,
    row: Row[Any],
    number: int,
    since: datetime.datetime,
    cause_id: uuid.UUID | None = None,
) -> _Due:
    pairing = row.Pairing
    cause_id = cause_id or pairing.id
    return _Due(kind, pairing.program_id, row.Person, row.zone, cause_id, number, since)


def _came_lately(at: datetime.datetime) -> ColumnElement[bool]:
    """Say that an email was sent lately, or may have been."""
    since = at - datetime.timedelta(days=DAYS_APART)
    return or_(Email.sent_at > since, Email.doubt_since > since)


def _owed(
    kind: EmailKind, cause: InstrumentedAttribute[uuid.UUID], *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    return exists().where(
        Email.kind == kind, Email.cause_id == cause, Email.person_id == Person.id, *conditions
    )


def _pending(
    pairing_id: uuid.UUID | InstrumentedAttribute[uuid.UUID],
    person_id: uuid.UUID | InstrumentedAttribute[uuid.UUID] | None = None,
) -> ColumnElement[bool]:
    """Say that an answer about a pairing can still be undone; its question is not asked again."""
    by_person = () if person_id is None else (Answer.person_id == person_id,)
    return exists().where(Answer.pairing_id == pairing_id, PENDING_ANSWER, *by_person)


def _has_point(session: Session, email: Email) -> bool:
    """Return whether what a reminder is about is still so."""
    if email.kind is EmailKind.COORDINATOR_DIGEST:
        program = session.get_one(Program, email.cause_id)
        runs = exists().where(
            Coordinator.program_id == program.id, Coordinator.person_id == email.person_id
        )
        return bool(session.scalar(select(runs)) and digest.of_program(session, program))
    if email.kind is EmailKind.MENTOR_PULSE:
        meets = exists().where(Pairing.mentor_id == email.cause_id, Pairing.state.in_(_MEETING))
        return bool(session.scalar(select(meets)))
    pairing = session.get_one(Pairing, email.cause_id)
    if email.kind is EmailKind.PAIRING_QUESTION_REMINDER:
        is_mentee = pairing.mentee_person_id == email.person_id
        agreed_at = pairing.mentee_agreed_at if is_mentee else pairing.mentor_agreed_at
        answered = session.scalar(select(_pending(pairing.id, email.person_id)))
        return pairing.state is PairingState.ASKED and agreed_at is None and not answered
    if pairing.state not in _MEETING:
        return False
    return email.kind is EmailKind.MENTEE_PULSE or pairing.met_at is None

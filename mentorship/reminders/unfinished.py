"""Profiles that are not finished: invitations without an answer, and forms that were not sent in.

Coordinators may remind them all at once. The usual limits hold: no one hears from us twice in two
weeks, at night, in quiet weeks, or after turning reminders off.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from mentorship import audit, database, outbox
from mentorship.models import Email, EmailKind, Person, Profile, Program, Role
from mentorship.people import clock, sight
from mentorship.reminders import candidates
from mentorship.states import UNFINISHED_EMAIL, ProfileState

#: Someone who answered recently may still be at it.
_RESTS = datetime.timedelta(days=1)


def count(session: Session, program: Program, ids: Collection[uuid.UUID] | None = None) -> int:
    """Return how many people `remind` would write to now."""
    people = _remindable(session, program, ids).with_only_columns(Profile.person_id).distinct()
    return session.scalar(select(func.count()).select_from(people.order_by(None).subquery())) or 0


def remind(
    session: Session, program: Program, actor: str, ids: Collection[uuid.UUID] | None = None
) -> int:
    """Queue a reminder for everyone who can be reminded, and return how many they are.

    Of the profiles with these `ids` alone, if they are given; then no drafts, which no one sees.
    """
    # Of two who click at once, the second waits here and then finds no one.
    session.refresh(program, with_for_update=True)
    zones, reminded = clock.Zones(session), set[uuid.UUID]()
    kind = EmailKind.UNFINISHED_PROFILE
    for profile, last in session.execute(
        _remindable(session, program, ids)
        .options(joinedload(Profile.person))
        .add_columns(
            select(func.max(Email.number))
            .where(Email.kind == kind, Email.cause_id == Profile.id)
            .scalar_subquery()
        )
    ):
        # One who is in both roles hears of the first; the other is for another time.
        if profile.person_id in reminded:
            continue
        reminded.add(profile.person_id)
        zone = zones.of(profile.person, program.id, profile.answers.get("timezone"))
        outbox.owe(
            session,
            kind,
            to=profile.person_id,
            about=profile.id,
            program_id=program.id,
            number=(last or 0) + 1,
            due_at=clock.daytime(database.now(session), zone, profile.person_id),
        )
    session.flush()
    audit.record(session, actor, "people reminded", program_id=program.id, people=len(reminded))
    return len(reminded)


def _remindable(
    session: Session, program: Program, ids: Collection[uuid.UUID] | None
) -> Select[Profile]:
    at = database.now(session)
    drafts = (
        (Profile.program_id == program.id)
        & Profile.role.in_(list(Role))  # for the index
        & (Profile.state == ProfileState.DRAFT)
    )
    number = session.scalar(select(func.count()).select_from(Profile).where(drafts)) or 0
    states = [ProfileState.UNCONFIRMED]
    # Few would be known by it: what was not sent in is its person's alone.
    if number >= sight.FEW and ids is None:
        states.append(ProfileState.DRAFT)
    remindable = (
        select(Profile)
        .join(Person, Profile.person_id == Person.id)
        .where(
            Profile.program_id == program.id,
            Profile.role.in_(list(Role)),
            Profile.state.in_(states),
            Profile.updated_at < at - _RESTS,
            Person.wants_reminders,
            Person.address_problem.is_(None),
            ~_was_written_to(at),
        )
        .order_by(Profile.created_at, Profile.id)
    )
    return remindable if ids is None else remindable.where(Profile.id.in_(ids))


def _was_written_to(at: datetime.datetime) -> ColumnElement[bool]:
    """Match people whom a reminder or an invitation reached recently, or is on its way to."""
    return exists().where(
        and_(
            Email.person_id == Person.id,
            Email.kind.in_([*candidates.SPACED, EmailKind.INVITATION]),
            or_(Email.state.in_(UNFINISHED_EMAIL), candidates.came_lately(at)),
        )
    )

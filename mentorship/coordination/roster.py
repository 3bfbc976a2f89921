"""The people of a program: searched, counted, and waiting for approval."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager

from mentorship.coordination import paging
from mentorship.coordination.paging import Page
from mentorship.models import Person, Profile, Role
from mentorship.people import sight
from mentorship.states import ProfileState


@dataclass(frozen=True)
class Sought:
    """What a coordinator searches for: part of a name or address, a role, a state."""

    text: str = ""
    role: Role | None = None
    state: ProfileState | None = None


def find(session: Session, program_id: uuid.UUID, sought: Sought, number: int) -> Page[Profile]:
    """Return a page of the profiles that a search finds, by name.

    Those who have left are listed where one asks for them, and neither by name nor by address.
    """
    query = (
        select(Profile)
        .join(Person, Profile.person_id == Person.id)
        .where(Profile.program_id == program_id)
        .options(contains_eager(Profile.person))
    )
    if sought.state is ProfileState.LEFT:
        query = query.where(Profile.state == ProfileState.LEFT).order_by(Profile.id)
    else:
        query = query.where(sight.is_listed()).order_by(Profile.full_name, Profile.id)
    if sought.role is not None:
        query = query.where(Profile.role == sought.role)
    if sought.state is not None:
        query = query.where(Profile.state == sought.state)
    if text := sought.text.strip():
        query = query.where(sight.is_found(text))
    return paging.page(session, query, number)


def waiting(
    session: Session, program_id: uuid.UUID, ids: Collection[uuid.UUID]
) -> Sequence[Profile]:
    """Return those of some profiles that still wait for approval."""
    return session.scalars(
        select(Profile)
        .where(
            Profile.program_id == program_id,
            Profile.id.in_(ids),
            Profile.state == ProfileState.AWAITING_APPROVAL,
        )
        .order_by(Profile.id)
    ).all()


def counts(session: Session, program_id: uuid.UUID) -> dict[tuple[Role, ProfileState], int]:
    """Return how many profiles of each role are in each state."""
    rows = session.execute(
        select(Profile.role, Profile.state, func.count())
        .where(Profile.program_id == program_id)
        .group_by(Profile.role, Profile.state)
    )
    return {(role, state): number for role, state, number in rows}


def places(session: Session, program_id: uuid.UUID) -> tuple[int, int]:
    """Return how many places mentors who are ready offer, and how many of them are taken."""
    row = session.execute(
        select(func.sum(Profile.capacity), func.sum(Profile.places_taken)).where(
            Profile.program_id == program_id,
            Profile.role == Role.MENTOR,
            Profile.state == ProfileState.READY,
        )
    ).one()
    return row[0] or 0, row[1] or 0

"""The people of a program: searched, counted, and waiting for approval."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select
from sqlalchemy.orm import Session, joinedload

from mentorship.coordination import paging
from mentorship.coordination.paging import Page
from mentorship.models import Pairing, Person, Profile, Role
from mentorship.people import gaps, sight
from mentorship.people.gaps import Dimension
from mentorship.programs import questions
from mentorship.states import LIVE_PAIRING, ProfileState


class Need(enum.StrEnum):
    """What someone needs, or has to offer; the name stands in addresses."""

    WAITING = "waiting"
    FREE = "free"
    OVER = "over"
    UNREACHED = "unreached"


@dataclass(frozen=True)
class Sought:
    """What a coordinator searches for: part of a name or address, a role, a state, a need.

    `traits` are ids by which people are told apart, as `gaps.is_shown` allows them; `choices` are
    those made in the program's own questions, by name, where coordinators may read the answers;
    `ids` are those of profiles that were ticked, which takes the place of everything else.
    """

    text: str = ""
    role: Role | None = None
    state: ProfileState | None = None
    need: Need | None = None
    traits: Mapping[Dimension, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[uuid.UUID, ...] = ()

    def to_stored(self) -> dict[str, Any]:
        """Return it as JSON; `from_stored` reads it again."""
        return {
            "text": self.text,
            "role": self.role,
            "state": self.state,
            "need": self.need,
            "traits": dict(self.traits),
            "choices": dict(self.choices),
            "ids": [str(id) for id in self.ids],
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Sought:
        """Return what `to_stored` made of a search."""
        role, state, need = stored["role"], stored["state"], stored["need"]
        return cls(
            text=stored["text"],
            role=Role(role) if role else None,
            state=ProfileState(state) if state else None,
            need=Need(need) if need else None,
            traits={Dimension(name): id for name, id in stored["traits"].items()},
            choices=stored.get("choices", {}),
            ids=tuple(uuid.UUID(id) for id in stored["ids"]),
        )


def find(session: Session, program_id: uuid.UUID, sought: Sought, number: int) -> Page[Profile]:
    """Return a page of the profiles that a search finds; see `matching`."""
    return paging.page(session, matching(session, program_id, sought), number)


def matching(session: Session, program_id: uuid.UUID, sought: Sought) -> Select[Profile]:
    """Select the profiles that a search finds, with their persons, by name.

    Those who have left are listed where one asks for them, and neither by name nor by address.
    """
    query = (
        select(Profile)
        .where(Profile.program_id == program_id)
        .options(joinedload(Profile.person, innerjoin=True))
    )
    if sought.ids:
        is_sent_in = Profile.state != ProfileState.DRAFT
        return query.where(Profile.id.in_(sought.ids), is_sent_in).order_by(
            Profile.full_name, Profile.id
        )
    if sought.state is ProfileState.LEFT:
        query = query.where(Profile.state == ProfileState.LEFT).order_by(Profile.id)
    else:
        query = query.where(sight.is_listed()).order_by(Profile.full_name, Profile.id)
    if sought.role is not None:
        query = query.where(Profile.role == sought.role)
    if sought.state is not None:
        query = query.where(Profile.state == sought.state)
    if sought.need is not None:
        query = query.where(needs(session, program_id, sought.need))
    for dimension, id in sought.traits.items():
        query = query.where(gaps.has(dimension, id, sought.role))
    for name, choice in sought.choices.items():
        # A draft is listed to no one, whatever it says.
        query = query.where(sight.is_listed(), questions.gives(name, choice))
    if text := sought.text.strip():
        query = query.where(sight.is_found(text))
    return query


def needs(session: Session, program_id: uuid.UUID, need: Need) -> ColumnElement[bool]:
    """Match profiles of a program that have a need."""
    is_ready = Profile.state == ProfileState.READY
    if need is Need.WAITING:
        # Looked up in one list: asked of each mentee by itself, it would take a thousand times as
        # long.
        have_one = select(Pairing.mentee_id).where(
            Pairing.program_id == program_id, Pairing.state.in_(LIVE_PAIRING)
        )
        return (Profile.role == Role.MENTEE) & is_ready & Profile.id.not_in(have_one)
    if need is Need.FREE:
        has_room = Profile.capacity > Profile.places_taken
        return (Profile.role == Role.MENTOR) & is_ready & has_room
    if need is Need.OVER:
        return (Profile.role == Role.MENTOR) & (Profile.excess > 0)
    unreached = select(Person.id).where(Person.address_problem.is_not(None))
    return Profile.person_id.in_(unreached) & sight.is_listed()


def count(session: Session, program_id: uuid.UUID, need: Need) -> int:
    """Return how many profiles of a program have a need."""
    query = select(func.count()).select_from(Profile).where(Profile.program_id == program_id)
    return session.scalar(query.where(needs(session, program_id, need))) or 0


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


@dataclass(frozen=True)
class Supply:
    """Places of mentors: `offered` and `free` of those who are ready, `to_approve` of those who are
    not yet; `over` counts mentors with more mentees than places.
    """

    offered: int
    free: int
    to_approve: int
    over: int


def supply(session: Session, program_id: uuid.UUID) -> Supply:
    """Return a program's places, in one look at its mentors."""
    free = Profile.capacity - Profile.places_taken

    def total(value: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((and_(*conditions), value), else_=0)), 0)

    is_ready = Profile.state == ProfileState.READY
    row = session.execute(
        select(
            total(Profile.capacity, is_ready),
            total(free, is_ready, free > 0),
            total(Profile.capacity, Profile.state == ProfileState.AWAITING_APPROVAL),
            total(literal(1), Profile.excess > 0),
        ).where(Profile.program_id == program_id, Profile.role == Role.MENTOR)
    ).one()
    return Supply(*row)

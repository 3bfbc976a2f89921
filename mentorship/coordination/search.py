"""One search over a program's people, pairings and emails, as coordinators may find them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from mentorship.coordination import ledger, paging, roster
from mentorship.models import Email, Pairing, Profile
from mentorship.pairings.pairings import WITH_PEOPLE
from mentorship.states import LIVE_PAIRING, PairingState

T = TypeVar("T")

#: How many of each kind are shown, and of how many people at most pairings and emails are looked
#: up: what finds more is no name yet.
MOST, MOST_PEOPLE = 8, 500


@dataclass(frozen=True)
class Some(Generic[T]):
    """The first of what was found, and how many there are."""

    items: Sequence[T]
    total: int


@dataclass(frozen=True)
class Found:
    """What a search found."""

    people: Some[Profile]
    #: None where too many people are found, and so are emails.
    pairings: Some[Pairing] | None
    emails: Some[Email] | None

    @property
    def total(self) -> int:
        """Return how much was found of all kinds together."""
        return sum(some.total for some in (self.people, self.pairings, self.emails) if some)


def of_program(session: Session, program_id: uuid.UUID, text: str) -> Found:
    """Return what part of a name, an address or a reference finds in a program."""
    text = text.strip()
    found = roster.matching(session, program_id, roster.Sought(text))
    # Looked for once: it takes a look at everyone.
    some = found.with_only_columns(Profile.id, Profile.person_id).limit(max(MOST, MOST_PEOPLE) + 1)
    rows = session.execute(some).all()
    ids = [id for id, _person in rows]
    first = select(Profile).where(Profile.id.in_(ids[:MOST])).options(joinedload(Profile.person))
    people = session.scalars(first.order_by(Profile.full_name, Profile.id)).all() if ids else []
    if len(ids) > MOST_PEOPLE:
        return Found(Some(people, paging.count(session, found)), None, None)
    others = session.scalars(ledger.without_profile(program_id, text))
    readers = {*(person for _id, person in rows), *others}
    emails = ledger.matching(program_id, ledger.Sought()).where(Email.person_id.in_(readers))
    return Found(
        people=Some(people, len(ids)),
        pairings=_some(session, _pairings(program_id, ids)),
        emails=_some(session, emails),
    )


def _pairings(program_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> Select[Pairing]:
    """Select the pairings of people, those that go on first.

    Of those that no one has been told of, there may be many: each round that was tried made some.
    """
    return (
        select(Pairing)
        .where(
            Pairing.program_id == program_id,
            Pairing.state != PairingState.PROPOSED,
            Pairing.mentee_id.in_(ids) | Pairing.mentor_id.in_(ids),
        )
        .options(*WITH_PEOPLE)
        .order_by(Pairing.state.not_in(LIVE_PAIRING), Pairing.introduced_at.desc(), Pairing.id)
    )


def _some(session: Session, query: Select[Any]) -> Some[Any]:
    found = paging.page(session, query, 1, MOST)
    return Some(found.items, found.total)

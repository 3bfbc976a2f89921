"""One search over a program's people, pairings and emails, as coordinators may find them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mentorship.coordination import ledger, paging, roster
from mentorship.models import Email, Pairing, Person, Profile
from mentorship.pairings.pairings import WITH_PEOPLE
from mentorship.people import sight
from mentorship.states import LIVE_PAIRING, PairingState

T = TypeVar("T")

#: How many of each kind are shown.
MOST = 8


@dataclass(frozen=True)
class Some(Generic[T]):
    """The first of what was found, and how many there are."""

    items: Sequence[T]
    total: int


@dataclass(frozen=True)
class Found:
    """What a search found."""

    people: Some[Profile]
    pairings: Some[Pairing]
    emails: Some[Email]

    @property
    def total(self) -> int:
        """Return how much was found of all kinds together."""
        return self.people.total + self.pairings.total + self.emails.total


def of_program(session: Session, program_id: uuid.UUID, text: str) -> Found:
    """Return what part of a name, an address or a reference finds in a program."""
    text = text.strip()
    return Found(
        people=_some(session, roster.matching(session, program_id, roster.Sought(text))),
        pairings=_some(session, _pairings(program_id, text)),
        emails=_some(session, ledger.matching(program_id, ledger.Sought(text=text))),
    )


def _pairings(program_id: uuid.UUID, text: str) -> Select[Pairing]:
    """Select pairings of those who are found, those that go on first.

    Of those that no one has been told of, there may be many: each round that was tried made some.
    """
    found = (
        select(Profile.id)
        .join(Person, Profile.person_id == Person.id)
        .where(Profile.program_id == program_id, sight.is_found(text))
    )
    return (
        select(Pairing)
        .where(
            Pairing.program_id == program_id,
            Pairing.state != PairingState.PROPOSED,
            Pairing.mentee_id.in_(found) | Pairing.mentor_id.in_(found),
        )
        .options(*WITH_PEOPLE)
        .order_by(Pairing.state.not_in(LIVE_PAIRING), Pairing.introduced_at.desc(), Pairing.id)
    )


def _some(session: Session, query: Select[Any]) -> Some[Any]:
    total = paging.count(session, query)
    items = session.scalars(query.limit(MOST)).all() if total else []
    return Some(items, total)

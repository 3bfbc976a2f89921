"""Examples of emails: to whom one of a kind would go in a program, and about what.

Nothing here is stored: each email that is returned is only read from.
"""

from __future__ import annotations

import datetime
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import (
    Cause,
    Email,
    EmailKind,
    Pairing,
    Person,
    Profile,
    Program,
    Role,
    Round,
    Unmatched,
)
from mentorship.people import sight
from mentorship.programs import programs
from mentorship.states import (
    MET_PAIRING,
    EmailState,
    PairingState,
    ProfileState,
    RoundState,
)

#: Those whom coordinators read of.
_LISTED = tuple(state for state in ProfileState if state not in sight.WITHDRAWN)


@dataclass(frozen=True)
class Cast:
    """The rows that any email can be about, in one program and one round of it."""

    program: Program
    round: Round
    pairing: Pairing
    #: Someone who is in no pairing.
    applicant: Profile
    #: Those whom the round left without a match.
    unmatched: dict[Role, Unmatched]
    coordinator: Person
    #: When everything in the examples happened.
    at: datetime.datetime


class Example(ABC):
    """How to find, or to pose, what an email of a kind is about."""

    @abstractmethod
    def newest(self, session: Session, program: Program, kind: EmailKind) -> Email | None:
        """Return the email that the newest rows would get; None where there are no such rows."""

    @abstractmethod
    def posed(self, cast: Cast, kind: EmailKind) -> Email:
        """Return the email that `cast` would get, and make its rows such that it is true."""


@dataclass(frozen=True)
class OfPairing(Example):
    """About a pairing in one of these states, to one of the two."""

    reader: Role
    states: tuple[PairingState, ...] = MET_PAIRING
    #: Columns of times: the first have one, the others have none.
    times: tuple[str, ...] = ()
    no_times: tuple[str, ...] = ()

    def newest(self, session: Session, program: Program, kind: EmailKind) -> Email | None:
        columns = {name: getattr(Pairing, name) for name in (*self.times, *self.no_times)}
        pairing = session.scalar(
            select(Pairing)
            .join(Round, Pairing.round_id == Round.id)
            .where(
                Pairing.program_id == program.id,
                Pairing.state.in_(self.states),
                *(columns[name].is_not(None) for name in self.times),
                *(columns[name].is_(None) for name in self.no_times),
            )
            .order_by(Round.number.desc(), Pairing.id)
            .limit(1)
        )
        return self._about(pairing, kind) if pairing else None

    def posed(self, cast: Cast, kind: EmailKind) -> Email:
        pairing = cast.pairing
        if pairing.state not in self.states:
            pairing.state = self.states[0]
        for name in self.times:
            setattr(pairing, name, getattr(pairing, name) or cast.at)
        for name in self.no_times:
            setattr(pairing, name, None)
        return self._about(pairing, kind)

    def _about(self, pairing: Pairing, kind: EmailKind) -> Email:
        profile = pairing.mentor if self.reader is Role.MENTOR else pairing.mentee
        causes = {
            Cause.PAIRING: pairing.id,
            Cause.PROFILE: profile.id,
            Cause.ROUND: pairing.round_id,
        }
        # Emails about a meeting are true only for the last one.
        about_meeting = {"meeting_at", "called_off_meeting_at"} & set(self.times)
        number = pairing.meeting_number if about_meeting else 1
        # A mentor's introduction names the mentees of one part of its round.
        if kind.cause is Cause.ROUND:
            number = pairing.part
        return _email(kind, pairing.program_id, profile.person, causes[kind.cause], number)


@dataclass(frozen=True)
class OfProfile(Example):
    """About a profile in one of these states, to its person."""

    states: tuple[ProfileState, ...] = _LISTED

    def newest(self, session: Session, program: Program, kind: EmailKind) -> Email | None:
        profile = session.scalar(
            select(Profile)
            .where(
                Profile.program_id == program.id,
                Profile.state.in_(self.states),
                sight.is_listed(),
            )
            .order_by(Profile.created_at.desc(), Profile.role, Profile.id)
            .limit(1)
        )
        return self._about(profile, kind) if profile else None

    def posed(self, cast: Cast, kind: EmailKind) -> Email:
        if cast.applicant.state not in self.states:
            cast.applicant.state = self.states[0]
        return self._about(cast.applicant, kind)

    def _about(self, profile: Profile, kind: EmailKind) -> Email:
        return _email(kind, profile.program_id, profile.person, profile.id)


@dataclass(frozen=True)
class OfUnmatched(Example):
    """About a round, to someone whom it left without a match."""

    reader: Role

    def newest(self, session: Session, program: Program, kind: EmailKind) -> Email | None:
        unmatched = session.scalar(
            select(Unmatched)
            .join(Round, Unmatched.round_id == Round.id)
            .join(Profile, Unmatched.profile_id == Profile.id)
            .where(Round.program_id == program.id, Profile.role == self.reader, sight.is_listed())
            .order_by(Round.number.desc(), Unmatched.id)
            .limit(1)
        )
        return self._about(unmatched, kind) if unmatched else None

    def posed(self, cast: Cast, kind: EmailKind) -> Email:
        return self._about(cast.unmatched[self.reader], kind)

    def _about(self, unmatched: Unmatched, kind: EmailKind) -> Email:
        profile = unmatched.profile
        return _email(kind, profile.program_id, profile.person, unmatched.round_id)


class OfCoordinator(Example):
    """About a program, or a round that is matched, to who coordinates it."""

    def newest(self, session: Session, program: Program, kind: EmailKind) -> Email | None:
        coordinators = programs.coordinators(session, program.id)
        done = (RoundState.PROPOSED, RoundState.PUBLISHED, RoundState.CLOSED)
        round_id = session.scalar(
            select(Round.id)
            .where(Round.program_id == program.id, Round.state.in_(done))
            .order_by(Round.number.desc())
            .limit(1)
        )
        cause_id = round_id if kind.cause is Cause.ROUND else program.id
        if not coordinators or cause_id is None:
            return None
        return _email(kind, program.id, coordinators[0].person, cause_id, number=0)

    def posed(self, cast: Cast, kind: EmailKind) -> Email:
        if kind.cause is Cause.ROUND:
            cast.round.state = RoundState.PROPOSED
            return _email(kind, cast.program.id, cast.coordinator, cast.round.id, number=0)
        cast.pairing.no_contact_at = cast.at
        return _email(kind, cast.program.id, cast.coordinator, cast.program.id)


def _email(
    kind: EmailKind, program_id: uuid.UUID, person: Person, cause_id: uuid.UUID, number: int = 1
) -> Email:
    values: dict[str, Any] = {
        "id": uuid.uuid4(), "kind": kind, "program_id": program_id, "person_id": person.id,
        "person": person, "cause_id": cause_id, "number": number, "state": EmailState.READY,
        "created_at": datetime.datetime.now(datetime.UTC),
    }  # fmt: skip
    return Email(**values)

"""What may need a program's coordinators this week, for the email that tells them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from mentorship import database
from mentorship.models import Email, Pairing, Person, Profile, Program
from mentorship.states import EmailState, PairingState, ProfileState

#: How long two people may be silent after they were introduced.
SILENT = datetime.timedelta(days=14)
WEEK = datetime.timedelta(days=7)
#: How many names a section lists before it counts the rest.
MOST_LINES = 8


@dataclass(frozen=True)
class Section:
    """One thing to look at: how much of it, what to do, and whom it is about."""

    title: str
    advice: str
    lines: list[str]


def of_program(session: Session, program: Program) -> list[Section]:
    """Return what needs a program's coordinators, nothing where all is well."""
    found = (
        _section(
            _silent(session, program),
            "1 pair is not in touch",
            "{} pairs are not in touch",
            "The mentee says that nobody wrote, or nobody has said that they met. A short call to "
            "one of them often helps.",
        ),
        _section(
            _failed(session, program),
            "1 email did not arrive",
            "{} emails did not arrive",
            "The list of emails shows why. Mend the address, then send it again from there.",
        ),
        _section(
            _named(session, program, Profile.state == ProfileState.AWAITING_APPROVAL),
            "1 person waits for your approval",
            "{} people wait for your approval",
            "Once approved, they take part in the next round.",
        ),
        _section(
            _named(session, program, Profile.rounds_waiting > 0),
            "1 mentee has no mentor yet",
            "{} mentees have no mentor yet",
            "A round for those without a mentor may help, once there are free places.",
        ),
    )
    return [section for section in found if section]


def _section(lines: Sequence[str], one: str, many: str, advice: str) -> Section | None:
    if not lines:
        return None
    more = len(lines) - MOST_LINES
    title = one if len(lines) == 1 else many.format(len(lines))
    shown = [*lines[:MOST_LINES], *([f"and {more} more"] if more > 0 else [])]
    return Section(title, advice, shown)


def _silent(session: Session, program: Program) -> list[str]:
    since = database.now(session) - SILENT
    pairings = session.scalars(
        select(Pairing)
        .where(
            Pairing.program_id == program.id,
            Pairing.state == PairingState.INTRODUCED,
            Pairing.met_at.is_(None),
            Pairing.no_contact_at.is_not(None) | (Pairing.introduced_at < since),
        )
        .options(
            joinedload(Pairing.mentee).joinedload(Profile.person),
            joinedload(Pairing.mentor).joinedload(Profile.person),
        )
        .order_by(Pairing.introduced_at, Pairing.id)
    )
    return [
        f"{pairing.mentee.person.full_name} with {pairing.mentor.person.full_name}"
        for pairing in pairings
    ]


def _failed(session: Session, program: Program) -> Sequence[str]:
    since = database.now(session) - WEEK
    return session.scalars(
        select(Person.full_name)
        .join(Email, Email.person_id == Person.id)
        .where(
            Email.program_id == program.id,
            Email.state == EmailState.FAILED,
            Email.created_at > since,
        )
        .order_by(Email.created_at, Email.id)
    ).all()


def _named(session: Session, program: Program, condition: ColumnElement[bool]) -> Sequence[str]:
    return session.scalars(
        select(Person.full_name)
        .join(Profile, Profile.person_id == Person.id)
        .where(
            Profile.program_id == program.id,
            Profile.state.in_((ProfileState.READY, ProfileState.AWAITING_APPROVAL)),
            condition,
        )
        .order_by(Profile.created_at, Profile.id)
    ).all()

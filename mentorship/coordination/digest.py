"""What may need a program's coordinators this week, for the email that tells them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from mentorship import database
from mentorship.models import Answer, Email, Pairing, Person, Profile, Program, Role
from mentorship.states import LIVE_PAIRING, MET_PAIRING, EmailState, ProfileState

#: How long two people may be silent after they were introduced.
SILENT = datetime.timedelta(days=14)
#: Failed emails that are older are listed no more: a week, and three days of trying.
FAILED = datetime.timedelta(days=10)
#: How many names a section lists before it counts the rest.
MOST_LINES = 10


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
            session,
            _silent(session, program),
            "1 pair is not in touch",
            "{} pairs are not in touch",
            "The mentee says that nobody wrote, or nobody has said that they met. A short call to "
            "one of them often helps.",
        ),
        _section(
            session,
            _people().where(_failed(session, program)),
            "1 person did not get an email",
            "{} people did not get an email",
            "The list of emails shows why. Mend the address, then send it again from there.",
        ),
        _section(
            session,
            _people().where(Person.address_problem.is_not(None), _takes_part(program)),
            "1 address does not take mail",
            "{} addresses do not take mail",
            "No reminders go there. Ask for another address, or clear the mark once it works.",
        ),
        _section(
            session,
            _with_profile(program, Profile.state == ProfileState.AWAITING_APPROVAL),
            "1 person waits for your approval",
            "{} people wait for your approval",
            "Once approved, they take part in the next round.",
        ),
        _section(
            session,
            _waiting(program),
            "1 mentee has no mentor yet",
            "{} mentees have no mentor yet",
            "A round for those without a mentor may help, once there are free places.",
        ),
    )
    return [section for section in found if section]


def _section(
    session: Session, names: Select[str], one: str, many: str, advice: str
) -> Section | None:
    count = session.scalar(select(func.count()).select_from(names.order_by(None).subquery())) or 0
    if not count:
        return None
    lines = list(session.scalars(names.limit(MOST_LINES)))
    if count > MOST_LINES:
        lines.append(f"and {count - MOST_LINES} more")
    return Section(one if count == 1 else many.format(count), advice, lines)


def _silent(session: Session, program: Program) -> Select[str]:
    """Select pairs of whom nobody gave a sign of contact, the oldest first."""
    mentee, mentor = aliased(Person), aliased(Person)
    gave_sign = exists().where(
        Answer.pairing_id == Pairing.id,
        Answer.applied_at.is_not(None),
        Answer.choice.in_(("well", "slow")),
    )
    since = database.now(session) - SILENT
    return (
        select(_name(mentee) + " with " + _name(mentor))
        .select_from(Pairing)
        .join(mentee, mentee.id == Pairing.mentee_person_id)
        .join(mentor, mentor.id == Pairing.mentor_person_id)
        .where(
            Pairing.program_id == program.id,
            Pairing.state.in_(MET_PAIRING),
            Pairing.met_at.is_(None),
            Pairing.meeting_at.is_(None),
            Pairing.no_contact_at.is_not(None) | (Pairing.introduced_at < since),
            ~gave_sign,
        )
        .order_by(Pairing.introduced_at, Pairing.id)
    )


def _failed(session: Session, program: Program) -> ColumnElement[bool]:
    return exists().where(
        Email.person_id == Person.id,
        Email.program_id == program.id,
        Email.state == EmailState.FAILED,
        Email.created_at > database.now(session) - FAILED,
    )


def _takes_part(program: Program) -> ColumnElement[bool]:
    return exists().where(
        Profile.person_id == Person.id,
        Profile.program_id == program.id,
        Profile.state != ProfileState.LEFT,
    )


def _waiting(program: Program) -> Select[str]:
    """Select mentees whom a round left without anybody, those who wait longest first."""
    is_paired = exists().where(Pairing.mentee_id == Profile.id, Pairing.state.in_(LIVE_PAIRING))
    return (
        _with_profile(
            program,
            Profile.role == Role.MENTEE,
            Profile.state == ProfileState.READY,
            Profile.rounds_waiting > 0,
            ~is_paired,
        )
        .order_by(None)
        .order_by(Profile.rounds_waiting.desc(), Person.full_name, Person.id)
    )


def _with_profile(program: Program, *conditions: ColumnElement[bool]) -> Select[str]:
    return (
        _people()
        .join(Profile, Profile.person_id == Person.id)
        .where(Profile.program_id == program.id, *conditions)
    )


def _people() -> Select[str]:
    return select(_name(Person)).order_by(Person.full_name, Person.id)


def _name(person: type[Person]) -> ColumnElement[str]:
    """Say what a list calls a person: somebody who has only signed in so far has no name."""
    return func.coalesce(func.nullif(person.full_name, ""), person.email)

"""Emails as they would look, for coordinators: of real people where there are some, else made up.

Nothing is written, and no link in a preview works: whoever looks at it must not be able to answer
in somebody's name.
"""

from __future__ import annotations

import dataclasses
import datetime
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import StaticPool, create_engine, select, true
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from mentorship import database, language
from mentorship.emails import contents, messages
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import (
    Base,
    Coordinator,
    Email,
    EmailKind,
    Existing,
    Pairing,
    Person,
    Policy,
    Profile,
    Program,
    Role,
    Round,
    Scope,
    Unmatched,
)
from mentorship.pairings import reasons
from mentorship.programs import policies, programs
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING, EmailState, PairingState, ProfileState, RoundState

_K = EmailKind
#: For kinds about a pairing: which pairings fit, and whom the email goes to.
_PAIRINGS: dict[EmailKind, tuple[Any, Role]] = {
    _K.MENTEE_INTRODUCTION: (Pairing.state.in_(MET_PAIRING), Role.MENTEE),
    _K.MENTOR_INTRODUCTION: (Pairing.state.in_(MET_PAIRING), Role.MENTOR),
    _K.PAIRING_QUESTION: (Pairing.state == PairingState.ASKED, Role.MENTEE),
    _K.PAIRING_QUESTION_REMINDER: (Pairing.state == PairingState.ASKED, Role.MENTEE),
    _K.PAIRING_NOT_MADE: (
        Pairing.state.in_((PairingState.DECLINED, PairingState.EXPIRED)),
        Role.MENTEE,
    ),
    _K.PAIRING_ENDED: (Pairing.state == PairingState.ENDED, Role.MENTEE),
    _K.MEETING_AGREED: (
        Pairing.state.in_(MET_PAIRING) & Pairing.meeting_at.is_not(None),
        Role.MENTEE,
    ),
    _K.FIRST_MEETING: (Pairing.state.in_(MET_PAIRING) & Pairing.met_at.is_(None), Role.MENTEE),
    _K.NO_CONTACT_YET: (
        Pairing.state.in_(MET_PAIRING)
        & Pairing.met_at.is_(None)
        & Pairing.no_contact_at.is_not(None),
        Role.MENTOR,
    ),
    _K.MENTEE_PULSE: (Pairing.state.in_(MET_PAIRING), Role.MENTEE),
    _K.MENTOR_PULSE: (Pairing.state.in_(MET_PAIRING), Role.MENTOR),
}
#: For kinds about a profile: which profiles fit.
_PROFILES: dict[EmailKind, Any] = {
    _K.INVITATION: Profile.state == ProfileState.UNCONFIRMED,
    _K.WELCOME: Profile.state != ProfileState.LEFT,
}


@dataclass(frozen=True)
class Preview:
    """An email as somebody would get it."""

    reader: str
    #: Whether the people in it are examples, because the program has none yet whom it would fit.
    is_made_up: bool
    letter: messages.Draft


def of(session: Session, program: Program, kind: EmailKind, settings: Settings) -> Preview:
    """Return what an email of a kind looks like in a program, and write nothing.

    Sensitive goals are left out, since coordinators do not read of them. Raises `Invalid` for
    emails with a code to sign in.
    """
    if kind is EmailKind.SIGN_IN:
        raise Invalid(_("emails with a code to sign in are not shown"))
    # Links are signed with a key that nobody knows, so that none of them works.
    settings = dataclasses.replace(settings, secret_key=secrets.token_hex(32))
    with language.use(language.choose("en", [], None)):
        row = _newest(session, program, kind)
        if row is not None:
            held = _without_sensitive(session, row.person_id)
            try:
                letter = messages.drafted(session, row, settings)
                return Preview(row.person.full_name, False, letter)
            except (contents.Outdated, messages.Unsendable):
                pass  # What there is does not fit, such as a person who has answered since.
            finally:
                for pairing in held:
                    session.expire(pairing, ["reasons"])
        with _made_up(session, program, kind) as (examples, example):
            row = _newest(examples, example, kind)
            if row is None:
                raise Invalid(_("there is nothing to show for this email"))
            return Preview(row.person.full_name, True, messages.drafted(examples, row, settings))


def _newest(session: Session, program: Program, kind: EmailKind) -> Email | None:
    """Return the email that would be written for the newest people whom a kind fits."""
    person: Person | None = None
    cause, number = program.id, 1
    if kind in _PAIRINGS:
        fits, role = _PAIRINGS[kind]
        pairing = session.scalar(
            select(Pairing)
            .join(Round, Pairing.round_id == Round.id)
            .where(Pairing.program_id == program.id, fits)
            .order_by(Round.number.desc(), Pairing.id)
            .limit(1)
        )
        if pairing is not None:
            profile = pairing.mentor if role is Role.MENTOR else pairing.mentee
            person, cause = profile.person, pairing.id
            number = pairing.meeting_number if kind is EmailKind.MEETING_AGREED else 1
            if kind is EmailKind.MENTOR_PULSE:
                cause = profile.id
            elif kind is EmailKind.MENTOR_INTRODUCTION:
                cause = pairing.round_id
    elif kind in (EmailKind.NOT_THIS_TIME, EmailKind.NO_MENTEE_THIS_TIME):
        role = Role.MENTEE if kind is EmailKind.NOT_THIS_TIME else Role.MENTOR
        unmatched = session.scalar(
            select(Unmatched)
            .join(Round, Unmatched.round_id == Round.id)
            .join(Profile, Unmatched.profile_id == Profile.id)
            .where(Round.program_id == program.id, Profile.role == role)
            .order_by(Round.number.desc(), Unmatched.id)
            .limit(1)
        )
        if unmatched is not None:
            person, cause = unmatched.profile.person, unmatched.round_id
    elif kind in (EmailKind.ROUND_FINISHED, EmailKind.COORDINATOR_DIGEST):
        runs = programs.coordinators(session, program.id)
        done = (RoundState.PROPOSED, RoundState.PUBLISHED, RoundState.CLOSED)
        round_id = session.scalar(
            select(Round.id)
            .where(Round.program_id == program.id, Round.state.in_(done))
            .order_by(Round.number.desc())
            .limit(1)
        )
        if kind is EmailKind.COORDINATOR_DIGEST:
            person = runs[0].person if runs else None
        elif round_id is not None:
            person, cause = runs[0].person if runs else None, round_id
    else:
        newest = session.scalar(
            select(Profile)
            .where(
                Profile.program_id == program.id,
                _PROFILES.get(kind, true()),
            )
            .order_by(Profile.created_at.desc(), Profile.role, Profile.id)
            .limit(1)
        )
        if newest is not None:
            person, cause = newest.person, newest.id
    if person is None:
        return None
    # Never added to the session: it is only read from.
    return Email(
        id=uuid.uuid4(), kind=kind, program_id=program.id, person_id=person.id, person=person,
        cause_id=cause, number=number, state=EmailState.READY, created_at=database.now(session),
    )  # fmt: skip


def _without_sensitive(session: Session, person_id: uuid.UUID) -> list[Pairing]:
    """Leave sensitive goals out of the reasons that are held in memory, and return whose."""
    mine = (Pairing.mentee_person_id == person_id) | (Pairing.mentor_person_id == person_id)
    held = list(session.scalars(select(Pairing).where(mine)))
    for pairing in held:
        set_committed_value(pairing, "reasons", reasons.without_sensitive(pairing.reasons))
    return held


@contextmanager
def _made_up(
    session: Session, program: Program, kind: EmailKind
) -> Iterator[tuple[Session, Program]]:
    """Open a database in memory that holds this program with a few made-up people."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    at = datetime.datetime.now(datetime.UTC)
    copied = {column.key: getattr(program, column.key) for column in Program.__table__.columns}
    runs = programs.coordinators(session, program.id)
    with Session(engine) as examples:
        example = Program(**copied)
        body = policies.current(session, program.id).body
        policy = Policy(program_id=example.id, version=1, body=body, created_at=at)
        known = runs[0].person if runs else None
        coordinator = _person(
            known.called if known else "Example Coordinator",
            known.email if known else "coordinator@example.org",
            at,
        )
        examples.add_all([example, policy, coordinator])
        examples.flush()
        examples.add(Coordinator(program_id=example.id, person_id=coordinator.id, created_at=at))
        mentee = _profile(examples, example, Role.MENTEE, "Example Mentee", at)
        mentor = _profile(examples, example, Role.MENTOR, "Example Mentor", at)
        if kind is EmailKind.INVITATION:
            mentee.state = mentor.state = ProfileState.UNCONFIRMED
        result = {
            "measures": {"matched": 1, "unmatched": 1},
            "certificate": {"is_optimal": True},
            "broken": [],
        }
        round = Round(
            program_id=example.id, policy_id=policy.id, number=1,
            state=RoundState.PROPOSED if kind is EmailKind.ROUND_FINISHED else RoundState.PUBLISHED,
            scope=Scope.EVERYONE, existing=Existing.KEEP, requested_by="example", created_at=at,
            result=result,
        )  # fmt: skip
        examples.add(round)
        examples.flush()
        pairing = Pairing(
            program_id=example.id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
            mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id,
            state=_STATES.get(kind, PairingState.INTRODUCED), score=0, contributions={},
            reasons=[{"criterion": "help", "goals": ["interview-practice"]}], asked_at=at,
            introduced_at=at, meeting_minutes=30, meeting_number=1, no_contact_at=at,
            meeting_at=at if kind is EmailKind.MEETING_AGREED else None,
        )  # fmt: skip
        examples.add(pairing)
        for profile, cause in ((mentee, "places"), (mentor, "demand")):
            reason = {"cause": cause, "suitable": 1}
            examples.add(Unmatched(round_id=round.id, profile_id=profile.id, reason=reason))
        examples.flush()
        yield examples, example
    engine.dispose()


_STATES = {
    EmailKind.PAIRING_QUESTION: PairingState.ASKED,
    EmailKind.PAIRING_QUESTION_REMINDER: PairingState.ASKED,
    EmailKind.PAIRING_NOT_MADE: PairingState.EXPIRED,
    EmailKind.PAIRING_ENDED: PairingState.ENDED,
}


_ANSWERS: dict[Role, dict[str, Any]] = {
    Role.MENTEE: {
        "career_stage": "medical-student-clinical", "specialty_interests": ["cardiology"],
        "goals": ["interview-practice"], "statement": "I hope to find my way in medicine.",
    },
    Role.MENTOR: {
        "career_stage": "early-career-physician", "specialties": ["cardiology"],
        "topics": ["interview-practice"], "modalities": ["video-call"],
    },
}  # fmt: skip


def _person(name: str, email: str, at: datetime.datetime) -> Person:
    return Person(
        id=uuid.uuid4(), email=email, email_key=email.casefold(), full_name=name,
        timezone="Europe/London", created_at=at,
    )  # fmt: skip


def _profile(
    session: Session, program: Program, role: Role, name: str, at: datetime.datetime
) -> Profile:
    person = _person(name, f"{role}@example.org", at)
    answers = {"timezone": "Europe/London", "languages": ["en"], **_ANSWERS[role]}
    profile = Profile(
        program_id=program.id, person_id=person.id, role=role, state=ProfileState.READY,
        listed_id=f"example-{role}", answers=answers,
        capacity=1 if role is Role.MENTOR else None, created_at=at, updated_at=at,
    )  # fmt: skip
    session.add_all([person, profile])
    session.flush()
    return profile

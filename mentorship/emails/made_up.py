"""A program with a few made-up people, for examples of emails while there are no real ones."""

from __future__ import annotations

import datetime
import functools
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, StaticPool, create_engine
from sqlalchemy.orm import Session

from mentorship.emails.examples import Cast
from mentorship.models import (
    Base,
    Coordinator,
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
from mentorship.programs import policies, programs
from mentorship.states import PairingState, ProfileState, RoundState

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
#: The name and address of who coordinates a program that has no one.
_NOBODY = ("Example Coordinator", "coordinator@example.org")
#: There is one database, so one at a time.
_LOCK = threading.Lock()


@contextmanager
def cast(session: Session, program: Program) -> Iterator[tuple[Session, Cast]]:
    """Open a session on a database in memory that holds this program with made-up people.

    Nothing of it is kept afterwards. The tables are made once a process, since that takes longer
    than all the rest.
    """
    copied = {column.key: getattr(program, column.key) for column in Program.__table__.columns}
    body = policies.current(session, program.id).body
    runs_it = [row.person for row in programs.coordinators(session, program.id)][:1]
    names = (runs_it[0].called, runs_it[0].email) if runs_it else _NOBODY
    with _LOCK, Session(_engine()) as examples:
        example = Program(**copied)
        examples.add(example)
        examples.flush()
        yield examples, _cast(examples, example, body, names)


@functools.cache
def _engine() -> Engine:
    # One connection, which the threads of the site use in turn.
    threads = {"check_same_thread": False}
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args=threads)
    Base.metadata.create_all(engine)
    return engine


def _cast(
    session: Session, program: Program, policy_body: dict[str, Any], names: tuple[str, str]
) -> Cast:
    at = datetime.datetime.now(datetime.UTC)
    policy = Policy(program_id=program.id, version=1, body=policy_body, created_at=at)
    coordinator = _person(*names, at)
    session.add_all([policy, coordinator])
    session.flush()
    session.add(Coordinator(program_id=program.id, person_id=coordinator.id, created_at=at))
    mentee = _profile(session, program, Role.MENTEE, "Example Mentee", at)
    mentor = _profile(session, program, Role.MENTOR, "Example Mentor", at)
    result = {
        "measures": {"matched": 1, "unmatched": 1},
        "certificate": {"is_optimal": True},
        "broken": [],
    }
    round = Round(
        program_id=program.id, policy_id=policy.id, number=1, state=RoundState.PUBLISHED,
        scope=Scope.EVERYONE, existing=Existing.KEEP, requested_by="example", created_at=at,
        result=result,
    )  # fmt: skip
    session.add(round)
    session.flush()
    pairing = Pairing(
        program_id=program.id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
        mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id,
        state=PairingState.INTRODUCED, introduced_at=at, score=0, contributions={},
        reasons=[{"criterion": "help", "goals": ["interview-practice"]}],
        meeting_minutes=30, meeting_number=1,
    )  # fmt: skip
    unmatched = {
        profile.role: Unmatched(
            round_id=round.id, profile_id=profile.id, reason={"cause": cause, "suitable": 1}
        )
        for profile, cause in ((mentee, "places"), (mentor, "demand"))
    }
    session.add_all([pairing, *unmatched.values()])
    session.flush()
    return Cast(program, round, pairing, mentee, unmatched, coordinator, at)


def _person(name: str, email: str, at: datetime.datetime) -> Person:
    return Person(
        id=uuid.uuid4(), email=email, email_key=email.casefold(), full_name=name,
        timezone="Europe/London", created_at=at,
    )  # fmt: skip


def _profile(
    session: Session, program: Program, role: Role, name: str, at: datetime.datetime
) -> Profile:
    person = _person(name, f"{role}@example.org", at)
    answers = {
        "full_name": name, "timezone": "Europe/London", "languages": ["en"], **_ANSWERS[role],
    }  # fmt: skip
    profile = Profile(
        program_id=program.id, person_id=person.id, role=role, state=ProfileState.READY,
        listed_id=f"example-{role}", answers=answers,
        capacity=1 if role is Role.MENTOR else None, created_at=at, updated_at=at,
    )  # fmt: skip
    session.add_all([person, profile])
    session.flush()
    return profile

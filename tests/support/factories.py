"""The least valid thing of each kind; a test states what matters to it."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Pairing, Profile, Program, Role
from mentorship.people import persons, profiles
from mentorship.programs import programs
from mentorship.rounds import rounds
from mentorship.states import LIVE_PAIRING, PairingState, RoundState

_numbers = itertools.count(1)


def make_program(session: Session, **changes: Any) -> Program:
    """A program with a coordinator."""
    number = next(_numbers)
    program = programs.add(
        session, f"program-{number}", programs.Settings(name=f"Program {number}", **changes)
    )
    programs.add_coordinator(session, program, f"coordinator{number}@example.org")
    return program


def mentee_answers(**changes: Any) -> dict[str, Any]:
    """The answers of a mentee who is easily matched."""
    number = next(_numbers)
    answers = {
        "mentee_id": f"me-{number}",
        "full_name": f"Mentee {number}",
        "email": f"mentee{number}@example.org",
        "career_stage": "medical-student-clinical",
        "timezone": "Europe/London",
        "languages": ["en"],
        "specialty_interests": ["cardiology"],
        "goals": ["interview-practice"],
    }
    return {key: value for key, value in (answers | changes).items() if value is not None}


def mentor_answers(**changes: Any) -> dict[str, Any]:
    """The answers of a mentor who suits `mentee_answers`."""
    number = next(_numbers)
    answers = {
        "mentor_id": f"mr-{number}",
        "full_name": f"Mentor {number}",
        "email": f"mentor{number}@example.org",
        "career_stage": "early-career-physician",
        "timezone": "Europe/London",
        "languages": ["en"],
        "specialties": ["cardiology"],
        "topics": ["interview-practice"],
        "capacity": 1,
    }
    return {key: value for key, value in (answers | changes).items() if value is not None}


def make_mentee(session: Session, program: Program, **changes: Any) -> Profile:
    """A mentee who is ready to be matched."""
    return _ready(session, program, Role.MENTEE, mentee_answers(**changes))


def make_mentor(session: Session, program: Program, **changes: Any) -> Profile:
    """A mentor with one place who is ready to be matched."""
    return _ready(session, program, Role.MENTOR, mentor_answers(**changes))


def _ready(session: Session, program: Program, role: Role, answers: dict[str, Any]) -> Profile:
    person = persons.know(session, answers["email"], answers["full_name"])
    profile = profiles.draft(session, program.id, person, role, answers[f"{role}_id"], answers)
    profiles.submit(session, profile)
    profiles.confirm(session, profile, "made up for a test")
    return profile


def round_result(**proof: Any) -> dict[str, Any]:
    """What a round stores that measured everything; the country is made up."""
    certificate = {
        "objective": "coverage", "value": 172_410_000, "upper_bound": 172_410_000, "gap": 0,
        "covered": 261, "considered": 27_000, "mentors": ["a"],
        "stages": [{"name": "total", "value": 1, "upper_bound": 1, "prices": [123_456_789]}],
    } | proof  # fmt: skip
    few = {"people": None, "matched": None, "mean": None}
    return {
        "broken": [], "kept": [],
        "certificate": certificate | {"is_optimal": not certificate["gap"]},
        "measures": {
            "matched": 261, "unmatched": 39, "unmatched_by_cause": {"places": 36, "rule": 3},
            "total": 172.41, "mean": 0.66, "lowest": 0.412, "mean_of_lowest_tenth": 0.45,
            "gini": 0.082, "mentors_by_load": {"0": 4, "1": 10, "2": 63, "10": 1}, "churn": 0.25,
            "blocking_pairs": 7,
            "groups": {
                "stage": [
                    {"group": "resident", "people": 40, "matched": 31, "mean": 0.61},
                    {"group": "fellow", **few},
                ],
                "country": [{"group": "XQ", "people": 9, "matched": 0, "mean": None}],
                "identity": [
                    {"group": "parents", "people": 200, "matched": 180, "mean": 0.67},
                    {"group": "not_shared", "people": 100, "matched": 81, "mean": 0.64},
                ],
            },
        },
    }  # fmt: skip


def make_pairing(
    session: Session,
    program: Program,
    state: PairingState = PairingState.INTRODUCED,
    *,
    days: float = 0,
    mentee: Profile | None = None,
    mentor: Profile | None = None,
) -> Pairing:
    """A pairing that got into its state so many days ago, and holds a place while it lives."""
    mentee = mentee or make_mentee(session, program)
    mentor = mentor or make_mentor(session, program)
    round, _ = rounds.start(session, program, requested_by="test")
    # No one has been asked, or introduced, before the round is published.
    is_proposed = state is PairingState.PROPOSED
    round.state = RoundState.PROPOSED if is_proposed else RoundState.PUBLISHED
    then = database.now(session) - datetime.timedelta(days=days)
    pairing = Pairing(
        program_id=program.id,
        round_id=round.id,
        mentee_id=mentee.id,
        mentor_id=mentor.id,
        mentee_person_id=mentee.person_id,
        mentor_person_id=mentor.person_id,
        state=state,
        score=1,
        contributions={},
        reasons=[],
        asked_at=then if state is PairingState.ASKED else None,
        introduced_at=then if state in (PairingState.INTRODUCED, PairingState.ACTIVE) else None,
    )
    session.add(pairing)
    if state in LIVE_PAIRING:
        mentor.places_taken += 1
    session.flush()
    return pairing

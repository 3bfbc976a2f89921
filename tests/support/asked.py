"""A program's own questions, for tests that ask some."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy.orm import Session

from matching.policy import Policy
from matching.profiles.columns import Audience
from matching.profiles.questions import Kind
from mentorship.models import Profile, Program, Role
from mentorship.people.questions import ProgramQuestion
from mentorship.programs import policies, questions
from mentorship.programs.questions import Wording

DAYS = Wording(
    "Clinic days", Kind.SEVERAL, tuple(Role), Audience.MATCH, more=["Monday", "Tuesday", "Friday"]
)


def ask(session: Session, program: Program, **changes: Any) -> ProgramQuestion:
    """Ask on which days people are in clinic, or what else a test states."""
    return questions.add(session, program, "test", dataclasses.replace(DAYS, **changes))


def count(session: Session, program: Program, **uses: Any) -> Policy:
    """Have the program's policy count questions by name."""
    newest = policies.current(session, program.id)
    policy = dataclasses.replace(policies.content(newest), questions=uses)
    policies.change(session, program, "test", policy, seen=newest.version)
    return policy


def answer(session: Session, profile: Profile, **answers: Any) -> None:
    """Answer questions as the person would."""
    profile.answers = profile.answers | answers
    session.flush()

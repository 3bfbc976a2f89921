"""Programs whose pairings have outcomes that speak for other weights."""

from __future__ import annotations

import itertools
import json
import math
import random
from typing import Any

import factories
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import Lesson, Pairing, Program
from mentorship.programs import lessons
from mentorship.rounds import rounds
from mentorship.states import Ending, PairingState, RoundState
from worker import learner, learning

#: Criteria that outcomes may speak for, as a pairing stores where it stood in them.
NAMES = ("help", "choice", "specialty", "style", "stage", "distance", "hours", "rhythm", "place")


def standings(rng: random.Random, **similarities: float) -> dict[str, Any]:
    """Where a pairing stood, by chance but for some criteria."""
    return {
        name: {
            "similarity": similarities.get(name, round(rng.random(), 3)),
            "mean": 0.5,
            "usual": 0.5,
            "spread": 0.25,
        }
        for name in NAMES
    }


def learn(session: Session, program: Program) -> None:
    """Learn what the outcomes of a program say, as a worker does, in this process."""
    lessons.note(session, [program.id])
    id = session.scalars(select(Lesson.id).where(Lesson.program_id == program.id)).one()
    lesson = lessons.begin(session, id, most_starts=3)
    assert lesson is not None
    problem = json.loads(json.dumps(learning.take(session, program.id)))
    found = json.loads(json.dumps(learner.learn(problem, lambda stage, done, total: None)))
    assert lessons.record(session, id, lesson.changes, found)


def make(session: Session, program: Program, number: int, *, decides: str | None = "hours") -> None:
    """Make so many pairings that went well where one criterion was met, but for one in ten.

    Without one that `decides` they went well or not by chance.
    """
    rng = random.Random(7)
    side = math.ceil(math.sqrt(number))
    mentees = [factories.make_mentee(session, program) for _ in range(side)]
    mentors = [factories.make_mentor(session, program) for _ in range(side)]
    round, _ = rounds.start(session, program, requested_by="test")
    round.state = RoundState.PUBLISHED
    for mentee, mentor in itertools.islice(itertools.product(mentees, mentors), number):
        met = rng.random() < 0.5
        went_well = met if rng.random() < 0.9 else not met
        session.add(
            Pairing(
                program_id=program.id,
                round_id=round.id,
                mentee_id=mentee.id,
                mentor_id=mentor.id,
                mentee_person_id=mentee.person_id,
                mentor_person_id=mentor.person_id,
                state=PairingState.ENDED,
                score=500_000,
                contributions={},
                reasons=[],
                standings=standings(rng, **({decides: float(met)} if decides else {})),
                ended_reason=Ending.FINISHED if went_well else Ending.NOT_FIT,
            )
        )
    session.flush()

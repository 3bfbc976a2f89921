"""Learning one lesson: read outcomes, let a child process compute, and store what they say."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.pairings import verdicts
from mentorship.programs import lessons, policies
from mentorship.settings import Settings
from worker.solver import Solver, SolverFailed

log = logging.getLogger(__name__)

#: Seconds; tens of thousands of outcomes take a few.
LONGEST = 300.0


def run(engine: Engine, settings: Settings, lesson_id: uuid.UUID) -> None:
    """Learn what the outcomes of a program say about its current policy.

    No lease is needed: two workers that learn the same store the same. One that fails is tried
    again by a later sweep, until it has been started too often.
    """
    with database.transaction(engine) as session:
        lesson = lessons.begin(session, lesson_id, settings.most_starts)
        if lesson is None:
            log.info("lesson %s already covers all outcomes", lesson_id)
            return
        changes, program_id = lesson.changes, lesson.program_id
    with database.reading(engine) as session:
        problem = take(session, program_id)
    try:
        found = Solver(json.dumps(problem), longest=LONGEST, module="worker.learner").wait(
            lambda _: True
        )
    except SolverFailed as error:
        log.error("lesson %s: %s", lesson_id, error)
        return
    assert found is not None  # noqa: S101 - it is always wanted
    stored = database.persist(
        engine,
        settings.lease_seconds,
        lambda s: lessons.record(s, lesson_id, changes, found),
    )
    told = found["outcomes"]
    log.info("lesson %s: %s outcomes, %s", lesson_id, told, "stored" if stored else "known")


def take(session: Session, program_id: uuid.UUID) -> dict[str, Any]:
    """Return all that is to be learned from, as plain data."""
    current = policies.current(session, program_id)
    return {
        "version": current.version,
        "weights": current.body["weights"],
        "outcomes": verdicts.of_program(session, program_id),
    }

"""From outcomes to what they say: a worker learns, in a child process, once there is news."""

from __future__ import annotations

import logging
import uuid
from typing import Any

import factories
import known_outcomes
import pytest
from matched_rounds import publish
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from matching import policy
from mentorship import database
from mentorship.models import Lesson, Pairing, Program
from mentorship.pairings import pairings, verdicts
from mentorship.programs import advice, lessons, policies
from mentorship.rounds import trials
from mentorship.settings import Settings
from mentorship.states import Ending
from worker import learning, solver


def note(engine: Engine, program_id: uuid.UUID) -> uuid.UUID:
    """Say that there is news; return the lesson's id."""
    with database.transaction(engine) as session:
        lessons.note(session, [program_id])
        return session.scalars(select(Lesson.id).where(Lesson.program_id == program_id)).one()


def test_a_round_says_where_its_pairs_stand_and_their_ends_become_outcomes(
    session: Session, program: Program
) -> None:
    factories.make_mentee(
        session, program, communities=["women-in-medicine"], statement="Cardiology"
    )
    factories.make_mentor(session, program, communities=["women-in-medicine"], bio="Cardiology")
    publish(session, program)
    pairing = session.scalars(select(Pairing)).one()
    session.refresh(pairing, ["standings"])
    stood = pairing.standings
    assert stood is not None
    assert {"help", "specialty", "hours"} <= set(stood)
    assert {"identity", "text"}.isdisjoint(stood)
    assert stood["help"].keys() == {"similarity", "mean", "usual", "spread"}

    pairings.end(session, pairing, Ending.FINISHED)

    assert verdicts.of_program(session, program.id) == [{"standings": stood, "went_well": True}]


def test_a_worker_learns_what_outcomes_say_and_changes_nothing(
    engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        known_outcomes.make(session, program, 150)
    lesson_id = note(engine, program.id)

    learning.run(engine, settings, lesson_id)

    with database.reading(engine) as session:
        program = session.get_one(Program, program.id)
        said = advice.of_program(session, program, settings.most_starts)
        assert (said.outcomes, said.is_due) == (150, False)
        assert said.leave is not None
        assert said.leave < 0.05
        assert said.suggested is not None
        before = policy.default().weights
        assert said.suggested.weights["hours"] > 2 * before["hours"]
        assert said.suggested.weights["text"] == before["text"]
        assert said.suggested.weights["identity"] == before["identity"] == 0
        assert sum(said.suggested.weights.values()) == pytest.approx(sum(before.values()))
        assert policies.current(session, program.id).version == 1
    learning.run(engine, settings, lesson_id)  # a message that came twice does nothing


@pytest.mark.parametrize("number", [0, 99])
def test_too_little_leaves_the_weights_to_the_bit(
    session: Session, program: Program, number: int
) -> None:
    known_outcomes.make(session, program, number)
    known_outcomes.learn(session, program)

    found = session.scalars(select(Lesson)).one().found
    assert found is not None
    assert found["outcomes"] == number
    assert found["weights"] == policies.current(session, program.id).body["weights"]
    assert found["intervals"] == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_child_that_fails_leaves_the_lesson_due_and_says_why(
    engine: Engine,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def damaged(session: Session, program_id: uuid.UUID) -> list[Any]:
        return [{"standings": {"help": {"similarity": 1}}, "went_well": True}]

    monkeypatch.setattr(verdicts, "of_program", damaged)
    settings = settings.replace(most_starts=1)
    with database.transaction(engine) as session:
        program = factories.make_program(session)
    lesson_id = note(engine, program.id)
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            learning.run(engine, settings, lesson_id)

    assert len(caplog.records) == 1
    assert "ended with code 1" in caplog.text
    with database.reading(engine) as session:
        said = advice.of_program(session, session.get_one(Program, program.id), 1)
    assert said.failed


def test_a_trial_says_how_many_pairs_would_be_others() -> None:
    """By a policy that turns everything round: each of two mentees would have the other mentor."""
    one, other = "cardiology", "dermatology"
    mentees = [
        factories.mentee_answers(mentee_id="a", goals=["teaching"], specialty_interests=[one]),
        factories.mentee_answers(mentee_id="b", goals=["leadership"], specialty_interests=[other]),
    ]
    mentors = [
        factories.mentor_answers(mentor_id="x", topics=["teaching"], specialties=[other]),
        factories.mentor_answers(mentor_id="y", topics=["leadership"], specialties=[one]),
    ]
    only = {
        name: policy.default().to_dict()
        | {"weights": dict.fromkeys(policy.default().weights, 0) | {name: 1}}
        for name in ("help", "specialty")
    }
    problem: dict[str, Any] = {
        "mentees": mentees, "mentors": mentors, "on": "2026-11-23", "existing": [],
        "mode": "afresh", "keep_bonus": 0.05, "pinned": [], "fill": "first", "forbidden": [],
        "priority": {}, "seed": "", "by_hand": [], "parted": [], "demand": {},
    }  # fmt: skip

    def others(policy: str, beside: str | None) -> int | None:
        tried = {"policy": only[policy], "beside": only[beside] if beside else None}
        stages: list[str] = []
        answer = solver.solve(problem | tried, lambda stage, done, total: stages.append(stage))
        assert ("comparing" in stages) == (beside is not None)
        return trials.kept(answer["pairs"], answer["beside"])["others"]

    assert others("help", None) is None
    assert others("help", "help") == 0
    assert others("help", "specialty") == 2

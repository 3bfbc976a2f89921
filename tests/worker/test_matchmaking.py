"""From rows to a proposed round: a worker, its child process, and what may befall them."""

from __future__ import annotations

import json
import uuid

import factories
import pytest
from matched_rounds import LEASE, couples, propose
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matching import policy
from mentorship import database
from mentorship.coordination import review
from mentorship.models import Email, EmailKind, Program
from mentorship.rounds import publishing, rounds, snapshots
from mentorship.settings import Settings
from mentorship.states import PairingState, RoundState
from worker import matchmaking, solver


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that no one reads."""


def test_equals_are_drawn_by_the_id_of_the_round(session: Session, program: Program) -> None:
    """Four alike, one place: the order of profiles decides nothing, and a round can be repeated."""
    started, _ = rounds.start(session, program, requested_by="test")
    problem = snapshots.take(session, started)
    assert problem["seed"] == str(started.id)
    alike = [
        factories.mentee_answers(mentee_id=f"a{k}", email=f"a{k}@example.org") for k in range(4)
    ]
    mentor = factories.mentor_answers(mentor_id="x", email="x@example.org", capacity=1)
    winners = set()
    for people in (alike, alike[::-1]):
        answer = solver.solve(problem | {"mentees": people, "mentors": [mentor]}, quiet)
        winners |= {pair["mentee"] for pair in answer["pairs"]}

    assert len(winners) == 1


def test_a_worker_matches_a_round_in_a_child_process(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        factories.make_mentee(session, program, mentee_id="a")
        factories.make_mentor(session, program, mentor_id="x")
        round, _ = rounds.start(session, program, requested_by="test")

    matchmaking.run(engine, settings, round.id)

    with database.reading(engine) as session:
        found = rounds.get(session, round.id)
        assert (found.state, found.starts, found.lease_until) == (RoundState.PROPOSED, 1, None)
        assert couples(session, PairingState.PROPOSED) == {("a", "x")}
        assert found.result is not None
        assert found.result["certificate"]["gap"] == 0
        assert [e.kind for e in session.scalars(select(Email))] == [EmailKind.ROUND_FINISHED]
        report = review.of_round(session, found)
    assert report["pairs"][0]["reasons"]
    matchmaking.run(engine, settings, round.id)  # a message that came twice does nothing


def test_a_cancelled_round_stops_its_child(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        factories.make_mentee(session, program)
        round, _ = rounds.start(session, program, requested_by="test")
        claimed = rounds.claim(session, round.id, LEASE)
        assert claimed is not None
        fence = claimed.fence
    with database.transaction(engine) as session:
        rounds.cancel(session, rounds.get(session, round.id), "test")

    with database.transaction(engine) as session:
        assert not rounds.extend_lease(session, round.id, fence, LEASE, None)
    child = solver.Solver(json.dumps({}))
    assert child.wait(lambda progress: False) is None


def test_a_child_that_fails_says_so(engine: Engine, settings: Settings) -> None:
    with pytest.raises(solver.SolverFailed, match="ended with code 1"):
        solver.Solver("{}").wait(lambda progress: True)


def test_people_who_cannot_be_meant_fail_a_round_with_what_is_wrong() -> None:
    """As after an update that dropped an entry of the taxonomy which someone still has."""
    problem = {
        "policy": policy.default().to_dict(),
        "mentees": [factories.mentee_answers(goals=["phrenology"])],
        "mentors": [],
        "existing": [],
        "mode": "keep",
        "keep_bonus": 0.1,
        "forbidden": [],
        "priority": {},
        "on": "2026-11-23",
    }

    with pytest.raises(
        solver.SolverFailed, match="row 0, goals: 'phrenology' is not the ID of a goal"
    ):
        solver.Solver(json.dumps(problem)).wait(lambda progress: True)


def test_a_round_without_anybody_is_proposed_without_pairs(
    session: Session, program: Program
) -> None:
    round = propose(session, program)

    assert review.of_round(session, round)["pairs"] == []
    assert publishing.publish(session, round, "test")


def test_two_starts_give_one_round(session: Session, program: Program) -> None:
    first, is_new = rounds.start(session, program, requested_by="one")
    second, is_new_too = rounds.start(session, program, requested_by="two")

    assert (first, is_new, is_new_too) == (second, True, False)


def test_a_silent_worker_loses_its_round_and_can_write_no_more(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program)
    started, _ = rounds.start(session, program, requested_by="test")
    for starts in (1, 2, 3):
        claimed = rounds.claim(session, started.id, -LEASE)
        assert claimed is not None
        stale = claimed.fence
        rounds.take_back(session, most_starts=3)
        session.refresh(started)
        assert started.starts == starts

    assert started.state is RoundState.FAILED
    assert "3 times" in (started.failure or "")
    assert not rounds.propose(session, started.id, stale, pairings=[], unmatched=[], result={})
    assert [e.kind for e in session.scalars(select(Email))] == [EmailKind.ROUND_FINISHED]


def test_a_round_that_beats_is_not_taken_back(session: Session, program: Program) -> None:
    started, _ = rounds.start(session, program, requested_by="test")
    claimed = rounds.claim(session, started.id, LEASE)
    assert claimed is not None
    progress = {"stage": "scoring", "done": 0, "total": 1}
    assert rounds.extend_lease(session, claimed.id, claimed.fence, LEASE, progress)
    assert not rounds.extend_lease(session, claimed.id, claimed.fence - 1, LEASE, None)

    rounds.take_back(session, most_starts=3)

    session.refresh(started)
    assert (started.state, started.progress) == (RoundState.MATCHING, progress)
    assert rounds.claim(session, uuid.uuid4(), LEASE) is None


def test_a_database_that_is_away_for_a_moment_forgets_no_outcome(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def work(session: Session) -> str:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise OperationalError("SELECT", {}, Exception("it restarts"))
        return "kept"

    assert database.persist(engine, 5, work) == "kept"
    assert calls == 3
    calls = -100
    with pytest.raises(OperationalError):
        database.persist(engine, 0.6, work)


def test_a_solver_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(solver.SolverFailed, match="LONGEST_MATCH_SECONDS"):
        solver.Solver("{}", longest=0).wait(lambda progress: True)

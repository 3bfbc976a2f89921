"""Rounds that are matched in the process of a test, as a worker matches them."""

from __future__ import annotations

import datetime
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import Pairing, Program, Round
from mentorship.rounds import publishing, rounds, snapshots
from mentorship.states import LIVE_PAIRING
from worker import solver

LEASE = datetime.timedelta(seconds=20)


def propose(session: Session, program: Program, **options: Any) -> Round:
    """Start a round and match it as a worker does, in this process."""
    started, is_new = rounds.start(session, program, requested_by="test", **options)
    assert is_new
    return match(session, started)


def match(session: Session, started: Round) -> Round:
    """Match a round that was started."""
    round = rounds.claim(session, started.id, LEASE)
    assert round is not None
    problem = json.loads(json.dumps(snapshots.take(session, round)))
    answer = json.loads(json.dumps(solver.solve(problem, lambda stage, done, total: None)))
    assert snapshots.record(session, round.id, round.fence, problem, answer)
    return round


def release(session: Session, round: Round) -> None:
    """Let pairs go that are held back, as those without a reason to be told are."""
    ids = session.scalars(select(Pairing.id).where(Pairing.round_id == round.id)).all()
    publishing.hold(session, round, ids, held=False)


def publish(session: Session, program: Program, **options: Any) -> Round:
    """A whole round, from its start to its publication."""
    round = propose(session, program, **options)
    release(session, round)
    assert publishing.publish(session, round, "test")
    return round


def live(session: Session) -> set[tuple[str, str]]:
    """Who is paired with whom, by listed id."""
    found = session.scalars(select(Pairing).where(Pairing.state.in_(LIVE_PAIRING)))
    return {(pair.mentee.listed_id, pair.mentor.listed_id) for pair in found}

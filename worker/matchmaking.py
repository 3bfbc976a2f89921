"""Matching one round: claim it, let a child process compute, and store its answer."""

from __future__ import annotations

import datetime
import json
import logging
import time
import uuid
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from mentorship import database
from mentorship.rounds import rounds, snapshots
from mentorship.settings import Settings
from worker.solver import Solver, SolverFailed

log = logging.getLogger(__name__)


def run(engine: Engine, settings: Settings, round_id: uuid.UUID) -> None:
    """Claim a round and match it, keeping its lease alive while a child process computes."""
    lease = datetime.timedelta(seconds=settings.lease_seconds)
    with database.transaction(engine) as session:
        claimed = rounds.claim(session, round_id, lease)
        if claimed is None:
            log.info("round %s cannot be claimed", round_id)
            return
        fence = claimed.fence
    log.info("round %s: matching begins, fence %s", round_id, fence)
    with database.reading(engine) as session:
        problem = snapshots.take(session, rounds.get(session, round_id))
    reached_at = time.monotonic()

    def is_ours(progress: dict[str, Any] | None) -> bool:
        nonlocal reached_at
        try:
            with database.transaction(engine) as session:
                ours = rounds.extend_lease(session, round_id, fence, lease, progress)
        except OperationalError:
            # A database that restarts is back within the lease, or the round is lost anyway.
            return time.monotonic() - reached_at < settings.lease_seconds
        reached_at = time.monotonic()
        return ours

    solver = Solver(json.dumps(problem), longest=settings.longest_match_seconds)
    try:
        answer = solver.wait(is_ours)
    except SolverFailed as error:
        log.error("round %s: the solver failed: %s", round_id, error)
        why = str(error)
        database.persist(
            engine, settings.lease_seconds, lambda s: rounds.fail(s, round_id, fence, why)
        )
        return
    if answer is None:
        log.info("round %s: no longer ours; it was canceled or taken over", round_id)
        return
    kept = database.persist(
        engine,
        settings.lease_seconds,
        lambda s: snapshots.record(s, round_id, fence, problem, answer),
    )
    log.info("round %s: %s", round_id, "proposed" if kept else "was no longer ours")

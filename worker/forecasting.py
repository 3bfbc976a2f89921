"""Computing one forecast: claim it, let a child process compute, and store its answer."""

from __future__ import annotations

import datetime
import json
import logging
import time
import uuid
from typing import Any

from sqlalchemy import Engine

from mentorship import database
from mentorship.rounds import forecasts
from mentorship.settings import Settings
from worker.solver import Solver, SolverFailed

log = logging.getLogger(__name__)


def run(engine: Engine, settings: Settings, forecast_id: uuid.UUID) -> None:
    """Claim a forecast and compute it, and give way as soon as a round waits."""
    began = time.monotonic()
    lease = datetime.timedelta(seconds=settings.lease_seconds)
    with database.transaction(engine) as session:
        fence = forecasts.claim(session, forecast_id, lease)
    if fence is None:
        log.info("forecast %s cannot be claimed", forecast_id)
        return
    with database.reading(engine) as session:
        problem = forecasts.take(session, forecast_id)

    def is_ours(progress: dict[str, Any] | None) -> bool:
        with database.transaction(engine) as session:
            return forecasts.extend_lease(session, forecast_id, fence, lease)

    answer = problem.answer
    if answer is None:
        solver = Solver(
            json.dumps(problem.data),
            longest=settings.longest_match_seconds,
            module="worker.forecaster",
        )
        try:
            answer = solver.wait(is_ours)
        except SolverFailed as error:
            log.error("forecast %s: the solver failed: %s", forecast_id, error)
            why = str(error)
            with database.transaction(engine) as session:
                forecasts.fail(session, forecast_id, fence, problem.taken_at, why)
            return
    with database.transaction(engine) as session:
        if answer is None:
            forecasts.give_way(session, forecast_id, fence)
            log.info("forecast %s: given up for now", forecast_id)
            return
        seconds = time.monotonic() - began
        kept = forecasts.record(session, forecast_id, fence, problem, answer, seconds)
    log.info("forecast %s: %s", forecast_id, "computed" if kept else "was no longer ours")

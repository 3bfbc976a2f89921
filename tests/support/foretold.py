"""Forecasts that are computed in the process of a test, as a worker computes them."""

from __future__ import annotations

import datetime
import json
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Forecast, Program
from mentorship.rounds import forecasts
from worker import forecaster

LEASE = datetime.timedelta(seconds=20)


def make_due(session: Session, program: Program) -> Forecast:
    """Let a program's forecast be due now."""
    forecasts.note_changes(session)
    session.execute(
        update(Forecast)
        .where(Forecast.program_id == program.id)
        .values(due_at=database.now(session))
    )
    forecast = forecasts.of_program(session, program.id)
    assert forecast is not None
    session.refresh(forecast)
    return forecast


def foretell(session: Session, program: Program) -> dict[str, Any]:
    """Compute a program's forecast, and return its result."""
    forecast = make_due(session, program)
    fence = forecasts.claim(session, forecast.id, LEASE)
    assert fence is not None
    problem = forecasts.take(session, forecast.id)
    answer = problem.answer
    if answer is None:
        data = json.loads(json.dumps(problem.data))
        answer = json.loads(json.dumps(forecaster.forecast(data, lambda stage, done, total: None)))
    assert forecasts.record(session, forecast.id, fence, problem, answer, seconds=0.5)
    session.refresh(forecast)
    assert forecast.result is not None
    return forecast.result

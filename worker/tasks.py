"""The jobs: each turns a message into one call."""

from __future__ import annotations

import time
import uuid

from mentorship import logs
from mentorship.delivery import sending
from mentorship.service.queue import Job
from worker import forecasting, learning, matchmaking, service
from worker.app import app

# A child that hangs where no timeout applies is killed, and what it held is taken back by its
# lease. Mail gets all that its steps may take, so that no email is cut off in its last one.
_MATCHING_SECONDS = int(service.settings().longest_match_seconds) + 120
_LEARNING_SECONDS = int(learning.LONGEST)
_MAIL_SECONDS = int(30 * service.settings().smtp_seconds + service.settings().smtp_final_seconds)


@app.task(name=Job.MATCH_ROUND.value, time_limit=_MATCHING_SECONDS)
def match_round(round_id: str) -> None:
    """Match one round, if it is due."""
    with logs.about(round=round_id):
        matchmaking.run(service.engine(), service.settings(), uuid.UUID(round_id))


@app.task(name=Job.FORECAST.value, time_limit=_MATCHING_SECONDS)
def forecast(forecast_id: str) -> None:
    """Compute one forecast, if it is due."""
    with logs.about(forecast=forecast_id):
        forecasting.run(service.engine(), service.settings(), uuid.UUID(forecast_id))


@app.task(name=Job.LEARN.value, time_limit=_LEARNING_SECONDS + 60)
def learn(lesson_id: str) -> None:
    """Learn one lesson, if there is news for it."""
    with logs.about(lesson=lesson_id):
        learning.run(service.engine(), service.settings(), uuid.UUID(lesson_id))


@app.task(name=Job.SEND_EMAIL.value, time_limit=_MAIL_SECONDS)
def send_email(*email_ids: str) -> None:
    """Send emails, one after the other, each if it is there to be sent.

    One that takes long ends it, so that the rest does not wait behind a slow relay and this message
    stays within its time limit; a later sweep rings for them again.
    """
    engine, sender, settings = service.engine(), service.sender(), service.settings()
    began = time.monotonic()
    for email_id in email_ids:
        with logs.about(email=email_id):
            sending.deliver(engine, sender, uuid.UUID(email_id), settings)
        if time.monotonic() - began > settings.smtp_seconds:
            return


@app.task(name=Job.SWEEP.value, time_limit=60)
def sweep() -> None:
    """Notify the workers of everything that is due."""
    service.sweep(app)

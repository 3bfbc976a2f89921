"""The jobs: each turns a message into one call."""

from __future__ import annotations

import uuid

from mentorship import delivery
from mentorship.queue import Job
from worker import matchmaking, service
from worker.app import app


@app.task(name=Job.MATCH_ROUND.value)
def match_round(round_id: str) -> None:
    """Match one round, if it is there to be matched."""
    matchmaking.run(service.engine(), service.settings(), uuid.UUID(round_id))


@app.task(name=Job.SEND_EMAIL.value)
def send_email(email_id: str) -> None:
    """Send one email, if it is there to be sent."""
    delivery.deliver(service.engine(), service.sender(), service.settings(), uuid.UUID(email_id))


@app.task(name=Job.SWEEP.value)
def sweep() -> None:
    """Ring for everything that is due."""
    service.sweep(app)

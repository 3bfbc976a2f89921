"""Whether the service lives, and whether it can do its work, for whoever watches over it."""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from mentorship import database, migrations
from mentorship.accounts.access import Action
from mentorship.models import Email, Person, Round
from mentorship.service import alarms, heartbeats
from mentorship.states import RoundState
from webapp import gate, storage

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@gate.may(Action.PROBE)
def alive() -> dict[str, str]:
    """Answer that this process serves requests."""
    return {"status": "ok"}


@bp.get("/readyz")
@gate.may(Action.PROBE)
def ready() -> tuple[dict[str, Any], int]:
    """Answer 200 when database, matching, mail and beat can do work, else 503 and which cannot."""
    checks = {"database": False} | dict.fromkeys(heartbeats.KINDS, False)
    try:
        with storage.reading() as session:
            checks["database"] = migrations.is_current(session.connection())
            for kind in heartbeats.KINDS:
                checks[kind] = heartbeats.is_alive(session, kind)
            if alarms.paused_relay(session, storage.settings()):
                checks["mail"] = False
    except SQLAlchemyError:
        pass  # A database that cannot be asked is what the answer says.
    ok = all(checks.values())
    return {"status": "ok" if ok else "unavailable", "checks": checks}, 200 if ok else 503


@bp.get("/metrics")
@gate.may(Action.PROBE)
def metrics() -> Response:
    """Answer how much of what there is, in the words of Prometheus, to whoever has the token."""
    token = storage.settings().metrics_token
    if not token:
        abort(404)
    sent = request.headers.get("Authorization", "")
    if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        return Response("", 401, {"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    with storage.reading() as session:
        registry.register(_Standing(session))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Standing(Collector):
    """Where the service stands, as its database says: any process of the site answers alike."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing beforehand, so that registering asks the database nothing."""
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Count and measure."""
        session = self._session
        at = database.now(session)
        version = metadata.version("preceptor")
        yield _gauge("build_info", "The version that runs.", ["version"], {(version,): 1})
        emails = session.execute(
            select(Email.state, Email.kind, func.count()).group_by(Email.state, Email.kind)
        )
        yield _gauge(
            "emails", "Emails by state and kind.", ["state", "kind"],
            {(state.value, kind.value): count for state, kind, count in emails},
        )  # fmt: skip
        doubted = session.scalar(select(func.count()).where(Email.doubt_since.is_not(None)))
        yield _gauge("emails_in_doubt", "Emails that may have come twice.", [], {(): doubted or 0})
        due = alarms.oldest_due(session)
        yield _gauge(
            "email_oldest_due_seconds", "How long the oldest due email has waited.", [],
            {(): (at - due).total_seconds() if due else 0},
        )  # fmt: skip
        rounds = session.execute(select(Round.state, func.count()).group_by(Round.state))
        yield _gauge(
            "rounds", "Rounds by state.", ["state"],
            {(state.value,): 0 for state in RoundState} | {(s.value,): n for s, n in rounds},
        )  # fmt: skip
        seen = heartbeats.last_seen(session)
        yield _gauge(
            "pulse_age_seconds", "Since the last sign of life of a kind of part.", ["kind"],
            # What was never seen is told as well: no alarm is raised by a value that is not there.
            {
                (kind,): (at - seen[kind]).total_seconds() if kind in seen else math.inf
                for kind in heartbeats.KINDS
            },
        )  # fmt: skip
        is_paused = alarms.paused_relay(session, storage.settings()) is not None
        yield _gauge("relay_paused", "Whether the relay does not work.", [], {(): int(is_paused)})
        wrong = session.scalar(select(func.count()).where(Person.address_problem.is_not(None)))
        yield _gauge(
            "address_problems", "People whom no email reaches.", [], {(): wrong or 0}
        )  # fmt: skip


def _gauge(
    name: str, help: str, labels: list[str], values: Mapping[Any, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"preceptor_{name}", help, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family

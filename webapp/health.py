"""Whether the service is alive and can do its work, for those who operate and monitor it."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from mentorship import migrations
from mentorship.accounts.access import Action
from mentorship.service import alarms, figures, heartbeats
from mentorship.service.figures import Figures
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
    """Return the figures of the service in Prometheus's format, to anyone with the token."""
    token = storage.settings().metrics_token
    if not token:
        abort(404)
    sent = request.headers.get("Authorization", "")
    if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        return Response("", 401, {"WWW-Authenticate": "Bearer"})
    with storage.reading() as session:
        counted = figures.count(session, storage.settings())
    return Response(generate_latest(_Metrics(counted)), content_type=CONTENT_TYPE_LATEST)


class _Metrics(Collector):
    """Figures as metrics; any process of the site answers alike, as the database has them."""

    def __init__(self, counted: Figures) -> None:
        self._figures = counted

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield each figure with its help text."""
        counted = self._figures
        version = metadata.version("preceptor")
        yield _gauge("build_info", "The running version.", ["version"], {(version,): 1})
        yield _gauge(
            "emails", "Emails by state and kind.", ["state", "kind"],
            {(state.value, kind.value): number for (state, kind), number in counted.emails.items()},
        )  # fmt: skip
        yield _gauge(
            "emails_in_doubt", "Emails that may have been delivered twice.", [],
            {(): counted.emails_in_doubt},
        )  # fmt: skip
        yield _gauge(
            "emails_returned", "Emails that were sent and bounced.", [],
            {(): counted.emails_returned},
        )  # fmt: skip
        yield _gauge(
            "email_oldest_due_seconds", "How long the oldest due email has waited.", [],
            {(): counted.oldest_due},
        )  # fmt: skip
        yield _gauge(
            "rounds", "Rounds by state.", ["state"],
            {(state.value,): number for state, number in counted.rounds.items()},
        )  # fmt: skip
        yield _gauge(
            "pulse_age_seconds", "Time since the last sign of life from a kind of part.", ["kind"],
            {(kind,): seconds for kind, seconds in counted.silences.items()},
        )  # fmt: skip
        yield _gauge(
            "relay_paused", "1 if the relay is not working.", [],
            {(): int(counted.is_relay_paused)},
        )  # fmt: skip
        yield _gauge(
            "bounce_mailbox_failing", "1 if the bounce mailbox cannot be read.", [],
            {(): int(counted.is_mailbox_failing)},
        )  # fmt: skip
        yield _gauge(
            "reports_not_understood", "Unread bounce reports that could not be parsed.", [],
            {(): counted.reports_not_understood},
        )  # fmt: skip
        yield _gauge(
            "address_problems",
            "People whose email address does not work.",
            [],
            {(): counted.unreachable},
        )


def _gauge(
    name: str, help: str, labels: list[str], values: Mapping[Any, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"preceptor_{name}", help, labels=labels)
    for label_values, value in values.items():
        family.add_metric(label_values, value)
    return family

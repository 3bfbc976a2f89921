"""Whether the service lives, and whether it can do its work, for whoever watches over it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy.exc import SQLAlchemyError

from mentorship import migrations, pulses
from mentorship.access import Action
from webapp import access, storage

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@access.may(Action.PROBE)
def alive() -> dict[str, str]:
    """Answer that this process serves requests."""
    return {"status": "ok"}


@bp.get("/readyz")
@access.may(Action.PROBE)
def ready() -> tuple[dict[str, Any], int]:
    """Answer 200 when database, matching and mail can do work, else 503 and which cannot."""
    checks = {"database": False, "matching": False, "mail": False}
    try:
        with storage.reading() as session:
            checks["database"] = migrations.is_current(session.connection())
            for kind in ("matching", "mail"):
                checks[kind] = pulses.is_alive(session, kind)
    except SQLAlchemyError:
        pass  # A database that cannot be asked is what the answer says.
    ok = all(checks.values())
    return {"status": "ok" if ok else "unavailable", "checks": checks}, 200 if ok else 503

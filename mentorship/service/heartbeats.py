"""Heartbeats: each process of the service writes a row every few seconds."""

from __future__ import annotations

import datetime
import os
import socket

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session, aliased

from mentorship import database
from mentorship.models import WorkerPulse

#: The parts that give signs of life.
KINDS = ("matching", "mail", "beat")
#: After this long without a sign of life a part counts as gone.
SILENT = datetime.timedelta(seconds=30)
#: Rows older than this are removed, except the newest of each kind.
FORGOTTEN = datetime.timedelta(days=1)


def record(session: Session, kind: str) -> None:
    """Record that this process, which does the work of `kind`, is alive."""
    at = database.now(session)
    name = f"{kind}@{socket.gethostname()}:{os.getpid()}"
    session.merge(WorkerPulse(name=name, kind=kind, seen_at=at))
    newer = aliased(WorkerPulse)
    has_newer = exists().where(newer.kind == WorkerPulse.kind, newer.seen_at > WorkerPulse.seen_at)
    session.execute(delete(WorkerPulse).where(WorkerPulse.seen_at < at - FORGOTTEN, has_newer))


def is_alive(session: Session, kind: str) -> bool:
    """Return whether any process of a kind gave a sign of life lately."""
    seen = session.scalar(select(func.max(WorkerPulse.seen_at)).where(WorkerPulse.kind == kind))
    return seen is not None and database.now(session) - seen < SILENT


def last_seen(session: Session) -> dict[str, datetime.datetime]:
    """Return when a process of each kind was last alive; a kind that never was is not in it."""
    newest = func.max(WorkerPulse.seen_at)
    rows = session.execute(select(WorkerPulse.kind, newest).group_by(WorkerPulse.kind))
    return {row[0]: row[1] for row in rows}


def silence_here(session: Session, kind: str) -> datetime.timedelta | None:
    """Return how long ago a process of a kind on this host was alive, None if it never was."""
    here = WorkerPulse.name.startswith(f"{kind}@{socket.gethostname()}:", autoescape=True)
    seen = session.scalar(select(func.max(WorkerPulse.seen_at)).where(here))
    return None if seen is None else database.now(session) - seen

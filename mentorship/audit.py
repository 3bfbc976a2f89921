"""The audit log: who did what, and to what."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import AuditEntry


def record(
    session: Session,
    actor: str,
    action: str,
    *,
    program_id: uuid.UUID | None = None,
    subject_id: uuid.UUID | None = None,
    **details: Any,
) -> None:
    """Write one entry; `details` hold ids, counts and choices, never names or answers."""
    entry = row(session, actor, action, program_id=program_id, subject_id=subject_id, **details)
    session.add(AuditEntry(**entry))


def row(
    session: Session,
    actor: str,
    action: str,
    *,
    program_id: uuid.UUID | None = None,
    subject_id: uuid.UUID | None = None,
    **details: Any,
) -> dict[str, Any]:
    """Return the values of an entry's row; see `record`."""
    return {
        "at": database.now(session),
        "actor": actor,
        "action": action,
        "program_id": program_id,
        "subject_id": subject_id,
        "details": details,
    }

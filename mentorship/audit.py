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
    session.add(
        AuditEntry(
            at=database.now(session),
            actor=actor,
            action=action,
            program_id=program_id,
            subject_id=subject_id,
            details=details,
        )
    )

"""Pairings of which no one has heard: no meeting, no sign of contact, or a mentee says so."""

from __future__ import annotations

import datetime
import uuid

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Pairing
from mentorship.states import MET_PAIRING

#: How long two people can be silent after their introduction.
SILENT = datetime.timedelta(days=14)


def pairings(session: Session, program_id: uuid.UUID) -> Select[Pairing]:
    """Select a program's pairings without any sign of contact, the oldest first."""
    since = database.now(session) - SILENT
    return (
        select(Pairing)
        .where(
            Pairing.program_id == program_id,
            Pairing.state.in_(MET_PAIRING),
            Pairing.met_at.is_(None),
            Pairing.meeting_at.is_(None),
            Pairing.no_contact_at.is_not(None) | (Pairing.introduced_at < since),
        )
        .order_by(Pairing.introduced_at, Pairing.id)
    )

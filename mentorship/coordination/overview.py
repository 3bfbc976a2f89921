"""Where a program stands: people, places, rounds and emails in numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship.coordination import ledger, roster
from mentorship.models import Pairing, Program, Role
from mentorship.rounds import rounds
from mentorship.states import LIVE_PAIRING, UNFINISHED_EMAIL, EmailState, ProfileState


def of_program(session: Session, program: Program) -> dict[str, Any]:
    """Return where a program stands: people by role and state, places, rounds, emails."""
    counts = roster.counts(session, program.id)

    def ready(role: Role) -> int:
        return counts.get((role, ProfileState.READY), 0)

    offered, taken = roster.places(session, program.id)
    emails = ledger.counts(session, program.id)
    waiting = {role: counts.get((role, ProfileState.AWAITING_APPROVAL), 0) for role in Role}
    latest = rounds.of_program(session, program.id)[:5]
    return {
        "mentees": ready(Role.MENTEE),
        "mentors": ready(Role.MENTOR),
        "waiting": sum(waiting.values()),
        "unconfirmed": sum(counts.get((role, ProfileState.UNCONFIRMED), 0) for role in Role),
        "paired": session.scalar(
            select(func.count()).where(
                Pairing.program_id == program.id, Pairing.state.in_(LIVE_PAIRING)
            )
        ),
        "places": offered,
        "free": max(0, offered - taken),
        "emails_failed": emails.get(EmailState.FAILED, 0),
        "emails_returned": ledger.came_back(session, program.id),
        "emails_ready": sum(emails.get(state, 0) for state in UNFINISHED_EMAIL),
        "rounds": latest,
        "open_round": next((r for r in latest if r.is_open and not r.dry_run), None),
    }

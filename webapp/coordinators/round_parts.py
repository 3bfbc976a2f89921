"""What every page about a round shows of it."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from mentorship.coordination import comparison, review
from mentorship.coordination.review import Found
from mentorship.models import Round
from mentorship.people import sight
from mentorship.programs import programs
from mentorship.rounds import coverage, readiness
from mentorship.service import heartbeats
from mentorship.states import RoundState
from webapp.coordinators import figures, progress


def of(session: Session, round: Round, result: Found | None) -> dict[str, Any]:
    """Return what the templates of `rounds/` need beside what is their own."""
    return {
        "program": programs.by_id(session, round.program_id),
        "round": round,
        "progress": progress.of_round(round, heartbeats.is_alive(session, "matching")),
        "result": result,
        "few": sight.FEW,
        "shortfall": coverage.shortfall(round, result.waiting) if result else None,
        "notes": readiness.in_words(session, result.no_effect) if result else [],
        "held": review.held(session, round.id) if result else 0,
        "others": comparison.comparable(session, round) if result else [],
        "figures": figures,
        "State": RoundState,
    }


def under_way(session: Session, round: Round) -> str:
    """Return the page of a round that has no result: how far it is, or why it failed."""
    return render_template("rounds/show.html", **of(session, round, None))

"""What every page about a round shows of it."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from mentorship import language
from mentorship.coordination import comparison, review
from mentorship.coordination.review import Found
from mentorship.language import ngettext
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
        "notes": _notes(session, round, result) if result else [],
        "held": review.held(session, round.id) if result else 0,
        "others": comparison.comparable(session, round) if result else [],
        "figures": figures,
        "State": RoundState,
    }


def _notes(session: Session, round: Round, result: Found) -> list[str]:
    """Return what a coordinator should know of a round beside its figures."""
    notes = readiness.in_words(session, result.no_effect)
    most, changed = round.most_changed, result.changed
    if most is not None and changed is not None and changed > most:
        notes.append(
            ngettext(
                "You chose to change at most %(most)s of the existing pairs. Because of changes "
                "since then, at least %(n)s must change.",
                "You chose to change at most %(most)s of the existing pairs. Because of changes "
                "since then, at least %(n)s must change.",
                changed,
                most=language.number(most),
            )
        )
    return notes


def under_way(session: Session, round: Round) -> str:
    """Return the page of a round that has no result: how far it is, or why it failed."""
    return render_template("rounds/show.html", **of(session, round, None))

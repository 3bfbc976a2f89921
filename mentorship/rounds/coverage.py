"""How many waiting mentees a round finds a mentor for, and whether that is enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mentorship import language
from mentorship.language import gettext as _
from mentorship.models import Round

#: `{"mentees", "matched"}`: how many had no mentor before a round, and how many of them get one.
Coverage = Mapping[str, int]


def count(problem: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, int]:
    """Return the coverage of a round that was matched; who is left out by hand does not wait."""
    has_one = {mentee for mentee, _mentor in problem["existing"]} | set(problem["left_out"])
    waiting = {mentee["mentee_id"] for mentee in problem["mentees"]} - has_one
    matched = waiting & {pair["mentee"] for pair in answer["pairs"]}
    return {"mentees": len(waiting), "matched": len(matched)}


def falls_short(found: Coverage, least: int) -> bool:
    """Return whether fewer than so many percent of those waiting get a mentor, or no one waits."""
    return not found["mentees"] or 100 * found["matched"] < least * found["mentees"]


def shortfall(round: Round, found: Coverage | None) -> str | None:
    """Return why a round was not proposed that had to reach a coverage; None for any other."""
    least = round.least_coverage
    if not round.dry_run or least is None or not found or not falls_short(found, least):
        return None
    if not found["mentees"]:
        return _("No one was still waiting when it was matched.")
    # Rounded down: what falls short does not read as if it were enough.
    share = 100 * found["matched"] // found["mentees"]
    return _(
        "%(matched)s of %(waiting)s waiting mentees would get a mentor: %(share)s, and your "
        "cutoff is %(least)s.",
        matched=language.number(found["matched"]),
        waiting=language.number(found["mentees"]),
        share=language.percent(share / 100),
        least=language.percent(least / 100),
    )

"""The report of a round: all that a checker needs besides the people, as plain data."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from matching import measures
from matching.assignment.blocks import MILLION
from matching.assignment.certificate import Certificate, Refuted, compare
from matching.assignment.checker import Verified
from matching.frontier import Point
from matching.language import gettext as _
from matching.matcher import Matcher
from matching.policy import Policy
from matching.profiles import taxonomy
from matching.profiles.people import Table
from matching.results import RoundResult
from matching.wishes import Wishes, id_pairs

VERSION = 3
_ENTRIES = (
    "version", "policy", "on", "taxonomy_version", "mode", "keep_bonus", "existing", "priority",
    "demand", "fill", "seed", "certificate", "measures", "unmatched", "ruled_out", "frontier",
)  # fmt: skip


def make(
    result: RoundResult,
    policy: Policy,
    wishes: Wishes,
    *,
    frontier: Iterable[Point] = (),
) -> dict[str, Any]:
    """Return the report of a round that `Matcher.match` made under this policy and these wishes.

    `frontier` says what changing more or fewer of the existing pairs gains, if that was asked.
    Raises `ValueError` for pinned or forbidden pairs, which a report does not hold.
    """
    if wishes.pinned or wishes.forbidden:
        raise ValueError(_("a report can't have pinned or forbidden pairs"))
    return {
        "version": VERSION,
        "policy": policy.to_dict(),
        "on": wishes.on.isoformat(),
        "taxonomy_version": taxonomy.load().version,
        "mode": wishes.mode,
        "keep_bonus": wishes.keep_bonus,
        "existing": [list(pair) for pair in id_pairs("existing", wishes.existing)],
        "priority": dict(wishes.priority),
        "demand": dict(wishes.demand),
        "fill": wishes.fill,
        "seed": wishes.seed,
        "certificate": result.certificate(),
        "measures": dict(result.measures),
        "unmatched": [asdict(person) for person in result.unmatched],
        "ruled_out": [asdict(pair) for pair in result.ruled_out],
        "frontier": [asdict(point) for point in frontier],
    }


def questions(report: Any) -> tuple[str, ...]:
    """Return the questions of a program's own that count in a round, by its report."""
    try:
        return tuple(Policy.from_dict(report["policy"]).questions)
    except (KeyError, TypeError, ValueError):
        return ()  # `verify` says what is wrong


def verify(
    mentees: Table, mentors: Table, pairs: Iterable[tuple[str, str, int]], report: Any
) -> Verified:
    """Prove a round from its people, its pairs with scores in millionths, and its report.

    Every claim of the report's certificate, and the measures of its pairs' scores and of mentors'
    loads, are computed again. Blocking pairs, groups, reasons, pairs that are ruled out now and the
    frontier are not looked at.
    Raises `Refuted` with the first claim that does not hold.
    """
    if not isinstance(report, Mapping) or set(report) != set(_ENTRIES):
        raise Refuted(
            _("the report must have exactly the entries %(entries)s", entries=", ".join(_ENTRIES))
        )
    for name, expected in (("version", VERSION), ("taxonomy_version", taxonomy.load().version)):
        if report[name] != expected:
            raise Refuted(
                _(
                    "the report has %(name)s %(found)s; this program has %(expected)s",
                    name=name,
                    found=f"{report[name]!r:.60}",
                    expected=expected,
                )
            )
    try:
        policy = Policy.from_dict(report["policy"])
        on = datetime.date.fromisoformat(report["on"])
        existing = [(str(mentee), str(mentor)) for mentee, mentor in report["existing"]]
        keep_bonus = float(report["keep_bonus"])
        priority = {str(id): float(value) for id, value in report["priority"].items()}
        demand = dict(report["demand"])
        claimed = dict(report["certificate"])
        certificate = Certificate.from_dict(claimed)
        measured = dict(report["measures"])
        unmatched = [(person["person"], person["role"]) for person in report["unmatched"]]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise Refuted(_("the report cannot be read: %(problem)s", problem=error)) from None
    matcher = Matcher(policy).fit(mentees, mentors)
    scored = {(mentee, mentor): score for mentee, mentor, score in pairs}
    try:
        wishes = Wishes(
            on,
            existing,
            report["mode"],
            keep_bonus,
            priority=priority,
            demand=demand,
            fill=report["fill"],
            seed=report["seed"],
        )
        verified = matcher.verify(scored, certificate, wishes)
    except Refuted:
        raise
    except (OverflowError, ValueError) as error:
        raise Refuted(_("the report is not valid: %(problem)s", problem=error)) from None
    matcher.check_scores(verified, scored)
    ids = [person["mentee_id"] for person in mentees], [person["mentor_id"] for person in mentors]
    compare("certificate", claimed, verified.facts() | {"mentors": ids[1]})
    has = np.bincount(verified.pairs[:, 0], minlength=len(mentees))
    # Someone who wants no mentor is not without one.
    left = np.flatnonzero((has == 0) & (verified.open_demand > 0))
    compare(
        "measures",
        measured,
        {
            "matched": len(verified.pairs),
            "unmatched": len(left),
            "open_demand": int(verified.open_demand.sum()),
            "wanting_more": measures.wanting_more(verified.open_demand, has > 0),
            **measures.of_scores(verified.scores / MILLION),
            "mentors_by_load": measures.by_load(
                np.bincount(verified.pairs[:, 1], minlength=len(mentors)).tolist()
            ),
        },
    )
    without = sorted(ids[0][i] for i in left.tolist())
    if without != sorted(id for id, role in unmatched if role == "mentee"):
        raise Refuted(_("unmatched: must list exactly the mentees without a pair"))
    return verified

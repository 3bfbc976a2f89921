"""Help that the mentee wants and the mentor offers."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.arrays import Singles
from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding, relations
from matching.features.comparisons import Comparison
from matching.features.encoding import QUANTUM
from matching.profiles import taxonomy
from matching.profiles.people import Answers, Table


class Help(Criterion):
    """Help wanted against help offered, and experiences wanted against those on offer."""

    name: ClassVar[str] = "help"
    #: Advice that depends on a country counts this much from a mentor who works elsewhere.
    elsewhere = 0.4
    #: What goals count beside experiences, where both are known.
    goals_share = 0.75

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the share of the mentee's goals and experiences that the mentor offers."""
        experiences = comparisons.product(
            encoding.ranked(mentees, "experiences_wanted", "experience"),
            _offered(mentors, "experiences_offered", "experience"),
            QUANTUM**2,
        )
        return comparisons.mean(
            [
                comparisons.part(
                    self.goals_share,
                    self._goals(mentees, mentors),
                    mentees,
                    "goals",
                    mentors,
                    "topics",
                ),
                comparisons.part(
                    1 - self.goals_share,
                    experiences,
                    mentees,
                    "experiences_wanted",
                    mentors,
                    "experiences_offered",
                ),
            ]
        )

    def _goals(self, mentees: Table, mentors: Table) -> Comparison:
        wanted = encoding.ranked(mentees, "goals", "goal")
        topics = _offered(mentors, "topics", "goal")
        offered = np.zeros_like(topics)
        for goal, related in enumerate(relations.related_goals().astype(np.float32)):
            np.maximum(offered, np.rint(topics[:, goal, None] * related), out=offered)
        entries = taxonomy.load().entries["goal"]
        bound = np.array([bool(goal.get("place_bound")) for goal in entries.values()])
        everywhere = comparisons.product(
            wanted[:, ~bound],
            offered[:, ~bound],
            QUANTUM**2,
        )
        in_place = comparisons.product(wanted[:, bound], offered[:, bound], QUANTUM**2)
        seen: dict[str, int] = {}
        aims = [{"country": p.get("practice_country") or p.get("country")} for p in mentees]
        here = encoding.codes(aims, "country", seen)
        # Two unknown countries are not one country.
        here[here < 0] = -2
        there = encoding.codes(mentors, "country", seen)

        def rows(start: int, stop: int) -> Singles:
            value = everywhere(start, stop)
            placed = in_place(start, stop)
            counts = (here[start:stop, None] == there) * np.float32(1 - self.elsewhere)
            counts += np.float32(self.elsewhere)
            placed *= counts
            value += placed
            return value

        return rows

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return the mentee's goals and experiences that the mentor offers."""
        goals = [g for g in mentee.get("goals") or [] if g in (mentor.get("topics") or [])]
        offered = mentor.get("experiences_offered") or []
        experiences = [e for e in mentee.get("experiences_wanted") or [] if e in offered]
        if not goals and not experiences:
            return None
        first = bool(goals) and goals[0] == mentee["goals"][0]
        return {"goals": goals, "experiences": experiences, "first_wish": first}


def _offered(mentors: Table, column: str, kind: str) -> Singles:
    """Return what each entry of an ordered list offers, whole numbers from 0 to QUANTUM.

    The first counts most. A mentor who lists more than is usual says less by each: someone who
    offers everything would be among the best for everyone.
    """
    offered = encoding.by_rank(mentors, column, kind)
    listed = (offered > 0).sum(axis=1)
    usual = float(np.median(listed[listed > 0])) if listed.any() else 1.0
    share = np.sqrt(np.minimum(1, usual / np.maximum(listed, 1)))
    whole: Singles = np.rint(offered * share[:, None]).astype(np.float32)
    return whole


CRITERION = Help()

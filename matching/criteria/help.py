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
            encoding.ticked(mentors, "experiences_offered", "experience"),
            QUANTUM,
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
        topics = encoding.ticked(mentors, "topics", "goal")
        offered = np.zeros_like(topics)
        for goal, related in enumerate(relations.related_goals()):
            np.maximum(offered, topics[:, goal, None] * encoding.quantised(related), out=offered)
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

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the mentee's goals and experiences that the mentor offers."""
        goals = [g for g in mentee.get("goals") or [] if g in (mentor.get("topics") or [])]
        offered = mentor.get("experiences_offered") or []
        experiences = [e for e in mentee.get("experiences_wanted") or [] if e in offered]
        if not goals and not experiences:
            return None
        first = bool(goals) and goals[0] == mentee["goals"][0]
        return {"goals": goals, "experiences": experiences, "first_wish": first}


CRITERION = Help()

"""Whether both are free at the same times of the week."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.arrays import Flags, Singles
from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding
from matching.features.comparisons import Comparison, Part
from matching.features.encoding import QUANTUM
from matching.profiles.people import Answers, Table


class Hours(Criterion):
    """Free time in common in a usual week."""

    name: ClassVar[str] = "hours"

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return how far the time in common suffices: half at 17 minutes, nearly all at an hour."""
        enough = encoding.quantised(1 - np.exp(-2.5 / 60 * np.arange(encoding.MINUTES + 1)))
        enough /= np.float32(QUANTUM)
        known = [_keeps_hours(people) for people in (mentees, mentors)]
        # Hours that change from week to week are as good as none.
        keeping = [
            [person if keeps else {} for person, keeps in zip(people, theirs, strict=True)]
            for people, theirs in zip((mentees, mentors), known, strict=True)
        ]
        shared = encoding.shared_minutes(keeping[0], keeping[1], on)

        def rows(start: int, stop: int) -> Singles:
            return enough.take(shared(start, stop).astype(np.intp))

        return comparisons.mean([Part(1, rows, *known)])

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return that both have time at the same hours, where that is half an hour or more."""
        return {"free": True} if similarity >= self.half_an_hour else None

    def caution(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return that no time of the week suits both, where both gave theirs."""
        both = _keeps_hours([mentee, mentor]).all()
        return {"free": False} if both and similarity == 0 else None

    #: What thirty minutes in common come to.
    half_an_hour: ClassVar[float] = 0.71


def _keeps_hours(people: Table) -> Flags:
    """Return whose weekly hours are known: given, and not changing from week to week."""
    return np.array(
        [bool(p.get("availability")) and p.get("hours_vary") != "yes" for p in people], dtype=bool
    )


CRITERION = Hours()

"""How often and how both like to meet."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.arrays import Singles
from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding
from matching.features.comparisons import Comparison, Part
from matching.profiles.people import Answers, Table


class Rhythm(Criterion):
    """Meetings a month and ways to meet."""

    name: ClassVar[str] = "rhythm"

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the mean over frequency and ways to meet."""
        ways = comparisons.product(
            encoding.ticked(mentees, "modalities", "modality"),
            encoding.ticked(mentors, "modalities", "modality"),
            1,
        )

        def any_way(start: int, stop: int) -> Singles:
            value = ways(start, stop)
            return np.minimum(value, 1, out=value)

        return comparisons.mean(
            [
                self._meetings(mentees, mentors),
                comparisons.part(1, any_way, mentees, "modalities", mentors, "modalities"),
            ]
        )

    def _meetings(self, mentees: Table, mentors: Table) -> Part:
        one, two = (
            np.array([p.get("meetings_per_month") or 0 for p in people], dtype=np.float32)
            for people in (mentees, mentors)
        )
        # One row for each number of meetings that a mentee may want; 0 is no answer.
        wanted, kind_of = np.unique(one, return_inverse=True)
        alike = 1 - np.minimum(np.abs(wanted[:, None] - two), 3) / np.float32(3)
        alike *= (wanted[:, None] > 0) & (two > 0)
        return Part(1, lambda start, stop: alike[kind_of[start:stop]], one > 0, two > 0)

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return the ways to meet that both named."""
        theirs = mentor.get("modalities") or []
        shared = [way for way in mentee.get("modalities") or [] if way in theirs]
        return {"modalities": shared} if shared else None


CRITERION = Rhythm()

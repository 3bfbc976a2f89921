"""When, how often and how both can meet."""

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


class Rhythm(Criterion):
    """Free hours in common, meetings a month and ways to meet."""

    name: ClassVar[str] = "rhythm"

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the mean over hours, frequency and ways to meet, of those that are known."""
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
                self._hours(mentees, mentors, on),
                self._meetings(mentees, mentors),
                comparisons.part(1, any_way, mentees, "modalities", mentors, "modalities"),
            ]
        )

    def _hours(self, mentees: Table, mentors: Table, on: datetime.date) -> Part:
        """Return how far weekly overlap suffices: half at 40 minutes, nearly all at 3 hours."""
        enough = encoding.quantised(1 - np.exp(-1.1 / 60 * np.arange(encoding.MINUTES + 1)))
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

        return Part(1, rows, *known)

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

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the ways to meet that both named."""
        theirs = mentor.get("modalities") or []
        shared = [way for way in mentee.get("modalities") or [] if way in theirs]
        return {"modalities": shared} if shared else None


def _keeps_hours(people: Table) -> Flags:
    """Return whose weekly hours are known: given, and not changing from week to week."""
    return np.array(
        [bool(p.get("availability")) and p.get("hours_vary") != "yes" for p in people], dtype=bool
    )


CRITERION = Rhythm()

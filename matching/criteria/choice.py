"""Mentors whom the mentee named."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons
from matching.features.comparisons import Comparison
from matching.profiles import normal_forms
from matching.profiles.people import Answers, Table


class Choice(Criterion):
    """Mentors whom the mentee named: the first counts fully, later ones a little less."""

    name: ClassVar[str] = "choice"
    is_about_few: ClassVar[bool] = True
    #: What the tenth pick and later ones count; others lie on the line from the first.
    least = 0.5

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return what a pick counts; a mentor who was not named is unknown, never 0."""
        columns = {key: k for k, mentor in enumerate(mentors) for key in _names_of(mentor)}
        picked = {
            (row, columns[pick]): 1 - (1 - self.least) * min(rank, 9) / 9
            for row, mentee in enumerate(mentees)
            # From the last to the first: a mentor named twice counts as named first.
            for rank, pick in reversed(list(enumerate(_picks(mentee))))
            if pick in columns
        }
        if not picked:
            return None
        pairs = np.array(sorted(picked), dtype=np.int64)
        values = np.array([picked[pair] for pair in sorted(picked)], dtype=np.float32)
        return comparisons.scattered((len(mentees), len(mentors)), pairs, values)

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return that the mentee asked for this mentor."""
        picked = set(_picks(mentee)) & set(_names_of(mentor))
        return {"picked": True} if picked else None


def _picks(mentee: Answers) -> list[str]:
    return [normal_forms.person(pick) for pick in mentee.get("mentor_picks") or ()]


def _names_of(mentor: Answers) -> list[str]:
    keys = ("mentor_id", "email")
    return [normal_forms.person(mentor[key]) for key in keys if mentor.get(key)]


CRITERION = Choice()

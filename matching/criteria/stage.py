"""Who usually mentors whom, by career stage."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.criteria.criterion import Criterion, Evidence
from matching.features import encoding, relations
from matching.features.comparisons import Comparison
from matching.profiles.people import Answers, Table


class Stage(Criterion):
    """Career stages: who mentors this stage well."""

    name: ClassVar[str] = "stage"
    #: What a mentor's stage counts that the taxonomy does not rate for the mentee's.
    unrated = 0.15

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the taxonomy's rating of the mentor's stage for the mentee's."""
        of_mentee, of_mentor = (encoding.stages(people)[0] for people in (mentees, mentors))
        fit = relations.stage_fit()
        # One row for each stage of a mentee.
        rated = np.where(fit > 0, fit, self.unrated).astype(np.float32)[:, of_mentor]
        return lambda start, stop: rated[of_mentee[start:stop]]

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return nothing: that someone is usually mentored so is no reason of these two."""
        return None


CRITERION = Stage()

"""Communities that both opted into, and a gender that was preferred."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.arrays import Singles
from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding
from matching.features.comparisons import Comparison
from matching.profiles.people import Answers, Table


class Identity(Criterion):
    """Communities that both opted into, and a mentor's gender where one was preferred.

    Only ever raises a pair: where nothing is shared it is unknown. Off by default.
    """

    name: ClassVar[str] = "identity"
    is_about_few: ClassVar[bool] = True
    is_learned: ClassVar[bool] = False
    preferences: ClassVar[dict[str, tuple[str, ...]]] = {
        "prefer-woman": ("woman",),
        "require-woman": ("woman",),
        "prefer-woman-or-nonbinary": ("woman", "nonbinary"),
        "prefer-man": ("man",),
    }

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return 1 where something is shared or preferred, else unknown."""
        mine = encoding.ticked(mentees, "communities", "community")
        theirs = encoding.ticked(mentors, "communities", "community")
        both = comparisons.product(mine, theirs, 1)
        genders = np.array([mentor.get("gender", "") for mentor in mentors])
        # One row for each preference; 0 is none.
        met = np.array(
            [np.isin(genders, wished) for wished in ((), *self.preferences.values())], dtype=bool
        ).reshape(-1, len(mentors))
        at = {name: k + 1 for k, name in enumerate(self.preferences)}
        preference = np.array(
            [at.get(m.get("mentor_gender_preference", ""), 0) for m in mentees], dtype=np.int64
        )

        def rows(start: int, stop: int) -> Singles:
            shared = both(start, stop) > 0
            shared |= met[preference[start:stop]]
            return np.where(shared, np.float32(1), np.float32(np.nan))

        return rows

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return nothing: who belongs to what is never written into a reason."""
        return None


CRITERION = Identity()

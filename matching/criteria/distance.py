"""How far ahead in their career the mentee would like a mentor to be."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.arrays import Singles
from matching.criteria.criterion import Criterion, Evidence
from matching.features import encoding
from matching.features.comparisons import Comparison
from matching.profiles.people import Answers, Table


class Distance(Criterion):
    """Whether the mentor is as far ahead as the mentee wished."""

    name: ClassVar[str] = "distance"
    #: Steps of seniority (the taxonomy's `order`) that each wish means, least and most. Someone who
    #: is no further on is not a little further on.
    wishes: ClassVar[dict[str, tuple[int, int]]] = {
        "near-peer": (1, 10),
        "few-years": (8, 26),
        "senior": (24, 100),
    }

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return 1 where the mentor is as far ahead as wished, 0 elsewhere and without a wish."""
        junior, senior = (encoding.stages(people)[1] for people in (mentees, mentors))
        # Without a wish no distance is the one wished for.
        bounds = [self.wishes.get(m.get("mentor_seniority", ""), (1, 0)) for m in mentees]
        least, most = np.array(bounds, dtype=np.int64).reshape(-1, 2).T

        def rows(start: int, stop: int) -> Singles:
            ahead = senior - junior[start:stop, None]
            met = (ahead >= least[start:stop, None]) & (ahead <= most[start:stop, None])
            return met.astype(np.float32)

        return rows if any(wish != (1, 0) for wish in bounds) else None

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return the distance that was wished for, where it is met."""
        wish = mentee.get("mentor_seniority")
        return {"seniority": wish} if wish in self.wishes and similarity == 1 else None

    def caution(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return the distance that was wished for and whether the mentor is further ahead."""
        wish = mentee.get("mentor_seniority")
        if wish not in self.wishes or similarity == 1:
            return None
        (junior,), (senior,) = (encoding.stages([person])[1] for person in (mentee, mentor))
        return {"seniority": wish, "further": bool(senior - junior > self.wishes[wish][1])}


CRITERION = Distance()

"""How far the mentor is ahead in their career."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.criteria.criterion import Criterion, Evidence
from matching.features import encoding, relations
from matching.features.comparisons import Comparison
from matching.profiles.people import Answers, Table


class Stage(Criterion):
    """Career stages: who mentors this stage well, and how far ahead a mentor should be."""

    name: ClassVar[str] = "stage"
    #: Steps of seniority (the taxonomy's `order`) that each wish means, least and most.
    wishes: ClassVar[dict[str, tuple[int, int]]] = {
        "near-peer": (0, 10),
        "few-years": (8, 26),
        "senior": (24, 100),
    }

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the taxonomy's rating, halved where the distance is not the one asked for."""
        of_mentee, junior = encoding.stages(mentees)
        of_mentor, senior = encoding.stages(mentors)
        wishes = [mentee.get("mentor_seniority", "") for mentee in mentees]
        # Mentees of one stage with one wish compare alike: each kind is worked out once.
        kinds, kind_of = (
            np.unique(
                [
                    (stage, order, list(self.wishes).index(wish) if wish in self.wishes else -1)
                    for stage, order, wish in zip(of_mentee, junior, wishes, strict=True)
                ],
                axis=0,
                return_inverse=True,
            )
            if len(mentees)
            else (np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=np.int64))
        )
        table = np.zeros((len(kinds), len(mentors)), dtype=np.float32)
        for kind, (stage, order, wish) in enumerate(kinds.tolist()):
            fit = relations.stage_fit()[stage, of_mentor]
            table[kind] = np.where(fit > 0, fit, 0.15)
            if wish >= 0:
                least, most = list(self.wishes.values())[wish]
                outside = (senior - order < least) | (senior - order > most)
                table[kind] *= np.where(outside, 0.5, 1.0)
        return lambda start, stop: table[kind_of[start:stop]]

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the distance that was asked for, where it is met."""
        wish = mentee.get("mentor_seniority", "any")
        if wish not in self.wishes:
            return None
        (junior,), (senior,) = encoding.stages([mentee])[1], encoding.stages([mentor])[1]
        least, most = self.wishes[wish]
        return {"seniority": wish} if least <= senior - junior <= most else None


CRITERION = Stage()

"""Fields that the mentee is interested in and the mentor works in."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding, relations
from matching.features.comparisons import Comparison
from matching.features.encoding import QUANTUM
from matching.profiles import taxonomy
from matching.profiles.people import Answers, Table


class Specialty(Criterion):
    """The mentee's fields of interest against the mentor's fields, by the taxonomy's tree."""

    name: ClassVar[str] = "specialty"

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return how near the mentor's fields come to the mentee's, the first counting most."""
        fields = encoding.ticked(mentors, "specialties", "specialty")
        related = encoding.quantised(relations.relatedness())
        reach = np.zeros_like(fields)
        for row, ticked in enumerate(fields):
            reach[row] = related[np.flatnonzero(ticked)].max(axis=0, initial=0)
        near = comparisons.product(
            encoding.ranked(mentees, "specialty_interests", "specialty"), reach, QUANTUM**2
        )
        return comparisons.mean(
            [comparisons.part(1, near, mentees, "specialty_interests", mentors, "specialties")]
        )

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the fields both named, or the nearest two."""
        wanted, fields = mentee.get("specialty_interests") or [], mentor.get("specialties") or []
        shared = [field for field in wanted if field in fields]
        if shared:
            return {"shared": shared}
        at = {id: k for k, id in enumerate(taxonomy.load().ids("specialty"))}
        nearest = max(
            ((relations.relatedness()[at[w], at[f]], w, f) for w in wanted for f in fields),
            default=(0.0, "", ""),
        )
        return {"related": list(nearest[1:])} if nearest[0] >= 0.3 else None


CRITERION = Specialty()

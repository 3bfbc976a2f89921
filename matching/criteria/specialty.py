"""Fields that the mentee is interested in and the mentor works in."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from matching.arrays import Singles
from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding, relations
from matching.features.comparisons import Comparison
from matching.features.encoding import QUANTUM
from matching.profiles import taxonomy
from matching.profiles.people import Answers, Table


class Specialty(Criterion):
    """The mentee's fields of interest against the mentor's fields, by the taxonomy's tree."""

    name: ClassVar[str] = "specialty"

    #: Fields that are less related than this are far apart.
    near = 0.3

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return how near the mentor's fields come to the mentee's, the first ones counting most.

        As a share of what a mentor would come to who names only the best field for this mentee.
        """
        related = encoding.quantised(relations.relatedness())
        wanted, fields = (
            encoding.ranked(people, column, "specialty")
            for people, column in ((mentees, "specialty_interests"), (mentors, "specialties"))
        )
        # What each comes to with a mentor of one field only.
        nearest, reach = (
            np.rint(comparisons.product(named, related, QUANTUM)(0, len(named)))
            for named in (wanted, fields)
        )
        factor = (QUANTUM / nearest.max(axis=1, initial=1))[:, None]
        share = comparisons.product(wanted, reach, QUANTUM**2)

        def rows(start: int, stop: int) -> Singles:
            value = share(start, stop)
            value *= factor[start:stop]
            return np.minimum(value, 1, out=value)

        return comparisons.mean(
            [comparisons.part(1, rows, mentees, "specialty_interests", mentors, "specialties")]
        )

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return the fields both named, or the nearest two."""
        wanted, fields = mentee.get("specialty_interests") or [], mentor.get("specialties") or []
        shared = [field for field in wanted if field in fields]
        if shared:
            return {"shared": shared}
        related, *nearest = _nearest(wanted, fields)
        return {"related": nearest} if related >= self.near else None

    def caution(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return the nearest two fields, where both named some and none come near."""
        wanted, fields = mentee.get("specialty_interests") or [], mentor.get("specialties") or []
        related, *nearest = _nearest(wanted, fields)
        return {"apart": nearest} if wanted and fields and related < self.near else None


def _nearest(wanted: Sequence[str], fields: Sequence[str]) -> tuple[float, str, str]:
    """Return how related the nearest two fields are, and which they are."""
    at = taxonomy.load().positions("specialty")
    pairs = ((relations.relatedness()[at[w], at[f]], w, f) for w in wanted for f in fields)
    # The first of equals: what stands first counts most.
    return max(pairs, key=lambda pair: pair[0], default=(0.0, "", ""))


CRITERION = Specialty()

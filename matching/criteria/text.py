"""What both wrote in their own words."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np
from scipy import sparse

from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding
from matching.features.comparisons import Comparison
from matching.features.words import vectors, with_concepts
from matching.profiles.people import Answers, Table


class Text(Criterion):
    """What people write about themselves, compared by rare words."""

    name: ClassVar[str] = "text"
    is_learned: ClassVar[bool] = False
    #: Cosines of short texts are small; this quantile of a program's pairs counts as 1 (that of
    #: 500 mentees' pairs in a larger program).
    top = 0.99

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return cosines on the scale of this program's most similar pairs."""
        written = [
            with_concepts(person[column]) if person.get(column) else None
            for people, column in ((mentees, "statement"), (mentors, "bio"))
            for person in people
        ]
        weights = vectors(written)
        if weights is None:
            return None
        sides = weights[: len(mentees)], weights[len(mentees) :]
        similarity = comparisons.cosines(*(sparse.csr_array(side) for side in sides))
        sample = encoding.sample(mentees)
        values = np.concatenate([similarity(start, stop).ravel() for start, stop in sample])
        known = values[~np.isnan(values)]
        scale = float(np.quantile(known, self.top)) if known.size else 0.0
        return comparisons.share_of(similarity, scale) if scale > 0 else None

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return nothing: similar words are not a reason that a person would give."""
        return None


CRITERION = Text()

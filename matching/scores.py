"""The score of a pair: the weighted mean of what is known, drawn toward the program's mean."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.criteria import CRITERIA
from matching.features import Flags, Floats, Table
from matching.policy import Policy

#: The name under which contributions hold the pull toward the program's mean.
PULL = "mean"


@dataclass(frozen=True)
class Scores:
    """Scores in [0, 1] and what they are made of; every array has shape (mentees, mentors)."""

    score: Floats
    similarity: Mapping[str, Floats]
    weights: Mapping[str, float]
    shrinkage: float
    mean: float

    def contributions(self, mentee: int, mentor: int) -> dict[str, float]:
        """Return what each known criterion adds to the score of one pair, largest first.

        The last entry, `PULL`, is the pull toward the program's mean; together they are the score.
        """
        known = {
            name: (self.weights[name], float(similarity[mentee, mentor]))
            for name, similarity in self.similarity.items()
            if not np.isnan(similarity[mentee, mentor])
        }
        total = sum(weight for weight, _ in known.values()) + self.shrinkage
        parts = {name: weight * value / total for name, (weight, value) in known.items()}
        ordered = dict(sorted(parts.items(), key=lambda item: (-item[1], item[0])))
        return ordered | {PULL: self.shrinkage * self.mean / total if total else self.mean}


def score(
    mentees: Table, mentors: Table, policy: Policy, allowed: Flags, on: datetime.date
) -> Scores:
    """Score every pair.

    With weights w and similarities s over the criteria known for a pair, the score is
    (sum w s + k mean) / (sum w + k), where k is the policy's shrinkage and the mean is that of
    the allowed pairs: a pair about which little is known gains nothing by it.
    """
    shape = (len(mentees), len(mentors))
    gained, weighed = np.zeros(shape), np.zeros(shape)
    similarity: dict[str, Floats] = {}
    weights = {name: float(weight) for name, weight in policy.weights.items() if weight > 0}
    for criterion in CRITERIA:
        if criterion.name not in weights:
            continue
        values = criterion.similarity(mentees, mentors, on)
        similarity[criterion.name] = values
        known = ~np.isnan(values)
        weighed += weights[criterion.name] * known
        gained += weights[criterion.name] * np.where(known, values, 0)
    total = weighed[allowed].sum()
    mean = float(gained[allowed].sum() / total) if total else 0.5
    divisor = weighed + policy.shrinkage
    blended = np.full(shape, mean)
    np.divide(gained + policy.shrinkage * mean, divisor, out=blended, where=divisor > 0)
    return Scores(np.clip(blended, 0, 1), similarity, weights, policy.shrinkage, mean)

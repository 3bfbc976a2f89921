"""The score of a pair: how far it stands out in what is known about it, from 0 to 1.

With weights w and similarities s over the criteria known for a pair, u what is usual for each
criterion in this program, and k the policy's shrinkage, the score is

    b + sum w (s - u) / (sum w + k)

The less is known, the closer to b. Where all is known it is (sum w s + k m) / (sum w + k), the
weighted mean drawn toward the program's mean m; that defines b. Each criterion is held against
its own usual value because some are high for everyone: otherwise people who answered only those
would stand out by saying little. Usual is the median or the mean, whichever is lower, so that half
or more of those who answer are above those who do not.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching.arrays import Flags, Floats, Singles
from matching.assignment import blocks
from matching.assignment.constraints import PairSet
from matching.criteria import CRITERIA
from matching.features import encoding
from matching.policy import Policy
from matching.profiles.people import Table
from matching.scoring import must_rules

#: The name under which contributions hold the pull toward the program's usual score.
PULL = "mean"
_ABOUT_FEW = frozenset(criterion.name for criterion in CRITERIA if criterion.is_about_few)
_FINE = 2**20
Ranges = Sequence[tuple[int, int]]
#: The name of the rule that excludes pairs which a caller named.
FORMER = "former"


@dataclass(frozen=True)
class Block:
    """Everything about a block of mentees and all mentors; arrays of shape (rows, mentors).

    `similarity` holds each criterion's, NaN where unknown; `excluded` which pairs each rule
    forbids; `allowed` the pairs that no rule forbids, or that were exempt.
    """

    score: Singles
    similarity: Mapping[str, Singles]
    excluded: Mapping[str, Flags]
    allowed: Flags


class Scores:
    """Scores of all pairs under a policy, block by block; see `matching.assignment.blocks`."""

    def __init__(
        self,
        mentees: Table,
        mentors: Table,
        policy: Policy,
        on: datetime.date,
    ) -> None:
        """Look at the people once; `on` is a day of the year whose time zones count."""
        self.shape = (len(mentees), len(mentors))
        self.policy = policy
        self._exempt = PairSet("exempt", None, self.shape)
        self.weights = {name: float(weight) for name, weight in policy.weights.items() if weight}
        self._exclusions = must_rules.excluded_by(mentees, mentors, policy, on)
        compared = {
            criterion.name: criterion.compare(mentees, mentors, on)
            for criterion in CRITERIA
            if criterion.name in self.weights
        }
        self._comparisons = {name: each for name, each in compared.items() if each is not None}
        sample = encoding.sample(mentees)
        self.usual, self.base = self._usual(sample)

    def under(
        self, *, former: PairSet, exempt: PairSet | None = None, full: Flags | None = None
    ) -> Scores:
        """Return the same scores with `former` pairs excluded and `exempt` ones by no rule.

        `full` (n,) marks mentors who take only exempt mentees.
        """
        under = copy.copy(self)
        if exempt is not None:
            under._exempt = exempt
        excluded = must_rules.pairs(self.shape, map(tuple, former.pairs.tolist()))
        if excluded is not None:
            under._exclusions = under._exclusions | {FORMER: excluded}
        if full is not None and full.any():
            full_ones, before = (
                must_rules.of_mentors(full),
                under._exclusions.get(must_rules.Capacity.name),
            )
            both = full_ones if before is None else lambda i, j: full_ones(i, j) | before(i, j)
            under._exclusions = under._exclusions | {must_rules.Capacity.name: both}
        return under

    def against(self, pairs: PairSet) -> dict[str, Flags]:
        """Return which of k pairs each rule forbids, (k,), but for rules about new mentees only."""
        rulings = {
            name: rule for name, rule in self._exclusions.items() if name not in must_rules.NEW_ONLY
        }

        def look(start: int, stop: int) -> Flags:
            rows, columns = pairs.within(start, stop)
            flags = np.zeros((len(rulings), len(rows)), dtype=bool)
            if len(rows):
                for k, exclude in enumerate(rulings.values()):
                    flags[k] = exclude(start, stop)[rows, columns]
            return flags

        nothing = np.zeros((len(rulings), 0), dtype=bool)
        found = np.concatenate([nothing, *blocks.each(self.shape, look)], axis=1)
        return dict(zip(rulings, found, strict=True))

    def rows(self, start: int, stop: int) -> Floats:
        """Return the scores of a block, -1 for pairs that a must-rule forbids."""
        score = self._blend(start, stop)
        # Arithmetic, because choosing by a mask takes ten times as long.
        score -= np.float32(2) * self._forbidden(start, stop)
        np.maximum(score, -1, out=score)
        return score.astype(np.float64)

    def block(self, start: int, stop: int) -> Block:
        """Return scores, similarities and exclusions of a block."""
        similarity: dict[str, Singles] = {}
        score = self._blend(start, stop, similarity)
        excluded = {name: each(start, stop).copy() for name, each in self._exclusions.items()}
        allowed = np.ones((stop - start, self.shape[1]), dtype=bool)
        for flags in excluded.values():
            flags[self._exempt.within(start, stop)] = False
            allowed &= ~flags
        return Block(score=score, similarity=similarity, excluded=excluded, allowed=allowed)

    def contributions(self, similarities: Mapping[str, float]) -> dict[str, float]:
        """Return what each known criterion adds to the score of one pair, largest first.

        The last entry, `PULL`, is what draws it to the program's usual score; together they are
        the score, but for one that had to be cut to 0 or 1.
        """
        known = {name: value for name, value in similarities.items() if not np.isnan(value)}
        total = sum(self.weights[name] for name in known) + self.policy.shrinkage
        if not total:
            return {PULL: self.base}
        parts = {name: self.weights[name] * value / total for name, value in known.items()}
        ordered = dict(sorted(parts.items(), key=lambda item: (-item[1], item[0])))
        usual = sum(self.weights[name] * self.usual[name] for name in known) / total
        return ordered | {PULL: self.base - usual}

    def _deviation(
        self, start: int, stop: int, similarity: dict[str, Singles] | None = None
    ) -> Singles:
        """Return how far each pair stands out from what is usual, about -1 to 1.

        Each criterion's similarity is added to `similarity`, unless that is None.
        """
        shape = (stop - start, self.shape[1])
        gained = np.zeros(shape, np.float32)
        weighed = np.full(shape, self.policy.shrinkage, np.float32)
        spare = np.empty(shape, np.float32)
        for name, compare in self._comparisons.items():
            weight, usual = np.float32(self.weights[name]), np.float32(self.usual[name])
            value = compare(start, stop)
            if similarity is not None:
                similarity[name] = value.copy()
            weighed += np.multiply(~np.isnan(value), weight, out=spare)
            spare *= usual
            gained -= spare
            np.fmax(value, 0, out=value)  # NaN, unknown, gains nothing
            value *= weight
            gained += value
        if self.policy.shrinkage == 0:
            weighed += weighed == 0
        gained /= weighed
        return gained

    def _blend(
        self, start: int, stop: int, similarity: dict[str, Singles] | None = None
    ) -> Singles:
        score = self._deviation(start, stop, similarity)
        score += np.float32(self.base)
        return np.clip(score, 0, 1, out=score)

    def _forbidden(self, start: int, stop: int) -> Flags:
        forbidden = np.zeros((stop - start, self.shape[1]), dtype=bool)
        for exclude in self._exclusions.values():
            forbidden |= exclude(start, stop)
        forbidden[self._exempt.within(start, stop)] = False
        return forbidden

    def _usual(self, sample: Ranges) -> tuple[dict[str, float], float]:
        """Return what is usual for each criterion, and the score where nothing is known.

        Both over the allowed pairs of some mentees. A criterion that is about few pairs only, where
        no answer is missing for the others, is held against the mean of all.
        """
        known: dict[str, list[Singles]] = {name: [] for name in self._comparisons}
        for start, stop in sample:
            allowed = ~self._forbidden(start, stop)
            for name, compare in self._comparisons.items():
                value = compare(start, stop)[allowed]
                known[name].append(value[~np.isnan(value)])
        pairs = {name: np.concatenate(parts) for name, parts in known.items() if parts}
        typical = {
            name: array for name, array in pairs.items() if len(array) and name not in _ABOUT_FEW
        }
        weight = sum(self.weights[name] for name in typical)
        # In whole numbers, so that the order of the people makes no difference.
        sums = {
            name: int(np.rint(array * np.float64(_FINE)).sum()) for name, array in typical.items()
        }
        means = {name: sums[name] / len(typical[name]) / _FINE for name in typical}
        mean = sum(self.weights[name] * means[name] for name in typical) / weight if weight else 0.5
        usual = {
            name: min(float(np.median(typical[name])), means[name]) if name in typical else mean
            for name in self._comparisons
        }
        middle = sum(self.weights[name] * usual[name] for name in typical)
        shrinkage = self.policy.shrinkage
        divisor = weight + shrinkage
        return usual, (middle + shrinkage * mean) / divisor if divisor else mean

"""The score of a pair: how far it stands out from what is usual, from 0 to 1, and 0.5 is usual.

With weights w that come to 1, similarities s, what is usual u and the spread d of each criterion in
this program, the score is

    0.5 + SPREAD * sum w (s - u) / d / D

The spread of a criterion is the standard deviation of its similarities among the mentors whom one
mentee may have, on average over mentees; D is that of the sum. So a criterion that varies much
counts no more than its weight says, and one spread of the whole score is always `SPREAD`. What a
mentor left out adds nothing. Usual is the median or the mean, whichever is lower, so that half or
more of those who answer are above those who do not.

A criterion that is about few people has nothing usual: where it is met, the pair stands out by
`STANDS_OUT` spreads of it.
"""

from __future__ import annotations

import copy
import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching import criteria
from matching.arrays import Flags, Floats, Ints, Singles
from matching.assignment import blocks
from matching.assignment.constraints import PairSet
from matching.criteria import CRITERIA
from matching.features import encoding
from matching.policy import Policy
from matching.profiles.people import Table
from matching.scoring import must_rules

#: The score that is usual, and what one spread adds to it.
USUAL, SPREAD = 0.5, 0.05
#: How many spreads of its criterion a pair stands out by whose mentor was picked first. The best of
#: some hundred mentors stand out by 3 to 9 spreads in the others.
STANDS_OUT = 5.0
#: A criterion that hardly varies counts as if it had this spread: one odd pair is not everything.
LEAST_SPREAD = 0.1
_ABOUT_FEW = frozenset(criterion.name for criterion in CRITERIA if criterion.is_about_few)
_LEARNED = frozenset(criterion.name for criterion in CRITERIA if criterion.is_learned)
_FINE = 2**20
#: Coarse enough that sums of squares over a row of a million stay below 2**63.
_COARSE = 2**10
#: The name of the rule that excludes pairs which a caller named.
FORMER = "former"


@dataclass(frozen=True)
class Block:
    """Everything about a block of mentees and all mentors; arrays of shape (rows, mentors).

    `similarity` holds that of each criterion with a weight, NaN where unknown, and `unweighted`
    that of those without one that outcomes may speak for; `excluded` which pairs each rule forbids;
    `allowed` the pairs that no rule forbids, or that were exempt.
    """

    score: Singles
    similarity: Mapping[str, Singles]
    unweighted: Mapping[str, Singles]
    excluded: Mapping[str, Flags]
    allowed: Flags


@dataclass(frozen=True)
class Standing:
    """Where a pair stands in one criterion, beside all mentors whom its mentee may have.

    `similarity` is None where it is unknown, which counts as `usual`; `mean` is that of the
    mentee's allowed mentors. `spread` is what the score divides by.
    """

    similarity: float | None
    mean: float
    usual: float
    spread: float


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
        self.weights = {
            name: float(weight) for name, weight in policy.all_weights.items() if weight
        }
        self._exclusions = must_rules.excluded_by(mentees, mentors, policy, on)
        compared = {
            criterion.name: criterion.compare(mentees, mentors, on)
            for criterion in criteria.of_policy(policy)
            if criterion.name in self.weights or criterion.is_learned
        }
        known = {name: each for name, each in compared.items() if each is not None}
        self._comparisons = {name: each for name, each in known.items() if name in self.weights}
        self._unweighted = {name: each for name, each in known.items() if name not in self.weights}
        sample = encoding.sample(mentees)
        total = sum(self.weights.values())
        self.usual: dict[str, float] = {}
        #: What each criterion is divided by: `LEAST_SPREAD` or more, but where it is about few.
        self.spreads: dict[str, float] = {}
        #: What a similarity of 1 more adds to the score, by criterion.
        self.worth: dict[str, float] = {}
        allowed = [~self._forbidden(start, stop) for start, stop in sample]
        for name, compare in known.items():
            share = self.weights.get(name, 0.0) / total
            if name in _ABOUT_FEW:
                self.usual[name], self.worth[name] = 0.0, share * STANDS_OUT
                self.spreads[name] = 1 / STANDS_OUT
                continue
            values = [compare(start, stop).copy() for start, stop in sample]
            self.usual[name] = _usual(values, allowed)
            spread = _spread(values, allowed, self.usual[name])
            self.spreads[name] = max(spread, LEAST_SPREAD)
            self.worth[name] = share / self.spreads[name]
        whole = _spread([self._deviation(*rows) for rows in sample], allowed, 0.0)
        scale = SPREAD / whole if whole else 0.0
        self.worth = {name: worth * scale for name, worth in self.worth.items()}

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
        return Block(
            score=score,
            similarity=similarity,
            unweighted={name: each(start, stop).copy() for name, each in self._unweighted.items()},
            excluded=excluded,
            allowed=allowed,
        )

    def standings(self, block: Block, rows: Ints, columns: Ints) -> list[dict[str, Standing]]:
        """Return where k pairs of a block stand in each criterion that outcomes may speak for."""
        found: list[dict[str, Standing]] = [{} for _row in rows]
        if not len(rows):
            return found
        paired, at = np.unique(rows, return_inverse=True)
        allowed = block.allowed[paired]
        number = allowed.sum(axis=1)
        for name, value in {**block.similarity, **block.unweighted}.items():
            if name not in _LEARNED:
                continue
            usual = self.usual[name]
            counted = value[paired]
            np.copyto(counted, np.float32(usual), where=np.isnan(counted))
            # In whole numbers, so that the order of mentors makes no difference.
            counted *= np.float32(_FINE)
            np.rint(counted, out=counted)
            counted *= allowed
            mean = counted.sum(axis=1, dtype=np.float64) / number / _FINE
            for k, (similarity, of_mentee) in enumerate(
                zip(value[rows, columns].tolist(), mean[at].tolist(), strict=True)
            ):
                found[k][name] = Standing(
                    similarity=None if math.isnan(similarity) else round(similarity, 6),
                    mean=round(of_mentee, 6),
                    usual=round(usual, 6),
                    spread=round(self.spreads[name], 6),
                )
        return found

    def contributions(self, similarities: Mapping[str, float]) -> dict[str, float]:
        """Return what each known criterion adds to the usual score of one pair, largest first.

        With 0.5 they are the score, but for one that had to be cut to 0 or 1.
        """
        parts = {
            name: self.worth[name] * (value - self.usual[name])
            for name, value in similarities.items()
            if not math.isnan(value)
        }
        return dict(sorted(parts.items(), key=lambda item: (-item[1], item[0])))

    def _deviation(
        self, start: int, stop: int, similarity: dict[str, Singles] | None = None
    ) -> Singles:
        """Return how far each pair stands out from what is usual, below 0 where it falls short.

        Each criterion's similarity is added to `similarity`, unless that is None.
        """
        shape = (stop - start, self.shape[1])
        gained = np.zeros(shape, np.float32)
        spare = np.empty(shape, np.float32)
        for name, compare in self._comparisons.items():
            worth = np.float32(self.worth[name])
            value = compare(start, stop)
            if similarity is not None:
                similarity[name] = value.copy()
            gained -= np.multiply(~np.isnan(value), worth * np.float32(self.usual[name]), out=spare)
            np.fmax(value, 0, out=value)  # NaN, unknown, gains nothing
            value *= worth
            gained += value
        return gained

    def _blend(
        self, start: int, stop: int, similarity: dict[str, Singles] | None = None
    ) -> Singles:
        score = self._deviation(start, stop, similarity)
        score += np.float32(USUAL)
        return np.clip(score, 0, 1, out=score)

    def _forbidden(self, start: int, stop: int) -> Flags:
        forbidden = np.zeros((stop - start, self.shape[1]), dtype=bool)
        for exclude in self._exclusions.values():
            forbidden |= exclude(start, stop)
        forbidden[self._exempt.within(start, stop)] = False
        return forbidden


def _usual(values: Sequence[Singles], allowed: Sequence[Flags]) -> float:
    """Return the median or the mean of known similarities of allowed pairs, the lower; else 0."""
    known = np.concatenate(
        [value[flags & ~np.isnan(value)] for value, flags in zip(values, allowed, strict=True)]
        or [np.zeros(0, np.float32)]
    )
    if not len(known):
        return 0.0
    # In whole numbers, so that the order of the people makes no difference.
    mean = int(np.rint(known * np.float64(_FINE)).sum()) / len(known) / _FINE
    return min(float(np.median(known)), mean)


def _spread(values: Sequence[Singles], allowed: Sequence[Flags], usual: float) -> float:
    """Return the standard deviation among the allowed mentors of one mentee, on average.

    Over the mentees for whom anything differs; where that is no one, as with a single mentor, over
    all pairs together. What is unknown is taken as usual.
    """
    total, rows, sums = 0, 0, [0, 0, 0]
    for value, flags in zip(values, allowed, strict=True):
        # Whole numbers below 2**53, which float64 holds exactly.
        whole = np.rint(np.where(np.isnan(value), usual, value) * np.float64(_COARSE)) * flags
        first, second = whole.sum(axis=1), np.einsum("ij,ij->i", whole, whole)
        number, first, second = flags.sum(axis=1), first.astype(np.int64), second.astype(np.int64)
        sums = [a + int(b.sum()) for a, b in zip(sums, (number, first, second), strict=True)]
        of_squares = np.maximum(number * second - first * first, 0)
        spread = np.sqrt(of_squares) / np.maximum(number, 1) / _COARSE
        # Whole numbers again: the order of mentees makes no difference.
        total += int(np.rint(spread * _FINE).sum())
        rows += int((number > 1).sum())
    if rows:
        return total / rows / _FINE
    of_all, first_of_all, second_of_all = sums
    squared = max(0, of_all * second_of_all - first_of_all**2)
    return math.sqrt(squared) / max(1, of_all) / _COARSE

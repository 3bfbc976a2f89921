"""The checker: whether an assignment is best, trusting nothing but the scores.

Any prices `v` bound every possible assignment from above (linear-programming duality), no
matter who computed them. With capacity c, minimum load l, demand d and worth w:

    sum over mentors of  l max(v + fill, 0) + (c - l) max(v, 0) - fill l
    + sum over mentees of  the best that demand allows of  (w - v)  over the pairs they may have

`fill` is any number from 0 up; where no price is below -fill, the first line is the well-known
c max(v, 0) + l min(v, 0). The assignment is optimal exactly when its value meets the bound.
Nothing here knows the solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.arrays import Floats, Ints, ReadOnlyArrays
from matching.assignment import blocks
from matching.assignment.arguments import names_of
from matching.assignment.blocks import MILLION, RowBlocks
from matching.assignment.certificate import Certificate, Refuted, Step, seal_of
from matching.assignment.constraints import Constraints, Limits, check_objective, outweighing
from matching.language import gettext as _
from matching.policy import Objective


@dataclass(frozen=True, eq=False)
class Verified(ReadOnlyArrays):
    """What `verify` found by itself.

    `pairs` (k, 2) in order with their `scores` (k,); `considered` counts the pairs looked at.
    """

    pairs: Ints
    scores: Ints
    value: int
    upper_bound: int
    covered: int
    considered: int

    def facts(self) -> dict[str, Any]:
        """Return what a result's `certificate()` claims about these numbers."""
        return {
            "value": self.value,
            "upper_bound": self.upper_bound,
            "gap": self.upper_bound - self.value,
            "covered": self.covered,
            "considered": self.considered,
            "is_optimal": True,
        }


def verify(
    scores: npt.ArrayLike | RowBlocks,
    pairs: npt.ArrayLike,
    certificate: Certificate | Mapping[str, Any],
    constraints: Constraints,
    objective: Objective = "coverage",
) -> Verified:
    """Return what was verified: that `pairs`, (k, 2) indices, are an optimal assignment.

    `scores`, `constraints` and `objective` are those of `matching.assign`. Every claim of the
    certificate, or of its `to_dict()`, is recomputed from the scores, the constraints and the
    prices, over all pairs.

    Raises `Refuted` for a claim that is not met exactly, and `ValueError` for arguments that
    cannot be meant.
    """
    table = blocks.of(scores)
    limits = constraints.checked(table.shape, names_of(scores))
    if not isinstance(certificate, Certificate):
        certificate = Certificate.from_dict(certificate)
    if certificate.seal != seal_of(certificate.objective, certificate.steps):
        raise Refuted(_("the certificate was changed after it was made: its seal is broken"))
    check_objective(objective)
    if certificate.objective != objective:
        raise Refuted(
            _(
                "the certificate is about '%(found)s', not '%(objective)s'",
                found=certificate.objective,
                objective=objective,
            )
        )
    checker = _Checker(table, limits, _indices(pairs, table.shape))
    steps = certificate.steps
    for step in steps:
        if len(step.prices) != table.shape[1]:
            raise Refuted(
                _(
                    "step '%(step)s': %(prices)s prices for %(mentors)s mentors",
                    step=step.name,
                    prices=len(step.prices),
                    mentors=table.shape[1],
                )
            )
    names = [step.name for step in steps]
    if objective == "fair":
        checker.check_fair(names, steps)
    elif names == [objective]:
        checker.check_best(steps[0], covers=objective == "coverage", threshold=0)
    else:
        raise Refuted(_not_proved(names, objective))
    settled = checker.settled_value
    return Verified(
        pairs=checker.pairs,
        scores=checker.scores,
        value=steps[-1].value + settled,
        upper_bound=steps[-1].upper_bound + settled,
        covered=len(np.unique(checker.pairs[:, 0])),
        considered=table.shape[0] * table.shape[1],
    )


class _Checker:
    """The pairs of one assignment against its constraints and its certificate."""

    def __init__(self, table: RowBlocks, limits: Limits, pairs: Ints) -> None:
        self.table, self.limits, self.pairs = table, limits, pairs
        mentees, mentors = table.shape
        keys = pairs[:, 0] * mentors + pairs[:, 1]
        pinned = limits.pinned.pairs
        pinned_keys = pinned[:, 0] * mentors + pinned[:, 1]
        missing = ~np.isin(pinned_keys, keys)
        self._refuse_first(missing, pinned, _("the pair %(pair)s is pinned and missing"))
        self.is_pinned = np.isin(keys, pinned_keys)
        kept = limits.kept.pairs
        self.is_kept = np.isin(keys, kept[:, 0] * mentors + kept[:, 1])
        self.scores = np.zeros(len(pairs), dtype=np.int64)
        for start, stop, found in blocks.each(table.shape, self._scores_within):
            first, last = np.searchsorted(pairs[:, 0], [start, stop])
            self.scores[first:last] = found
        self._refuse_first(self.scores < 0, pairs, _("the pair %(pair)s is forbidden"))
        below = (self.scores < limits.floor) & ~self.is_pinned
        self._refuse_first(below, pairs, _("the pair %(pair)s is below the floor"))
        loads = np.bincount(pairs[:, 1], minlength=mentors)
        counts = np.bincount(pairs[:, 0], minlength=mentees)
        for wrong, what in (
            (loads > limits.capacity, _("mentor %(person)s has more mentees than places")),
            (loads < limits.minimum_load, _("mentor %(person)s has less than their minimum load")),
            (counts > limits.demand, _("mentee %(person)s has more mentors than they want")),
        ):
            if wrong.any():
                raise Refuted(what % {"person": int(np.argmax(wrong))})
        taken = np.bincount(pinned[:, 0], minlength=mentees)
        settled = np.bincount(pinned[:, 1], minlength=mentors)
        self.free = taken == 0
        self.demand = limits.demand - taken
        self.capacity = limits.capacity - settled
        self.minimum = np.maximum(limits.minimum_load - settled, 0)
        self.covered = int((self.free & (counts > 0)).sum())
        self.settled_value = self._worth_of(self.is_pinned) + int(limits.priority[~self.free].sum())

    def check_best(self, step: Step, *, covers: bool, threshold: int) -> None:
        """Refute unless the step proves these pairs best among scores from `threshold` up."""
        below = (self.scores < threshold) & ~self.is_pinned
        self._refuse_first(below, self.pairs, _("the pair %(pair)s is below the fair threshold"))
        limits = self.limits
        chosen = np.unique(self.pairs[~self.is_pinned, 0])
        first = np.where(self.free, limits.priority, 0)
        value = self._worth_of(~self.is_pinned) + int(first[chosen].sum())
        constant = step.coverage if covers else 0
        most = MILLION + limits.keep_bonus + int(first.max(initial=0))
        needed = outweighing(most, self.demand, self.table.shape[1])
        if covers and self.free.any() and not needed <= constant <= 2**50:
            raise Refuted(
                _(
                    "step '%(step)s': coverage counts %(found)s; it must count %(least)s or more",
                    step=step.name,
                    found=constant,
                    least=needed,
                )
            )
        bound = self._bound(
            step, first + np.where(self.free, constant, 0), max(threshold, limits.floor), True
        )
        self._compare(step, value, bound - constant * self.covered, self.covered)

    def check_fair(self, names: list[str], steps: tuple[Step, ...]) -> None:
        """Refute unless coverage, then the lowest score, then the total are proved in turn."""
        if names not in (["coverage", "total"], ["coverage", "above", "total"]):
            raise Refuted(_not_proved(names, "fair"))
        first = self.free.astype(np.int64)
        bound = self._bound(steps[0], first, self.limits.floor, False)
        self._compare(steps[0], 0, bound - self.covered, self.covered)
        lowest = int(self.scores.min(initial=MILLION))
        pinned = int(self.scores[self.is_pinned].min(initial=MILLION))
        if len(steps) == 3:
            higher = self._bound(steps[1], first, max(lowest + 1, self.limits.floor), False)
            if higher >= self.covered:
                raise Refuted(
                    _(
                        "step '%(step)s': a lowest score over %(lowest)s is not ruled out",
                        step="above",
                        lowest=lowest,
                    )
                )
            claimed = steps[1].upper_bound + steps[1].covered
            if steps[1].value != steps[1].upper_bound or claimed != higher:
                raise Refuted(
                    _(
                        "step '%(step)s': the bound is %(found)s, not %(claimed)s as claimed",
                        step="above",
                        found=higher,
                        claimed=claimed,
                    )
                )
        elif lowest < pinned:
            raise Refuted(_("no step rules out a lowest score over %(lowest)s", lowest=lowest))
        self.check_best(steps[-1], covers=True, threshold=lowest)

    def _compare(self, step: Step, value: int, bound: int, covered: int) -> None:
        for what, claimed, found in (
            (_("covered"), step.covered, covered),
            (_("value"), step.value, value),
            (_("upper bound"), step.upper_bound, bound),
        ):
            if claimed != found:
                raise Refuted(
                    _(
                        "step '%(step)s': the %(what)s is %(found)s, not %(claimed)s",
                        step=step.name,
                        what=what,
                        found=found,
                        claimed=claimed,
                    )
                )
        if value != bound:
            raise Refuted(
                _(
                    "step '%(step)s': not proved, %(gap)s millionths are open",
                    step=step.name,
                    gap=bound - value,
                )
            )

    def _bound(self, step: Step, first: Ints, threshold: int, counts_scores: bool) -> int:
        """Return the most that any assignment could be worth, by the step's prices."""
        if step.fill < 0:
            raise Refuted(
                _(
                    "step '%(step)s': fill is %(fill)s; it cannot be negative",
                    step=step.name,
                    fill=step.fill,
                )
            )
        if step.threshold != threshold:
            raise Refuted(
                _(
                    "step '%(step)s': the threshold is %(threshold)s",
                    step=step.name,
                    threshold=threshold,
                )
            )
        if not counts_scores and step.coverage != int(self.free.any()):
            raise Refuted(_("step '%(step)s': it counts mentees, each once", step=step.name))
        most_wanted = int(np.minimum(self.demand, self.table.shape[1]).max(initial=1))
        limit = 2**51 // max(1, most_wanted)
        if step.fill > 2**51 or any(not -limit <= price <= 2**51 for price in step.prices):
            raise Refuted(
                _(
                    "step '%(step)s': a price beyond %(limit)s cannot be checked exactly",
                    step=step.name,
                    limit=limit,
                )
            )

        prices = np.array(step.prices, dtype=np.int64)

        def look(start: int, stop: int) -> int:
            worth = self._usable(start, stop, threshold, counts_scores) - prices
            demand = np.minimum(self.demand[start:stop], worth.shape[1])
            most = int(demand.max(initial=0))
            if most == 0:
                return 0
            best = -np.sort(np.partition(-worth, most - 1, axis=1)[:, :most], axis=1)
            extra = np.where(np.arange(1, most) < demand[:, None], np.maximum(best[:, 1:], 0), 0)
            gain = np.maximum(best[:, 0] + first[start:stop] + extra.sum(axis=1), 0)
            # In halves, which no number of mentees can make too large for int64.
            high, low = np.divmod(gain[demand > 0].astype(np.int64), 2**32)
            return (int(high.sum()) << 32) + int(low.sum())

        bound = 0
        for price, least, places in zip(
            step.prices, self.minimum.tolist(), self.capacity.tolist(), strict=True
        ):
            bound += least * (max(price + step.fill, 0) - step.fill)
            bound += (places - least) * max(price, 0)
        return bound + sum(blocks.each(self.table.shape, look))

    def _usable(self, start: int, stop: int, threshold: int, counts_scores: bool) -> Floats:
        """Return what the pairs of a block are worth, -infinity where they may not be used."""
        score = blocks.millionths(self.table, start, stop)
        may = score >= threshold
        may[self.limits.forbidden.within(start, stop)] = False
        may[self.limits.pinned.within(start, stop)] = False
        worth = score if counts_scores else np.zeros_like(score)
        if counts_scores:
            worth[self.limits.kept.within(start, stop)] += self.limits.keep_bonus
        return np.where(may, worth, -np.inf)

    def _scores_within(self, start: int, stop: int) -> tuple[int, int, Floats]:
        first, last = np.searchsorted(self.pairs[:, 0], [start, stop])
        if first == last:
            return start, stop, np.zeros(0)
        score = blocks.millionths(self.table, start, stop)
        score[self.limits.forbidden.within(start, stop)] = -1
        return start, stop, score[self.pairs[first:last, 0] - start, self.pairs[first:last, 1]]

    def _worth_of(self, which: npt.NDArray[np.bool_]) -> int:
        kept = int((self.is_kept & which).sum())
        return int(self.scores[which].sum()) + self.limits.keep_bonus * kept

    def _refuse_first(self, wrong: npt.NDArray[np.bool_], pairs: Ints, why: str) -> None:
        if wrong.any():
            raise Refuted(why % {"pair": pairs[int(np.argmax(wrong))].tolist()})


def _indices(pairs: npt.ArrayLike, shape: tuple[int, int]) -> Ints:
    array = np.asarray(pairs)
    if array.size == 0:
        return np.zeros((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        raise Refuted(_("%(name)s: must be a (k, 2) array of whole indices", name="pairs"))
    if (array < 0).any() or (array >= np.array(shape)).any():
        raise Refuted(_("pairs: an index lies outside %(shape)s", shape=shape))
    array = array[np.lexsort((array[:, 1], array[:, 0]))].astype(np.int64)
    twice = (array[1:] == array[:-1]).all(axis=1)
    if twice.any():
        pair = array[int(np.argmax(twice))].tolist()
        raise Refuted(_("the pair %(pair)s is there twice", pair=pair))
    return array


def _not_proved(names: list[str], objective: str) -> str:
    return _("steps %(names)s do not prove '%(objective)s'", names=names, objective=objective)

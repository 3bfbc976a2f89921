"""The checker: whether an assignment is best, trusting nothing but the scores.

An assignment is optimal exactly when its value meets a bound that no assignment can be above
(`matching.assignment.bounds`). Nothing here knows the solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.arrays import Floats, Ints, ReadOnlyArrays
from matching.assignment import blocks
from matching.assignment.arguments import names_of
from matching.assignment.blocks import MILLION, RowBlocks
from matching.assignment.bounds import Priced, Remaining, upper_bounds
from matching.assignment.certificate import Certificate, Refuted, Step, seal_of
from matching.assignment.constraints import EXACT, Constraints, Limits, check_objective, outweighing
from matching.language import gettext as _
from matching.policy import Objective


@dataclass(frozen=True, eq=False)
class Verified(ReadOnlyArrays):
    """What `verify` found by itself.

    `pairs` (k, 2) in order with their `scores` (k,); `considered` counts the pairs looked at, and
    `open_demand` (m,) the mentors that each mentee wanted and does not have.
    """

    pairs: Ints
    scores: Ints
    value: int
    upper_bound: int
    covered: int
    considered: int
    open_demand: Ints

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
    check_objective(objective, limits)
    if not isinstance(certificate, Certificate):
        certificate = Certificate.from_dict(certificate)
    if certificate.seal != seal_of(certificate.objective, certificate.steps):
        raise Refuted(_("the certificate was changed after it was made: its seal is broken"))
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
    checker.check(objective, steps)
    settled = checker.settled_value
    return Verified(
        pairs=checker.pairs,
        scores=checker.scores,
        value=steps[-2].value + settled,
        upper_bound=steps[-2].upper_bound + settled,
        covered=len(np.unique(checker.pairs[:, 0])),
        considered=table.shape[0] * table.shape[1],
        open_demand=limits.demand - np.bincount(checker.pairs[:, 0], minlength=table.shape[0]),
    )


class _Checker:
    """The pairs of one assignment against its constraints and its certificate.

    `chosen` counts the pairs that are not pinned, `covered` the mentees who have only such ones.
    """

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
        self._refuse_first(below, pairs, _("the pair %(pair)s is below the minimum score"))
        loads = np.bincount(pairs[:, 1], minlength=mentors)
        counts = np.bincount(pairs[:, 0], minlength=mentees)
        for wrong, what in (
            (loads > limits.capacity, _("mentor %(person)s has more mentees than places")),
            (
                loads < limits.minimum_load,
                _("mentor %(person)s has fewer mentees than their minimum load"),
            ),
            (counts > limits.demand, _("mentee %(person)s has more mentors than they want")),
        ):
            if wrong.any():
                raise Refuted(what % {"person": int(np.argmax(wrong))})
        self.left = left = Remaining.of(limits)
        self.loads = loads
        self.chosen = int((~self.is_pinned).sum())
        self.covered = int((left.free & (counts > 0)).sum())
        self.first = np.where(left.free, limits.priority, 0)
        self.value = self._worth_of(~self.is_pinned) + int(self.first[counts > 0].sum())
        self.settled_value = self._worth_of(self.is_pinned) + int(limits.priority[~left.free].sum())

    def check(self, objective: Objective, steps: Sequence[Step]) -> None:
        """Refute unless the steps prove in turn what the objective asks for.

        With "fair" a score is the lowest among pairs that could be others: those that are not
        pinned. Where no pair has to be made, none has to be better than another.
        """
        names = [step.name for step in steps]
        plans = [[objective, "ties"]]
        if objective == "fair":
            plans = [["coverage", "total", "ties"], ["coverage", "above", "total", "ties"]]
        if names not in plans:
            raise Refuted(_not_proved(names, objective))
        limits, lowest = self.limits, 0
        if objective == "fair":
            needs_pairs = self.covered or self.left.minimum.any() or (limits.fills and self.chosen)
            lowest = int(self.scores[~self.is_pinned].min(initial=MILLION)) if needs_pairs else 0
            if needs_pairs and lowest < MILLION and len(steps) < 4:
                raise Refuted(_("no step rules out a lowest score over %(lowest)s", lowest=lowest))
        asked = [
            *(
                self._counting(step, threshold)
                for step, threshold in zip(steps[:-2], (0, lowest + 1), strict=False)
            ),
            self._counting_scores(steps[-2], lowest, covers=objective != "total"),
            self._sharing(steps[-1], steps[-2], lowest),
        ]
        for step, priced in zip(steps, asked, strict=True):
            self._check_numbers(step, priced)
        bounds = upper_bounds(self.table, limits, self.left, asked)
        if objective == "fair":
            chosen = self.chosen * limits.fills
            self._compare(steps[0], 0, bounds[0] - self._constants(steps[0]), chosen)
        if len(steps) == 4:
            self._check_above(steps[1], lowest, bounds[1])
        bound = bounds[-2] - self._constants(steps[-2])
        self._compare(steps[-2], self.value, bound, self.chosen)
        value = steps[-1].unit * (self.value + self._constants(steps[-1]))
        self._compare(steps[-1], self._ties(), bounds[-1] - value, self.chosen)

    def _counting(self, step: Step, threshold: int) -> Priced:
        """Return what a step about how many can be covered counts: each mentee once."""
        first = self.left.free.astype(np.int64)
        each = int(self.limits.fills)
        if (step.coverage, step.each) != (int(self.left.free.any()), each):
            raise Refuted(_("step '%(step)s': it counts mentees, each once", step=step.name))
        return Priced(step.prices, max(threshold, self.limits.floor), 0, each, first, step.fill)

    def _counting_scores(self, step: Step, threshold: int, *, covers: bool) -> Priced:
        """Return what the step about the total counts, after what comes before scores."""
        limits, left = self.limits, self.left
        most = MILLION + limits.keep_bonus + int(self.first.max(initial=0))
        needed = outweighing(most, left.demand, self.table.shape[1])
        for what, matters, found in (
            (_("coverage"), covers and left.free.any(), step.coverage),
            (_("each pair"), limits.fills, step.each),
        ):
            if found < (needed if matters else 0) or (found and not matters):
                raise Refuted(
                    _(
                        "step '%(step)s': %(what)s counts %(found)s; it must count %(least)s or "
                        "more",
                        step=step.name,
                        what=what,
                        found=found,
                        least=needed if matters else 0,
                    )
                )
        first = self.first + np.where(left.free, step.coverage, 0)
        threshold = max(threshold, limits.floor)
        return Priced(step.prices, threshold, 1, step.each, first, step.fill)

    def _sharing(self, step: Step, total: Step, threshold: int) -> Priced:
        """Return what the last step counts: among equal totals pairs, then how they are shared.

        One more pair, and one more covered mentee, count more than sharing a mentor with everyone
        could cost. Whatever a millionth counts, an assignment with the same total cannot be better.
        """
        if step.unit < 1 or (step.coverage, step.each) != (total.coverage, total.each):
            raise Refuted(_("step '%(step)s': it counts totals otherwise", step=step.name))
        most = self.limits.most_held
        first = (self.first + np.where(self.left.free, step.coverage, 0)) * step.unit
        return Priced(
            prices=step.prices,
            threshold=max(threshold, self.limits.floor),
            unit=step.unit,
            each=step.each * step.unit + most,
            first=first + np.where(self.left.free, most, 0),
            fill=step.fill * step.unit,
            shares=True,
        )

    def _ties(self) -> int:
        """Return what the pairs count in the last step beyond their total."""
        held = self.left.held
        shared = self.loads * (self.loads - 1) // 2 - held * (held - 1) // 2
        return self.limits.most_held * (self.chosen + self.covered) - int(shared.sum())

    def _constants(self, step: Step) -> int:
        """Return what comes before scores counts in a step."""
        return step.coverage * self.covered + step.each * self.chosen

    def _check_numbers(self, step: Step, priced: Priced) -> None:
        """Refute a step whose numbers could not be added exactly, or that are about other pairs."""
        if step.fill < 0:
            raise Refuted(
                _(
                    "step '%(step)s': fill is %(fill)s; it cannot be negative",
                    step=step.name,
                    fill=step.fill,
                )
            )
        if step.unit != priced.unit:
            raise Refuted(_("step '%(step)s': it counts totals otherwise", step=step.name))
        if step.threshold != priced.threshold:
            raise Refuted(
                _(
                    "step '%(step)s': the threshold is %(threshold)s",
                    step=step.name,
                    threshold=priced.threshold,
                )
            )
        limit = EXACT // self.limits.most_wanted
        if priced.largest(self.limits.keep_bonus) >= limit:
            raise Refuted(
                _(
                    "step '%(step)s': a price beyond %(limit)s cannot be checked exactly",
                    step=step.name,
                    limit=limit,
                )
            )

    def _check_above(self, step: Step, lowest: int, bound: int) -> None:
        """Refute unless what was reached cannot be reached with higher scores alone."""
        if bound >= self.covered + step.each * self.chosen:
            raise Refuted(
                _(
                    "step '%(step)s': a lowest score over %(lowest)s is not ruled out",
                    step=step.name,
                    lowest=lowest,
                )
            )
        claimed = step.upper_bound + step.coverage * step.covered + step.each * step.pairs
        if step.value != step.upper_bound or claimed != bound:
            raise Refuted(
                _(
                    "step '%(step)s': the bound is %(found)s, not %(claimed)s as claimed",
                    step=step.name,
                    found=bound,
                    claimed=claimed,
                )
            )

    def _compare(self, step: Step, value: int, bound: int, pairs: int) -> None:
        for what, claimed, found in (
            (_("covered"), step.covered, self.covered),
            (_("number of pairs"), step.pairs, pairs),
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
                    "step '%(step)s': not proved, the bound is %(gap)s higher",
                    step=step.name,
                    gap=bound - value,
                )
            )

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
        raise Refuted(_("%(name)s: must be a (k, 2) array of integer indices", name="pairs"))
    if (array < 0).any() or (array >= np.array(shape)).any():
        raise Refuted(_("pairs: an index lies outside %(shape)s", shape=shape))
    array = array[np.lexsort((array[:, 1], array[:, 0]))].astype(np.int64)
    twice = (array[1:] == array[:-1]).all(axis=1)
    if twice.any():
        pair = array[int(np.argmax(twice))].tolist()
        raise Refuted(_("the pair %(pair)s is listed twice", pair=pair))
    return array


def _not_proved(names: list[str], objective: str) -> str:
    return _("steps %(names)s don't prove '%(objective)s'", names=names, objective=objective)

"""The solver: the best assignment of mentees to mentors as a whole, over all pairs.

A flow over a short list of pairs gives an assignment and prices. A pass over all pairs adds those
that would beat it at these prices to the list, until there are none. Then the prices prove the
assignment, and the proof is kept with it (`matching.assignment.certificate`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.arrays import Ints, ReadOnlyArrays
from matching.assignment import blocks, flow, pricing
from matching.assignment.arguments import names_of
from matching.assignment.blocks import MILLION, RowBlocks
from matching.assignment.certificate import Certificate, Step
from matching.assignment.constraints import Constraints, Limits, check_objective
from matching.assignment.flow import FlowProblem, Listed
from matching.assignment.pricing import Passed, Pool
from matching.language import gettext as _
from matching.policy import Objective

Progress = Callable[[str, int, int], None]


class Infeasible(ValueError):
    """Minimum loads that cannot be met; the message names the mentors by index."""


@dataclass(frozen=True, eq=False, repr=False)
class Assignment(ReadOnlyArrays):
    """An optimal assignment with its proof.

    `pairs` is a (k, 2) array of mentee and mentor indices, sorted, and `scores` (k,) holds theirs
    in millionths, over all of the `considered` pairs there are. `value` and `upper_bound` are in
    millionths of score, bonuses included and the coverage constant left out; `covered` counts
    mentees with at least one mentor. `first` (m,) is what a first match of each mentee counts
    beyond the pair's score, and `ceilings` (n,) what the last place of each mentor is worth: a
    mentee without a mentor whose `score + first` were above a ceiling would be matched.
    """

    pairs: Ints
    scores: Ints
    considered: int
    value: int
    upper_bound: int
    covered: int
    first: Ints
    ceilings: Ints
    certificate: Certificate

    def __repr__(self) -> str:
        return (
            f"<Assignment: {len(self.pairs):,} pairs, value {self.value:,}, gap {self.gap:,}, "
            f"{self.covered:,} covered>"
        )

    @property
    def gap(self) -> int:
        """Return how far the value may be from the best possible, in millionths; 0 is proved."""
        return self.upper_bound - self.value

    @property
    def rows(self) -> Ints:
        """Return the mentee of each pair, (k,) indices."""
        return self.pairs[:, 0]

    @property
    def columns(self) -> Ints:
        """Return the mentor of each pair, (k,) indices."""
        return self.pairs[:, 1]

    @property
    def total(self) -> float:
        """Return the sum of the pairs' scores as they were given, without bonuses."""
        return float(self.scores.sum()) / MILLION


def assign(
    scores: npt.ArrayLike | RowBlocks,
    constraints: Constraints,
    objective: Objective = "coverage",
    *,
    progress: Progress | None = None,
) -> Assignment:
    """Return the best assignment of mentees to mentors under every constraint.

    `scores` has shape (mentees, mentors) with values in [0, 1], or -1 for a forbidden pair; or it
    is an object with `shape` and `rows(start, stop)`, so that no such matrix need exist.

    `objective` "coverage" means most mentees with a mentor, then the largest total; "fair" most
    mentees, then the highest lowest score of any pair used, then the largest total; "total" the
    largest total alone. `progress(phase, done, total)` is called now and then, from this thread.

    Raises `ValueError` for input that cannot be meant and `Infeasible` where minimum loads cannot
    be met.
    """
    check_objective(objective)
    table = blocks.of(scores)
    limits = constraints.checked(table.shape, names_of(scores))
    limits.check_exact(covers=objective != "total")
    search = _Search(table, limits, progress or (lambda phase, done, total: None))
    if objective == "fair":
        chosen = search.fair()
    else:
        chosen = search.best(objective, covers=objective == "coverage")
    return search.finished(objective, chosen)


@dataclass
class _Search:
    """One run: the list of pairs grows from step to step, and so does the proof."""

    scores: RowBlocks
    limits: Limits
    tell: Progress
    steps: list[Step] = field(default_factory=list)
    pool: Pool = field(init=False)
    listed: Listed = field(init=False)
    first: Ints = field(init=False)
    ceilings: Ints = field(init=False)

    def __post_init__(self) -> None:
        limits = self.limits
        mentees, mentors = limits.shape
        self.pool = Pool(self.scores, limits)
        self.pinned_scores = self.pool.settled()
        self.taken = np.bincount(limits.pinned.pairs[:, 0], minlength=mentees)
        loads = np.bincount(limits.pinned.pairs[:, 1], minlength=mentors)
        self.demand = np.minimum(limits.demand - self.taken, mentors)
        self.capacity = np.minimum(limits.capacity - loads, mentees)
        self.minimum = np.maximum(limits.minimum_load - loads, 0)
        impossible = np.flatnonzero(self.minimum > self.capacity)
        if len(impossible):
            raise Infeasible(
                _(
                    "minimum_load is above capacity or the number of mentees for mentors "
                    "%(mentors)s",
                    mentors=impossible[:10].tolist(),
                )
            )
        self.listed = self.pool.best(pricing.MOST_LISTED, self._passed("listing"))

    def problem(
        self, *, covers: bool, threshold: int = 0, counts_scores: bool = True
    ) -> FlowProblem:
        """Return what is left to decide, with or without coverage before scores."""
        limits = self.limits
        return FlowProblem.of(
            capacity=self.capacity,
            minimum=self.minimum,
            demand=self.demand,
            priority=np.where((self.taken == 0) & counts_scores, limits.priority, 0),
            counted=(self.taken == 0) & covers,
            keep_bonus=limits.keep_bonus if counts_scores else 0,
            threshold=max(threshold, limits.floor),
            most=MILLION if counts_scores else 0,
        )

    def best(self, name: str, *, covers: bool, threshold: int = 0) -> Listed:
        """Return the best pairs with scores from `threshold` up, and keep their proof."""
        problem = self.problem(covers=covers, threshold=threshold)
        chosen = self._proved(name, problem)
        loads = np.bincount(chosen.columns, minlength=len(self.minimum))
        short = np.flatnonzero(loads < self.minimum)
        if len(short):
            raise Infeasible(
                _("minimum_load cannot be met for mentors %(mentors)s", mentors=short[:10].tolist())
            )
        self.first, self.ceilings = problem.first, self._ceilings(problem, chosen)
        return chosen

    def fair(self) -> Listed:
        """Return the fair pairs: coverage first, then the highest lowest score, then the total."""
        most = self._proved("coverage", self._counting(0))
        target = self._reached(most)
        cap = int(self.pinned_scores.min(initial=MILLION))
        lowest = min(int(most.scores.min(initial=MILLION)), cap)
        while lowest < cap:
            lowest = self._highest_listed(lowest, cap, target)
            if lowest == cap:
                break
            higher = self._proved("above", self._counting(lowest + 1))
            if self._reached(higher) < target:
                break
            # A pair that was not listed made it possible; what seemed to be a proof is none.
            self.steps.pop()
            lowest = min(int(higher.scores.min(initial=MILLION)), cap)
        return self.best("total", covers=True, threshold=lowest)

    def finished(self, objective: Objective, chosen: Listed) -> Assignment:
        """Return the assignment with what was settled before it began."""
        limits = self.limits
        pinned = limits.pinned.pairs
        kept = limits.kept.pairs
        keys, kept_keys = (p[:, 0] * limits.shape[1] + p[:, 1] for p in (pinned, kept))
        is_kept = np.isin(keys, kept_keys)
        settled = int(self.pinned_scores.sum()) + limits.keep_bonus * int(is_kept.sum())
        settled += int(limits.priority[self.taken > 0].sum())
        pairs = np.concatenate([pinned, np.column_stack([chosen.rows, chosen.columns])])
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        final = self.steps[-1]
        return Assignment(
            pairs=pairs[order],
            scores=np.concatenate([self.pinned_scores, chosen.scores])[order],
            considered=limits.shape[0] * limits.shape[1],
            value=final.value + settled,
            upper_bound=final.upper_bound + settled,
            covered=len(np.unique(pairs[:, 0])),
            first=self.first,
            ceilings=self.ceilings,
            certificate=Certificate.of(objective, self.steps),
        )

    def _ceilings(self, problem: FlowProblem, chosen: Listed) -> Ints:
        """Return what the last place of each mentor is worth, over all pairs there are."""
        while True:
            prices = flow.ceilings(problem, self._usable(problem), chosen)
            wanted = flow.thresholds(problem, chosen, prices)
            better, _ = self.pool.search(problem, prices, chosen, wanted, self._passed("proving"))
            if not len(better):
                return prices
            self.listed = self.listed.joined(better, self.limits.shape[1])

    def _counting(self, threshold: int) -> FlowProblem:
        return self.problem(covers=True, threshold=threshold, counts_scores=False)

    def _reached(self, chosen: Listed) -> tuple[int, int]:
        """Return how many places below minimum loads are filled, and how many are covered."""
        loads = np.bincount(chosen.columns, minlength=len(self.minimum))
        covered = np.unique(chosen.rows)
        return int(np.minimum(loads, self.minimum).sum()), int((self.taken[covered] == 0).sum())

    def _highest_listed(self, low: int, high: int, target: tuple[int, int]) -> int:
        """Return the highest score up to `high` with which the listed pairs reach the target."""
        levels = np.unique(self.listed.scores)
        levels = np.unique(
            np.concatenate([[low], levels[(levels > low) & (levels < high)], [high]])
        )
        first, last = 0, len(levels)
        while last - first > 1:
            self.tell("balancing", first, len(levels))
            middle = (first + last) // 2
            problem = self._counting(int(levels[middle]))
            if self._reached(flow.solve(problem, self._usable(problem))) == target:
                first = middle
            else:
                last = middle
        return int(levels[first])

    def _usable(self, problem: FlowProblem) -> Listed:
        return self.listed.at(self.listed.scores >= problem.threshold)

    def _proved(self, name: str, problem: FlowProblem) -> Listed:
        """Return pairs that no others beat, over all pairs there are, and keep the proof."""
        mentors = self.limits.shape[1]
        while True:
            self.tell("solving", 0, 1)
            listed = self._usable(problem)
            chosen = flow.solve(problem, listed)
            prices = flow.prices(problem, listed, chosen)
            wanted = flow.thresholds(problem, chosen, prices)
            better, bound = self.pool.search(
                problem, prices, chosen, wanted, self._passed("proving")
            )
            if not len(better):
                break
            self.listed = self.listed.joined(better, mentors)
        filled, covered = self._reached(chosen)
        constants = problem.coverage * covered + problem.fill * int(self.minimum.sum())
        value = int(chosen.weights(problem).sum()) + problem.fill * filled
        value += int(problem.first[np.unique(chosen.rows)].sum())
        self.steps.append(
            Step(
                name=name,
                threshold=problem.threshold,
                coverage=problem.coverage,
                fill=problem.fill,
                value=value - constants,
                upper_bound=bound - constants,
                covered=covered,
                prices=tuple(prices.tolist()),
            )
        )
        return chosen

    def _passed(self, phase: str) -> Passed:
        return lambda done, total: self.tell(phase, done, total)

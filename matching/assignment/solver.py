"""The solver: the best assignment of mentees to mentors as a whole, over all pairs.

A flow over a short list of pairs gives an assignment and prices. A pass over all pairs adds those
that would beat it at these prices to the list, until there are none. Then the prices prove the
assignment, and the proof is kept with it (`matching.assignment.certificate`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from matching.arrays import Ints, ReadOnlyArrays
from matching.assignment import blocks, flow, pricing, ties
from matching.assignment.arguments import names_of
from matching.assignment.blocks import MILLION, RowBlocks
from matching.assignment.bounds import Remaining
from matching.assignment.certificate import Certificate, Step
from matching.assignment.constraints import Constraints, Limits, check_objective
from matching.assignment.draws import Order
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
    millionths of score, bonuses included and what comes before scores left out; `covered` counts
    mentees with at least one mentor, and `open_demand` (m,) the mentors that each mentee wanted and
    did not get. `first` (m,) is what a first match of each mentee counts
    beyond the pair's score, and `ceilings` (n,) what the last place of each mentor is worth: a
    mentee without a mentor whose `score + first` were above a ceiling would be matched.
    """

    pairs: Ints
    scores: Ints
    considered: int
    value: int
    upper_bound: int
    covered: int
    open_demand: Ints
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
    order: Order | tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    progress: Progress | None = None,
) -> Assignment:
    """Return the best assignment of mentees to mentors under every constraint.

    `scores` has shape (mentees, mentors) with values in [0, 1], or -1 for a forbidden pair; or it
    is an object with `shape` and `rows(start, stop)`, so that no such matrix need exist.

    `objective` "coverage" means most mentees with a mentor, then the largest total; "fair" most
    mentees, then the highest lowest score of any pair that is not pinned, then the largest total;
    "total" the largest total alone. Where all demanded places are to be filled
    (`Constraints.fill`), most pairs come right after most mentees. `progress(phase, done, total)`
    is called now and then, from this thread.

    Of equal totals the one with most pairs is taken, then with most mentees, then with loads as
    even as can be (`matching.assignment.ties`). Who gets what among people who are equal even so is
    decided by `order`, ranks of mentees (m,) and mentors (n,) from 0; by default as they stand.
    `Order.drawn` draws it by lot: then equals have equal chances, whatever the order of rows.

    Raises `ValueError` for invalid input and `Infeasible` where minimum loads cannot
    be met.
    """
    table = blocks.of(scores)
    limits = constraints.checked(table.shape, names_of(scores))
    check_objective(objective, limits)
    limits.check_exact(covers=objective != "total")
    tell = progress or (lambda phase, done, total: None)
    ranks = order if isinstance(order, Order) else Order.of(order, table.shape)
    search = _Search(table, limits, ranks, tell)
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
    order: Order
    tell: Progress
    steps: list[Step] = field(default_factory=list)
    pool: Pool = field(init=False)
    listed: Listed = field(init=False)
    first: Ints = field(init=False)
    ceilings: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.pool = Pool(self.scores, self.limits, self.order)
        self.pinned_scores = self.pool.settled()
        self.left = Remaining.of(self.limits)
        impossible = np.flatnonzero(self.left.minimum > self.left.capacity)
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
        limits, left = self.limits, self.left
        return FlowProblem.of(
            capacity=left.capacity,
            minimum=left.minimum,
            demand=left.demand,
            priority=np.where(left.free & counts_scores, limits.priority, 0),
            counted=left.free & covers,
            fills=limits.fills,
            keep_bonus=limits.keep_bonus if counts_scores else 0,
            threshold=max(threshold, limits.floor),
            most=MILLION if counts_scores else 0,
            held=left.held,
            order=self.order,
        )

    def best(self, name: str, *, covers: bool, threshold: int = 0) -> Listed:
        """Return the best pairs with scores from `threshold` up, and keep their proof."""
        problem = self.problem(covers=covers, threshold=threshold)
        chosen = self._proved(name, problem)
        loads = np.bincount(chosen.columns, minlength=len(self.left.minimum))
        short = np.flatnonzero(loads < self.left.minimum)
        if len(short):
            raise Infeasible(
                _("minimum_load cannot be met for mentors %(mentors)s", mentors=short[:10].tolist())
            )
        self.first = problem.first
        return self._settled(problem, chosen)

    def fair(self) -> Listed:
        """Return the fair pairs: coverage first, then the highest lowest score, then the total."""
        most = self._proved("coverage", self._counting(0))
        target = self._reached(most)
        if not any(target):
            # No pair has to be made, so there is none that has to be better than another.
            return self.best("total", covers=True)
        lowest = int(most.scores.min(initial=MILLION))
        while lowest < MILLION:
            lowest = self._highest_listed(lowest, MILLION, target)
            if lowest == MILLION:
                break
            higher = self._proved("above", self._counting(lowest + 1))
            if self._reached(higher) < target:
                break
            # A pair that was not listed made it possible; what seemed to be a proof is none.
            self.steps.pop()
            lowest = int(higher.scores.min(initial=MILLION))
        return self.best("total", covers=True, threshold=lowest)

    def finished(self, objective: Objective, chosen: Listed) -> Assignment:
        """Return the assignment with what was settled before it began."""
        limits = self.limits
        pinned = limits.pinned.pairs
        kept = limits.kept.pairs
        keys, kept_keys = (p[:, 0] * limits.shape[1] + p[:, 1] for p in (pinned, kept))
        is_kept = np.isin(keys, kept_keys)
        settled = int(self.pinned_scores.sum()) + limits.keep_bonus * int(is_kept.sum())
        settled += int(limits.priority[~self.left.free].sum())
        pairs = np.concatenate([pinned, np.column_stack([chosen.rows, chosen.columns])])
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        total = self.steps[-2]
        return Assignment(
            pairs=pairs[order],
            scores=np.concatenate([self.pinned_scores, chosen.scores])[order],
            considered=limits.shape[0] * limits.shape[1],
            value=total.value + settled,
            upper_bound=total.upper_bound + settled,
            covered=len(np.unique(pairs[:, 0])),
            open_demand=limits.demand - np.bincount(pairs[:, 0], minlength=limits.shape[0]),
            first=self.first,
            ceilings=self.ceilings,
            certificate=Certificate.of(objective, self.steps),
        )

    def _settled(self, problem: FlowProblem, chosen: Listed) -> Listed:
        """Return the pairs that are best among those with the total of the chosen, and the proof.

        It is made with the highest prices, those of the last places, which are wanted anyway.
        """
        finer = ties.finer(problem, self.limits, self.left.free)
        low = np.array(self.steps[-1].prices, dtype=np.int64)
        while True:
            self.tell("solving", 0, 1)
            listed = self._usable(problem)
            chosen = ties.settled(problem, self.limits, self.left.free, listed, chosen, low)
            prices = flow.ceilings(finer, listed, chosen)
            wanted = flow.thresholds(finer, chosen, prices)
            better, bound = self.pool.search(finer, prices, chosen, wanted, self._passed("proving"))
            if not len(better):
                break
            self.listed = self.listed.joined(better, self.limits.shape[1])
        self.ceilings = ties.ceilings(problem, self.limits, prices)
        # The total proves these pairs too, of which there may be more.
        _filled, covered, _places = self._reached(chosen)
        self.steps[-1] = replace(self.steps[-1], covered=covered, pairs=len(chosen))
        constants = finer.unit * problem.value(chosen)
        affordable = np.minimum(prices, finer.most)
        self._keep("ties", problem, finer, chosen, affordable, bound, constants)
        return chosen

    def _counting(self, threshold: int) -> FlowProblem:
        return self.problem(covers=True, threshold=threshold, counts_scores=False)

    def _reached(self, chosen: Listed) -> tuple[int, int, int]:
        """Return how many places below minimum loads, mentees and demanded places are filled.

        Demanded places count only where all of them come before scores.
        """
        loads = np.bincount(chosen.columns, minlength=len(self.left.minimum))
        return (
            int(np.minimum(loads, self.left.minimum).sum()),
            int(self.left.free[np.unique(chosen.rows)].sum()),
            len(chosen) * self.limits.fills,
        )

    def _highest_listed(self, low: int, high: int, target: tuple[int, int, int]) -> int:
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
        near = None
        while True:
            self.tell("solving", 0, 1)
            listed = self._usable(problem)
            chosen, prices, wanted = flow.optimum(problem, listed, near)
            better, bound = self.pool.search(
                problem, prices, chosen, wanted, self._passed("proving")
            )
            if not len(better):
                break
            self.listed = self.listed.joined(better, mentors)
            near = prices, wanted
        filled, covered, _places = self._reached(chosen)
        constants = problem.coverage * covered + problem.each * len(chosen)
        constants += problem.fill * int(self.left.minimum.sum())
        self._keep(name, problem, problem, chosen, prices, bound, constants)
        return chosen

    def _keep(
        self,
        name: str,
        problem: FlowProblem,
        priced: FlowProblem,
        chosen: Listed,
        prices: Ints,
        bound: int,
        constants: int,
    ) -> None:
        """Keep the proof of a step: the prices and bound of a problem, or of it in finer units."""
        _filled, covered, _places = self._reached(chosen)
        counts_pairs = problem.unit or problem.each
        self.steps.append(
            Step(
                name=name,
                threshold=problem.threshold,
                unit=priced.unit,
                coverage=problem.coverage,
                each=problem.each,
                fill=problem.fill,
                value=priced.value(chosen) - constants,
                upper_bound=bound - constants,
                covered=covered,
                pairs=len(chosen) if counts_pairs else 0,
                prices=tuple(prices.tolist()),
            )
        )

    def _passed(self, phase: str) -> Passed:
        return lambda done, total: self.tell(phase, done, total)

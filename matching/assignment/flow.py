"""The best assignment over listed pairs, as a minimum-cost flow, and the prices that go with it.

Source -> mentee -> mentor -> sink, solved in whole numbers by OR-Tools' cost-scaling push-relabel.
It gives no prices, so they are taken from the residual graph of its answer. Nothing here looks at
pairs that are not listed: `matching.assignment.pricing` does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.arrays import Flags, Ints
from matching.assignment.constraints import outweighing

#: The price of a place that is settled, or not there: no one can pay it.
SETTLED = 2**60


@dataclass(frozen=True)
class FlowProblem:
    """What is to be made as large as possible, for m mentees and n mentors; in millionths.

    The sum of the pairs' scores (nothing where `counts_scores` is off) from `threshold` up, kept
    ones with `keep_bonus`; of `first` (m,), earned by a mentee's first pair and holding the
    constant `coverage` for those who are counted; and of `fill` for every place below a mentor's
    `minimum` load (n,), so large that nothing outweighs it.
    """

    capacity: Ints
    minimum: Ints
    demand: Ints
    first: Ints
    coverage: int
    fill: int
    threshold: int
    keep_bonus: int
    counts_scores: bool

    @classmethod
    def of(
        cls,
        *,
        capacity: Ints,
        minimum: Ints,
        demand: Ints,
        priority: Ints,
        counted: Flags,
        keep_bonus: int,
        threshold: int,
        most: int,
    ) -> FlowProblem:
        """Return a problem about scores up to `most`; mentees who are `counted` come before them.

        One more covered mentee must outweigh every change of scores, and one more filled place
        both; the cycles by which a flow improves pass source and sink at most once.
        """
        largest = most + keep_bonus + int(priority.max(initial=0))
        everything = outweighing(largest, demand, len(capacity))
        coverage = everything if counted.any() else 0
        return cls(
            capacity=capacity,
            minimum=minimum,
            demand=demand,
            first=priority + np.where(counted, coverage, 0),
            coverage=coverage,
            fill=everything + coverage if minimum.any() else 0,
            threshold=threshold,
            keep_bonus=keep_bonus,
            counts_scores=most > 0,
        )


@dataclass(frozen=True)
class Listed:
    """Pairs that the flow may use, in order of rows, then columns; (k,) arrays.

    `scores` are whole millionths as scored, `kept` marks pairs that earn the bonus.
    """

    rows: Ints
    columns: Ints
    scores: Ints
    kept: Flags

    def __len__(self) -> int:
        return len(self.rows)

    def joined(self, other: Listed, mentors: int) -> Listed:
        """Return the pairs of both."""
        keys = np.concatenate(
            [self.rows * mentors + self.columns, other.rows * mentors + other.columns]
        )
        _, first = np.unique(keys, return_index=True)
        return Listed(
            np.concatenate([self.rows, other.rows])[first],
            np.concatenate([self.columns, other.columns])[first],
            np.concatenate([self.scores, other.scores])[first],
            np.concatenate([self.kept, other.kept])[first],
        )

    def at(self, picked: Flags | Ints) -> Listed:
        """Return some of the pairs."""
        return Listed(
            self.rows[picked], self.columns[picked], self.scores[picked], self.kept[picked]
        )

    def weights(self, problem: FlowProblem) -> Ints:
        """Return what each pair counts in a problem."""
        if not problem.counts_scores:
            return np.zeros(len(self), dtype=np.int64)
        return self.scores + np.where(self.kept, problem.keep_bonus, 0)


def solve(problem: FlowProblem, listed: Listed) -> Listed:
    """Return the pairs of an optimal flow over the listed pairs."""
    mentees, mentors = len(problem.demand), len(problem.capacity)
    supply = int(problem.demand.sum())
    if supply == 0 or len(listed) == 0:
        return listed.at(np.zeros(len(listed), dtype=bool))
    source, sink = 0, 1
    of_mentee, of_mentor = 2 + np.arange(mentees), 2 + mentees + np.arange(mentors)
    has_first = (problem.demand > 0).astype(np.int64)
    pairs = np.ones(len(listed), dtype=np.int64)
    nothing = np.zeros(max(mentees, mentors), dtype=np.int64)
    # A mentee's first match, later matches, pairs, places below the minimum, further places; and
    # what no one takes goes straight from source to sink.
    parts = [
        (source + nothing[:mentees], of_mentee, has_first, -problem.first),
        (source + nothing[:mentees], of_mentee, problem.demand - has_first, nothing[:mentees]),
        (2 + listed.rows, 2 + mentees + listed.columns, pairs, -listed.weights(problem)),
        (of_mentor, sink + nothing[:mentors], problem.minimum, nothing[:mentors] - problem.fill),
        (
            of_mentor,
            sink + nothing[:mentors],
            problem.capacity - problem.minimum,
            nothing[:mentors],
        ),
        tuple(np.array([value]) for value in (source, sink, supply, 0)),
    ]
    tails, heads, limits, costs = (np.concatenate(column) for column in zip(*parts, strict=True))
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32),
        heads.astype(np.int32),
        limits.astype(np.int64),
        costs.astype(np.int64),
    )
    flow.set_node_supply(source, supply)
    flow.set_node_supply(sink, -supply)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the flow solver ended with status {status}")
    return listed.at(flow.flows(arcs[2 * mentees : 2 * mentees + len(listed)]) > 0)


def thresholds(problem: FlowProblem, chosen: Listed, prices: Ints) -> Ints:
    """Return what another mentor must be worth to each mentee, beyond their price, (m,).

    More than the worst of their matches, or than no match where they want one more; a mentee who
    wants none cannot be won.
    """
    mentees = len(problem.demand)
    counts = np.bincount(chosen.rows, minlength=mentees)
    worst = np.full(mentees, np.iinfo(np.int64).max)
    np.minimum.at(worst, chosen.rows, chosen.weights(problem) - prices[chosen.columns])
    wanted = np.where(counts < problem.demand, np.minimum(worst, 0), worst)
    return np.where((counts == 0) & (problem.demand > 0), -problem.first, wanted)


def prices(problem: FlowProblem, listed: Listed, chosen: Listed) -> Ints:
    """Return the smallest prices at which all mentees have what they would choose, (n,).

    Starting low, a mentor's price rises to what another mentee would give up for them, until
    nothing moves (the fixpoint of the residual graph's shortest paths). A mentor with free places
    stays at 0, one below their minimum at -`fill`: if one had to rise, the flow was not optimal.
    """
    mentees, mentors = len(problem.demand), len(problem.capacity)
    loads = np.bincount(chosen.columns, minlength=mentors)
    lowest = np.where((problem.minimum > 0) & (loads <= problem.minimum), -problem.fill, 0)
    keys = listed.rows * mentors + listed.columns
    open_pairs = listed.at(~np.isin(keys, chosen.rows * mentors + chosen.columns))
    weights = open_pairs.weights(problem)
    starts = np.searchsorted(open_pairs.rows, np.arange(mentees + 1))
    by_mentor = np.argsort(chosen.columns, kind="stable")
    of_mentor = np.searchsorted(chosen.columns[by_mentor], np.arange(mentors + 1))
    active = np.arange(mentees)
    while len(active):
        wanted = thresholds(problem, chosen, lowest)[active]
        counts = starts[active + 1] - starts[active]
        pairs = _ranges(starts[active], counts)
        offers = weights[pairs] - np.repeat(wanted, counts)
        raised = lowest.copy()
        np.maximum.at(raised, open_pairs.columns[pairs], offers)
        moved = np.flatnonzero(raised > lowest)
        lowest = raised
        stuck = (loads < problem.capacity) & (lowest > 0)
        stuck |= (loads < problem.minimum) & (lowest > -problem.fill)
        if stuck.any():
            raise RuntimeError("a mentor with free places has a price: the flow was not optimal")
        held = of_mentor[moved + 1] - of_mentor[moved]
        active = np.unique(chosen.rows[by_mentor[_ranges(of_mentor[moved], held)]])
    return lowest


def ceilings(problem: FlowProblem, listed: Listed, chosen: Listed) -> Ints:
    """Return the largest prices at which all mentees still have what they would choose, (n,).

    That is what the last place of a mentor is worth: a mentee who offers more, and could not so
    far, would get it. Starting high, a price falls to what those who have the mentor would bear,
    until nothing moves. No one can pay for a place that is settled or not there.
    """
    mentees, mentors = len(problem.demand), len(problem.capacity)
    loads = np.bincount(chosen.columns, minlength=mentors)
    highest = np.where(loads < problem.capacity, 0, SETTLED)
    highest = np.where(loads < problem.minimum, -problem.fill, highest)
    keys = listed.rows * mentors + listed.columns
    others = listed.at(~np.isin(keys, chosen.rows * mentors + chosen.columns))
    weights, worth = others.weights(problem), chosen.weights(problem)
    starts = np.flatnonzero(np.diff(others.rows, prepend=-1))
    counts = np.bincount(chosen.rows, minlength=mentees)
    none = np.where(counts > 1, 0, -problem.first)
    while True:
        # The best that each mentee could have instead: another mentor, or none.
        instead = none.copy()
        if len(starts):
            best = np.maximum.reduceat(weights - highest[others.columns], starts)
            rows = others.rows[starts]
            instead[rows] = np.maximum(instead[rows], best)
        borne = np.full(mentors, SETTLED)
        np.minimum.at(borne, chosen.columns, worth - instead[chosen.rows])
        lower = np.minimum(highest, borne)
        if (lower == highest).all():
            return highest
        highest = lower


def _ranges(starts: Ints, counts: Ints) -> Ints:
    """Return the concatenated ranges from each start, as many as counted."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + counts, counts)

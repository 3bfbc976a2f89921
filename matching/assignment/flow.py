"""The best assignment over listed pairs, as a minimum-cost flow, and the prices that go with it.

Source -> mentee -> mentor -> sink, solved in whole numbers by OR-Tools' cost-scaling push-relabel.
It gives no prices, so they are taken from the residual graph of its answer. Nothing here looks at
pairs that are not listed: `matching.assignment.pricing` does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.arrays import Flags, Ints
from matching.assignment.blocks import MILLION, exact_sum
from matching.assignment.constraints import outweighing
from matching.assignment.draws import Order

#: How far, in millionths, a pair may fall short of being chosen at earlier prices to take part in
#: the next flow from its beginning.
NEAR = 20_000
#: What covering one more mentee counts at first, in best pairs: the flow solver takes twice as long
#: for a constant that outweighs everything, and this one nearly always covers as many.
USUALLY_ENOUGH = 10
#: The price of a place that is settled, or not there: no one can pay it.
SETTLED = 2**60


@dataclass(frozen=True)
class FlowProblem:
    """What is to be made as large as possible, for m mentees and n mentors; in whole numbers.

    The sum of `unit` (0 where scores do not count) for every millionth of the pairs' scores from
    `threshold` up, kept ones with `keep_bonus`; of `each` for every pair; of `first` (m,), earned
    by a mentee's first pair and holding the constant `coverage` for those who are counted; and of
    `fill` for every place below a mentor's `minimum` load (n,), so large that nothing outweighs it.
    With `shares`, a mentee counts one less for every other mentee of the mentor, of whom there are
    `held` (n,) from the beginning.
    """

    capacity: Ints
    minimum: Ints
    demand: Ints
    first: Ints
    coverage: int
    each: int
    fill: int
    threshold: int
    keep_bonus: int
    unit: int
    held: Ints
    order: Order
    shares: bool = False

    @classmethod
    def of(
        cls,
        *,
        capacity: Ints,
        minimum: Ints,
        demand: Ints,
        priority: Ints,
        counted: Flags,
        fills: bool,
        keep_bonus: int,
        threshold: int,
        most: int,
        held: Ints,
        order: Order,
    ) -> FlowProblem:
        """Return a problem about scores up to `most`; mentees who are `counted` come before them.

        So does every pair, where `fills` says so. One more covered mentee or pair must outweigh
        every change of scores, and one more place below a minimum both; the cycles by which a flow
        improves pass source and sink at most once. For the same reason a path to more pairs takes
        no mentee's last mentor: most covered and most pairs can be had together.
        """
        largest = most + keep_bonus + int(priority.max(initial=0))
        everything = outweighing(largest, demand, len(capacity))
        coverage = everything if counted.any() else 0
        each = everything if fills else 0
        return cls(
            capacity=capacity,
            minimum=minimum,
            demand=demand,
            first=priority + np.where(counted, coverage, 0),
            coverage=coverage,
            each=each,
            fill=everything + coverage + each if minimum.any() else 0,
            threshold=threshold,
            keep_bonus=keep_bonus,
            unit=int(most > 0),
            held=held,
            order=order,
        )

    def covering_for(self, most: int) -> FlowProblem:
        """Return the problem where covering a mentee counts `most` at most, before any score.

        Its best pairs that cover as many as any could are the best ones of this problem too.
        """
        less = max(0, self.coverage - most)
        is_counted = self.first >= self.coverage
        return replace(
            self, coverage=self.coverage - less, first=self.first - np.where(is_counted, less, 0)
        )

    @property
    def most(self) -> int:
        """Return what a pair is worth at most; no one can pay more for a place."""
        pair = (MILLION + self.keep_bonus) * self.unit + self.each
        return pair + int(self.first.max(initial=0))

    def value(self, chosen: Listed) -> int:
        """Return what an assignment is worth, the places below minimum loads included."""
        loads = np.bincount(chosen.columns, minlength=len(self.capacity))
        worth = exact_sum(chosen.weights(self)) + exact_sum(self.first[np.unique(chosen.rows)])
        worth += self.fill * int(np.minimum(loads, self.minimum).sum())
        if self.shares:
            worth -= int((self.held * loads + loads * (loads - 1) // 2).sum())
        return worth

    def asked(self, places: Ints) -> Ints:
        """Return what the `places`-th free place of each mentor asks for, from 1, (n,)."""
        sharing = self.held + places - 1 if self.shares else np.zeros_like(places)
        return sharing - np.where(places <= self.minimum, self.fill, 0)


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
        worth = self.scores + np.where(self.kept, problem.keep_bonus, 0)
        return worth * problem.unit + problem.each


@dataclass(frozen=True)
class Arcs:
    """Arcs from `tails` to `heads`, with flows up to `limits`, at `costs` each; numbers or (k,)."""

    tails: Ints | int
    heads: Ints | int
    limits: Ints | int
    costs: Ints | int


class NotOptimal(RuntimeError):
    """Pairs that are not the best ones of a problem."""


def optimum(
    problem: FlowProblem, listed: Listed, before: tuple[Ints, Ints] | None = None
) -> tuple[Listed, Ints, Ints]:
    """Return the pairs of an optimal flow over the listed pairs, their prices and thresholds.

    `before` are prices and thresholds that hold for most of the list. Few pairs come near to being
    chosen at these, so the flow begins with them, and those that its own prices do not hold for
    are added until there are none. So the prices are those of a flow over the whole list.
    """
    takes_part = np.ones(len(listed), dtype=bool)
    if before is not None:
        takes_part = _beyond(problem, listed, *before) >= -NEAR
    while True:
        some = listed.at(takes_part)
        chosen, lowest = _solved(problem, some)
        wanted = thresholds(problem, chosen, lowest)
        missed = ~takes_part & (_beyond(problem, listed, lowest, wanted) > 0)
        if not missed.any():
            return chosen, lowest, wanted
        takes_part |= missed


def _solved(problem: FlowProblem, listed: Listed) -> tuple[Listed, Ints]:
    """Return the pairs of an optimal flow over the listed pairs, and their prices."""
    easier = problem.covering_for(USUALLY_ENOUGH * (MILLION + problem.keep_bonus))
    try:
        chosen = solve(easier, listed)
        return chosen, prices(problem, listed, chosen)
    except NotOptimal:
        chosen = solve(problem, listed)
        return chosen, prices(problem, listed, chosen)


def _beyond(problem: FlowProblem, listed: Listed, prices: Ints, wanted: Ints) -> Ints:
    """Return by how much each pair is worth more than its price and what its mentee wants."""
    return listed.weights(problem) - prices[listed.columns] - wanted[listed.rows]


def solve(problem: FlowProblem, listed: Listed) -> Listed:
    """Return the pairs of an optimal flow over the listed pairs."""
    if len(listed) == 0:
        return listed
    mentees, mentors = len(problem.demand), len(problem.capacity)
    source, sink = mentees + mentors, mentees + mentors + 1
    of_mentee, of_mentor = np.arange(mentees), mentees + np.arange(mentors)
    has_first = (problem.demand > 0).astype(np.int64)
    supplies = np.zeros(mentees + mentors + 2, dtype=np.int64)
    supplies[source] = problem.demand.sum()
    supplies[sink] = -supplies[source]
    flows = cheapest(
        problem.order,
        supplies,
        Arcs(listed.rows, mentees + listed.columns, 1, -listed.weights(problem)),
        # A mentee's first match, later matches, places below the minimum, further places; and
        # what no one takes goes straight from source to sink.
        Arcs(source, of_mentee, has_first, -problem.first),
        Arcs(source, of_mentee, problem.demand - has_first, 0),
        Arcs(of_mentor, sink, problem.minimum, -problem.fill),
        Arcs(of_mentor, sink, problem.capacity - problem.minimum, 0),
        Arcs(source, sink, int(supplies[source]), 0),
    )
    return listed.at(flows[: len(listed)] > 0)


def cheapest(order: Order, supplies: Ints, *parts: Arcs) -> Ints:
    """Return the flow on every arc that costs least, the parts one after another.

    `supplies` holds what each node sends, or takes where below 0: mentees, mentors, and others.
    Which of equally cheap flows is found depends on the numbers of nodes and on the order of arcs;
    so both go by the `order` of people.
    """
    broadcast = [np.broadcast_arrays(p.tails, p.heads, p.limits, p.costs) for p in parts]
    tails, heads, limits, costs = (
        np.concatenate([np.atleast_1d(column) for column in same])
        for same in zip(*broadcast, strict=True)
    )
    nodes = np.arange(len(supplies))
    people = len(order.mentees) + len(order.mentors)
    nodes[:people] = np.concatenate([order.mentees, len(order.mentees) + order.mentors])
    tails, heads = nodes[tails], nodes[heads]
    usable = np.flatnonzero(limits)
    sequence = usable[np.argsort(tails[usable] * len(nodes) + heads[usable], kind="stable")]
    network = min_cost_flow.SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        tails[sequence].astype(np.int32),
        heads[sequence].astype(np.int32),
        limits[sequence].astype(np.int64),
        costs[sequence].astype(np.int64),
    )
    network.set_nodes_supplies(nodes.astype(np.int32), supplies.astype(np.int64))
    status = network.solve()
    if status != network.OPTIMAL:
        raise RuntimeError(f"the flow solver ended with status {status}")
    flows = np.zeros(len(tails), dtype=np.int64)
    flows[sequence] = network.flows(arcs)
    return flows


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
    stays at 0, one below their minimum at -`fill`. Raises `NotOptimal` where one would have to
    rise, or where a mentee would rather have a mentor less than pay.
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
            raise NotOptimal("a mentor with free places has a price: the flow was not optimal")
        held = of_mentor[moved + 1] - of_mentor[moved]
        active = np.unique(chosen.rows[by_mentor[_ranges(of_mentor[moved], held)]])
    several = np.bincount(chosen.rows, minlength=mentees) > 1
    if (thresholds(problem, chosen, lowest) < np.where(several, 0, -problem.first)).any():
        raise NotOptimal("a mentee would rather have one mentor less: the flow was not optimal")
    return lowest


def ceilings(problem: FlowProblem, listed: Listed, chosen: Listed) -> Ints:
    """Return the largest prices at which all mentees still have what they would choose, (n,).

    That is what the last place of a mentor is worth: a mentee who offers more, and could not so
    far, would get it. Starting high, a price falls to what those who have the mentor would bear,
    until nothing moves. No one can pay for a place that is settled or not there.
    """
    mentees, mentors = len(problem.demand), len(problem.capacity)
    loads = np.bincount(chosen.columns, minlength=mentors)
    highest = np.where(loads < problem.capacity, problem.asked(loads + 1), SETTLED)
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

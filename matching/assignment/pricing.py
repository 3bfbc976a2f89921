"""Pricing: a look at all pairs, block by block, for those that would beat what mentees have.

Where there are none, the prices prove the assignment over every pair, listed or not. Pairs that a
rule forbids or that are below the floor can never be used; the others are remembered after the
first look where they fit, so that scores are computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.arrays import Floats, Ints
from matching.assignment import blocks
from matching.assignment.blocks import MILLION, RowBlocks
from matching.assignment.constraints import Limits
from matching.assignment.draws import Order
from matching.assignment.flow import FlowProblem, Listed
from matching.language import gettext as _

#: The most pairs of one mentee that are listed at a time.
MOST_LISTED = 16
#: The most usable pairs that are kept in memory, 6 to 8 bytes each; the rest are computed again.
MOST_REMEMBERED = 250_000_000
#: How many pairs of a mentee are looked at together for the highest scores.
STRETCH = 64
#: What a pair counts that a problem leaves out: less than anything else.
NEVER = -(2**62)
_EMPTY = np.zeros(0, dtype=np.int64)
NO_PAIRS = Listed(_EMPTY, _EMPTY, _EMPTY, _EMPTY.astype(bool))
Passed = Callable[[int, int], None]


@dataclass(frozen=True)
class _Usable:
    """The pairs of a block that may be used: how many for each row, columns and scores."""

    counts: npt.NDArray[np.int32]
    columns: npt.NDArray[np.uint16 | np.uint32]
    scores: npt.NDArray[np.int32]


class Pool:
    """All pairs of an assignment that the solver may use, looked at in blocks."""

    def __init__(self, scores: RowBlocks, limits: Limits, order: Order) -> None:
        self.scores, self.limits, self.order = scores, limits, order
        self._remembered: dict[tuple[int, int], _Usable] = {}
        self._room = MOST_REMEMBERED

    def settled(self) -> Ints:
        """Return the scores of the pinned pairs in whole millionths, (k,).

        Raises `ValueError` for one that is also forbidden.
        """
        limits = self.limits
        if not len(limits.pinned.pairs):
            return _EMPTY

        def look(start: int, stop: int) -> Ints:
            rows, columns = limits.pinned.within(start, stop)
            if not len(rows):
                return columns
            raw = blocks.millionths(self.scores, start, stop)
            raw[limits.forbidden.within(start, stop)] = -1
            settled = raw[rows, columns]
            if (settled < 0).any():
                at = int(np.argmax(settled < 0))
                pair = [int(rows[at]) + start, int(columns[at])]
                raise ValueError(_("pinned: the pair %(pair)s is also forbidden", pair=pair))
            return settled.astype(np.int64)

        return np.concatenate([_EMPTY, *blocks.each(self.scores.shape, look)])

    def best(self, most: int, passed: Passed) -> Listed:
        """Return the pairs with the best scores of each mentee who wants any, at most `most`."""

        def look(start: int, stop: int) -> tuple[int, Listed]:
            usable = self._remember(start, stop, self._dense(start, stop))
            wants = self.limits.demand[start:stop] > 0
            enough = _near_the_top(usable, most) & np.repeat(wants, usable.counts)
            listed = self._listed(usable, enough, start, stop)
            return stop, _first_of_rows(listed, listed.scores, most, self.order)

        return self._gathered(look, passed)

    def search(
        self, problem: FlowProblem, prices: Ints, chosen: Listed, wanted: Ints, passed: Passed
    ) -> tuple[Listed, int]:
        """Return pairs worth more than their price by over `wanted` (m,), and the prices' bound.

        The best ones of each mentee, and none of the `chosen`. The bound is the most that any
        assignment could be worth, constants included. `passed(done, total)` is called with
        the number of mentees looked at.
        """
        mentors = self.scores.shape[1]
        bounds: list[int] = []

        def look(start: int, stop: int) -> tuple[int, Listed]:
            usable = self._remembered.get((start, stop))
            if usable is None:
                usable = self._remember(start, stop, self._dense(start, stop))
            worth = self._worth(usable, problem, prices, start, stop)
            bounds.append(_bound(usable.counts, worth, problem, start, stop))
            above = worth > np.repeat(wanted[start:stop], usable.counts)
            some = self._listed(usable, above, start, stop)
            # Where scores do not count, better ones are listed first: others would be again.
            order = worth[above] * (1 if problem.unit else MILLION) + some.scores
            # A mentee with several mentors would not give up some of them: they are no news.
            first, last = np.searchsorted(chosen.rows, [start, stop])
            theirs = chosen.rows[first:last] * mentors + chosen.columns[first:last]
            news = ~np.isin(some.rows * mentors + some.columns, theirs)
            return stop, _first_of_rows(some.at(news), order[news], MOST_LISTED, self.order)

        better = self._gathered(look, passed)
        return better, sum(bounds) + _of_places(problem, prices)

    def _gathered(self, look: Callable[[int, int], tuple[int, Listed]], passed: Passed) -> Listed:
        parts = [NO_PAIRS]
        for done, listed in blocks.each(self.scores.shape, look):
            parts.append(listed)
            passed(done, self.scores.shape[0])
        return Listed(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("rows", "columns", "scores", "kept")
            )
        )

    def _dense(self, start: int, stop: int) -> Floats:
        """Return a block in whole millionths, below 0 where the solver may not use a pair."""
        limits = self.limits
        raw = blocks.millionths(self.scores, start, stop)
        # Arithmetic, because choosing by a mask takes ten times as long.
        raw -= (raw < limits.floor) * (2.0 * MILLION)
        raw[limits.forbidden.within(start, stop)] = -MILLION
        raw[limits.pinned.within(start, stop)] = -MILLION
        return raw

    def _remember(self, start: int, stop: int, raw: Floats) -> _Usable:
        may = raw >= 0
        at = np.flatnonzero(may)
        mentors = raw.shape[1]
        narrow = np.uint16 if mentors <= 2**16 else np.uint32
        usable = _Usable(
            counts=may.sum(axis=1, dtype=np.int32),
            columns=(at % max(1, mentors)).astype(narrow),
            scores=raw.ravel()[at].astype(np.int32),
        )
        if len(at) <= self._room:
            self._room -= len(at)
            self._remembered[start, stop] = usable
        return usable

    def _worth(
        self, usable: _Usable, problem: FlowProblem, prices: Ints, start: int, stop: int
    ) -> Ints:
        """Return what each usable pair of a block counts in a problem beyond the mentor's price."""
        worth = usable.scores.astype(np.int64)
        if problem.keep_bonus:
            every = np.ones(len(worth), dtype=bool)
            worth += problem.keep_bonus * self._listed(usable, every, start, stop).kept
        if problem.unit != 1:
            worth *= problem.unit
        worth += (problem.each - prices)[usable.columns]
        if problem.threshold > self.limits.floor:
            worth[usable.scores < problem.threshold] = NEVER
        return worth

    def _listed(
        self, usable: _Usable, which: npt.NDArray[np.bool_], start: int, stop: int
    ) -> Listed:
        """Return some usable pairs of a block, in order of rows, then columns."""
        at = np.flatnonzero(which)
        rows = start + np.searchsorted(np.cumsum(usable.counts), at, side="right")
        columns = usable.columns[at].astype(np.int64)
        kept = np.zeros(len(rows), dtype=bool)
        theirs, of_theirs = self.limits.kept.within(start, stop)
        if len(theirs):
            mentors = self.scores.shape[1]
            kept = np.isin(rows * mentors + columns, (theirs + start) * mentors + of_theirs)
        return Listed(rows, columns, usable.scores[at].astype(np.int64), kept)


def _near_the_top(usable: _Usable, most: int) -> npt.NDArray[np.bool_]:
    """Return which pairs have one of the `most` highest different scores of their row, or more.

    A few passes for the highest that is left: partitioning takes fifty times as long where most of
    a row is equal. Each row is cut into stretches first, as no pair below the highest scores of so
    many of them can be among those of the row: so the passes are over few pairs.
    """
    counts = usable.counts[usable.counts > 0].astype(np.int64)
    if not len(counts):
        return np.zeros(0, dtype=bool)
    ends = np.cumsum(counts)
    stretches = -(-counts // STRETCH)
    within = np.arange(stretches.sum()) - np.repeat(np.cumsum(stretches) - stretches, stretches)
    highest = np.maximum.reduceat(
        usable.scores, np.repeat(ends - counts, stretches) + STRETCH * within
    )
    tops = _highest(highest, stretches, most)
    near = usable.scores >= np.repeat(tops, counts)
    kept = np.add.reduceat(near, ends - counts, dtype=np.int64)
    few = usable.scores[near]
    near[near] = few >= np.repeat(_highest(few, kept, most), kept)
    return near


def _highest(scores: npt.NDArray[np.int32], counts: Ints, most: int) -> npt.NDArray[np.int32]:
    """Return the `most`-th highest different score of each row, -1 where there are fewer.

    Rows follow one another, `counts` of them all above 0.
    """
    left, starts = scores.copy(), np.cumsum(counts) - counts
    highest = np.maximum.reduceat(left, starts)
    for _top in range(1, most):
        left[left == np.repeat(highest, counts)] = -1
        highest = np.maximum.reduceat(left, starts)
    return highest


def _bound(
    counts: npt.NDArray[np.int32], worth: Ints, problem: FlowProblem, start: int, stop: int
) -> int:
    """Return what the mentees of a block could gain at most, given what pairs are worth."""
    demand, first = problem.demand[start:stop], problem.first[start:stop]
    best = np.full(stop - start, NEVER)
    able = np.flatnonzero(counts)
    if len(able):
        best[able] = np.maximum.reduceat(worth, (np.cumsum(counts) - counts)[able])
    gain = best + first
    several = np.repeat(demand > 1, counts)
    if several.any():
        # Later matches count where they gain by themselves.
        rows = np.repeat(np.arange(stop - start), counts)[several]
        order = np.lexsort((-worth[several], rows))
        ordered, of = worth[several][order], rows[order]
        place = np.arange(len(of)) - np.searchsorted(of, of)
        later = (place > 0) & (place < demand[of])
        np.add.at(gain, of[later], np.maximum(ordered[later], 0))
    return blocks.exact_sum(np.maximum(gain, 0)[demand > 0])


def _of_places(problem: FlowProblem, prices: Ints) -> int:
    """Return what the places of all mentors take at most, at these prices."""
    bound = 0
    for price, least, places, held in zip(
        prices.tolist(), problem.minimum.tolist(), problem.capacity.tolist(),
        problem.held.tolist(), strict=True,
    ):  # fmt: skip
        if not problem.shares:
            bound += least * max(price + problem.fill, 0) + (places - least) * max(price, 0)
            continue
        for first, last, offered in (
            (held, held + least, price + problem.fill),
            (held + least, held + places, price),
        ):
            paying = max(0, min(last, offered) - first)
            bound += paying * (offered - first) - paying * (paying - 1) // 2
    return bound


def _first_of_rows(listed: Listed, worth: Ints, most: int, order: Order) -> Listed:
    """Return the pairs that are worth most of each row, at most `most`; in order.

    Among equals each mentee begins elsewhere (at multiples of the golden section), so that people
    who are alike do not all list the same few mentors.
    """
    mentors = len(order.mentors)
    begins = order.mentees[listed.rows] * int(0.618 * mentors)
    turned = (order.mentors[listed.columns] - begins) % max(1, mentors)
    best = np.lexsort((turned, -worth, listed.rows))
    rows = listed.rows[best]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return listed.at(np.sort(best[place < most]))

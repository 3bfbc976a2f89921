"""The most that any assignment could be worth, by prices, no matter who computed them.

Any prices `v` bound every assignment from above (linear-programming duality). With capacity c,
minimum load l, demand d and worth w:

    sum over mentors of  l max(v + fill, 0) + (c - l) max(v, 0) - fill l
    + sum over mentees of  the best that demand allows of  (w - v)  over the pairs they may have

`fill` is any number from 0 up; where no price is below -fill, the first line is the well-known
c max(v, 0) + l min(v, 0). Where each mentee of a mentor costs 1 for every other one, the k-th place
is worth k - 1 less, which stays below the bound because later places are never worth more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.arrays import Flags, Ints
from matching.assignment import blocks
from matching.assignment.blocks import MILLION, RowBlocks
from matching.assignment.constraints import Limits

_NEVER = -(2**62)


@dataclass(frozen=True)
class Remaining:
    """What is left to choose once the pinned pairs are settled; (m,) and (n,) arrays.

    `free` marks mentees without a pinned pair; `held` counts the pinned pairs of each mentor.
    """

    free: Flags
    demand: Ints
    capacity: Ints
    minimum: Ints
    held: Ints

    @classmethod
    def of(cls, limits: Limits) -> Remaining:
        """Return what the limits leave."""
        mentees, mentors = limits.shape
        taken = np.bincount(limits.pinned.pairs[:, 0], minlength=mentees)
        held = np.bincount(limits.pinned.pairs[:, 1], minlength=mentors)
        return cls(
            free=taken == 0,
            demand=np.minimum(limits.demand - taken, mentors),
            capacity=np.minimum(limits.capacity, mentees) - held,
            minimum=np.maximum(limits.minimum_load - held, 0),
            held=held,
        )


@dataclass(frozen=True)
class Priced:
    """Prices (n,) and what they are held against, in whole numbers.

    A pair counts `unit` for every millionth of its score, if that is `threshold` or more, and
    `each` besides; `first` (m,) goes to a mentee's first pair, `fill` to each place below a
    minimum load. With `shares` a mentee counts one less for every other mentee of the mentor.
    """

    prices: Sequence[int]
    threshold: int
    unit: int
    each: int
    first: Ints
    fill: int
    shares: bool = False

    def largest(self, keep_bonus: int) -> int:
        """Return the largest of the numbers that are added up."""
        prices = (abs(price) for price in self.prices)
        pair = (MILLION + keep_bonus) * self.unit
        return max(pair, self.each, int(self.first.max(initial=0)), self.fill, *prices, 0)


def upper_bounds(
    table: RowBlocks, limits: Limits, left: Remaining, asked: Sequence[Priced]
) -> list[int]:
    """Return the bound that each of the prices gives, from one look at all pairs."""
    prices = [np.array(priced.prices, dtype=np.int64) for priced in asked]

    def look(start: int, stop: int) -> list[int]:
        score = blocks.millionths(table, start, stop)
        may = score >= limits.floor
        may[limits.forbidden.within(start, stop)] = False
        may[limits.pinned.within(start, stop)] = False
        may[left.demand[start:stop] == 0] = False
        at = np.flatnonzero(may)
        columns = at % max(1, may.shape[1])
        counts = may.sum(axis=1)
        worth = score.ravel()[at].astype(np.int64)
        bonus = np.zeros_like(worth)
        kept = limits.kept.within(start, stop)
        if limits.keep_bonus and len(kept[0]):
            may[:] = False
            may[kept] = True
            bonus[may.ravel()[at]] = limits.keep_bonus
        return [
            _gains(
                np.where(
                    worth >= priced.threshold,
                    (worth + bonus) * priced.unit + (priced.each - price[columns]),
                    _NEVER,
                ),
                counts,
                priced.first[start:stop],
                left.demand[start:stop],
            )
            for priced, price in zip(asked, prices, strict=True)
        ]

    bounds = [_of_mentors(priced, left) for priced in asked]
    for gains in blocks.each(table.shape, look):
        bounds = [bound + gain for bound, gain in zip(bounds, gains, strict=True)]
    return bounds


def _gains(worth: Ints, counts: Ints, first: Ints, demand: Ints) -> int:
    """Return the most that mentees could gain; `worth` holds their pairs, row by row."""
    able = np.flatnonzero(counts)
    if not len(able):
        return 0
    starts = (np.cumsum(counts) - counts)[able]
    if demand[able].max() == 1:
        gain = np.maximum.reduceat(worth, starts)
    else:
        rows = np.repeat(np.arange(len(able)), counts[able])
        worth = worth[np.lexsort((-worth, rows))]
        place = np.arange(len(worth)) - starts[rows]
        # Later matches count where they gain by themselves.
        counted = (place == 0) | ((worth > 0) & (place < demand[able][rows]))
        gain = np.add.reduceat(np.where(counted, worth, 0), starts)
    return blocks.exact_sum(np.maximum(gain + first[able], 0))


def _of_mentors(priced: Priced, left: Remaining) -> int:
    """Return what the places could take at most, those below minimum loads without `fill`."""
    bound = 0
    for price, least, places, held in zip(
        priced.prices, left.minimum.tolist(), left.capacity.tolist(), left.held.tolist(),
        strict=True,
    ):  # fmt: skip
        bound += _taken(price + priced.fill, least, held, priced.shares) - priced.fill * least
        bound += _taken(price, places - least, held + least, priced.shares)
    return bound


def _taken(price: int, places: int, others: int, shares: bool) -> int:
    """Return what some places take at a price, where a mentor has `others` already."""
    if not shares:
        return places * max(price, 0)
    paying = max(0, min(places, price - others))
    return paying * (price - others) - paying * (paying - 1) // 2

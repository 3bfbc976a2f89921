"""Scores in blocks of rows: the unit of work, so that nothing of size mentees x mentors is held.

A block is independent of every other and comes out the same, bit by bit, however the rows are cut:
it can be computed in any order, thread or process.
"""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from matching.arrays import Floats, Ints
from matching.assignment import arguments
from matching.language import gettext as _

Found = TypeVar("Found")

#: Scores and prices are whole millionths.
MILLION = 1_000_000
#: How far a similarity may be off 0 or 1 by rounding: that many scores cannot tell.
_ROUNDING = 1 / MILLION
#: Pairs that each thread works on at a time: they fit a processor's last cache.
PAIRS_IN_BLOCK = 500_000
#: Blocks that wait for each thread, so that none is ever idle.
AHEAD = 8


class RowBlocks(Protocol):
    """Scores that are computed when asked for; -1 marks a forbidden pair."""

    shape: tuple[int, int]

    def rows(self, start: int, stop: int) -> Floats:
        """Return the scores of mentees `start` to `stop`, shape (stop - start, mentors)."""
        ...


class Dense:
    """A matrix as blocks."""

    def __init__(self, scores: npt.ArrayLike) -> None:
        self.scores = arguments.numbers("scores", scores)
        if self.scores.ndim != 2:
            raise ValueError(
                _("scores: must have two dimensions, not %(found)s", found=self.scores.ndim)
            )
        self.shape: tuple[int, int] = (self.scores.shape[0], self.scores.shape[1])

    def rows(self, start: int, stop: int) -> Floats:
        """Return a part of the matrix."""
        return self.scores[start:stop]


def of(scores: Any) -> RowBlocks:
    """Return a matrix, or an object with `shape` and `rows`, as blocks."""
    is_table = hasattr(scores, "__array__")  # one may have a column called rows
    return Dense(scores) if is_table or not hasattr(scores, "rows") else scores


def millionths(blocks: RowBlocks, start: int, stop: int) -> Floats:
    """Return a block as whole millionths, -1,000,000 for a forbidden pair; exact in float64.

    Similarities come a little below 0 or above 1 by rounding; within a millionth they count as 0
    or 1. Raises `ValueError` for any other score that is not from 0 to 1 or -1, with its row and
    column.
    """
    raw = arguments.numbers("scores", blocks.rows(start, stop))
    if raw.shape != (stop - start, blocks.shape[1]):
        raise ValueError(
            _(
                "scores: rows %(start)s to %(stop)s have shape %(found)s; must be %(shape)s",
                start=start,
                stop=stop,
                found=raw.shape,
                shape=(stop - start, blocks.shape[1]),
            )
        )
    outside = ~((raw >= 0) & (raw <= 1))
    near = outside & (raw >= -_ROUNDING) & (raw <= 1 + _ROUNDING) if outside.any() else outside
    wrong = outside & ~near & (raw != -1) if outside.any() else outside
    if wrong.any():
        i, j = (int(k) for k in np.argwhere(wrong)[0])
        raise ValueError(
            _(
                "scores: row %(row)s, column %(column)s is %(score)s; must be 0 to 1, or -1",
                row=start + i,
                column=j,
                score=raw[i, j],
            )
        )
    whole = raw * MILLION
    if near.any():
        whole[near] = np.clip(whole[near], 0, MILLION)
    return np.rint(whole, out=whole)


def exact_sum(values: Ints) -> int:
    """Return the sum of whole numbers, however many: in halves, which int64 always holds."""
    high, low = np.divmod(values, 2**32)
    return (int(high.sum()) << 32) + int(low.sum())


def each(shape: tuple[int, int], work: Callable[[int, int], Found]) -> Iterator[Found]:
    """Yield what `work(start, stop)` returns for every block of rows, in order.

    Blocks are shared among as many threads as this process may use processors: NumPy and SciPy let
    others run while they compute.
    """
    mentees, mentors = shape
    height = max(1, PAIRS_IN_BLOCK // max(1, mentors))
    starts = range(0, mentees, height)
    threads = min(processors(), len(starts))
    if threads <= 1:
        for start in starts:
            yield work(start, min(start + height, mentees))
        return
    with ThreadPoolExecutor(threads) as pool:
        jobs: deque[Future[Found]] = deque()
        try:
            for start in starts:
                jobs.append(pool.submit(work, start, min(start + height, mentees)))
                # A few ahead, not all: there may be many, and what was found is not kept.
                if len(jobs) > AHEAD * threads:
                    yield jobs.popleft().result()
            while jobs:
                yield jobs.popleft().result()
        finally:
            # An error or an interrupt ends the pass now, not after its last block.
            pool.shutdown(wait=False, cancel_futures=True)


@functools.cache
def processors() -> int:
    """Return how many processors this process may use; `OMP_NUM_THREADS` lowers it."""
    if hasattr(os, "sched_getaffinity"):
        available = len(os.sched_getaffinity(0))
    else:
        available = os.cpu_count() or 1
    wished = os.environ.get("OMP_NUM_THREADS", "")
    return min(available, int(wished)) if wished.isdigit() and int(wished) > 0 else available

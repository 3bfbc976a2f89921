"""What a round stores of its pairs, so that the effect of a decision can be told at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.arrays import Flags, Floats, Ints
from matching.assignment.constraints import Limits
from matching.assignment.solver import Assignment
from matching.candidates import Candidates
from matching.profiles.people import Table

#: How many pairs are stored in all, and for each mentee at least.
MOST_STORED, FEWEST_EACH = 400_000, 25


@dataclass(frozen=True)
class Nearest:
    """The pairs of a block of mentees that come nearest to being made; see `Candidates`."""

    counts: Ints
    columns: Ints
    scores: Ints
    beyond: Ints


class Search:
    """Looks for the pairs that come nearest to those of an assignment, block by block."""

    def __init__(self, assignment: Assignment, limits: Limits) -> None:
        mentees, mentors = limits.shape
        self.assignment, self.limits = assignment, limits
        self.most = min(mentors, max(FEWEST_EACH, MOST_STORED // max(1, mentees)))
        # The step about the total, to which the last one only adds who is taken among equals.
        self.step = assignment.certificate.steps[-2]
        self.prices = np.array(self.step.prices, dtype=np.int64)
        self.wanted = self._wanted()

    def look(self, start: int, stop: int, score: Floats, fits: Flags) -> Nearest:
        """Return the nearest pairs of a block; `score` in millionths, `fits` where one may be."""
        short = score + (self.step.each - self.prices)  # what each pair is worth
        short[self.limits.kept.within(start, stop)] += self.limits.keep_bonus
        np.subtract(self.wanted[start:stop, None], short, out=short)
        np.copyto(short, np.inf, where=~fits)
        if self.most < score.shape[1]:
            at, beyond = _smallest(short, self.most)
        else:
            at, beyond = np.flatnonzero(fits), np.full(stop - start, -1, dtype=np.int64)
        rows, columns = np.divmod(at, max(1, score.shape[1]))
        return Nearest(
            counts=np.bincount(rows, minlength=stop - start),
            columns=columns,
            scores=score.ravel()[at].astype(np.int64),
            beyond=beyond,
        )

    def found(self, mentees: Table, mentors: Table, parts: Sequence[Nearest]) -> Candidates:
        """Return what is stored, from all blocks in order."""
        none = np.zeros(0, np.int64)
        counts, columns, scores, beyond = (
            np.concatenate([none, *(getattr(part, name) for part in parts)])
            for name in ("counts", "columns", "scores", "beyond")
        )
        limits = self.limits
        pinned = {tuple(pair) for pair in limits.pinned.pairs.tolist()}
        pairs = zip(self.assignment.pairs.tolist(), self.assignment.scores.tolist(), strict=True)
        return Candidates(
            mentees=[person["mentee_id"] for person in mentees],
            mentors=[person["mentor_id"] for person in mentors],
            demand=limits.demand.tolist(),
            places=limits.capacity.tolist(),
            bonuses=limits.priority.tolist(),
            prices=self.prices.tolist(),
            starts=[0, *np.cumsum(counts).tolist()],
            columns=columns.tolist(),
            scores=scores.tolist(),
            beyond=beyond.tolist(),
            pairs=[(i, j, score, (i, j) in pinned) for (i, j), score in pairs],
            kept=[(i, j) for i, j in limits.kept.pairs.tolist()],
            keep_bonus=limits.keep_bonus,
            coverage=self.step.coverage,
            each=self.step.each,
        )

    def _wanted(self) -> Ints:
        """Return what a mentor must be worth to each mentee beyond their price, (m,)."""
        limits, pairs = self.limits, self.assignment.pairs
        mentees, mentors = limits.shape
        never = np.iinfo(np.int64).max
        keys, pinned, kept = (
            each[:, 0] * mentors + each[:, 1]
            for each in (pairs, limits.pinned.pairs, limits.kept.pairs)
        )
        worth = self.assignment.scores + self.step.each - self.prices[pairs[:, 1]]
        worth += np.where(np.isin(keys, kept), limits.keep_bonus, 0)
        loose, every = np.full(mentees, never), np.full(mentees, never)
        np.minimum.at(every, pairs[:, 0], worth)
        is_loose = ~np.isin(keys, pinned)
        np.minimum.at(loose, pairs[is_loose, 0], worth[is_loose])
        counts = np.bincount(pairs[:, 0], minlength=mentees)
        wanted = np.where(counts < limits.demand, np.minimum(loose, 0), loose)
        wanted = np.where(wanted == never, every, wanted)
        return np.where(counts == 0, -(limits.priority + self.step.coverage), wanted)


def _smallest(short: Floats, most: int) -> tuple[Ints, Ints]:
    """Return where the `most` smallest numbers of each row stand, and the next one of each row.

    Where is counted through all rows, and in order; the next is 0 at least, -1 where only inf is
    left. Each row is cut into stretches: as many of them as are wanted begin no number above the
    bound, so that few numbers have to be put in order.
    """
    rows, columns = short.shape
    stretch = max(1, columns // (2 * most + 2))
    least = np.minimum.reduceat(short, np.arange(0, columns, stretch), axis=1)
    bound = np.partition(least, most, axis=1)[:, most : most + 1]
    at = np.flatnonzero((short <= bound) & (short < np.inf))
    row, value = at // columns, short.ravel()[at]
    order = np.lexsort((value, row))
    place = np.arange(len(at)) - np.searchsorted(row, row)
    beyond = np.full(rows, -1, dtype=np.int64)
    following = order[place == most]
    beyond[row[following]] = np.maximum(value[following], 0).astype(np.int64)
    return np.sort(at[order[place < most]]), beyond

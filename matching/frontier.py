"""What changing existing pairs gains: the best round for each of several numbers of changes.

A round under a bonus for each pair that stays is best in total and bonuses. So none that keeps as
many pairs or more has a larger total: with that bonus, it is the best round for so many changes
(Everett 1963, *Operations Research* 11(3): generalized Lagrange multipliers). Between two such
rounds, the bonus under which both are worth the same finds any that lies above the line through
them; so the whole upper hull of totals over numbers of kept pairs is found, widest gap first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from matching.arrays import Flags, Ints
from matching.assignment.blocks import MILLION
from matching.assignment.solver import Assignment, assign
from matching.problem import Problem
from matching.wishes import Wishes, id_pairs

#: How many rounds are computed unless another number is asked for.
MOST_ROUNDS = 10
#: The bonuses, in millionths, that keep as much as can be, and as little as is worth it.
_LARGEST, _SMALLEST = MILLION, 1

Pose = Callable[[Wishes], Problem]


@dataclass(frozen=True)
class Point:
    """A round that changes some existing pairs, beside the one that changes fewest.

    `changed` counts existing pairs that are gone, `matched` mentees with a mentor, `moved` those
    of before who have another mentor, `lost` those who no longer have one. `total` is that of
    the scores, and `worth` has the points for waiting as well: by it each point is the best. `gain`
    is what those who moved gain on average, None where no one did. With `keep_bonus`, None for the
    round that keeps all, a round comes out so.
    """

    keep_bonus: float | None
    changed: int
    matched: int
    moved: int
    lost: int
    total: float
    worth: float
    gain: float | None


@dataclass(frozen=True)
class Frontier:
    """The points that were found, fewest changes first; `is_complete` says that there are no more.

    Without it, time or the number of points ran out; each point is the best of its changes anyway.
    """

    points: list[Point]
    is_complete: bool


@dataclass(frozen=True)
class _Round:
    """A round that was computed: `kept` pairs earned its bonus, and `worth` is without these."""

    problem: Problem
    assignment: Assignment
    bonus: int
    kept: int
    worth: int

    @classmethod
    def solved(cls, problem: Problem, bonus: int) -> _Round:
        """Return the best round of a problem under a bonus, in millionths."""
        found = assign(
            problem.scores, problem.constraints, problem.policy.objective, order=problem.order
        )
        kept = int(_among(problem.could_stay.pairs, found.pairs, problem).sum())
        return cls(problem, found, bonus, kept, found.value - bonus * kept)

    def beside(self, stay: _Round) -> Point:
        """Return what becomes of people, compared with the round in which all pairs stay."""
        problem, found = self.problem, self.assignment
        mentees = problem.scores.shape[0]
        before = problem.before.pairs
        is_over = ~_among(before, found.pairs, problem)
        had, ended = (
            np.bincount(rows, minlength=mentees) > 0 for rows in (before[:, 0], before[is_over, 0])
        )
        has = np.bincount(found.rows, minlength=mentees) > 0
        moved = ended & has
        gain = (_scores(self) - _scores(stay))[moved].mean() / MILLION if moved.any() else None
        return Point(
            keep_bonus=self.bonus / MILLION,
            changed=int(is_over.sum()),
            matched=int(has.sum()),
            moved=int(moved.sum()),
            lost=int((had & ~has).sum()),
            total=found.total,
            worth=self.worth / MILLION,
            gain=None if gain is None else float(gain),
        )


def find(
    pose: Pose, wishes: Wishes, most: int = MOST_ROUNDS, seconds: float = float("inf")
) -> Frontier:
    """Return what the number of changes makes of a round under these wishes.

    Of the wishes, the mode and the bonus for pairs that stay are varied; the first point keeps all,
    unless new pairs are pinned. `pose` states the problem of given wishes. After so many rounds or
    `seconds` no further one is begun.
    """
    deadline = time.monotonic() + seconds

    def solved(bonus: int) -> _Round:
        asked = replace(wishes, mode="better", keep_bonus=bonus / MILLION)
        return _Round.solved(pose(asked), bonus)

    first, last = solved(_LARGEST), solved(_SMALLEST)
    # New pairs that are pinned may take the places of those that stay: then no round keeps all.
    pins_new = set(id_pairs("pinned", wishes.pinned)) - set(id_pairs("existing", wishes.existing))
    keeps_all = None if pins_new else _Round.solved(pose(replace(wishes, mode="keep")), 0)
    stay = keeps_all or first
    found, gaps = [first, last], [(first, last)]
    is_over = False
    while gaps and not is_over:
        gaps.sort(key=lambda gap: gap[0].kept - gap[1].kept)
        more, fewer = gaps.pop()
        if more.kept - fewer.kept < 2:
            continue
        if is_over := len(found) + 1 >= most or time.monotonic() > deadline:
            break
        # Under this bonus both are worth the same; bonuses are whole millionths.
        bonus = round((fewer.worth - more.worth) / (more.kept - fewer.kept))
        between = solved(min(max(bonus, _SMALLEST), _LARGEST))
        if more.kept > between.kept > fewer.kept:
            found.append(between)
            gaps += [(more, between), (between, fewer)]
    points = {point.changed: point for point in (each.beside(stay) for each in found)}
    if keeps_all:
        point = replace(keeps_all.beside(stay), keep_bonus=None)
        points[point.changed] = point
    return Frontier([points[changed] for changed in sorted(points)], is_complete=not is_over)


def _among(pairs: Ints, others: Ints, problem: Problem) -> Flags:
    """Return which of some pairs, (k, 2) in indices, are among others."""
    mentors = problem.scores.shape[1]
    keys, there = (each[:, 0] * mentors + each[:, 1] for each in (pairs, others))
    return np.isin(keys, there)


def _scores(round: _Round) -> Ints:
    """Return the sum of the scores of each mentee's pairs, (m,) in millionths."""
    found = round.assignment
    sums = np.zeros(round.problem.scores.shape[0], dtype=np.int64)
    np.add.at(sums, found.rows, found.scores)
    return sums

"""The proof that an assignment is best: prices, and the upper bound that they give.

Any prices `v` bound every possible assignment from above (linear-programming duality), whoever
computed them:

    sum over mentors of  capacity * max(v, 0) + minimum * min(v, 0)
    + sum over mentees of  the best that demand allows of  (weight - v)  over allowed mentors

The assignment is optimal exactly when its value meets that bound. Nothing here knows the solver.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """An assignment problem in integers, m mentees by n mentors.

    `weights` (m, n) and `first_bonus` (m,) are in millionths; `first_bonus` is earned by a
    mentee's first match and holds the `coverage` constant where there is one. `allowed` (m, n)
    says which pairs may be used; `capacity`, `minimum` (n,) and `demand` (m,) count pairs.
    """

    weights: Ints
    allowed: npt.NDArray[np.bool_]
    capacity: Ints
    minimum: Ints
    demand: Ints
    first_bonus: Ints
    coverage: int

    def replace(self, **changes: Any) -> Problem:
        """Return the problem with some parts changed."""
        return dataclasses.replace(self, **changes)

    def above(self, scores: Ints, threshold: int) -> Problem:
        """Return the problem without the pairs whose score is below `threshold`."""
        return self.replace(allowed=self.allowed & (scores >= threshold))


@dataclass(frozen=True)
class Stage:
    """One proved step; `prices` has one integer a mentor, values leave the constant out."""

    name: str
    value: int
    upper_bound: int
    covered: int
    prices: tuple[int, ...]


@dataclass(frozen=True)
class Certificate:
    """The proof of an assignment: its stages in order, the last one about the pairs themselves."""

    objective: str
    stages: tuple[Stage, ...]

    @property
    def is_optimal(self) -> bool:
        """Return whether every stage's value meets its bound."""
        return all(stage.value == stage.upper_bound for stage in self.stages)


def upper_bound(problem: Problem, prices: Ints) -> int:
    """Return the most that any assignment could be worth, in millionths, constant included.

    Raises `ValueError` for a negative price where there is no minimum load.
    """
    if ((prices < 0) & (problem.minimum == 0)).any():
        raise ValueError("a price is negative where there is no minimum load")
    bound = int((problem.capacity * np.maximum(prices, 0)).sum())
    bound += int((problem.minimum * np.minimum(prices, 0)).sum())
    mentees, mentors = problem.allowed.shape
    if mentees == 0 or mentors == 0:
        return bound
    # Far below anything real, so that a forbidden pair is never worth taking, yet safe to add to.
    never = -(2**61)
    for start in range(0, mentees, 4096):
        rows = slice(start, start + 4096)
        gain = np.where(problem.allowed[rows], problem.weights[rows] - prices, never)
        demand = problem.demand[rows]
        most = min(int(demand.max(initial=0)), mentors)
        if most == 0:
            continue
        best = -np.partition(-gain, most - 1, axis=1)[:, :most]
        best[:, ::1].sort(axis=1)
        best = best[:, ::-1]
        further = np.arange(1, most) < demand[:, None]
        later = np.where(further, np.maximum(best[:, 1:], 0), 0).sum(axis=1)
        first = np.maximum(best[:, 0] + problem.first_bonus[rows] + later, 0)
        bound += int(np.where(demand > 0, first, 0).sum())
    return bound

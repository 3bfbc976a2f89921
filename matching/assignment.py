"""The assignment: which mentee goes to which mentor so that the whole is best, by exact flow.

Scores become integers (millionths), so that the optimum, its upper bound and the prices that prove
it are exact. The problem is a minimum-cost flow: source -> mentee -> mentor -> sink, solved by
OR-Tools' cost-scaling push-relabel; the prices come from the residual graph of its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

from matching.certificate import Certificate, Problem, Stage, upper_bound
from matching.policy import Objective

MILLION = 1_000_000

Ints = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]


class Infeasible(ValueError):
    """A minimum load that cannot be met; the message names the mentors by index."""


class RowBlocks(Protocol):
    """Scores that are computed when asked for; -1 marks a forbidden pair."""

    shape: tuple[int, int]

    def rows(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        """Return the scores of mentees `start` to `stop`, shape (stop - start, mentors)."""
        ...


@dataclass(frozen=True)
class Assignment:
    """An optimal assignment with its proof.

    `pairs` is a (k, 2) array of mentee and mentor indices, sorted; `value` and `upper_bound` are in
    millionths of score, bonuses included and the coverage constant left out; `covered` counts
    mentees with at least one mentor.
    """

    pairs: Ints
    value: int
    upper_bound: int
    covered: int
    certificate: Certificate

    @property
    def gap(self) -> int:
        """Return how far the value may be from the best possible, in millionths; 0 is proved."""
        return self.upper_bound - self.value


def assign(
    scores: npt.ArrayLike | RowBlocks,
    *,
    capacity: npt.ArrayLike,
    demand: npt.ArrayLike = 1,
    minimum_load: npt.ArrayLike = 0,
    forbidden: npt.ArrayLike | None = None,
    pinned: npt.ArrayLike | None = None,
    kept: npt.ArrayLike | None = None,
    keep_bonus: float = 0.0,
    priority: npt.ArrayLike | None = None,
    objective: Objective = "coverage",
    floor: float = 0.0,
    progress: Progress | None = None,
) -> Assignment:
    """Return the best assignment of mentees to mentors under every constraint.

    `scores` has shape (mentees, mentors) with values in [0, 1], or -1 for a forbidden pair.
    `capacity`, `demand` and `minimum_load` are whole numbers, `priority` is in score units; each
    is one number for all or an array. `forbidden` is a boolean array or (k, 2) indices; `pinned`
    and `kept` are (k, 2) indices. Pinned pairs ignore the floor and use capacity and demand; a
    kept pair's score gains `keep_bonus`. `priority` is added to a mentee's first match.

    Raises `ValueError` for input that cannot be meant and `Infeasible` where a minimum load
    cannot be met.
    """
    tell = progress or (lambda stage, done, total: None)
    raw = _matrix(scores)
    mentees, mentors = raw.shape
    places = _whole("capacity", capacity, mentors)
    wanted = _whole("demand", demand, mentees)
    least = _whole("minimum_load", minimum_load, mentors)
    if (least > places).any():
        short = np.flatnonzero(least > places).tolist()
        raise Infeasible(f"minimum_load is above capacity for mentors {short[:10]}")

    whole = np.rint(raw * MILLION).astype(np.int64)
    allowed = (whole >= 0) & (whole >= round(floor * MILLION))
    banned = np.zeros(raw.shape, dtype=bool)
    if forbidden is not None:
        banned = _mask("forbidden", forbidden, raw.shape)
        allowed &= ~banned
    fixed = _pairs("pinned", pinned, raw.shape)
    if (banned | (whole < 0))[fixed[:, 0], fixed[:, 1]].any():
        raise ValueError("pinned: a pair is also forbidden")
    loads = np.bincount(fixed[:, 1], minlength=mentors)
    taken = np.bincount(fixed[:, 0], minlength=mentees)
    if (loads > places).any() or (taken > wanted).any():
        raise ValueError("pinned: more pairs than a mentor's capacity or a mentee's demand")

    weights = whole.copy()
    held = _pairs("kept", kept, raw.shape)
    weights[held[:, 0], held[:, 1]] += round(keep_bonus * MILLION)
    urgency = np.zeros(mentees) if priority is None else _floats("priority", priority, mentees)
    bonus = np.where(taken == 0, np.rint(urgency * MILLION).astype(np.int64), 0)
    fixed_value = int(weights[fixed[:, 0], fixed[:, 1]].sum())
    fixed_value += int(np.rint(urgency * MILLION).astype(np.int64)[taken > 0].sum())
    allowed[fixed[:, 0], fixed[:, 1]] = False

    problem = Problem(
        weights=weights,
        allowed=allowed,
        capacity=places - loads,
        minimum=np.maximum(least - loads, 0),
        demand=wanted - taken,
        first_bonus=bonus,
        coverage=0,
    )
    if objective == "total":
        problems = [("total", problem)]
    elif objective == "coverage":
        problems = [("coverage", _with_coverage(problem, taken))]
    else:
        problems = _fair_stages(problem, whole, taken, tell)

    stages: list[Stage] = []
    chosen = np.zeros((0, 2), dtype=np.int64)
    for number, (name, part) in enumerate(problems):
        tell("solving", number, len(problems))
        chosen = _solve(part)
        tell("proving", number, len(problems))
        stages.append(_stage(name, part, chosen, taken))
    tell("proving", len(problems), len(problems))

    pairs = np.concatenate([fixed, chosen])
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    final = stages[-1]
    return Assignment(
        pairs=pairs,
        value=final.value + fixed_value,
        upper_bound=final.upper_bound + fixed_value,
        covered=int((np.bincount(pairs[:, 0], minlength=mentees) > 0).sum()),
        certificate=Certificate(objective=objective, stages=tuple(stages)),
    )


def _with_coverage(problem: Problem, taken: Ints) -> Problem:
    """Add a constant to every first match that outweighs all that scores could change."""
    most = int(problem.weights.max(initial=0)) + int(problem.first_bonus.max(initial=0))
    constant = 1 + most * int(problem.demand.sum())
    first = np.where(taken == 0, problem.first_bonus + constant, 0)
    return problem.replace(first_bonus=first, coverage=constant)


def _fair_stages(
    problem: Problem, whole: Ints, taken: Ints, tell: Progress
) -> list[tuple[str, Problem]]:
    """Return the problems that prove a fair assignment, the one to use last.

    Coverage first; then the highest score that every pair can reach without losing coverage, found
    by bisection; the next higher one, where coverage falls; then the best total above it.
    """
    count = problem.replace(
        weights=np.zeros_like(problem.weights),
        first_bonus=np.where(taken == 0, 1, 0),
        coverage=1,
    )

    def covered(threshold: int) -> int:
        try:
            return len(np.unique(_solve(count.above(whole, threshold))[:, 0]))
        except Infeasible:
            return -1

    levels = np.unique(whole[problem.allowed])
    target = covered(0)
    low, high = 0, len(levels)
    while high - low > 1:
        tell("balancing", low, len(levels))
        middle = (low + high) // 2
        if covered(int(levels[middle])) == target:
            low = middle
        else:
            high = middle
    stages = [("coverage of all", count)]
    # Where the next threshold leaves a minimum load unmet, no flow has prices that could say so.
    if high < len(levels) and covered(int(levels[high])) >= 0:
        stages.append(("coverage above the threshold", count.above(whole, int(levels[high]))))
    threshold = int(levels[low]) if len(levels) else 0
    stages.append(("total", _with_coverage(problem.above(whole, threshold), taken)))
    return stages


def _solve(problem: Problem) -> Ints:
    """Return the pairs of an optimal flow, sorted. Raises `Infeasible` for an unmet minimum."""
    rows, columns = np.nonzero(problem.allowed)
    mentees, mentors = problem.allowed.shape
    source, sink, first_mentee, first_mentor = 0, 1, 2, 2 + mentees
    supply = int(problem.demand.sum())
    if supply == 0 or len(rows) == 0:
        _check_minimum(problem, np.zeros(mentors, dtype=np.int64))
        return np.zeros((0, 2), dtype=np.int64)
    weights = problem.weights[rows, columns]
    # A place below the minimum is worth more than everything else together, so it is filled first.
    reward = 0
    if problem.minimum.any():
        most = int(weights.max(initial=0)) + int(problem.first_bonus.max(initial=0))
        reward = 1 + most * supply
    nodes_m = first_mentee + np.arange(mentees)
    nodes_r = first_mentor + np.arange(mentors)
    has_first = problem.demand > 0
    tails = [np.full(mentees, source), np.full(mentees, source), first_mentee + rows]
    heads = [nodes_m, nodes_m, first_mentor + columns]
    limits = [has_first.astype(np.int64), problem.demand - has_first, np.ones(len(rows), np.int64)]
    costs = [-problem.first_bonus, np.zeros(mentees, np.int64), -weights]
    tails += [nodes_r, nodes_r, np.array([source])]
    heads += [np.full(mentors, sink), np.full(mentors, sink), np.array([sink])]
    limits += [problem.minimum, problem.capacity - problem.minimum, np.array([supply])]
    costs += [np.full(mentors, -reward), np.zeros(mentors, np.int64), np.zeros(1, np.int64)]

    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails).astype(np.int32),
        np.concatenate(heads).astype(np.int32),
        np.concatenate(limits).astype(np.int64),
        np.concatenate(costs).astype(np.int64),
    )
    flow.set_node_supply(source, supply)
    flow.set_node_supply(sink, -supply)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the flow solver ended with status {status}")
    used = flow.flows(arcs[2 * mentees : 2 * mentees + len(rows)]) > 0
    chosen = np.column_stack([rows[used], columns[used]]).astype(np.int64)
    _check_minimum(problem, np.bincount(chosen[:, 1], minlength=mentors))
    return chosen


def _check_minimum(problem: Problem, loads: Ints) -> None:
    short = np.flatnonzero(loads < problem.minimum)
    if len(short):
        raise Infeasible(f"minimum_load cannot be met for mentors {short[:10].tolist()}")


def _stage(name: str, problem: Problem, chosen: Ints, taken: Ints) -> Stage:
    prices = _prices(problem, chosen)
    value = int(problem.weights[chosen[:, 0], chosen[:, 1]].sum())
    first = np.unique(chosen[:, 0])
    first = first[taken[first] == 0]
    value += int(problem.first_bonus[first].sum())
    constant = problem.coverage * len(first)
    return Stage(
        name=name,
        value=value - constant,
        upper_bound=upper_bound(problem, prices) - constant,
        covered=len(first),
        prices=tuple(int(price) for price in prices),
    )


def _prices(problem: Problem, chosen: Ints) -> Ints:
    """Return the smallest prices at which everybody has what they would choose, shape (mentors,).

    Starting low, a mentor's price rises to what somebody else would give up for them, until
    nothing moves. A mentor with free places must stay at 0: a price above it would mean that the
    flow was not optimal.
    """
    mentees, mentors = problem.allowed.shape
    loads = np.bincount(chosen[:, 1], minlength=mentors)
    counts = np.bincount(chosen[:, 0], minlength=mentees)
    # Only a mentor kept at exactly the minimum may have a price below 0.
    at_minimum = (problem.minimum > 0) & (loads == problem.minimum)
    lowest = -int(problem.first_bonus.max(initial=0)) - int(problem.weights.max(initial=0)) - 1
    prices = np.where(at_minimum, lowest * (mentees + 1), 0).astype(np.int64)
    open_pairs = problem.allowed.copy()
    open_pairs[chosen[:, 0], chosen[:, 1]] = False
    columns, rows = np.nonzero(open_pairs.T)
    weights = problem.weights[rows, columns]
    starts = np.flatnonzero(np.diff(columns, prepend=-1))
    priced = columns[starts]
    chosen_weights = problem.weights[chosen[:, 0], chosen[:, 1]]
    full = counts == problem.demand
    idle = problem.demand == 0
    while len(rows):
        # What another mentor must offer a mentee: more than their worst match, or than nobody.
        worst = np.full(mentees, np.iinfo(np.int64).max)
        np.minimum.at(worst, chosen[:, 0], chosen_weights - prices[chosen[:, 1]])
        threshold = np.where(full, worst, np.minimum(worst, 0))
        threshold = np.where(counts == 0, -problem.first_bonus, threshold)
        offers = np.where(idle[rows], np.iinfo(np.int64).min, weights - threshold[rows])
        raised = np.maximum.reduceat(offers, starts)
        moved = raised > prices[priced]
        if not moved.any():
            break
        prices[priced[moved]] = raised[moved]
        if ((loads < problem.capacity) & (prices > 0)).any():
            raise RuntimeError("a mentor with free places has a price: the flow was not optimal")
    return prices


def _matrix(scores: Any) -> npt.NDArray[np.float64]:
    if hasattr(scores, "rows"):
        raw = np.asarray(scores.rows(0, scores.shape[0]), dtype=np.float64)
    else:
        raw = np.asarray(scores, dtype=np.float64)
    if raw.ndim != 2:
        raise ValueError(f"scores: must have two dimensions, not {raw.ndim}")
    wrong = ~(((raw >= 0) & (raw <= 1)) | (raw == -1))
    if wrong.any():
        i, j = (int(k) for k in np.argwhere(wrong)[0])
        raise ValueError(f"scores: row {i}, column {j} is {raw[i, j]}; must be 0 to 1, or -1")
    return raw


def _floats(name: str, value: npt.ArrayLike, size: int) -> npt.NDArray[np.float64]:
    array = np.asarray(value, dtype=np.float64)
    if array.shape not in ((), (size,)):
        raise ValueError(f"{name}: must be one number or {size} of them, not shape {array.shape}")
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"{name}: must be finite and not negative")
    return np.broadcast_to(array, (size,)).copy()


def _whole(name: str, value: npt.ArrayLike, size: int) -> Ints:
    array = _floats(name, value, size)
    if (array != np.floor(array)).any() or (array > 1_000_000).any():
        wrong = int(np.argmax((array != np.floor(array)) | (array > 1_000_000)))
        raise ValueError(f"{name}: entry {wrong} is {array[wrong]}; must be whole, to 1,000,000")
    return array.astype(np.int64)


def _pairs(name: str, value: npt.ArrayLike | None, shape: tuple[int, int]) -> Ints:
    if value is None:
        return np.zeros((0, 2), dtype=np.int64)
    array = np.asarray(value)
    if array.size == 0:
        return np.zeros((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        raise ValueError(f"{name}: must be a (k, 2) array of whole indices")
    if (array < 0).any() or (array >= np.array(shape)).any():
        raise ValueError(f"{name}: holds an index outside {shape}")
    if len(np.unique(array, axis=0)) != len(array):
        raise ValueError(f"{name}: holds a pair twice")
    return array.astype(np.int64)


def _mask(name: str, value: npt.ArrayLike, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    array = np.asarray(value)
    if array.dtype == bool:
        if array.shape != shape:
            raise ValueError(f"{name}: has shape {array.shape}; must be {shape}")
        return array.copy()
    pairs = _pairs(name, array, shape)
    mask = np.zeros(shape, dtype=bool)
    mask[pairs[:, 0], pairs[:, 1]] = True
    return mask

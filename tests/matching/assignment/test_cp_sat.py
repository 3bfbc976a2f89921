"""The assignment against another solver, CP-SAT, asked one objective after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from assignments import assign_with, sharing, verify_with
from ortools.sat.python import cp_model

from matching import Infeasible
from matching.assignment.blocks import MILLION


class Model:
    """One instance as boolean variables; each stage is settled before the next is asked."""

    def __init__(self, scores: Any, case: dict[str, Any]) -> None:
        self.model = cp_model.CpModel()
        mentees, mentors = scores.shape
        self.whole = np.rint(scores * MILLION).astype(int)
        pinned = {tuple(pair) for pair in case["pinned"]}
        usable = {(int(i), int(j)) for i, j in np.argwhere(scores >= 0)} | pinned
        self.chosen = {pair: self.model.new_bool_var(str(pair)) for pair in sorted(usable)}
        self.free = {pair for pair in usable if pair not in pinned}
        for pair in pinned:
            self.model.add(self.chosen[pair] == 1)
        self.covered, self.sharing = [], []
        for i in range(mentees):
            own = [self.chosen[pair] for pair in self.chosen if pair[0] == i]
            self.model.add(sum(own) <= int(case["demand"][i]))
            self.covered.append(self.model.new_bool_var(f"covered {i}"))
            self.model.add(self.covered[-1] <= sum(own))
        for j in range(mentors):
            load = sum(self.chosen[pair] for pair in self.chosen if pair[1] == j)
            self.model.add(load <= int(case["capacity"][j]))
            self.model.add(load >= int(case["minimum_load"][j]))
            squared = self.model.new_int_var(0, mentees**2, f"squared {j}")
            counted = self.model.new_int_var(0, mentees, f"load {j}")
            self.model.add(counted == load)
            self.model.add_multiplication_equality(squared, [counted, counted])
            self.sharing.append(squared - counted)

    def most(self, objective: Any) -> int | None:
        """Return the most that an objective can be, and keep it there; None if infeasible."""
        self.model.maximize(objective)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        if solver.solve(self.model) != cp_model.OPTIMAL:
            return None
        found = round(solver.objective_value)
        self.model.add(objective == found)
        return found


def best_by_stages(scores: Any, case: dict[str, Any]) -> tuple[int, ...] | None:
    """Return lowest score, total, pairs, covered and couples who share; None if infeasible."""
    model = Model(scores, case)
    number = sum(model.chosen.values())
    lowest = covered = 0
    if case["objective"] != "total":
        covered = model.most(sum(model.covered))
        if covered is None:
            return None
        if case["fill"] == "all":
            model.most(number)
    needs_pairs = covered > len({i for i, _ in case["pinned"]})
    if case["objective"] == "fair" and needs_pairs:
        level = model.model.new_int_var(0, MILLION, "lowest")
        for pair in model.free:
            model.model.add(level <= int(model.whole[pair])).only_enforce_if(model.chosen[pair])
        lowest = model.most(level) or 0
    total = model.most(sum(int(model.whole[pair]) * var for pair, var in model.chosen.items()))
    if total is None:
        return None
    pairs, reached = model.most(number), model.most(sum(model.covered))
    shared = model.most(-sum(model.sharing))
    assert pairs is not None
    assert reached is not None
    assert shared is not None
    return lowest, total, pairs, reached, -shared // 2


@pytest.mark.parametrize(
    ("objective", "fill"),
    [
        ("coverage", "first"), ("coverage", "all"), ("fair", "first"), ("fair", "all"),
        ("total", "first"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", range(12))
def test_another_solver_finds_the_same(seed: int, objective: Any, fill: str) -> None:
    rng = np.random.default_rng(1000 + seed)
    mentees, mentors = rng.integers(4, 11), rng.integers(3, 7)
    scores = np.round(rng.random((mentees, mentors)), 1)
    scores[rng.random(scores.shape) < 0.25] = -1
    capacity = rng.integers(0, 5, mentors)
    able = np.argwhere((scores >= 0) & (capacity > 0))
    case: dict[str, Any] = {
        "capacity": capacity,
        "demand": rng.integers(1, 4, mentees),
        "minimum_load": np.where(rng.random(mentors) < 0.2, np.minimum(1, capacity), 0),
        "pinned": able[rng.permutation(len(able))[: seed % 2]].tolist(),
        "objective": objective,
        "fill": fill,
    }
    expected = best_by_stages(scores, case)
    if expected is None:
        with pytest.raises(Infeasible):
            assign_with(scores, **case)
        return

    found = assign_with(scores, **case)

    loads = np.bincount(found.pairs[:, 1])
    assert (found.value, len(found.pairs), found.covered, sharing(loads)) == expected[1:]
    is_free = [pair not in case["pinned"] for pair in found.pairs.tolist()]
    assert found.scores[is_free].min(initial=MILLION) >= expected[0]
    assert verify_with(scores, found.pairs, found.certificate, **case).value == found.value

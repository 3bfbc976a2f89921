"""The assignment against brute force and under random constraints, with its proof."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from assignments import assign_with, sharing, verify_with
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Constraints, Infeasible, assign, verify
from matching.assignment.blocks import MILLION


def best_by_brute_force(scores: Any, case: dict[str, Any]) -> tuple[int, ...] | None:
    """Return the best of all assignments by the objective's definition, None if there is none.

    It is told by what comes before the total (covered, demanded places, lowest score), the total,
    and what decides among equal totals: pairs, covered, and couples of mentees with one mentor.
    """
    mentees, mentors = scores.shape
    whole = np.rint(scores * MILLION).astype(int)
    usable = (scores >= 0) & (whole >= round(case["floor"] * MILLION))
    for i, j in case["forbidden"]:
        usable[i, j] = False
    pinned = {tuple(pair) for pair in case["pinned"]}
    urgency = np.rint(np.array(case["priority"]) * MILLION).astype(int)
    worth = whole.copy()
    for i, j in case["kept"]:
        worth[i, j] += round(case["keep_bonus"] * MILLION)
    choices = []
    for i in range(mentees):
        own = {j for row, j in pinned if row == i}
        able = sorted(own | set(np.flatnonzero(usable[i]).tolist()))
        choices.append(
            [
                chosen
                for size in range(case["demand"][i] + 1)
                for chosen in itertools.combinations(able, size)
                if own <= set(chosen)
            ]
        )
    best = None
    for assignment in itertools.product(*choices):
        loads = np.zeros(mentors, dtype=int)
        for chosen in assignment:
            loads[list(chosen)] += 1
        if (loads > case["capacity"]).any() or (loads < case["minimum_load"]).any():
            continue
        used = [(i, j) for i, chosen in enumerate(assignment) for j in chosen]
        covered = sum(bool(chosen) for chosen in assignment)
        total = sum(int(worth[pair]) for pair in used)
        total += sum(int(urgency[i]) for i, chosen in enumerate(assignment) if chosen)
        filled = len(used) * (case["fill"] == "all")
        chosen_scores = [int(whole[pair]) for pair in used if pair not in pinned]
        # Pinned pairs cannot be better, and where no pair is needed, none has to be.
        settled = np.bincount([j for _, j in pinned], minlength=mentors)
        is_needed = (
            filled > len(pinned)
            or covered > len({i for i, _ in pinned})
            or (settled < case["minimum_load"]).any()
        )
        lowest = min(chosen_scores, default=MILLION) if is_needed else 0
        key = (
            *{"coverage": (covered, filled), "total": (), "fair": (covered, filled, lowest)}[
                case["objective"]
            ],
            total,
            len(used),
            covered,
            -sharing(loads),
        )
        best = key if best is None or key > best else best
    return best


def random_case(seed: int) -> tuple[Any, dict[str, Any]]:
    """A small instance with ties, pins, kept pairs, empty demands and minimum loads."""
    rng = np.random.default_rng(seed)
    mentees, mentors = rng.integers(1, 5), rng.integers(1, 4)
    scores = np.round(rng.random((mentees, mentors)), rng.integers(1, 4))
    scores[rng.random(scores.shape) < 0.3] = -1
    capacity = rng.integers(0, 3, mentors)
    demand = rng.integers(0, 4, mentees)
    possible = [(int(i), int(j)) for i, j in np.argwhere(scores >= 0)]
    some = [pair for pair in possible if rng.random() < 0.3]
    pinned, left, wanted = [], capacity.copy(), demand.copy()
    for i, j in some:
        if rng.random() < 0.5 and left[j] and wanted[i]:
            pinned.append((i, j))
            left[j] -= 1
            wanted[i] -= 1
    return scores, {
        "capacity": capacity,
        "demand": demand,
        "minimum_load": np.where(rng.random(mentors) < 0.2, np.minimum(capacity, 1), 0),
        "priority": np.round(rng.random(mentees) * (rng.random() < 0.5), 1),
        "objective": ["coverage", "total", "fair"][seed % 3],
        "fill": "all" if seed % 3 != 1 and rng.random() < 0.5 else "first",
        "floor": float(rng.choice([0, 0.4])),
        "pinned": pinned,
        "kept": some,
        "keep_bonus": float(rng.choice([0, 0.25])),
        "forbidden": [pair for pair in possible if rng.random() < 0.1 and pair not in pinned],
    }


@pytest.mark.parametrize("seed", range(900))
def test_the_assignment_is_as_good_as_brute_force_and_proved(seed: int) -> None:
    scores, case = random_case(seed)
    expected = best_by_brute_force(scores, case)
    if expected is None:
        with pytest.raises(Infeasible):
            assign_with(scores, **case)
        return

    found = assign_with(scores, **case)

    loads = np.bincount(found.pairs[:, 1], minlength=scores.shape[1])
    decided = (found.value, len(found.pairs), found.covered, -sharing(loads))
    assert decided == expected[-4:]
    if case["objective"] != "total":
        assert found.covered == expected[0]
        assert len(found.pairs) >= expected[1]
    if case["objective"] == "fair":
        is_chosen = [tuple(pair) not in case["pinned"] for pair in found.pairs.tolist()]
        assert found.scores[is_chosen].min(initial=MILLION) >= expected[2]
    assert found.open_demand.tolist() == [
        wanted - (found.pairs[:, 0] == i).sum() for i, wanted in enumerate(case["demand"])
    ]
    assert found.gap == 0
    assert found.certificate.is_optimal
    keeps_to(scores, found.pairs, case)
    assert verify_with(scores, found.pairs, found.certificate, **case).value == found.value


def keeps_to(scores: Any, pairs: Any, case: dict[str, Any]) -> None:
    """Assert that no constraint is broken."""
    chosen = {(int(i), int(j)) for i, j in pairs}
    pinned = {tuple(pair) for pair in case["pinned"]}
    assert len(chosen) == len(pairs)
    assert pinned <= chosen
    assert all(scores[pair] >= 0 for pair in chosen)
    assert all(scores[pair] >= case["floor"] for pair in chosen - pinned)
    assert not chosen & {tuple(pair) for pair in case["forbidden"]}
    loads = np.bincount(pairs[:, 1], minlength=scores.shape[1])
    assert (loads <= case["capacity"]).all()
    assert (loads >= case["minimum_load"]).all()
    assert (np.bincount(pairs[:, 0], minlength=scores.shape[0]) <= case["demand"]).all()


@given(
    seed=st.integers(0, 10_000),
    size=st.tuples(st.integers(0, 40), st.integers(0, 20)),
    objective=st.sampled_from(["coverage", "fair", "total"]),
    demand=st.integers(1, 3),
    fill=st.sampled_from(["first", "all"]),
)
@settings(max_examples=60)
def test_no_constraint_is_ever_broken_and_the_gap_is_0(
    seed: int, size: tuple[int, int], objective: Any, demand: int, fill: str
) -> None:
    rng = np.random.default_rng(seed)
    scores = np.where(rng.random(size) < 0.2, -1, np.round(rng.random(size), 2))
    capacity = rng.integers(0, 4, size[1])
    case = {
        "capacity": capacity,
        "demand": np.full(size[0], demand),
        # Loads that an assignment is known to meet.
        "minimum_load": np.zeros(size[1], dtype=int),
        "priority": np.round(rng.random(size[0]) * 0.2, 2),
        "objective": objective,
        "fill": "first" if objective == "total" else fill,
        "floor": 0.3,
        "pinned": [],
        # Tuples: lists of two numbers could be a mask of scores of that size.
        "kept": [(*pair,) for pair in np.argwhere(scores >= 0).tolist() if rng.random() < 0.1],
        "keep_bonus": 0.1,
        "forbidden": [(*pair,) for pair in np.argwhere(scores >= 0).tolist() if rng.random() < 0.1],
    }
    met = np.bincount(assign_with(scores, **case).pairs[:, 1], minlength=size[1])
    case["minimum_load"] = np.where(rng.random(size[1]) < 0.5, met, 0)

    found = assign_with(scores, **case)

    keeps_to(scores, found.pairs, case)
    assert found.gap == 0
    assert verify_with(scores, found.pairs, found.certificate, **case).covered == found.covered


@pytest.mark.parametrize("length", [5, 11, 30])
def test_covering_one_more_mentee_outweighs_any_loss_of_scores(length: int) -> None:
    """Everyone but the last moves from a perfect mentor to a worthless one, so that she has one."""
    scores = np.full((length + 1, length + 1), -1.0)
    for k in range(length):
        scores[k, k : k + 2] = 1, 0
    scores[length, 0] = 0
    constraints = Constraints(1)

    found = assign(scores, constraints)

    assert (found.covered, found.value, found.gap) == (length + 1, 0, 0)
    verify(scores, found.pairs, found.certificate, constraints)


@pytest.mark.parametrize("length", [5, 11, 30])
def test_a_first_mentor_outweighs_second_ones_and_any_loss(length: int) -> None:
    """The same where one mentee has a mentor settled and would like a second one, a better pair."""
    scores = np.full((length + 2, length + 2), -1.0)
    for k in range(length):
        scores[k, k : k + 2] = 1, 0
    scores[length, 0] = 0
    scores[length + 1, [length, length + 1]] = 1
    demand = [1] * (length + 1) + [2]
    constraints = Constraints(1, demand=demand, pinned=[(length + 1, length + 1)])

    found = assign(scores, constraints)

    assert (found.covered, found.gap) == (length + 2, 0)
    verify(scores, found.pairs, found.certificate, constraints)

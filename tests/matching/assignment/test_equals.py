"""Equals are treated alike: more pairs with equal totals, and loads spread evenly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from assignments import assign_with, verify_with

OBJECTIVES = ["coverage", "fair", "total"]


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_twelve_alike_on_six_alike_are_two_each(objective: Any, score: float) -> None:
    scores = np.full((12, 6), score)

    found = assign_with(scores, capacity=6, objective=objective)

    assert np.bincount(found.pairs[:, 1]).tolist() == [2] * 6
    verify_with(scores, found.pairs, found.certificate, capacity=6, objective=objective)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(
    ("case", "loads"),
    [
        ({"capacity": [1, 6, 6]}, [1, 3, 3]),
        # Mentees whom a mentor has already count: what is shared is the mentor's time.
        ({"capacity": 6, "pinned": [[0, 0], [1, 0], [2, 0]]}, [3, 2, 2]),
        ({"capacity": 6, "minimum_load": [5, 0, 0]}, [5, 1, 1]),
        ({"capacity": 2}, [2, 2, 2]),
    ],
)
def test_loads_are_as_even_as_places_allow(
    objective: Any, case: dict[str, Any], loads: list[int]
) -> None:
    scores = np.full((7, 3), 0.5)

    found = assign_with(scores, **case, objective=objective)

    assert sorted(np.bincount(found.pairs[:, 1]).tolist()) == sorted(loads)
    verify_with(scores, found.pairs, found.certificate, **case, objective=objective)


def test_a_better_total_comes_before_an_even_load() -> None:
    scores = [[0.6, 0.6], [0.6, 0.6], [0.600001, 0.6], [0.600001, 0.6]]

    assert np.bincount(assign_with(scores, capacity=4).pairs[:, 1]).tolist() == [2, 2]
    scores[0][0] = scores[1][0] = 0.600001
    assert np.bincount(assign_with(scores, capacity=4).pairs[:, 1]).tolist() == [4]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_equal_totals_go_to_more_pairs(objective: Any) -> None:
    assert assign_with([[0.0]], capacity=1, objective=objective).pairs.tolist() == [[0, 0]]
    seconds = assign_with(np.zeros((2, 3)), capacity=2, demand=3, objective="total")
    assert len(seconds.pairs) == 6


def test_equal_totals_and_pairs_go_to_more_mentees() -> None:
    """Two places, three pairs wanted: one each, although one mentee may have both."""
    scores = [[0.5, 0.5], [0.5, 0.5]]
    for order in ([0, 1], [1, 0]):
        found = assign_with(
            np.array(scores)[order], capacity=1, demand=np.array([2, 1])[order], objective="total"
        )
        assert np.bincount(found.pairs[:, 0]).tolist() == [1, 1]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_rearranged_rows_make_as_many_pairs_and_loads_as_even(objective: Any) -> None:
    """Scores of few different values, so that nearly everything is decided among equals."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        scores = rng.choice([-1.0, 0.0, 0.5], (12, 5))
        capacity, demand = rng.integers(0, 4, 5), rng.integers(0, 3, 12)
        seen = set()
        for _time in range(4):
            rows, columns = rng.permutation(12), rng.permutation(5)
            found = assign_with(
                scores[rows][:, columns],
                capacity=capacity[columns],
                demand=demand[rows],
                objective=objective,
            )
            loads = np.bincount(found.pairs[:, 1], minlength=5)
            sharing = int((loads * (loads - 1) // 2).sum())
            seen.add((found.value, len(found.pairs), found.covered, sharing))
        assert len(seen) == 1

"""Equals are treated alike: more pairs with equal totals, and loads spread evenly."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from assignments import assign_with, sharing, verify_with

from matching.assignment.draws import Order

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
            seen.add((found.value, len(found.pairs), found.covered, sharing(loads)))
        assert len(seen) == 1


def some_order(rng: Any, shape: tuple[int, int]) -> tuple[Any, Any]:
    return rng.permutation(shape[0]), rng.permutation(shape[1])


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(20))
def test_with_an_order_the_rows_decide_nothing(seed: int, objective: Any) -> None:
    """The same people come out, at the same prices, wherever they stand; nearly all are equals."""
    rng = np.random.default_rng(seed)
    scores = rng.choice([-1.0, 0.0, 0.5, 0.7], (25, 8))
    case: dict[str, Any] = {
        "capacity": rng.integers(0, 4, 8), "demand": rng.integers(0, 3, 25),
        "priority": rng.choice([0.0, 0.1], 25),
    }  # fmt: skip
    mentees, mentors = some_order(rng, scores.shape)
    seen = set()
    for _time in range(4):
        rows, columns = some_order(rng, scores.shape)
        found = assign_with(
            scores[rows][:, columns],
            capacity=case["capacity"][columns],
            demand=case["demand"][rows],
            priority=case["priority"][rows],
            objective=objective,
            order=(mentees[rows], mentors[columns]),
        )
        pairs = sorted(zip(rows[found.pairs[:, 0]], columns[found.pairs[:, 1]], strict=True))
        at = np.argsort(columns)
        prices = [np.array(step.prices)[at].tolist() for step in found.certificate.steps]
        seen.add((str(pairs), str(prices)))

    assert len(seen) == 1


def test_equals_are_drawn_by_lot() -> None:
    """Four alike, one place: each gets it about as often, and always with the same seed."""
    people = ["ada", "bo", "cy", "di"]
    winners: Counter[str] = Counter()
    for number in range(400):
        lots = Order.drawn(people, ["mentor"], f"round {number}")
        found = assign_with(np.full((4, 1), 0.5), capacity=1, order=lots)
        winner = people[found.pairs[0, 0]]
        winners[winner] += 1
        lots = Order.drawn(people[::-1], ["mentor"], f"round {number}")
        again = assign_with(np.full((4, 1), 0.5), capacity=1, order=lots)
        assert people[::-1][again.pairs[0, 0]] == winner

    # 100 each, give or take four standard deviations.
    assert all(65 < winners[person] < 135 for person in people)


def test_an_order_decides_nothing_that_counts() -> None:
    rng = np.random.default_rng(5)
    scores = np.round(rng.random((30, 10)), 1)
    plain = assign_with(scores, capacity=2)
    for _time in range(5):
        found = assign_with(scores, capacity=2, order=some_order(rng, scores.shape))
        assert (found.value, found.covered) == (plain.value, plain.covered)
        verify_with(scores, found.pairs, found.certificate, capacity=2)


@pytest.mark.parametrize(
    "order",
    [
        ([0, 1], [0]), ([1, 2, 3], [0]), ([0, 0, 1], [0]), ([0.0, 1.0, 2.0], [0]),
        (["0", "1", "2"], [0]), ([0, 1, 2],), 7, ([[0, 1, 2]], [0]), ([0, 1, 2], [1]),
    ],
)  # fmt: skip
def test_what_is_no_order_is_refused(order: Any) -> None:
    with pytest.raises(ValueError, match="order: "):
        assign_with(np.full((3, 1), 0.5), capacity=1, order=order)

"""The bound is a bound, whatever the prices, and only the right prices meet it."""

from __future__ import annotations

import numpy as np
import pytest

from matching import assign
from matching.certificate import Problem, upper_bound


def problem_of(scores: np.ndarray, capacity: int) -> Problem:
    mentees, mentors = scores.shape
    return Problem(
        weights=np.rint(scores * 1_000_000).astype(np.int64),
        allowed=np.ones(scores.shape, dtype=bool),
        capacity=np.full(mentors, capacity),
        minimum=np.zeros(mentors, dtype=np.int64),
        demand=np.ones(mentees, dtype=np.int64),
        first_bonus=np.zeros(mentees, dtype=np.int64),
        coverage=0,
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_prices_bound_below_the_optimum_and_the_certificate_meets_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.random((9, 4))
    found = assign(scores, capacity=2, objective="total")
    problem = problem_of(scores, 2)

    prices = np.array(found.certificate.stages[-1].prices)
    assert upper_bound(problem, prices) == found.value
    for _ in range(50):
        assert upper_bound(problem, rng.integers(0, 1_000_000, 4)) >= found.value


def test_a_tampered_price_no_longer_proves_it() -> None:
    scores = np.random.default_rng(3).random((9, 4))
    found = assign(scores, capacity=2, objective="total")
    prices = np.array(found.certificate.stages[-1].prices)
    prices[int(np.argmax(prices))] += 500_000

    assert upper_bound(problem_of(scores, 2), prices) > found.value


def test_a_negative_price_is_refused_where_there_is_no_minimum_load() -> None:
    with pytest.raises(ValueError, match="negative"):
        upper_bound(problem_of(np.array([[0.5]]), 1), np.array([-1]))

"""Constraints that cannot be meant or cannot be met are refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from assignments import assign_with

from matching import Infeasible


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scores": [[np.nan]]}, "row 0, column 0 is nan"),
        ({"scores": [[0.5], [np.inf]]}, "row 1, column 0 is inf"),
        ({"scores": [[1.5]]}, "must be 0 to 1, or -1"),
        ({"scores": [0.5]}, "two dimensions"),
        ({"capacity": -1}, "capacity: entry 0 is -1; must be from 0 to 1,000,000"),
        ({"capacity": 1.5}, "capacity: entry 0 is 1.5"),
        ({"capacity": np.nan}, "capacity: entry 0 is nan"),
        ({"capacity": "two"}, "capacity: must be numbers, not text: 'two'"),
        ({"capacity": 1e12}, "capacity: entry 0"),
        ({"capacity": [1, 1]}, "must be one number or 1 of them"),
        ({"demand": -1}, "demand"),
        ({"pinned": [[0, 5]]}, r"pinned: entry 0 is \[0, 5\], outside"),
        ({"pinned": [[0, 0]], "capacity": 0}, r"more pairs than the capacity of mentors \[0\]"),
        ({"pinned": [[0, 0]], "demand": 0}, r"more pairs than the demand of mentees \[0\]"),
        ({"pinned": [[0, 0]], "forbidden": [[0, 0]]}, "also forbidden"),
        ({"kept": [0, 0]}, "kept: must be"),
        ({"kept": [[True, False]]}, r"kept: has shape \(1, 2\); must be \(1, 1\)"),
        ({"pinned": [[0.0, 0.0]]}, "pinned: must be"),
        ({"capacity": 10**400}, "capacity: must be numbers"),
        ({"scores": [[10**400]]}, "scores: must be numbers"),
        ({"scores": [[object()]]}, "scores: must be numbers"),
        ({"scores": [[0.5], [0.5, 0.5]]}, "scores: must be numbers"),
        ({"scores": [["a"]]}, "scores: must be numbers"),
        ({"forbidden": np.zeros((2, 2), dtype=bool)}, "forbidden: has shape"),
        ({"priority": [-1]}, "priority: entry 0 is -1"),
        ({"priority": np.inf}, "priority: entry 0 is inf"),
        ({"keep_bonus": -0.1}, "keep_bonus: entry 0"),
        ({"floor": 1.5}, "floor: entry 0 is 1.5"),
        ({"objective": "best"}, "objective: must be one of"),
    ],
)
def test_input_that_cannot_be_meant_is_a_specific_error(
    options: dict[str, Any], message: str
) -> None:
    scores = options.pop("scores", [[0.5]])
    with pytest.raises(ValueError, match=message):
        assign_with(scores, **({"capacity": 1} | options))


def test_a_minimum_load_that_cannot_be_met_names_the_mentors() -> None:
    with pytest.raises(Infeasible, match=r"mentors \[1\]"):
        assign_with(np.array([[0.5, -1.0]]), capacity=1, minimum_load=[0, 1])
    with pytest.raises(
        Infeasible, match=r"above capacity or the number of mentees for mentors \[0\]"
    ):
        assign_with(np.array([[0.5]]), capacity=1, minimum_load=2)


class _Unseen:
    """Scores of many people that no one may look at yet."""

    def __init__(self, mentees: int, mentors: int) -> None:
        self.shape = (mentees, mentors)

    def rows(self, start: int, stop: int) -> Any:
        raise LookupError("looked at")


@pytest.mark.parametrize("objective", ["coverage", "fair", "total"])
@pytest.mark.parametrize("minimum_load", [0, 1])
def test_a_million_people_are_within_exact_numbers(objective: Any, minimum_load: int) -> None:
    with pytest.raises(LookupError):
        assign_with(
            _Unseen(1_000_000, 200_000),
            objective=objective,
            capacity=5,
            minimum_load=minimum_load,
            priority=0.5,
        )


def test_bonuses_that_no_whole_number_holds_are_refused_before_any_work() -> None:
    with pytest.raises(ValueError, match="together too large with this many people"):
        assign_with(_Unseen(30_000, 30_000), capacity=1, priority=1000.0, keep_bonus=1000.0)


def test_the_largest_bonuses_give_exact_answers() -> None:
    scores = np.random.default_rng(8).random((400, 60))
    constraints = {"capacity": 4, "minimum_load": 1, "priority": np.linspace(0, 1000, 400)}

    found = assign_with(scores, **constraints)

    assert found.gap == 0
    assert found.covered == 240
    assert found.pairs[0, 0] == 160  # those with the highest priority

"""Several mentors for one mentee: what is filled first, and how much stays open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from assignments import assign_with, verify_with

from matching import Infeasible

THREE = [[0.2, 0.5, 0.2, 0.7], [0.1, 0.2, 0.0, 0.9], [0.4, 0.3, 0.6, 0.3]]
FOUR = [[0.2, 0.5, 0.7, 0.2], [0.1, 0.2, 0.9, 0.9], [0.4, 0.4, 0.1, 0.6], [1.0, 0.1, 0.1, 0.1]]


@pytest.mark.parametrize("objective", ["coverage", "fair"])
@pytest.mark.parametrize(
    ("scores", "case", "mentors"),
    [
        (np.zeros((3, 4)), {"capacity": 2, "demand": 2}, [2, 2, 2]),
        ([[0.9, 0.1], [0.9, 0.1]], {"capacity": 2, "demand": 2}, [2, 2]),
        (THREE, {"capacity": [3, 2, 3, 2], "demand": 2}, [2, 2, 2]),
        (THREE, {"capacity": 2, "minimum_load": 1, "demand": [2, 1, 3]}, [2, 1, 3]),
        (
            FOUR,
            {"capacity": [3, 1, 1, 3], "demand": [2, 1, 3, 1], "forbidden": [[0, 3], [1, 3]]},
            [2, 1, 3, 1],
        ),
        (
            np.zeros((3, 4)),
            {"capacity": [2, 2, 2, 3], "demand": 2, "pinned": [[0, 3], [1, 3], [2, 3]]},
            [2, 2, 2],
        ),
        # Three of four demanded places are there: a first mentor for each comes before a second.
        ([[0.9, 0.9], [0.1, -1.0]], {"capacity": [1, 2], "demand": 2}, [1, 1]),
    ],
)
def test_all_demanded_places_are_filled_before_scores_count(
    scores: Any, case: dict[str, Any], mentors: list[int], objective: Any
) -> None:
    case = case | {"fill": "all", "objective": objective}

    found = assign_with(scores, **case)

    assert np.bincount(found.pairs[:, 0]).tolist() == mentors
    wanted = np.broadcast_to(case["demand"], len(mentors))
    assert found.open_demand.tolist() == (wanted - mentors).tolist()
    proved = verify_with(scores, found.pairs, found.certificate, **case)
    assert (proved.value, proved.open_demand.tolist()) == (found.value, found.open_demand.tolist())


@pytest.mark.parametrize("objective", ["coverage", "fair"])
def test_as_many_demanded_places_as_a_flow_can_fill_are_filled(objective: Any) -> None:
    """Random scores, one pair in ten forbidden, up to six mentors wanted: held against max flow."""
    from ortools.graph.python import max_flow

    rng = np.random.default_rng(15)
    scores = np.where(rng.random((10, 15)) < 0.1, -1.0, rng.random((10, 15)))
    demand, capacity = rng.integers(1, 7, 10), rng.integers(1, 6, 15)
    network = max_flow.SimpleMaxFlow()
    for i, j in np.argwhere(scores >= 0).tolist():
        network.add_arc_with_capacity(i, 10 + j, 1)
    for i, wanted in enumerate(demand.tolist()):
        network.add_arc_with_capacity(25, i, wanted)
    for j, places in enumerate(capacity.tolist()):
        network.add_arc_with_capacity(10 + j, 26, places)
    network.solve(25, 26)
    case: dict[str, Any] = {"capacity": capacity, "demand": demand, "objective": objective}

    first = assign_with(scores, **case)
    found = assign_with(scores, **case, fill="all")

    assert len(found.pairs) == network.optimal_flow() > 30
    assert int(found.open_demand.sum()) == int(demand.sum()) - network.optimal_flow()
    if objective == "fair":
        assert len(first.pairs) < len(found.pairs)


def test_a_demand_is_a_limit_unless_all_of_it_comes_first() -> None:
    scores = [[0.9, 0.1], [0.9, 0.1]]

    found = assign_with(scores, capacity=2, demand=2, objective="fair")

    assert found.pairs.tolist() == [[0, 0], [1, 0]]
    assert found.open_demand.tolist() == [1, 1]


def test_a_minimum_that_cannot_be_met_is_infeasible_whatever_is_filled_first() -> None:
    with pytest.raises(Infeasible, match=r"mentors \[1\]"):
        assign_with([[0.5, -1.0]], capacity=1, demand=2, minimum_load=[0, 1], fill="all")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fill": "some"}, "fill: must be one of first, all, not 'some'"),
        ({"fill": None}, "fill: must be one of first, all, not None"),
        ({"fill": "all", "objective": "total"}, "'all' puts pairs before the total"),
    ],
)
def test_what_cannot_be_filled_first_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        assign_with([[0.5]], capacity=1, **options)


def test_a_weak_pinned_pair_leaves_fairness_on_for_the_others() -> None:
    scores = np.array([[0.1, -1, -1], [-1, 1, 0.6], [-1, 0.5, 0.2]])

    found = assign_with(scores, capacity=1, pinned=[[0, 0]], objective="fair")

    assert found.scores.tolist() == [100_000, 600_000, 500_000]
    verify_with(
        scores, found.pairs, found.certificate, capacity=1, pinned=[[0, 0]], objective="fair"
    )


def test_fairness_asks_nothing_of_pairs_that_no_one_needs() -> None:
    """Everyone has a pinned mentor: second ones are made for their scores, as far as wanted."""
    scores = np.array([[0.5, 0.7], [0.5, 0.4]])
    case: dict[str, Any] = {
        "capacity": 2, "demand": 2, "pinned": [(0, 0), (1, 0)], "objective": "fair",
    }  # fmt: skip

    found = assign_with(scores, **case)

    assert found.pairs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [step.name for step in found.certificate.steps] == ["coverage", "total", "ties"]
    verify_with(scores, found.pairs, found.certificate, **case)

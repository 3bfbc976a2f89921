"""The assignment against brute force, its proof, and input that cannot be meant."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from matching import Infeasible, assign
from matching.assignment import MILLION


def best_by_brute_force(scores: Any, case: dict[str, Any]) -> tuple[int, ...] | None:
    """Return the best of all assignments by the objective's definition, None if there is none."""
    mentees, mentors = scores.shape
    whole = np.rint(scores * MILLION).astype(int)
    usable = (scores >= 0) & (whole >= round(case["floor"] * MILLION))
    urgency = np.rint(np.array(case["priority"]) * MILLION).astype(int)
    choices = [
        [
            chosen
            for size in range(case["demand"][i] + 1)
            for chosen in itertools.combinations(np.flatnonzero(usable[i]), size)
        ]
        for i in range(mentees)
    ]
    best = None
    for assignment in itertools.product(*choices):
        loads = np.zeros(mentors, dtype=int)
        for chosen in assignment:
            loads[list(chosen)] += 1
        if (loads > case["capacity"]).any() or (loads < case["minimum_load"]).any():
            continue
        used = [int(whole[i, j]) for i, chosen in enumerate(assignment) for j in chosen]
        covered = sum(bool(chosen) for chosen in assignment)
        total = sum(used) + sum(int(urgency[i]) for i, chosen in enumerate(assignment) if chosen)
        key = {
            "coverage": (covered, total),
            "total": (total,),
            "fair": (covered, min(used, default=MILLION), total),
        }[case["objective"]]
        best = key if best is None or key > best else best
    return best


def random_case(seed: int) -> tuple[Any, dict[str, Any]]:
    """A small instance with ties, forbidden pairs, empty demands and minimum loads."""
    rng = np.random.default_rng(seed)
    mentees, mentors = rng.integers(1, 5), rng.integers(1, 4)
    scores = np.round(rng.random((mentees, mentors)), rng.integers(1, 4))
    scores[rng.random(scores.shape) < 0.3] = -1
    capacity = rng.integers(0, 3, mentors)
    return scores, {
        "capacity": capacity,
        "demand": rng.integers(0, 4, mentees),
        "minimum_load": np.where(rng.random(mentors) < 0.2, np.minimum(capacity, 1), 0),
        "priority": np.round(rng.random(mentees) * (rng.random() < 0.5), 1),
        "objective": ["coverage", "total", "fair"][seed % 3],
        "floor": float(rng.choice([0, 0.4])),
    }


@pytest.mark.parametrize("seed", range(300))
def test_the_assignment_is_as_good_as_brute_force_and_proved(seed: int) -> None:
    scores, case = random_case(seed)
    expected = best_by_brute_force(scores, case)
    if expected is None:
        with pytest.raises(Infeasible):
            assign(scores, **case)
        return

    found = assign(scores, **case)

    worst = min((round(scores[i, j] * MILLION) for i, j in found.pairs), default=MILLION)
    key = {
        "coverage": (found.covered, found.value),
        "total": (found.value,),
        "fair": (found.covered, worst, found.value),
    }[case["objective"]]
    assert key == expected
    assert found.gap == 0
    assert found.certificate.is_optimal


@pytest.mark.parametrize("seed", range(300))
def test_no_constraint_is_ever_broken(seed: int) -> None:
    scores, case = random_case(seed)
    try:
        pairs = assign(scores, **case).pairs
    except Infeasible:
        return

    loads = np.bincount(pairs[:, 1], minlength=scores.shape[1])
    wanted = np.bincount(pairs[:, 0], minlength=scores.shape[0])
    assert (loads <= case["capacity"]).all()
    assert (loads >= case["minimum_load"]).all()
    assert (wanted <= case["demand"]).all()
    assert (scores[pairs[:, 0], pairs[:, 1]] >= case["floor"]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs)


def test_the_total_is_that_of_a_dense_solver_with_a_column_a_place() -> None:
    scores = np.random.default_rng(1).random((120, 40))
    places = np.repeat(np.arange(40), 3)
    rows, columns = linear_sum_assignment(scores[:, places], maximize=True)
    whole = np.rint(scores * MILLION).astype(int)

    found = assign(scores, capacity=3)

    # The dense solver rounds nothing, so it may be off by half a millionth a pair.
    assert abs(found.value - whole[rows, places[columns]].sum()) <= len(rows)
    assert found.covered == 120


def test_permuting_people_changes_no_total() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random((60, 25))
    order, other = rng.permutation(60), rng.permutation(25)

    assert assign(scores, capacity=2).value == assign(scores[order][:, other], capacity=2).value


def test_coverage_comes_before_the_total() -> None:
    scores = np.array([[1.0, 0.1], [0.9, -1.0]])

    assert assign(scores, capacity=1).pairs.tolist() == [[0, 1], [1, 0]]
    assert assign(scores, capacity=1, objective="total").pairs.tolist() in (
        [[0, 0]],
        [[0, 1], [1, 0]],
    )


def test_total_leaves_somebody_out_where_that_is_worth_more() -> None:
    scores = np.array([[1.0, 0.1], [0.5, -1.0]])

    assert assign(scores, capacity=1, objective="total").pairs.tolist() == [[0, 0]]


def test_fair_raises_the_lowest_pair() -> None:
    scores = np.array([[1.0, 0.5], [0.6, 0.05]])

    assert assign(scores, capacity=1).pairs.tolist() == [[0, 1], [1, 0]]
    fair = assign(scores, capacity=1, objective="fair")
    assert fair.pairs.tolist() == [[0, 1], [1, 0]]
    assert [stage.name for stage in fair.certificate.stages][0] == "coverage of all"


def test_whoever_waited_longer_is_preferred() -> None:
    scores = np.array([[0.8], [0.78]])

    assert assign(scores, capacity=1, priority=[0, 0.05]).pairs.tolist() == [[1, 0]]


def test_a_pinned_pair_stays_whatever_its_score_and_uses_its_place() -> None:
    scores = np.array([[0.1, 0.9], [0.9, 0.2]])

    found = assign(scores, capacity=1, pinned=[[0, 0]], floor=0.15)

    assert found.pairs.tolist() == [[0, 0], [1, 1]]
    assert found.value == 300_000
    assert found.gap == 0


def test_a_kept_pair_stays_unless_something_clearly_better_appears() -> None:
    scores = np.array([[0.6, 0.65]])

    assert assign(scores, capacity=1, kept=[[0, 0]], keep_bonus=0.1).pairs.tolist() == [[0, 0]]
    assert assign(scores, capacity=1, kept=[[0, 0]], keep_bonus=0.01).pairs.tolist() == [[0, 1]]


def test_forbidden_is_an_array_or_a_list_of_pairs() -> None:
    scores = np.array([[0.9, 0.5]])
    mask = np.array([[True, False]])

    assert assign(scores, capacity=1, forbidden=mask).pairs.tolist() == [[0, 1]]
    assert assign(scores, capacity=1, forbidden=[[0, 0]]).pairs.tolist() == [[0, 1]]


def test_rows_are_asked_for_where_scores_are_computed() -> None:
    class Rows:
        shape = (2, 1)

        def rows(self, start: int, stop: int) -> Any:
            return np.array([[0.5], [0.7]])[start:stop]

    assert assign(Rows(), capacity=1).pairs.tolist() == [[1, 0]]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nobody_on_a_side_is_a_valid_empty_answer(shape: tuple[int, int]) -> None:
    for objective in ("coverage", "fair", "total"):
        found = assign(np.zeros(shape), capacity=1, objective=objective)  # type: ignore[arg-type]
        assert (len(found.pairs), found.value, found.gap, found.covered) == (0, 0, 0, 0)


def test_everybody_forbidden_is_a_valid_empty_answer() -> None:
    found = assign(np.full((3, 2), -1.0), capacity=1)

    assert (len(found.pairs), found.value, found.gap) == (0, 0, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scores": [[np.nan]]}, "row 0, column 0 is nan"),
        ({"scores": [[0.5], [np.inf]]}, "row 1, column 0 is inf"),
        ({"scores": [[1.5]]}, "must be 0 to 1, or -1"),
        ({"scores": [0.5]}, "two dimensions"),
        ({"capacity": -1}, "capacity: must be finite and not negative"),
        ({"capacity": 1.5}, "capacity: entry 0 is 1.5"),
        ({"capacity": np.nan}, "capacity"),
        ({"capacity": 1e12}, "capacity: entry 0"),
        ({"capacity": [1, 1]}, "must be one number or 1 of them"),
        ({"demand": -1}, "demand"),
        ({"pinned": [[0, 5]]}, "outside"),
        ({"pinned": [[0, 0], [0, 0]]}, "a pair twice"),
        ({"pinned": [[0, 0]], "capacity": 0}, "more pairs than"),
        ({"pinned": [[0, 0]], "forbidden": [[0, 0]]}, "also forbidden"),
        ({"kept": [0, 0]}, "kept: must be"),
        ({"forbidden": np.zeros((2, 2), dtype=bool)}, "forbidden: has shape"),
        ({"priority": [-1]}, "priority"),
    ],
)
def test_input_that_cannot_be_meant_is_a_specific_error(
    options: dict[str, Any], message: str
) -> None:
    scores = options.pop("scores", [[0.5]])
    with pytest.raises(ValueError, match=message):
        assign(scores, **({"capacity": 1} | options))


def test_a_minimum_load_that_cannot_be_met_names_the_mentors() -> None:
    with pytest.raises(Infeasible, match=r"mentors \[1\]"):
        assign(np.array([[0.5, -1.0]]), capacity=1, minimum_load=[0, 1])
    with pytest.raises(Infeasible, match=r"above capacity for mentors \[0\]"):
        assign(np.array([[0.5]]), capacity=1, minimum_load=2)

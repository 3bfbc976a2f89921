"""The assignment against brute force, its proof, and input that cannot be meant."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from typing import Any

import crowds
import numpy as np
import ot
import pytest
from assignments import assign_with, verify_with
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from matching import Certificate, Infeasible, policy
from matching.assignment import blocks
from matching.assignment.blocks import MILLION
from matching.scoring.scores import Scores


def best_by_brute_force(scores: Any, case: dict[str, Any]) -> tuple[int, ...] | None:
    """Return the best of all assignments by the objective's definition, None if there is none."""
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
        key = {
            "coverage": (covered, total),
            "total": (total,),
            "fair": (covered, min((int(whole[pair]) for pair in used), default=MILLION), total),
        }[case["objective"]]
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
        "floor": float(rng.choice([0, 0.4])),
        "pinned": pinned,
        "kept": some,
        "keep_bonus": float(rng.choice([0, 0.25])),
        "forbidden": [pair for pair in possible if rng.random() < 0.1 and pair not in pinned],
    }


@pytest.mark.parametrize("seed", range(600))
def test_the_assignment_is_as_good_as_brute_force_and_proved(seed: int) -> None:
    scores, case = random_case(seed)
    expected = best_by_brute_force(scores, case)
    if expected is None:
        with pytest.raises(Infeasible):
            assign_with(scores, **case)
        return

    found = assign_with(scores, **case)

    assert found.value == expected[-1]
    if case["objective"] != "total":
        assert found.covered == expected[0]
    if case["objective"] == "fair":
        assert found.scores.min(initial=MILLION) == expected[1]
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
)
@settings(max_examples=60)
def test_no_constraint_is_ever_broken_and_the_gap_is_0(
    seed: int, size: tuple[int, int], objective: Any, demand: int
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
        "floor": 0.3,
        "pinned": [],
        "kept": [pair for pair in np.argwhere(scores >= 0).tolist() if rng.random() < 0.1],
        "keep_bonus": 0.1,
        "forbidden": [pair for pair in np.argwhere(scores >= 0).tolist() if rng.random() < 0.1],
    }
    case["kept"] = np.array(case["kept"], dtype=int).reshape(-1, 2)
    met = np.bincount(assign_with(scores, **case).pairs[:, 1], minlength=size[1])
    case["minimum_load"] = np.where(rng.random(size[1]) < 0.5, met, 0)

    found = assign_with(scores, **case)

    keeps_to(scores, found.pairs, case | {"forbidden": map(tuple, case["forbidden"])})
    assert found.gap == 0
    assert verify_with(scores, found.pairs, found.certificate, **case).covered == found.covered


@pytest.mark.parametrize("seed", range(5))
def test_a_middling_assignment_agrees_with_scipys_dense_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.random((120, 40))
    capacity = rng.integers(1, 5, 40)
    places = np.repeat(np.arange(40), capacity)
    rows, columns = linear_sum_assignment(scores[:, places], maximize=True)

    found = assign_with(scores, capacity=capacity, objective="total")

    assert found.gap == 0
    whole = np.rint(scores * MILLION).astype(int)
    # The dense solver maximizes unrounded scores, so its own total may be off by a millionth a
    # pair; ours is the best of the rounded problem.
    dense = whole[rows, places[columns]].sum()
    assert dense <= found.value <= dense + len(rows)


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_of_another_solvers_prices_is_never_below_ours(seed: int) -> None:
    """POT solves the transport problem by network simplex and gives duals of its own."""
    rng = np.random.default_rng(seed)
    scores = rng.random((200, 60))
    capacity = rng.integers(1, 5, 60)
    whole = np.rint(scores * MILLION)
    # One more column takes those who get nobody, one more row the places that nobody takes.
    costs = np.zeros((201, 61))
    costs[:200, :60] = -whole
    supply = np.append(np.ones(200), capacity.sum())
    taken = np.append(capacity, 200.0)
    plan, log = ot.emd(supply, taken, costs, log=True)
    found = assign_with(scores, capacity=capacity, objective="total")

    assert found.value == round(float((plan[:200, :60] * whole).sum()))
    duals = log["v"]
    prices = np.rint(duals[60] - duals[:60]).astype(int)
    (step,) = found.certificate.steps
    theirs = dataclasses.replace(step, prices=tuple(prices.tolist()))
    certificate = Certificate.of("total", [theirs])
    # Exact duals of an integer problem are a proof as good as ours.
    proved = verify_with(scores, found.pairs, certificate, capacity=capacity, objective="total")
    assert proved.upper_bound == found.value


def test_blocks_of_any_height_give_identical_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    people, mentors = crowds.make(300, 90, seed=1)
    scores = Scores(people, mentors, policy.default(), datetime.date(2026, 11, 23))
    capacity = np.array([mentor["capacity"] for mentor in mentors])
    answers = set()
    for height in (1, 7, 4096):
        monkeypatch.setattr(blocks, "PAIRS_IN_BLOCK", height * 90)
        for objective in ("coverage", "fair", "total"):
            found = assign_with(scores, capacity=capacity, objective=objective, floor=0.3)  # type: ignore[arg-type]
            prices = [step.prices for step in found.certificate.steps]
            answers.add((objective, found.pairs.tobytes(), found.scores.tobytes(), str(prices)))

    assert len(answers) == 3


@pytest.mark.parametrize("objective", ["coverage", "fair", "total"])
def test_one_thread_or_several_give_identical_bytes(
    objective: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = np.round(np.random.default_rng(4).random((200, 50)), 3)
    monkeypatch.setattr(blocks, "PAIRS_IN_BLOCK", 500)
    answers = set()
    for threads in (1, 2, 8):
        monkeypatch.setattr(blocks, "processors", lambda threads=threads: threads)
        found = assign_with(scores, capacity=2, objective=objective)
        answers.add((found.pairs.tobytes(), str(found.certificate)))

    assert len(answers) == 1


def test_permuting_people_changes_no_total() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random((60, 25))
    order, other = rng.permutation(60), rng.permutation(25)

    assert (
        assign_with(scores, capacity=2).value
        == assign_with(scores[order][:, other], capacity=2).value
    )


def test_coverage_comes_before_the_total() -> None:
    scores = np.array([[1.0, 0.1], [0.9, -1.0]])

    assert assign_with(scores, capacity=1).pairs.tolist() == [[0, 1], [1, 0]]
    assert assign_with(scores, capacity=1, objective="total").pairs.tolist() in (
        [[0, 0]],
        [[0, 1], [1, 0]],
    )


def test_total_leaves_somebody_out_where_that_is_worth_more() -> None:
    scores = np.array([[1.0, 0.1], [0.5, -1.0]])

    assert assign_with(scores, capacity=1, objective="total").pairs.tolist() == [[0, 0]]


def test_fair_raises_the_lowest_pair() -> None:
    scores = np.array([[1.0, 0.5, 0.4], [0.6, 0.05, 0.45], [0.0, 0.0, 0.9]])

    assert assign_with(scores, capacity=1).pairs.tolist() == [[0, 1], [1, 0], [2, 2]]
    scores[1, 0] = 0.1
    assert assign_with(scores, capacity=1).scores.min() == 50_000
    fair = assign_with(scores, capacity=1, objective="fair")
    assert fair.scores.min() == 100_000
    assert [step.name for step in fair.certificate.steps] == ["coverage", "above", "total"]


def test_a_mentees_second_mentor_never_outranks_anothers_first() -> None:
    scores = np.array([[1.0, 1.0], [-1.0, 0.01]])

    found = assign_with(scores, capacity=1, demand=2)

    assert found.pairs.tolist() == [[0, 0], [1, 1]]


def test_whoever_waited_longer_is_preferred() -> None:
    scores = np.array([[0.8], [0.78]])

    assert assign_with(scores, capacity=1, priority=[0, 0.05]).pairs.tolist() == [[1, 0]]


def test_a_pinned_pair_stays_whatever_its_score_and_uses_its_place() -> None:
    scores = np.array([[0.1, 0.9], [0.9, 0.2]])

    found = assign_with(scores, capacity=1, pinned=[[0, 0]], floor=0.15)

    assert found.pairs.tolist() == [[0, 0], [1, 1]]
    assert found.value == 300_000
    assert found.gap == 0


def test_a_kept_pair_stays_unless_something_clearly_better_appears() -> None:
    scores = np.array([[0.6, 0.65]])

    assert assign_with(scores, capacity=1, kept=[[0, 0]], keep_bonus=0.1).pairs.tolist() == [[0, 0]]
    assert assign_with(scores, capacity=1, kept=[[0, 0]], keep_bonus=0.01).pairs.tolist() == [
        [0, 1]
    ]


def test_forbidden_is_an_array_or_a_list_of_pairs() -> None:
    scores = np.array([[0.9, 0.5]])
    mask = np.array([[True, False]])

    assert assign_with(scores, capacity=1, forbidden=mask).pairs.tolist() == [[0, 1]]
    assert assign_with(scores, capacity=1, forbidden=[[0, 0]]).pairs.tolist() == [[0, 1]]


def test_rows_are_asked_for_where_scores_are_computed() -> None:
    class Rows:
        shape = (2, 1)

        def rows(self, start: int, stop: int) -> Any:
            return np.array([[0.5], [0.7]])[start:stop]

    assert assign_with(Rows(), capacity=1).pairs.tolist() == [[1, 0]]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nobody_on_a_side_is_a_valid_empty_answer(shape: tuple[int, int]) -> None:
    for objective in ("coverage", "fair", "total"):
        found = assign_with(np.zeros(shape), capacity=1, objective=objective)  # type: ignore[arg-type]
        assert (len(found.pairs), found.value, found.gap, found.covered) == (0, 0, 0, 0)


def test_everybody_forbidden_is_a_valid_empty_answer() -> None:
    found = assign_with(np.full((3, 2), -1.0), capacity=1)

    assert (len(found.pairs), found.value, found.gap) == (0, 0, 0)


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
        ({"capacity": "two"}, "capacity: must be numbers, not 'two'"),
        ({"capacity": 1e12}, "capacity: entry 0"),
        ({"capacity": [1, 1]}, "must be one number or 1 of them"),
        ({"demand": -1}, "demand"),
        ({"pinned": [[0, 5]]}, r"pinned: entry 0 is \[0, 5\], outside"),
        ({"pinned": [[0, 0], [0, 0]]}, r"pinned: holds the pair \[0, 0\] twice"),
        ({"pinned": [[0, 0]], "capacity": 0}, r"more pairs than the capacity of mentors \[0\]"),
        ({"pinned": [[0, 0]], "demand": 0}, r"more pairs than the demand of mentees \[0\]"),
        ({"pinned": [[0, 0]], "forbidden": [[0, 0]]}, "also forbidden"),
        ({"kept": [0, 0]}, "kept: must be"),
        ({"kept": [[True]]}, "kept: must be"),
        ({"pinned": [[True]]}, "pinned: must be"),
        ({"capacity": 10**400}, "capacity: must be numbers"),
        ({"scores": [[10**400]]}, "scores: must be a matrix of numbers"),
        ({"scores": [[object()]]}, "scores: must be a matrix of numbers"),
        ({"scores": [[0.5], [0.5, 0.5]]}, "scores: must be a matrix of numbers"),
        ({"scores": [["a"]]}, "scores: must be a matrix of numbers"),
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


def test_bonuses_that_no_whole_number_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="too large together with so many people"):
        assign_with(np.full((60_000, 1), 0.5), capacity=1, priority=1000.0)

"""What the solver finds in cases that can be checked by hand or by another solver."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import crowds
import numpy as np
import pytest
from assignments import assign_with, verify_with
from scipy.optimize import linear_sum_assignment

from matching import Certificate, policy
from matching.assignment import blocks
from matching.assignment.blocks import MILLION
from matching.scoring.scores import Scores


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
    import ot  # Here alone: it takes as long to import as hundreds of test modules to collect.

    rng = np.random.default_rng(seed)
    scores = rng.random((200, 60))
    capacity = rng.integers(1, 5, 60)
    whole = np.rint(scores * MILLION)
    # One more column takes unmatched mentees, one more row the places that stay free.
    costs = np.zeros((201, 61))
    costs[:200, :60] = -whole
    supply = np.append(np.ones(200), capacity.sum())
    taken = np.append(capacity, 200.0)
    plan, log = ot.emd(supply, taken, costs, log=True)
    found = assign_with(scores, capacity=capacity, objective="total")

    assert found.value == round(float((plan[:200, :60] * whole).sum()))
    duals = log["v"]
    prices = np.rint(duals[60] - duals[:60]).astype(int)
    step, ties = found.certificate.steps
    theirs = dataclasses.replace(step, prices=tuple(prices.tolist()))
    certificate = Certificate.of("total", [theirs, ties])
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
    # Both ways the total is 1: with equal totals, more pairs are made.
    assert assign_with(scores, capacity=1, objective="total").pairs.tolist() == [[0, 1], [1, 0]]


def test_total_leaves_someone_out_where_that_is_worth_more() -> None:
    scores = np.array([[1.0, 0.1], [0.5, -1.0]])

    assert assign_with(scores, capacity=1, objective="total").pairs.tolist() == [[0, 0]]


def test_fair_raises_the_lowest_pair() -> None:
    scores = np.array([[1.0, 0.5, 0.4], [0.6, 0.05, 0.45], [0.0, 0.0, 0.9]])

    assert assign_with(scores, capacity=1).pairs.tolist() == [[0, 1], [1, 0], [2, 2]]
    scores[1, 0] = 0.1
    assert assign_with(scores, capacity=1).scores.min() == 50_000
    fair = assign_with(scores, capacity=1, objective="fair")
    assert fair.scores.min() == 100_000
    assert [step.name for step in fair.certificate.steps] == ["coverage", "above", "total", "ties"]


def test_a_mentees_second_mentor_never_outranks_anothers_first() -> None:
    scores = np.array([[1.0, 1.0], [-1.0, 0.01]])

    found = assign_with(scores, capacity=1, demand=2)

    assert found.pairs.tolist() == [[0, 0], [1, 1]]


def test_a_mentee_who_waited_longer_is_preferred() -> None:
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

    assert assign_with(scores, capacity=1, kept=[(0, 0)], keep_bonus=0.1).pairs.tolist() == [[0, 0]]
    assert assign_with(scores, capacity=1, kept=[(0, 0)], keep_bonus=0.01).pairs.tolist() == [
        [0, 1]
    ]


def test_forbidden_is_an_array_or_a_list_of_pairs() -> None:
    scores = np.array([[0.9, 0.5]])
    mask = np.array([[True, False]])

    assert assign_with(scores, capacity=1, forbidden=mask).pairs.tolist() == [[0, 1]]
    assert assign_with(scores, capacity=1, forbidden=[(0, 0)]).pairs.tolist() == [[0, 1]]


def test_rows_are_asked_for_where_scores_are_computed() -> None:
    class Rows:
        shape = (2, 1)

        def rows(self, start: int, stop: int) -> Any:
            return np.array([[0.5], [0.7]])[start:stop]

    assert assign_with(Rows(), capacity=1).pairs.tolist() == [[1, 0]]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_no_one_on_a_side_is_a_valid_empty_answer(shape: tuple[int, int]) -> None:
    for objective in ("coverage", "fair", "total"):
        found = assign_with(np.zeros(shape), capacity=1, objective=objective)  # type: ignore[arg-type]
        assert (len(found.pairs), found.value, found.gap, found.covered) == (0, 0, 0, 0)


def test_all_pairs_forbidden_is_a_valid_empty_answer() -> None:
    found = assign_with(np.full((3, 2), -1.0), capacity=1)

    assert (len(found.pairs), found.value, found.gap) == (0, 0, 0)

"""The checker proves what is best and refutes everything else, no matter who made it."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from assignments import assign_with, verify_with

from matching import Certificate, Refuted
from matching.assignment.certificate import Step

RNG = np.random.default_rng(3)
SCORES = np.round(RNG.random((12, 5)), 3)
SCORES[RNG.random(SCORES.shape) < 0.2] = -1
FORBIDDEN = next([int(i), int(j)] for i, j in np.argwhere(SCORES > 0.9))
CASE: dict[str, Any] = {"capacity": 2, "floor": 0.2, "forbidden": [FORBIDDEN]}


def solved(**changes: Any) -> tuple[Any, dict[str, Any]]:
    case = CASE | changes
    return assign_with(SCORES, **case), case


@pytest.mark.parametrize("objective", ["coverage", "fair", "total"])
def test_what_the_solver_found_is_proved(objective: Any) -> None:
    found, case = solved(objective=objective)

    proved = verify_with(SCORES, found.pairs, found.certificate, **case)

    assert (proved.value, proved.upper_bound) == (found.value, found.value)
    assert (proved.covered, proved.considered) == (found.covered, 60)
    assert proved.scores.tolist() == found.scores.tolist()


def without_one(pairs: Any) -> Any:
    return pairs[1:]


def with_one_swapped(pairs: Any) -> Any:
    swapped = pairs.copy()
    swapped[0, 1], swapped[1, 1] = swapped[1, 1], swapped[0, 1]
    return swapped


def with_one_forbidden(pairs: Any) -> Any:
    return np.concatenate([pairs[pairs[:, 0] != FORBIDDEN[0]], [FORBIDDEN]])


def with_one_too_many(pairs: Any) -> Any:
    mentor = pairs[0, 1]
    left = next(i for i in range(12) if i not in pairs[:, 0] and SCORES[i, mentor] > 0.2)
    return np.concatenate([pairs, [[left, mentor]]])


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (without_one, "covered is"),
        (with_one_swapped, "value is|is forbidden|below the floor"),
        (with_one_forbidden, rf"the pair \[{FORBIDDEN[0]}, {FORBIDDEN[1]}\] is forbidden"),
        (with_one_too_many, "more mentees than places"),
        (lambda pairs: np.concatenate([pairs, pairs[:1]]), "is listed twice"),
        (lambda pairs: np.concatenate([pairs, [[0, 9]]]), "outside"),
        (lambda pairs: pairs.astype(float), "integer indices"),
        (lambda pairs: pairs[:0], "covered is 0"),
    ],
)
def test_other_pairs_are_refuted(tamper: Callable[[Any], Any], message: str) -> None:
    found, case = solved()

    with pytest.raises(Refuted, match=message):
        verify_with(SCORES, tamper(found.pairs), found.certificate, **case)


def sealed_anew(data: dict[str, Any]) -> Certificate:
    """Return a changed certificate with a valid seal."""
    certificate = Certificate.from_dict(data)
    return Certificate.of(certificate.objective, certificate.steps)


CLAIMS = [
    "value", "upper_bound", "covered", "pairs", "threshold", "unit", "coverage", "each", "fill",
    "prices", "name",
]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": "coverage"},
        {"objective": "fair"},
        {"objective": "total"},
        {"objective": "coverage", "demand": 2, "fill": "all"},
        {"objective": "fair", "demand": 2, "fill": "all"},
    ],
)
@pytest.mark.parametrize("entry", CLAIMS)
@pytest.mark.parametrize("by", [1, -1, 1_000_000])
def test_a_certificate_changed_anywhere_is_refuted(
    changes: dict[str, Any], entry: str, by: int
) -> None:
    found, case = solved(**changes)
    for number, step in enumerate(found.certificate.steps):
        data = found.certificate.to_dict()
        changed = data["stages"][number]
        if entry == "prices":
            changed["prices"][int(np.argmax(step.prices))] += by
        elif entry == "name":
            changed["name"] += "?"
        else:
            changed[entry] += by

        with pytest.raises(Refuted, match="seal is broken"):
            verify_with(SCORES, found.pairs, Certificate.from_dict(data), **case)
        is_a_means = entry in ("threshold", "unit", "fill", "coverage", "each", "prices")
        if is_a_means or (entry in ("covered", "pairs") and step.name == "above"):
            # Other means may prove as much, but never more than there is.
            with contextlib.suppress(Refuted):
                proved = verify_with(SCORES, found.pairs, sealed_anew(data), **case)
                assert proved.value == proved.upper_bound == found.value
        else:
            with pytest.raises(Refuted):
                verify_with(SCORES, found.pairs, sealed_anew(data), **case)


def test_coverage_that_counts_too_little_is_refuted() -> None:
    """With a small constant, a total could outweigh a mentee; such a proof is none."""
    found, case = solved()
    step, ties = found.certificate.steps
    small = dataclasses.replace(step, coverage=1, prices=tuple(p % 1_000_000 for p in step.prices))

    with pytest.raises(Refuted, match="coverage counts 1"):
        verify_with(SCORES, found.pairs, Certificate.of("coverage", (small, ties)), **case)


def test_a_worse_assignment_with_its_own_claims_is_refuted() -> None:
    """A bound that is lowered to the value of a worse assignment is refuted by the prices."""
    found, case = solved(objective="total")
    worse = found.pairs[1:]
    lost = int(found.scores[0])
    data = found.certificate.to_dict()
    step = data["stages"][0]
    step["value"] = step["upper_bound"] = found.value - lost
    step["covered"] -= 1
    step["pairs"] -= 1

    with pytest.raises(Refuted, match=r"the upper bound is"):
        verify_with(SCORES, worse, sealed_anew(data), **case)
    step["upper_bound"] = found.value
    with pytest.raises(Refuted, match=f"not proved, the bound is {lost} higher"):
        verify_with(SCORES, worse, sealed_anew(data), **case)


def test_a_fair_proof_needs_its_middle() -> None:
    """Without the step that rules out a higher lowest score, fairness is only claimed."""
    found, case = solved(objective="fair")
    first, _, total, ties = found.certificate.steps

    with pytest.raises(Refuted, match="rules out a lowest score"):
        verify_with(SCORES, found.pairs, Certificate.of("fair", (first, total, ties)), **case)


@pytest.mark.parametrize("objective", ["coverage", "fair", "total"])
def test_a_proof_of_the_total_alone_is_none(objective: Any) -> None:
    """Without its last step, another assignment with the same total could be the one to take."""
    found, case = solved(objective=objective)

    with pytest.raises(Refuted, match=f"don't prove '{objective}'"):
        verify_with(
            SCORES, found.pairs, Certificate.of(objective, found.certificate.steps[:-1]), **case
        )


@pytest.mark.parametrize(
    "pairs",
    # An uneven load, and one pair fewer: both with the same total.
    [[[0, 0], [1, 0], [2, 0], [3, 1]], [[0, 0], [1, 0], [2, 1]]],
)
def test_pairs_that_only_the_last_step_tells_apart_are_refuted(pairs: Any) -> None:
    scores = np.zeros((4, 2))
    case: dict[str, Any] = {"capacity": 3, "objective": "total"}
    found = assign_with(scores, **case)
    total, ties = found.certificate.steps
    claimed = dataclasses.replace(ties, pairs=len(pairs), covered=len(pairs))
    forged = [dataclasses.replace(total, pairs=len(pairs), covered=len(pairs)), claimed]

    assert np.bincount(found.pairs[:, 1]).tolist() == [2, 2]
    with pytest.raises(Refuted, match="step 'ties': the value is"):
        verify_with(scores, pairs, Certificate.of("total", forged), **case)
    for lower in range(1, 30):
        forged[1] = dataclasses.replace(claimed, value=ties.value - lower)
        with pytest.raises(Refuted, match="step 'ties': "):
            verify_with(scores, pairs, Certificate.of("total", forged), **case)
        forged[1] = dataclasses.replace(forged[1], upper_bound=ties.value - lower)
        with pytest.raises(Refuted, match="step 'ties': "):
            verify_with(scores, pairs, Certificate.of("total", forged), **case)


def test_the_best_total_is_no_proof_of_fairness() -> None:
    scores = np.array([[1.0, 0.5, 0.4], [0.1, 0.05, 0.45], [0.0, 0.0, 0.9]])
    plain = assign_with(scores, capacity=1)
    fair = assign_with(scores, capacity=1, objective="fair")

    with pytest.raises(Refuted, match="the threshold is 50001"):
        verify_with(scores, plain.pairs, fair.certificate, capacity=1, objective="fair")


def test_the_proof_of_another_problem_is_refuted() -> None:
    found, case = solved()
    for changes in (
        {"objective": "total"},
        {"capacity": 1},
        {"floor": 0.9},
        {"priority": 0.1},
        {"forbidden": found.pairs[:1]},
        {"kept": found.pairs[:1], "keep_bonus": 0.1},
        {"minimum_load": 2, "capacity": 3},
        {"demand": 0},
    ):
        with pytest.raises(Refuted):
            verify_with(SCORES, found.pairs, found.certificate, **(case | changes))
    better = SCORES.copy()
    better[0] = np.where(better[0] < 0, -1, 1.0)
    with pytest.raises(Refuted):
        verify_with(better, found.pairs, found.certificate, **case)


def test_a_missing_pin_is_refuted() -> None:
    found, case = solved()
    absent = next(
        [int(i), int(j)] for i, j in np.argwhere(SCORES >= 0) if [i, j] not in found.pairs.tolist()
    )

    with pytest.raises(Refuted, match="is pinned and missing"):
        verify_with(SCORES, found.pairs, found.certificate, **case, pinned=[absent])


@pytest.mark.parametrize("damage", [None, [], {}, {"objective": "total"}, "text"])
def test_what_is_no_certificate_is_refuted(damage: Any) -> None:
    with pytest.raises(Refuted, match="cannot be read"):
        Certificate.from_dict(damage)


@pytest.mark.parametrize("value", [1.5, "1", True, None, float("nan")])
def test_prices_are_whole_numbers(value: Any) -> None:
    found, _ = solved()
    data = copy.deepcopy(found.certificate.to_dict())
    data["stages"][0]["prices"][0] = value

    with pytest.raises(Refuted, match="cannot be read"):
        Certificate.from_dict(data)


@pytest.mark.parametrize("price", [2**60, -(2**60), 2**63, -(2**63), 2**70, -(2**61)])
def test_prices_too_large_to_be_added_exactly_are_refuted(price: int) -> None:
    found, case = solved()
    for number, step in enumerate(found.certificate.steps):
        steps = list(found.certificate.steps)
        steps[number] = dataclasses.replace(step, prices=(price, *step.prices[1:]))

        with pytest.raises(Refuted, match="cannot be checked exactly"):
            verify_with(SCORES, found.pairs, Certificate.of("coverage", steps), **case)


@pytest.mark.parametrize(
    ("scores", "price", "capacity"),
    [
        # Prices whose absolute value, product with places, or sum over mentees leaves int64.
        ([[0.9, 0.5], [0.3, 0.2]], -(2**63), 1),
        ([[0.9]], 2**51, 4096),
        (np.full((4096, 1), 0.5), -(2**51), 1),
        ([[0.9]], 2**59, 4096),
        (np.full((4096, 1), 0.5), -(2**59), 1),
    ],
)
def test_no_pairs_at_all_are_never_proved_by_numbers_that_overflow(
    scores: Any, price: int, capacity: int
) -> None:
    mentors = np.shape(scores)[1]
    steps = [
        Step(name, 0, 1, 0, 0, 0, 0, 0, 0, 0, (price,) * mentors) for name in ("total", "ties")
    ]

    with pytest.raises(Refuted, match=r"cannot be checked exactly|step 'total': the upper bound"):
        verify_with(
            scores, [], Certificate.of("total", steps), capacity=capacity, objective="total"
        )


def test_a_large_but_honest_proof_is_accepted() -> None:
    scores = np.round(np.random.default_rng(0).random((200, 150)), 3)
    case: dict[str, Any] = {"capacity": 1, "demand": 150, "priority": 1000.0}
    found = assign_with(scores, **case)

    assert verify_with(scores, found.pairs, found.certificate, **case).value == found.value


def test_nothing_is_no_proof() -> None:
    found, case = solved()

    assert not Certificate.of("coverage", []).is_optimal
    with pytest.raises(Refuted):
        verify_with(SCORES, found.pairs, Certificate.of("coverage", []), **case)
    with pytest.raises(ValueError, match="objective: must be one of"):
        verify_with(SCORES, found.pairs, found.certificate, **(case | {"objective": "best"}))


def test_a_certificate_of_another_size_is_refuted() -> None:
    found, case = solved()
    step, ties = found.certificate.steps
    with pytest.raises(Refuted, match="prices for 5 mentors"):
        verify_with(
            SCORES,
            found.pairs,
            Certificate.of("coverage", (dataclasses.replace(step, prices=()), ties)),
            **case,
        )

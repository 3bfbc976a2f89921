"""A policy is what its file says, and one that cannot be meant is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from matching import policy
from matching.criteria import CRITERIA
from matching.reasons import RELAXATIONS
from matching.scoring.must_rules import RULES
from matching.scoring.scores import FORMER


def changed(**changes: Any) -> dict[str, Any]:
    return policy.default().to_dict() | changes


def test_the_default_leaves_identity_out_and_no_pair_for_its_score() -> None:
    assert policy.default().weights["identity"] == 0
    assert policy.default().floor == 0


def test_a_policy_survives_being_stored() -> None:
    assert policy.Policy.from_dict(policy.default().to_dict()) == policy.default()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "version: is missing"),
        ([], "a policy must have the entries"),
        (changed(version=1), "version: must be 2: in version 1 files"),
        (changed(version=3), "version: must be 2, not 3"),
        (changed(color="red"), "color: is not an entry"),
        (changed(weights=[1]), "weights: must be a list"),
        (changed(weights={}), "weights: help is missing"),
        (changed(weights=policy.default().weights | {"height": 3}), "height: is not recognized"),
        (changed(weights=dict.fromkeys(policy.criteria(), 0)), "at least one must be above 0"),
        (changed(weights=policy.default().weights | {"help": -1}), "weights: help: must be"),
        (changed(rules=None), "rules: must be a list"),
        (changed(rules={"stage": True, "language": True}), "rules: hours_apart is missing"),
        (changed(rules=policy.default().rules | {"stage": 1}), "stage: must be yes or no, not 1"),
        (changed(rules=policy.default().rules | {"hours_apart": 13}), "hours_apart: must be a"),
        (changed(weights=policy.default().weights | {"help": 1e-9}), "help: must be 0 or at least"),
        (changed(shrinkage=20), "shrinkage: is not an entry"),
        (changed(floor=10**400), "floor: must be a number from 0 to 1"),
        (changed(floor=2), "floor: must be a number from 0 to 1, not 2"),
        (changed(floor="high"), "floor"),
        (changed(floor=float("nan")), "floor"),
        (changed(waiting_bonus=True), "waiting_bonus"),
        (changed(objective="best"), "objective: must be one of coverage, fair, total"),
        (changed(objective=["total"]), "objective: must be one of"),
        (changed(questions=["campus"]), "questions: must be a list"),
        (changed(questions={"campus": "maybe"}), "questions: campus: must be a weight, or must"),
        (changed(questions={"campus": True}), "questions: campus: must be a number"),
        (changed(questions={"campus": -1}), "questions: campus: must be a number"),
        (changed(questions={"campus": 1e-9}), "questions: campus: must be 0 or at least"),
        (changed(questions={"": 1}), "questions: '': must be named by text"),
        (changed(questions={3: 1}), "questions: 3: must be named by text"),
        (changed(questions={"city": 1}), "questions: city: has a meaning already"),
        (changed(questions={"help": 1}), "questions: help: has a meaning already"),
    ],
)
def test_a_wrong_policy_is_refused_by_name(data: Any, message: str) -> None:
    with pytest.raises(policy.InvalidPolicy, match=message):
        policy.Policy.from_dict(data)


def test_a_policy_survives_being_written_as_a_file() -> None:
    assert policy.Policy.from_yaml(policy.default().to_yaml()) == policy.default()


def test_a_file_is_in_the_order_of_the_shipped_one_however_it_was_stored() -> None:
    data = policy.default().to_dict()
    data["weights"] = dict(sorted(data["weights"].items()))

    assert policy.Policy.from_dict(data).to_yaml() == policy.default().to_yaml()


SHIPPED = policy.default().to_yaml()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: a policy must have the entries"),
        ("just words", "line 1: a policy must have the entries"),
        (SHIPPED.replace("help: 25", "help: lots"), "line 3: weights: help: must be a number"),
        (SHIPPED.replace("floor: 0", "floor: 40"), r"line 18: floor: must be .* not 40"),
        (SHIPPED.replace("floor: 0", "flor: 0.4"), "line 18: flor: is not an entry"),
        (SHIPPED.replace("  text: 5\n", ""), "line 2: weights: text is missing"),
        (SHIPPED + "floor: 0.2\n", "line 21: floor: is listed twice"),
        (SHIPPED + "more: [", r"line 21: not YAML"),
        (SHIPPED.replace("floor: 0", "floor: 2026-02-31"), "not YAML: day is out of range"),
        (SHIPPED.replace("floor: 0", "floor: \x00"), "not YAML"),
        (SHIPPED.replace("floor: 0", "floor: [1, 2]"), r"line 18: floor: must be .* not \[1, 2"),
        (SHIPPED.replace("floor: 0", "floor: &a [*a]"), "line 18: a policy can't have anchors"),
        (
            SHIPPED.replace("floor: 0", "floor: !!python/object:os.system x"),
            "line 18: .* or tags",
        ),
        (SHIPPED.replace("floor: 0", "floor: !!timestamp x"), "line 18: .* or tags"),
        (SHIPPED.replace("help: 25", f"help: 0x{'f' * 9000}"), "line 3: longer than 100"),
        ("[" * 15_000, "^line 1: entries of a policy can be nested two levels deep"),
        ("#" * 30_000, "longer than 20000 characters"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(policy.InvalidPolicy, match=message):
        policy.Policy.from_yaml(text)


def test_a_policy_names_the_questions_of_the_program_that_count() -> None:
    asked = changed(questions={"days": 10, "campus": "must", "pets": 0})

    found = policy.Policy.from_dict(asked)

    assert list(found.questions.items()) == [("campus", "must"), ("days", 10), ("pets", 0)]
    assert found.all_weights == {**policy.default().weights, "days": 10, "pets": 0}
    assert found.must_share == ("campus",)
    assert policy.Policy.from_yaml(found.to_yaml()) == found
    assert found != policy.default()
    assert policy.Policy.from_dict(changed(questions={})) == policy.default()


def test_no_question_is_called_as_a_criterion_or_a_reason_is() -> None:
    names = {criterion.name for criterion in CRITERIA} | {rule.name for rule in RULES}
    for name in names | set(RELAXATIONS) | {FORMER}:
        with pytest.raises(policy.InvalidPolicy, match="has a meaning already"):
            policy.Policy.from_dict(changed(questions={name: 1}))


def test_questions_may_be_all_that_a_policy_weighs() -> None:
    weights = dict.fromkeys(policy.criteria(), 0)

    assert policy.Policy.from_dict(changed(weights=weights, questions={"days": 1})).all_weights
    with pytest.raises(policy.InvalidPolicy, match="at least one must be above 0"):
        policy.Policy.from_dict(changed(weights=weights, questions={"days": "must"}))

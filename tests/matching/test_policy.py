"""A policy is what its file says, and one that cannot be meant is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from matching import policy


def changed(**changes: Any) -> dict[str, Any]:
    return policy.default().to_dict() | changes


def test_the_default_weighs_a_hundred_and_leaves_identity_out() -> None:
    assert sum(policy.default().weights.values()) == 100
    assert policy.default().weights["identity"] == 0


def test_a_policy_survives_being_stored() -> None:
    assert policy.Policy.from_dict(policy.default().to_dict()) == policy.default()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "has exactly the entries"),
        ([], "has exactly the entries"),
        (changed(weights=[1]), "weights: must be a list"),
        (changed(weights={}), "weights: choice is missing"),
        (changed(weights=policy.default().weights | {"height": 3}), "height is no criterion"),
        (changed(weights=dict.fromkeys(policy.CRITERIA, 0)), "at least one must be above 0"),
        (changed(weights=policy.default().weights | {"help": -1}), "weights: help: must be"),
        (changed(floor=2), "floor: must be a number from 0 to 1, not 2"),
        (changed(floor="high"), "floor"),
        (changed(floor=float("nan")), "floor"),
        (changed(shrinkage=True), "shrinkage"),
        (changed(objective="best"), "objective: must be one of coverage, fair, total"),
    ],
)
def test_a_wrong_policy_is_refused_by_name(data: Any, message: str) -> None:
    with pytest.raises(policy.InvalidPolicy, match=message):
        policy.Policy.from_dict(data)

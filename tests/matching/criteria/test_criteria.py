"""Each criterion is a file and a weight, and compares alike whatever the block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_rounds import ON, match, mentee, mentor

from matching import criteria, policy
from matching.criteria import CRITERIA


def test_every_file_is_a_criterion_that_a_policy_weighs() -> None:
    files = {file.stem for file in Path(criteria.__file__).parent.glob("*.py")}

    assert tuple(criterion.name for criterion in CRITERIA) == policy.criteria()
    assert files - {"__init__", "criterion"} == set(policy.criteria())


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.name)
def test_a_similarity_is_between_0_and_1_or_not_known(criterion: Any) -> None:
    rich_mentee = mentee(
        "a", statement="I hope to learn about the heart", mentor_picks=["x"],
        style_feedback="direct", mentor_seniority="near-peer", modalities=["video-call"],
        institution="A", institution_wish="different", communities=["parents"],
        experiences_wanted=["publication"], practice_country="GB", meetings_per_month=2,
    )  # fmt: skip
    rich_mentor = mentor(
        "x", bio="The heart is my work", style_feedback="direct", modalities=["video-call"],
        institution="B", communities=["parents"], experiences_offered=["publication"],
        country="GB", meetings_per_month=2,
    )  # fmt: skip
    people, mentors = [rich_mentee, mentee("b")], [rich_mentor, mentor("y")]

    comparison = criterion.compare(people, mentors, ON)
    values = comparison(0, 2)

    assert values.shape == (2, 2)
    assert np.array_equal(comparison(1, 2), values[1:], equal_nan=True)
    known = values[~np.isnan(values)]
    assert ((known >= 0) & (known <= 1)).all()
    assert values[0, 0] > 0.4
    if criterion.name not in ("stage", "specialty", "help"):
        assert np.isnan(values[1, 1])


def test_hours_that_change_are_unknown_and_never_no_overlap() -> None:
    apart = {"availability": ["Mon 08:00-09:00"]}, {"availability": ["Tue 08:00-09:00"]}
    clash = match([mentee("a", **apart[0])], [mentor("x", **apart[1])]).pairs[0]
    varies = match([mentee("a", **apart[0], hours_vary="yes")], [mentor("x", **apart[1])]).pairs[0]

    assert clash.contributions["rhythm"] == 0
    assert "rhythm" not in varies.contributions
    assert varies.score > clash.score


def test_hours_are_compared_as_clocks_usually_are() -> None:
    hours = {"timezone": "Europe/London", "availability": ["Mon 18:00-20:00"]}
    there = {"timezone": "America/New_York", "availability": ["Mon 13:00-15:00"]}

    pair = match([mentee("a", **hours)], [mentor("x", **there)]).pairs[0]

    assert pair.contributions["rhythm"] > 0.02

"""Each criterion is a file and a weight, and compares alike whatever the block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_rounds import ON, match, mentee, mentor

from matching import criteria, policy
from matching.criteria import CRITERIA
from matching.policy import default
from matching.profiles import taxonomy
from matching.scoring.scores import Scores


def test_every_file_is_a_criterion_that_a_policy_weighs() -> None:
    files = {file.stem for file in Path(criteria.__file__).parent.glob("*.py")}

    assert tuple(criterion.name for criterion in CRITERIA) == policy.criteria()
    assert files - {"__init__", "criterion", "question"} == set(policy.criteria())


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.name)
def test_a_similarity_is_between_0_and_1_and_0_where_the_mentee_said_nothing(
    criterion: Any,
) -> None:
    hours = ["Mon 08:00-09:00"]
    rich_mentee = mentee(
        "a", availability=hours, statement="I hope to learn about the heart", mentor_picks=["x"],
        style_feedback="direct", mentor_seniority="near-peer", modalities=["video-call"],
        institution="A", institution_wish="different", communities=["parents"],
        experiences_wanted=["publication"], practice_country="GB", meetings_per_month=2,
    )  # fmt: skip
    rich_mentor = mentor(
        "x", bio="The heart is my work", style_feedback="direct", modalities=["video-call"],
        availability=hours, career_stage="intern",
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
    if criterion.is_about_few:
        assert np.isnan(values[1]).all()
    elif criterion.name not in ("stage", "specialty", "help"):
        assert (values[1] == 0).all()


@pytest.mark.parametrize(
    ("name", "asked", "offered", "changes"),
    [
        ("hours", "availability", "availability", ["Mon 08:00-09:00"]),
        ("help", "goals", "topics", ["interview-practice"]),
        ("specialty", "specialty_interests", "specialties", ["nephrology"]),
        ("text", "statement", "bio", "The heart and its valves"),
        ("style", "style_focus", "style_focus", "career"),
        ("rhythm", "modalities", "modalities", ["video-call"]),
    ],
)
def test_what_a_mentor_left_out_is_not_known(
    name: str, asked: str, offered: str, changes: Any
) -> None:
    (criterion,) = (each for each in CRITERIA if each.name == name)
    people = [mentee("a", **{asked: changes}), mentee("b", **{asked: None})]
    mentors = [mentor("x", **{offered: changes}), mentor("y", **{offered: None})]

    values = criterion.compare(people, mentors, ON)(0, 2)

    assert values[0, 0] > 0
    assert np.isnan(values[0, 1])
    assert values[1].tolist() == [0, 0]


def test_hours_that_change_are_as_good_as_none() -> None:
    monday, tuesday = ["Mon 08:00-09:00"], ["Tue 08:00-09:00"]
    mentors = [mentor("x", availability=tuesday)]
    clash, varies = (
        match([mentee("a", availability=monday, **changes)], mentors).pairs[0]
        for changes in ({}, {"hours_vary": "yes"})
    )

    assert [caution["criterion"] for caution in clash.cautions] == ["hours"]
    assert varies.cautions == []
    assert clash.score == varies.score


@pytest.mark.parametrize(
    ("wish", "stage", "caution"),
    [
        ("near-peer", "intern", None),
        ("near-peer", "retired-clinician", {"seniority": "near-peer", "further": True}),
        ("senior", "intern", {"seniority": "senior", "further": False}),
        ("any", "resident", None),
    ],
)
def test_a_distance_that_was_not_wished_for_is_a_caution(
    wish: str, stage: str, caution: dict[str, Any] | None
) -> None:
    student = mentee("a", career_stage="medical-student-clinical", mentor_seniority=wish)

    (pair,) = match([student], [mentor("x", career_stage=stage)]).pairs

    told = [dict(each) for each in pair.cautions if each["criterion"] == "distance"]
    assert told == ([{"criterion": "distance", **caution}] if caution else [])


def test_someone_at_the_same_stage_is_not_a_little_further_on() -> None:
    peers = [mentee("a", career_stage="mid-career-physician", mentor_seniority="near-peer")]

    (pair,) = match(peers, [mentor("x", career_stage="mid-career-physician")]).pairs

    assert "distance" not in {reason["criterion"] for reason in pair.reasons}
    assert {"criterion": "distance", "seniority": "near-peer", "further": False} in [
        dict(each) for each in pair.cautions
    ]


def test_fields_that_are_far_apart_are_a_caution() -> None:
    far, near = (
        match([mentee("a", specialty_interests=["cardiology"])], [mentor("x", specialties=fields)])
        for fields in (["psychiatry"], ["internal-medicine"])
    )

    (caution,) = (c for c in far.pairs[0].cautions if c["criterion"] == "specialty")
    assert caution["apart"] == ["cardiology", "psychiatry"]
    assert not any(c["criterion"] == "specialty" for c in near.pairs[0].cautions)


def test_a_mentor_who_ticks_everything_says_less_by_each_tick() -> None:
    """Beside others who select a few, that is: no one is compared with a norm from elsewhere."""
    every = list(taxonomy.load().ids("goal"))
    people = [mentee("a", goals=["interview-practice"])]
    few = [mentor(f"y{k}", topics=["interview-practice", "teaching"]) for k in range(5)]

    score = Scores(people, [mentor("x", topics=every), *few], default(), ON).rows(0, 1)

    assert score[0, 0] < score[0, 1:].min()


def test_a_mentors_first_field_counts_most() -> None:
    people = [mentee("a", specialty_interests=["cardiology"])]
    mentors = [
        mentor("x", specialties=["cardiology", "psychiatry"]),
        mentor("y", specialties=["psychiatry", "cardiology"]),
        mentor("z", specialties=["cardiology"]),
    ]

    first, second, only = Scores(people, mentors, default(), ON).rows(0, 1)[0]

    assert only > first > second


def test_hours_are_compared_as_clocks_usually_are() -> None:
    hours = {"timezone": "Europe/London", "availability": ["Mon 18:00-20:00"]}
    there = {"timezone": "America/New_York", "availability": ["Mon 13:00-15:00"]}

    pair = match([mentee("a", **hours)], [mentor("x", **there)]).pairs[0]

    assert {"criterion": "hours", "free": True} in pair.reasons

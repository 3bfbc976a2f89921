"""Rounds of a few people, of whom each test states what matters."""

from __future__ import annotations

import datetime
from typing import Any

import factories
import numpy as np
import pytest

from matching import Matcher, Policy, RoundResult, TextSimilarity
from matching.criteria import CRITERIA
from matching.policy import default

ON = datetime.date(2026, 11, 23)


def mentee(name: str, **changes: Any) -> dict[str, Any]:
    return factories.mentee_answers(mentee_id=name, email=f"{name}@example.org", **changes)


def mentor(name: str, **changes: Any) -> dict[str, Any]:
    return factories.mentor_answers(mentor_id=name, email=f"{name}@example.org", **changes)


def match(
    mentees: list[dict[str, Any]], mentors: list[dict[str, Any]], **options: Any
) -> RoundResult:
    policy = options.pop("policy", default())
    return Matcher(policy).fit(mentees, mentors).match(on=ON, **options)


def couples(result: RoundResult) -> list[tuple[str, str]]:
    return [(pair.mentee, pair.mentor) for pair in result.pairs]


def test_two_who_suit_are_paired_and_told_why() -> None:
    result = match([mentee("a")], [mentor("x")])

    assert couples(result) == [("a", "x")]
    (pair,) = result.pairs
    assert [reason["criterion"] for reason in pair.reasons] == ["help", "specialty"]
    assert pair.reasons[0]["goals"] == ["interview-practice"]
    assert pair.score / 1e6 == pytest.approx(sum(pair.contributions.values()), abs=1e-5)
    assert result.certificate()["gap"] == 0
    assert result.certificate()["is_optimal"]


@pytest.mark.parametrize(
    ("mentee_says", "mentor_says", "rule"),
    [
        ({"languages": ["es"]}, {}, "language"),
        ({"languages": ["en", "es"], "language_required": "es"}, {}, "language"),
        ({"career_stage": "senior-physician"}, {}, "stage"),
        ({}, {"accepts_stages": ["resident"]}, "stage"),
        (
            {"institution": "St. Mary", "exclude_own_institution": "yes"},
            {"institution": "ST. MARY "},
            "institution",
        ),
        (
            {"institution": "A"},
            {"institution": "a", "exclude_own_institution": "yes"},
            "institution",
        ),
        ({"do_not_match": ["x"]}, {}, "do_not_match"),
        ({"do_not_match": ["x@example.org"]}, {}, "do_not_match"),
        ({}, {"do_not_match": ["a"]}, "do_not_match"),
        ({"mentor_gender_preference": "require-woman"}, {}, "gender"),
        ({"mentor_gender_preference": "require-woman"}, {"gender": "man"}, "gender"),
        ({}, {"status": "paused"}, "status"),
        ({}, {"capacity": 0}, "capacity"),
        ({}, {"email": "a@example.org"}, "self"),
    ],
)
def test_a_must_rule_is_never_traded_against_score(
    mentee_says: dict[str, Any], mentor_says: dict[str, Any], rule: str
) -> None:
    result = match([mentee("a") | mentee_says], [mentor("x") | mentor_says])

    assert couples(result) == []
    reason = result.unmatched[0].reason
    assert reason == {"cause": "rule", "rule": rule, "would_open": 1}


def test_a_junior_may_teach_what_juniors_often_know_better() -> None:
    leader = {"career_stage": "health-system-leader", "goals": ["ai-literacy"]}

    assert couples(match([mentee("a", **leader)], [mentor("x", topics=["ai-literacy"])])) == [
        ("a", "x")
    ]


def test_a_former_pair_is_not_made_again() -> None:
    result = match([mentee("a")], [mentor("x")], forbidden=[("a", "x")])

    assert result.unmatched[0].reason["rule"] == "former"


def test_whoever_is_left_out_learns_of_places_or_of_the_floor() -> None:
    people = [
        mentee("a"),
        mentee("b"),
        mentee("c", goals=["personal-finance"], specialty_interests=["dentistry"]),
    ]
    result = match(people, [mentor("x")])

    causes = {person.person: person.reason["cause"] for person in result.unmatched}
    assert sorted(causes.values()) == ["floor", "places"]
    assert causes["c"] == "floor"
    assert result.measures["unmatched_by_cause"] == {"places": 1, "floor": 1}


def test_a_mentor_with_a_free_place_and_nobody_is_told_too() -> None:
    result = match([mentee("a")], [mentor("x"), mentor("y", specialties=["nephrology"], topics=[])])

    assert [(u.person, u.role, u.reason["cause"]) for u in result.unmatched] == [
        ("y", "mentor", "demand")
    ]


def test_keep_keeps_and_afresh_does_not() -> None:
    people = [mentee("a"), mentee("b", specialty_interests=["nephrology"])]
    mentors = [mentor("x", specialties=["nephrology"]), mentor("y")]
    before = [("a", "x"), ("b", "y")]

    assert couples(match(people, mentors, existing=before)) == before
    assert all(pair.kept for pair in match(people, mentors, existing=before).pairs)
    afresh = match(people, mentors, existing=before, mode="afresh")
    assert couples(afresh) == [("a", "y"), ("b", "x")]
    assert afresh.measures["churn"] == 1
    better = match(people, mentors, existing=before, mode="better", keep_bonus=1.0)
    assert couples(better) == before
    assert match(people, mentors, existing=before, mode="better").measures["churn"] == 1


def test_a_kept_pair_stays_even_if_a_rule_has_changed_since() -> None:
    result = match([mentee("a")], [mentor("x", status="paused")], existing=[("a", "x")])

    assert couples(result) == [("a", "x")]


def test_the_same_people_give_the_same_round_in_any_order() -> None:
    rng = np.random.default_rng(5)
    goals = ["interview-practice", "research-start", "leadership", "teaching"]
    people = [mentee(f"a{k}", goals=list(rng.permutation(goals)[:2])) for k in range(12)]
    mentors = [mentor(f"x{k}", topics=list(rng.permutation(goals)[:2])) for k in range(8)]

    one, two = match(people, mentors), match(people[::-1], mentors[::-1])

    assert one.assignment.value == two.assignment.value
    assert one.measures == two.measures


def test_hours_that_change_are_unknown_and_never_no_overlap() -> None:
    apart = {"availability": ["Mon 08:00-09:00"]}, {"availability": ["Tue 08:00-09:00"]}
    clash = match([mentee("a", **apart[0])], [mentor("x", **apart[1])]).pairs[0]
    varies = match([mentee("a", **apart[0], hours_vary="yes")], [mentor("x", **apart[1])]).pairs[0]

    assert clash.contributions["rhythm"] == 0
    assert "rhythm" not in varies.contributions
    assert varies.score > clash.score


def test_hours_are_compared_in_the_week_that_counts() -> None:
    hours = {"timezone": "Europe/London", "availability": ["Mon 18:00-20:00"]}
    there = {"timezone": "America/New_York", "availability": ["Mon 13:00-15:00"]}

    pair = match([mentee("a", **hours)], [mentor("x", **there)]).pairs[0]

    assert pair.contributions["rhythm"] > 0.02


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

    values = criterion.similarity(people, mentors, ON)

    assert values.shape == (2, 2)
    known = values[~np.isnan(values)]
    assert ((known >= 0) & (known <= 1)).all()
    assert values[0, 0] > 0.4
    if criterion.name not in ("stage", "specialty", "help"):
        assert np.isnan(values[1, 1])


def test_saying_nothing_is_no_advantage() -> None:
    full = mentee("a", goals=["interview-practice"], specialty_interests=["nephrology"])
    silent = mentee("b", goals=["interview-practice"], specialty_interests=None)
    mentors = [mentor("x", capacity=2), mentor("y", topics=["teaching"], specialties=["urology"])]

    scores = {p.mentee: p.score for p in match([full, silent], mentors, policy=_no_floor()).pairs}

    perfect = match([mentee("c")], mentors, policy=_no_floor()).pairs[0].score
    assert scores["b"] < perfect


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="mentee_id a is used twice"):
        match([mentee("a"), mentee("a")], [])


def test_a_pair_of_somebody_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="pinned: a and z are not both"):
        match([mentee("a")], [mentor("x")], pinned=[("a", "z")])


@pytest.mark.parametrize("people", [([], []), ([mentee("a")], []), ([], [mentor("x")])])
def test_nobody_on_a_side_is_a_round_without_pairs(people: tuple[Any, Any]) -> None:
    assert couples(match(*people)) == []


def test_texts_are_compared_by_rare_words_and_an_empty_one_is_not_known() -> None:
    texts = [["the heart and its valves"], ["kidneys and dialysis"], []]
    found = TextSimilarity().fit(texts).similarity([["heart valves"], []], texts)

    assert found[0, 0] > found[0, 1]
    assert np.isnan(found[0, 2])
    assert np.isnan(found[1]).all()


def test_texts_of_nothing_but_common_words_are_not_known() -> None:
    assert np.isnan(TextSimilarity().fit([["the"]]).similarity([["the"]], [["and"]])).all()


def test_a_mean_over_pairs_of_texts_is_what_is_returned() -> None:
    model = TextSimilarity().fit([["heart"], ["kidney"], ["lung"]])
    single = model.similarity([["heart"]], [["heart"], ["kidney"]])

    both = model.similarity([["heart"]], [["heart", "kidney"]])

    assert both[0, 0] == pytest.approx(single.mean())


def _no_floor() -> Policy:
    return Policy.from_dict(default().to_dict() | {"floor": 0})


def test_texts_that_are_all_alike_are_not_known() -> None:
    texts = [["I would like a mentor please"]] * 12

    assert np.isnan(TextSimilarity().fit(texts).similarity(texts, texts)).all()

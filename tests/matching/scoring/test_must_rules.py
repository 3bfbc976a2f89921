"""The must-rules: none is ever traded against score."""

from __future__ import annotations

from typing import Any

import pytest
from small_rounds import ON, WITH_IDENTITY, couples, match, mentee, mentor

from matching import Policy
from matching.policy import default
from matching.scoring import must_rules


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
    result = match([mentee("a") | mentee_says], [mentor("x") | mentor_says], WITH_IDENTITY)

    assert couples(result) == []
    reason = result.unmatched[0].reason
    change = reason.pop("change", None)
    assert reason == {"cause": "rule", "rule": rule, "would_open": 1, "all": True}
    # Pairing people with themselves is never suggested.
    assert change == (None if rule == "self" else {"what": rule, "mentors": 1})


def test_a_junior_may_teach_what_juniors_often_know_better() -> None:
    leader = {"career_stage": "health-system-leader", "goals": ["ai-literacy"]}

    assert couples(match([mentee("a", **leader)], [mentor("x", topics=["ai-literacy"])])) == [
        ("a", "x")
    ]


@pytest.mark.parametrize("gender", ["man", "woman", None])
@pytest.mark.parametrize("wish", ["require-woman", "prefer-man", None])
def test_gender_has_no_effect_where_identity_has_no_weight(
    wish: str | None, gender: str | None
) -> None:
    unasked = match([mentee("a")], [mentor("x")])

    (pair,) = match(
        [mentee("a", mentor_gender_preference=wish)], [mentor("x", gender=gender)]
    ).pairs

    assert pair == unasked.pairs[0]


def test_a_former_pair_is_not_made_again() -> None:
    result = match([mentee("a")], [mentor("x")], forbidden=[("a", "x")])

    assert result.unmatched[0].reason["rule"] == "former"


def test_a_program_may_drop_the_rules_that_are_its_own() -> None:
    apart = mentee("a", languages=["es"], timezone="Asia/Tokyo", career_stage="senior-physician")
    rules = {"stage": True, "language": True, "hours_apart": 12}

    def with_rules(**changes: Any) -> list[tuple[str, str]]:
        body = default().to_dict() | {"floor": 0, "rules": rules | changes}
        return couples(match([apart], [mentor("x")], policy=Policy.from_dict(body)))

    assert with_rules(stage=False) == []
    assert with_rules(language=False) == []
    assert with_rules(stage=False, language=False) == [("a", "x")]
    # London and Tokyo are 8 hours apart for most of the year, 9 on this day.
    assert with_rules(stage=False, language=False, hours_apart=7) == []
    assert with_rules(stage=False, language=False, hours_apart=8) == [("a", "x")]


@pytest.mark.parametrize(
    "named",
    [
        "MR-X", " mr-x ", "ｍｒ–ｘ", "X@Bücher.example", "x@XN--BCHER-KVA.example.",
        "mailto:x@bücher.example", "Xavier <x@bücher.example>",
    ],
)  # fmt: skip
def test_a_person_who_was_ruled_out_is_recognized_however_written(named: str) -> None:
    one = mentee("a", do_not_match=[named])
    other = mentor("Mr-X") | {"email": "x@bücher.example"}
    assert couples(match([one], [other])) == []
    back = mentee("Mr-X") | {"email": "x@xn--bcher-kva.example"}
    assert couples(match([back], [mentor("b", do_not_match=[named])])) == []


def test_a_person_in_two_rows_is_ruled_out_in_both() -> None:
    twice = [mentor("x") | {"email": "one@example.org"}, mentor("y") | {"email": "One@example.org"}]
    by_address = mentee("a", do_not_match=["one@example.org"])
    as_mentee = mentee("b") | {"email": "mailto:ONE@example.org."}

    excluded = must_rules.excluded_by([by_address, as_mentee], twice, default(), ON)

    assert excluded["do_not_match"](0, 2).tolist() == [[True, True], [False, False]]
    assert excluded["self"](0, 2).tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize(
    "written", ["St Mary’s Hospital", "St. Mary's Hospital", "st  marys-hospital"]
)
def test_an_institution_is_recognized_however_written(written: str) -> None:
    one = mentee("a", institution="St Mary's Hospital", exclude_own_institution="yes")

    assert couples(match([one], [mentor("x", institution=written)])) == []


def test_a_missing_institution_is_no_ones_own() -> None:
    one = mentee("a", institution="N/A", exclude_own_institution="yes")

    (pair,) = match([one], [mentor("x", institution="n/a", institution_wish="same")]).pairs

    assert "place" not in pair.contributions
    assert not [reason for reason in pair.reasons if "institution" in reason]

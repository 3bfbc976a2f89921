"""The must-rules: none is ever traded against score."""

from __future__ import annotations

from typing import Any

import pytest
from small_rounds import couples, match, mentee, mentor

from matching import Policy
from matching.policy import default


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
    change = reason.pop("change", None)
    assert reason == {"cause": "rule", "rule": rule, "would_open": 1}
    # Pairing people with themselves is never suggested.
    assert change == (None if rule == "self" else {"what": rule, "mentors": 1})


def test_a_junior_may_teach_what_juniors_often_know_better() -> None:
    leader = {"career_stage": "health-system-leader", "goals": ["ai-literacy"]}

    assert couples(match([mentee("a", **leader)], [mentor("x", topics=["ai-literacy"])])) == [
        ("a", "x")
    ]


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
    assert with_rules(stage=False, language=False, hours_apart=8) == []
    assert with_rules(stage=False, language=False, hours_apart=9) == [("a", "x")]


def test_a_person_who_was_ruled_out_is_recognized_however_written() -> None:
    for named in ("MR-X", " mr-x ", "X@Example.org"):
        people = [mentee("a", do_not_match=[named])]
        others = [mentor("Mr-X") | {"email": "x@example.org"}]
        assert couples(match(people, others)) == []
    twice = [mentor("x") | {"email": "one@example.org"}, mentor("y") | {"email": "One@example.org"}]
    assert couples(match([mentee("a", do_not_match=["one@example.org"])], twice)) == []
    assert couples(match([mentee("a") | {"email": "one@example.org"}], twice)) == []

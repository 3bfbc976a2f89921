"""What coordinators are told of why someone is unmatched: no secret, and no number of few."""

from __future__ import annotations

import re
from typing import Any

import pytest

from matching.reasons import RELAXATIONS
from matching.scoring.must_rules import RULES
from mentorship.pairings import why_unmatched
from mentorship.pairings.sentences import Reader

SECRET = {"do_not_match", "gender", "institution", "former"}
TOLD = sorted({rule.name for rule in RULES} - SECRET)


def told(reason: dict[str, Any], **options: bool) -> str:
    return why_unmatched.in_words(reason, Reader.COORDINATOR, **options)


@pytest.mark.parametrize("rule", sorted(SECRET))
@pytest.mark.parametrize("count", [1, 4, 5, 80])
@pytest.mark.parametrize("reader", Reader)
def test_a_rule_that_rests_on_a_secret_reads_as_any_other(
    rule: str, count: int, reader: Reader
) -> None:
    secret = {"cause": "rule", "rule": rule, "would_open": count}
    change = {"change": {"what": rule, "mentors": count}}

    several = why_unmatched.in_words({"cause": "rules"}, reader)
    assert why_unmatched.in_words(secret | change, reader) == several
    assert why_unmatched.told_cause(secret) == "rules"


@pytest.mark.parametrize("rule", TOLD)
def test_a_rule_that_everyone_may_know_is_named_and_few_are_not_counted(rule: str) -> None:
    few = told({"cause": "rule", "rule": rule, "would_open": 4})
    many = told({"cause": "rule", "rule": rule, "would_open": 5})

    assert few.endswith("rules out all remaining mentors.")
    assert not re.search(r"\d", few)
    assert many == f"{few} Without it, 5 mentors would be available."


@pytest.mark.parametrize("what", [name for name in RELAXATIONS if name not in SECRET])
@pytest.mark.parametrize("mentors", [1, 4])
def test_a_change_that_would_open_few_is_not_told(what: str, mentors: int) -> None:
    if what in ("floor", "priority"):
        return
    change = {"what": what, "mentors": mentors, "hours": 3}

    assert told({"cause": "places", "suitable": 9, "change": change}) == told(
        {"cause": "places", "suitable": 9}
    )
    many = told({"cause": "places", "suitable": 9, "change": change | {"mentors": 5}})
    assert "5" in many


@pytest.mark.parametrize(
    "reason",
    [
        {"cause": "places", "suitable": 4, "field": "cardiology", "asked_by": 4},
        {"cause": "floor", "allowed": 4},
        {"cause": "demand", "suitable": 4},
        {"cause": "demand", "suitable": 0},
    ],
)
def test_few_are_not_counted(reason: dict[str, Any]) -> None:
    assert not re.search(r"\d", told(reason))
    assert told(reason) == told({n: 1 if n != "field" and n != "cause" else v
                                 for n, v in reason.items()})  # fmt: skip


def test_with_few_mentors_neither_rule_nor_score_is_told() -> None:
    reasons = [
        {"cause": "floor", "allowed": 1},
        {"cause": "rules"},
        *[{"cause": "rule", "rule": rule, "would_open": 1} for rule in (*TOLD, *SECRET)],
    ]

    assert {told(reason, few=True) for reason in reasons} == {"No participating mentor is a fit."}
    assert len({told(reason) for reason in reasons}) > 5


def test_of_the_rules_that_exclude_a_pair_only_those_are_named_that_everyone_may_know() -> None:
    assert why_unmatched.rules_in_words([*sorted(SECRET), "language"]) == [
        "The shared-language rule"
    ]


@pytest.mark.parametrize(
    ("counts", "is_told"),
    [
        ({"asked_by": 3, "places": 2}, True),
        ({"asked_by": 3, "places": 3}, False),
        # Rounds of earlier versions did not count the places.
        ({"asked_by": 3}, False),
    ],
)
def test_a_field_is_called_short_of_places_only_where_it_was(
    counts: dict[str, int], is_told: bool
) -> None:
    reason = {"cause": "places", "suitable": 4, "field": "cardiology"} | counts
    words = why_unmatched.in_words(reason, Reader.MENTEE)

    assert ("More people asked for cardiology" in words) is is_told


@pytest.mark.parametrize("rule", TOLD)
def test_a_mentee_is_told_of_one_rule_only_where_it_kept_every_mentor_away(rule: str) -> None:
    """Otherwise some mentor did speak the language, and something else kept them apart."""
    reason = {"cause": "rule", "rule": rule, "would_open": 5}
    any_rule = why_unmatched.in_words({"cause": "rules"}, Reader.MENTEE)

    # Rounds of earlier versions did not look.
    for some in (reason, reason | {"all": False}):
        assert why_unmatched.in_words(some, Reader.MENTEE) == any_rule
    is_told = why_unmatched.in_words(reason | {"all": True}, Reader.MENTEE) != any_rule
    assert is_told is (rule in ("language", "stage", "hours_apart"))


@pytest.mark.parametrize("rule", sorted(SECRET))
def test_a_secret_rule_is_told_no_mentee_even_where_it_kept_every_mentor_away(rule: str) -> None:
    reason = {"cause": "rule", "rule": rule, "would_open": 5, "all": True}

    assert why_unmatched.in_words(reason, Reader.MENTEE) == why_unmatched.in_words(
        {"cause": "floor", "allowed": 3}, Reader.MENTEE
    )

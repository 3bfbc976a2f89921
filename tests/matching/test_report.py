"""A report says what came of a round so that everyone can check it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from small_rounds import ON, mentee, mentor

from matching import Matcher, Wishes, report
from matching.assignment.certificate import Refuted
from matching.policy import default

PEOPLE = [mentee(f"m{k}") for k in range(4)]
OTHERS = [mentor(f"r{k}", capacity=1) for k in range(2)]


def made(demand: dict[str, int]) -> tuple[list[tuple[str, str, int]], dict[str, Any]]:
    """Return the pairs and the report of a round, as they are read from files."""
    wishes = Wishes(ON, demand=demand)
    result = Matcher(default()).fit(PEOPLE, OTHERS).match(wishes)
    pairs = [(pair.mentee, pair.mentor, pair.score) for pair in result.pairs]
    return pairs, json.loads(json.dumps(report.make(result, default(), wishes)))


@pytest.mark.parametrize("demand", [{}, {"m1": 0}, {"m0": 0, "m3": 0}])
def test_someone_who_wants_no_mentor_is_not_without_one(demand: dict[str, int]) -> None:
    pairs, told = made(demand)

    without = [each["person"] for each in told["unmatched"] if each["role"] == "mentee"]
    assert told["measures"]["unmatched"] == len(without) == 4 - len(demand) - len(pairs)
    assert not set(demand).intersection(without)
    report.verify(PEOPLE, OTHERS, pairs, told)


def test_no_one_is_left_out_of_the_mentees_without_a_mentor() -> None:
    pairs, told = made({"m1": 0})
    told["unmatched"] = [each for each in told["unmatched"] if each["role"] != "mentee"]

    with pytest.raises(Refuted, match="must list exactly the mentees"):
        report.verify(PEOPLE, OTHERS, pairs, told)

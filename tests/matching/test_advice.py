"""Advice is true: doing what it says and matching again gives the number that it states."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import replace
from typing import Any

import crowds
import numpy as np
import pytest
import small_rounds
from long_forms import first_of

from matching import Matcher, Wishes, advice
from matching.advice import Advice
from matching.policy import Policy, default
from matching.profiles.people import Table
from matching.wishes import id_pairs

ON = datetime.date(2026, 11, 23)
PROGRAMS = 200


def program(seed: int) -> tuple[Table, Table, Policy, Wishes]:
    """A small program at random: its people, policy and the pairs that meet already."""
    rng = np.random.default_rng(seed)
    mentees, mentors = crowds.make(int(rng.integers(4, 16)), int(rng.integers(1, 9)), seed)
    fair = rng.random() < 0.2
    policy = replace(
        default(),
        floor=float(rng.choice([0.0, 0.5, 0.53, 0.57])),
        objective="fair" if fair else str(rng.choice(["coverage", "coverage", "total"])),  # type: ignore[arg-type]
        rules={
            "stage": bool(rng.random() < 0.7),
            "language": bool(rng.random() < 0.7),
            "hours_apart": int(rng.choice([3, 5, 12])),
        },
    )
    wishes = Wishes(ON, seed=str(seed))
    met = Matcher(policy).fit(mentees, mentors).match(wishes).pairs[: int(rng.integers(0, 3))]
    return mentees, mentors, policy, replace(wishes, existing=met)


def matched(mentees: Table, mentors: Table, policy: Policy, wishes: Wishes) -> set[str]:
    """Who of those who have no mentor yet gets one."""
    result = Matcher(policy).fit(mentees, mentors).match(wishes)
    has = {mentee for mentee, _mentor in id_pairs("existing", wishes.existing)}
    return {pair.mentee for pair in result.pairs} - has


def done(each: Advice, mentors: Table, policy: Policy) -> tuple[Table, Policy]:
    """The mentors and the policy once the advice is followed."""
    change = each.change
    if each.kind == "floor":
        return mentors, replace(policy, floor=change["floor"])
    if each.kind == "rule":
        rules = {**policy.rules, change["rule"]: change["value"]}
        return mentors, replace(policy, rules=rules)
    if each.kind == "places":
        return [
            {**m, "capacity": m["capacity"] + (m["mentor_id"] in change["mentors"])}
            for m in mentors
        ], policy
    return [*mentors, change["answers"]], policy


@pytest.mark.parametrize("tenth", first_of(range(10)))
def test_every_advice_comes_true_once_it_is_followed(tenth: int) -> None:
    kinds: Counter[str] = Counter()
    for seed in range(tenth, PROGRAMS, 10):
        mentees, mentors, policy, wishes = program(seed)
        forecast = advice.forecast(mentees, mentors, policy, wishes)

        now = matched(mentees, mentors, policy, wishes)
        assert forecast.waiting == len(mentees) - len(tuple(wishes.existing))
        assert forecast.matched == len(now)
        gains = [each.gain for each in forecast.advice]
        assert gains == sorted(gains, reverse=True)
        for each in forecast.advice:
            then = matched(mentees, *done(each, mentors, policy), wishes)
            assert each.gain == len(then) - len(now) > 0, (seed, each)
            kinds[each.kind] += 1
    assert set(kinds) == set(advice.KINDS)


def test_a_lower_minimum_names_every_pair_that_it_would_let_in() -> None:
    for seed in range(40):
        mentees, mentors, policy, wishes = program(seed)
        for each in advice.forecast(mentees, mentors, policy, wishes, kinds=["floor"]).advice:
            lower = replace(policy, floor=each.change["floor"])
            then = Matcher(lower).fit(mentees, mentors).match(wishes)
            low = {
                (pair.mentee, pair.mentor, pair.score)
                for pair in then.pairs
                if pair.score < round(policy.floor * 1_000_000) and not pair.kept
            }
            assert {tuple(pair) for pair in each.change["pairs"]} == low
            assert len(low) >= each.gain


def test_mentees_whom_no_mentor_may_have_are_listed_with_the_rule() -> None:
    mentees = [small_rounds.mentee("a", languages=["hi"]), small_rounds.mentee("b")]
    full = small_rounds.mentor("x", capacity=0)
    mentors = [full, small_rounds.mentor("y", languages=["es"])]

    forecast = advice.forecast(mentees, mentors, default(), Wishes(ON))

    # No place is free for the other, who could have one: that is nothing that lasts.
    assert [(id, reason["rule"]) for id, reason in forecast.ruled_out] == [("a", "language")]


def test_only_mentors_who_may_be_asked_are_advised() -> None:
    mentees = [small_rounds.mentee(name) for name in "abc"]
    mentors = [small_rounds.mentor("x"), small_rounds.mentor("y", capacity=0)]

    def asked(**options: Any) -> list[list[str]]:
        found = advice.forecast(
            mentees, mentors, default(), Wishes(ON), kinds=["places"], **options
        )
        return [each.change["mentors"] for each in found.advice]

    assert asked() == [["x", "y"], ["x"]]
    assert asked(askable=["y"]) == [["y"]]

"""Mentees who want several mentors: by their answer, beside the mentors they have already."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_rounds import ON, couples, match, mentee, mentor

from matching import Matcher
from matching.policy import default
from matching.scoring.scores import Scores

GOALS = ["interview-practice", "leadership", "teaching"]


def mentors_of(pairs: Iterable[tuple[str, str]]) -> Counter[str]:
    return Counter(mentee for mentee, _mentor in pairs)


def test_the_answer_is_what_a_mentee_wants_unless_the_round_says_otherwise() -> None:
    people = [mentee("a", mentors_wanted=2), mentee("b")]
    mentors = [mentor(k, capacity=2) for k in "xyz"]

    assert mentors_of(couples(match(people, mentors))) == {"a": 2, "b": 1}
    assert mentors_of(couples(match(people, mentors, demand={"b": 3}))) == {"a": 2, "b": 3}
    assert mentors_of(couples(match(people, mentors, demand={"a": 1}))) == {"a": 1, "b": 1}


@pytest.mark.parametrize("mode", ["keep", "better"])
def test_a_mentor_who_is_kept_is_one_of_those_wanted(mode: Any) -> None:
    people, mentors = [mentee("a", mentors_wanted=2)], [mentor(k) for k in "xyz"]

    (one,) = [pair for pair in match(people, mentors, existing=[("a", "y")], mode=mode,
                                     keep_bonus=0.5).pairs if not pair.kept]  # fmt: skip

    assert one.mentor in ("x", "z")


@pytest.mark.parametrize("mode", ["keep", "better"])
def test_a_mentee_who_wants_fewer_than_they_have_loses_none_and_gets_none(mode: Any) -> None:
    people = [mentee("a", goals=["leadership"]), mentee("b")]
    mentors = [mentor("x"), mentor("y"), mentor("z", topics=["leadership"])]
    existing = [("a", "x"), ("a", "y")]

    found = match(people, mentors, existing=existing, mode=mode)

    assert couples(found) == [*existing, ("b", "z")]
    afresh = match(people, mentors, existing=existing, mode="afresh")
    assert mentors_of(couples(afresh)) == {"a": 1, "b": 1}


def test_a_first_mentor_for_each_comes_before_a_second_one() -> None:
    people = [mentee("a", mentors_wanted=3, goals=GOALS), mentee("b", goals=[])]
    mentors = [mentor("x", topics=GOALS), mentor("y", topics=GOALS)]

    found = match(people, mentors, existing=[("a", "x")])

    assert couples(found) == [("a", "x"), ("b", "y")]
    assert found.unmatched == []
    assert found.measures["unmatched"] == 0
    assert found.measures["open_demand"] == 2
    assert found.measures["wanting_more"] == {"2": 1}


def test_only_a_mentee_without_a_mentor_is_unmatched_not_one_who_wants_more() -> None:
    people = [mentee("a", mentors_wanted=2), mentee("b", mentors_wanted=2)]

    found = match(people, [mentor("x")])

    assert len([person for person in found.unmatched if person.role == "mentee"]) == 1
    assert found.measures["open_demand"] == 3
    assert found.measures["wanting_more"] == {"1": 1}


def test_a_mentee_who_wants_more_would_have_a_mentor_whom_another_has() -> None:
    """A pair who would rather have each other is counted where one has room for another."""
    keen = mentee("a", goals=["leadership"])
    people = [keen, mentee("b", goals=["teaching"])]
    mentors = [
        mentor("x", topics=["leadership"]),
        mentor("y", topics=["interview-practice", "leadership"]),
    ]

    def blocking(wanted: int) -> object:
        people[0] = keen | {"mentors_wanted": wanted}
        return match(people, mentors, forbidden=[("b", "x")]).measures["blocking_pairs"]

    assert couples(match(people, mentors, forbidden=[("b", "x")])) == [("a", "x"), ("b", "y")]
    assert (blocking(1), blocking(2)) == (0, 1)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_round_of_all_that_are_possible_is_better(data: st.DataObject) -> None:
    """Every set of pairs of three mentees and three mentors is held against what is found."""
    drawn = lambda *values: data.draw(st.sampled_from(values))  # noqa: E731 - a shorthand
    people = [
        mentee(name, mentors_wanted=drawn(1, 2, 3), goals=[drawn(*GOALS)], specialty_interests=[])
        for name in "abc"
    ]
    mentors = [
        mentor(name, capacity=drawn(1, 2), topics=[drawn(*GOALS)], specialties=[]) for name in "xyz"
    ]
    every = list(itertools.product("abc", "xyz"))
    existing = data.draw(st.lists(st.sampled_from(every), unique=True, max_size=5))
    mode, fill, bonus = drawn("keep", "better", "afresh"), drawn("first", "all"), drawn(0.0, 0.1)
    scores = np.rint(Scores(people, mentors, default(), ON).block(0, 3).score * 1e6).astype(int)
    score = {pair: int(scores["abc".index(pair[0]), "xyz".index(pair[1])]) for pair in every}
    bonus_of_kept = round(bonus * 1e6) if mode == "better" else 0
    stay = set(existing) if mode != "afresh" else set()
    has, holds = mentors_of(stay), Counter(mentor for _mentee, mentor in stay)

    def is_possible(chosen: set[tuple[str, str]]) -> bool:
        got, load = mentors_of(chosen), Counter(mentor for _mentee, mentor in chosen)
        for person in people:
            name, wanted = person["mentee_id"], person["mentors_wanted"]
            theirs = {pair for pair in stay if pair[0] == name}
            if got[name] > max(wanted, has[name]):
                return False
            if (mode == "keep" or has[name] > wanted) and not theirs <= chosen:
                return False
        for each in mentors:
            name, places = each["mentor_id"], each["capacity"]
            if load[name] > max(places, holds[name]):
                return False
            if holds[name] > places and any(p[1] == name for p in chosen - stay):
                return False
        return True

    def worth(chosen: set[tuple[str, str]]) -> tuple[int, int, int]:
        total = sum(score[pair] + bonus_of_kept * (pair in stay) for pair in chosen)
        return len(mentors_of(chosen)), len(chosen) if fill == "all" else 0, total

    model = Matcher().fit(people, mentors)
    wishes: dict[str, Any] = {
        "on": ON, "existing": existing, "mode": mode, "keep_bonus": bonus, "fill": fill,
    }  # fmt: skip
    found = model.match(**wishes)

    best = max(
        worth(chosen)
        for size in range(10)
        for pairs in itertools.combinations(every, size)
        if is_possible(chosen := set(pairs))
    )
    assert is_possible(set(couples(found)))
    assert worth(set(couples(found))) == best
    model.verify(found.pairs, found.certificate(), **wishes)

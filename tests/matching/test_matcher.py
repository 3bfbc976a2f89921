"""Rounds of a few people: what is kept, pinned, forbidden and refused."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import crowds
import numpy as np
import pytest
from small_rounds import ON, WITH_IDENTITY, couples, match, mentee, mentor

from matching import Matcher, Policy
from matching.policy import default
from matching.results import RuledOut


def test_two_who_suit_are_paired_and_told_why() -> None:
    result = match([mentee("a")], [mentor("x")])

    assert couples(result) == [("a", "x")]
    (pair,) = result.pairs
    told = {reason["criterion"]: reason for reason in pair.reasons}
    assert set(told) == {"help", "specialty"}
    assert told["help"]["goals"] == ["interview-practice"]
    assert pair.score == 500_000, "beside no one else, no one stands out"
    assert result.certificate()["gap"] == 0
    assert result.certificate()["is_optimal"]


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


HERE = {"institution": "St Mary's"}


@pytest.mark.parametrize("mode", ["keep", "better"])
@pytest.mark.parametrize(
    ("mentee_says", "mentor_says", "rule"),
    [
        ({"do_not_match": ["x"]}, {}, "do_not_match"),
        ({}, {"do_not_match": ["A@example.org"]}, "do_not_match"),
        (HERE | {"exclude_own_institution": "yes"}, HERE, "institution"),
        (HERE, HERE | {"exclude_own_institution": "yes"}, "institution"),
        ({"mentor_gender_preference": "require-woman"}, {"gender": "man"}, "gender"),
    ],
)
def test_a_pair_that_one_of_them_has_ruled_out_since_is_parted(
    mentee_says: dict[str, Any], mentor_says: dict[str, Any], rule: str, mode: str
) -> None:
    people = [mentee("a") | mentee_says, mentee("b")]
    mentors = [
        mentor("x", capacity=1) | mentor_says,
        mentor("y", capacity=1, gender="woman"),
    ]

    result = match(people, mentors, WITH_IDENTITY, existing=[("a", "x")], mode=mode)

    assert couples(result) == [("a", "y"), ("b", "x")]
    assert result.ruled_out == [RuledOut("a", "x", [rule], by_person=True, kept=False)]
    assert result.measures["churn"] is None


@pytest.mark.parametrize(
    ("mentee_says", "rule"),
    [
        ({"languages": ["es"]}, "language"),
        ({"career_stage": "senior-physician"}, "stage"),
        ({"timezone": "Asia/Tokyo"}, "hours_apart"),
    ],
)
def test_a_kept_pair_that_a_rule_of_the_program_excludes_now_is_named(
    mentee_says: dict[str, Any], rule: str
) -> None:
    near = Policy.from_dict(default().to_dict() | {"rules": {**default().rules, "hours_apart": 3}})

    result = match([mentee("a") | mentee_says], [mentor("x")], near, existing=[("a", "x")])

    assert couples(result) == [("a", "x")]
    assert result.ruled_out == [RuledOut("a", "x", [rule], by_person=False, kept=True)]


def test_a_pair_that_was_asked_for_is_made_whatever_was_ruled_out() -> None:
    people = [mentee("a", do_not_match=["x"])]

    result = match(people, [mentor("x")], existing=[("a", "x")], pinned=[("a", "x")])

    assert couples(result) == [("a", "x")]
    assert result.ruled_out == [RuledOut("a", "x", ["do_not_match"], by_person=True, kept=True)]


def test_a_mentor_with_more_mentees_than_places_gets_no_other() -> None:
    people, mentors = crowds.make(60, 25, seed=4)
    existing = couples(match(people, mentors))
    held = {mentor for _, mentor in existing}
    fewer = [
        person | {"capacity": 1} if person["mentor_id"] in held else person for person in mentors
    ]

    found = match(people, fewer, existing=existing, mode="better")

    loads: dict[str, int] = {}
    for pair in found.pairs:
        loads[pair.mentor] = loads.get(pair.mentor, 0) + 1
    crowded = {mentor for mentor, load in loads.items() if load > 1 and mentor in held}
    assert crowded
    assert all(pair.kept for pair in found.pairs if pair.mentor in crowded)


def test_the_same_people_give_the_same_round_in_any_order() -> None:
    rng = np.random.default_rng(5)
    goals = ["interview-practice", "research-start", "leadership", "teaching"]
    people = [mentee(f"a{k}", goals=list(rng.permutation(goals)[:2])) for k in range(12)]
    mentors = [mentor(f"x{k}", topics=list(rng.permutation(goals)[:2])) for k in range(8)]

    one, two = match(people, mentors), match(people[::-1], mentors[::-1])

    assert one.assignment.value == two.assignment.value
    assert one.measures == two.measures


def test_of_four_alike_the_same_one_gets_the_place_wherever_they_stand() -> None:
    people = [mentee(name) for name in ("alpha", "bravo", "charlie", "delta")]
    winners = {
        tuple(couples(match([people[k] for k in order], [mentor("x", capacity=1)], seed="spring")))
        for order in itertools.permutations(range(4))
    }

    assert len(winners) == 1


def test_another_round_draws_again() -> None:
    people = [mentee(name) for name in ("alpha", "bravo", "charlie", "delta")]
    drawn = Counter(
        couples(match(people, [mentor("x", capacity=1)], seed=f"round {k}"))[0][0]
        for k in range(60)
    )

    # Each gets it with chance 1/4: 15 of 60, give or take.
    assert set(drawn) == {"alpha", "bravo", "charlie", "delta"}
    assert max(drawn.values()) <= 30


def test_the_order_of_rows_changes_no_pair() -> None:
    people, mentors = crowds.make(120, 40, seed=3)
    # Everyone twice, but for id and address: half of all choices are among equals.
    people += [p | {"mentee_id": f"{p['mentee_id']}-b", "email": f"b{k}@example.net"}
               for k, p in enumerate(people)]  # fmt: skip
    rng = np.random.default_rng(9)
    results = set()
    for _time in range(3):
        some = [people[k] for k in rng.permutation(len(people))]
        others = [mentors[k] for k in rng.permutation(len(mentors))]
        result = match(some, others, seed="autumn")
        results.add((str(sorted(couples(result))), result.assignment.value))

    assert len(results) == 1


@pytest.mark.parametrize("objective", ["coverage", "fair", "total"])
def test_twelve_alike_share_six_mentors_alike(objective: Any) -> None:
    people = [mentee(f"a{k}") for k in range(12)]
    mentors = [mentor(f"x{k}", capacity=6) for k in range(6)]
    policy = Policy.from_dict(default().to_dict() | {"objective": objective})

    result = match(people, mentors, policy)

    assert result.measures["mentors_by_load"] == {"2": 6}


def test_mentees_may_want_several_mentors() -> None:
    people, mentors = [mentee("a"), mentee("b")], [mentor(k, capacity=2) for k in "xyz"]

    result = match(people, mentors, demand={"a": 3}, fill="all")

    assert Counter(pair.mentee for pair in result.pairs) == {"a": 3, "b": 1}
    assert result.measures["open_demand"] == 0
    fewer = match(people, [mentor("x", capacity=1), mentor("y", capacity=1)], demand={"a": 3})
    assert Counter(pair.mentee for pair in fewer.pairs) == {"a": 1, "b": 1}
    assert fewer.measures["open_demand"] == 2
    assert fewer.measures["unmatched"] == 0


@pytest.mark.parametrize("people", [([], []), ([mentee("a")], []), ([], [mentor("x")])])
def test_no_one_on_a_side_is_a_round_without_pairs(people: tuple[Any, Any]) -> None:
    assert couples(match(*people)) == []


def test_a_pair_with_an_unknown_id_is_refused() -> None:
    with pytest.raises(ValueError, match="pinned: a and z are not both"):
        match([mentee("a")], [mentor("x")], pinned=[("a", "z")])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "loose"}, "mode: must be one of keep, better, afresh"),
        ({"keep_bonus": float("nan")}, "keep_bonus: must be from 0 to 1"),
        ({"keep_bonus": "0.1"}, "keep_bonus: must be from 0 to 1, not '0.1'"),
        ({"existing": [(["a"], "x")]}, "existing: .* is not a pair"),
        ({"existing": ["ax"]}, "existing: 'ax' is not a pair"),
        ({"priority": {"z": 1.0}}, "priority: z is not among the mentees"),
        ({"demand": {"z": 1}}, "demand: z is not among the mentees"),
        ({"demand": {"a": -1}}, "demand, a: must be from 0 to 1,000,000, not -1"),
        ({"demand": {"a": "2"}}, "demand, a: must be from 0 to 1,000,000, not '2'"),
        ({"demand": {"a": True}}, "demand, a: must be from 0 to 1,000,000, not True"),
        ({"demand": {"a": 1.5}}, "demand, a: must be a whole number, not 1.5"),
        ({"demand": 2}, "demand: must be numbers by mentee ID, not 2"),
        ({"fill": "some"}, "fill: must be one of first, all, not 'some'"),
        ({"seed": 7}, "seed: must be text, not 7"),
        ({"priority": {"a": float("nan")}}, "priority, a: must be from 0 to 1,000, not nan"),
        ({"priority": {"a": True}}, "priority, a: must be from 0 to 1,000, not True"),
        ({"priority": [("a", 1.0)]}, "priority: must be numbers by mentee ID"),
        ({"pinned": [("a", "x")], "forbidden": [("a", "x")]}, "a and x are also forbidden"),
        ({"pinned": [("b", "x")]}, "pinned: b and x are the same person"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], message: str) -> None:
    people = [mentee("a"), mentee("b") | {"email": "x@example.org"}]
    with pytest.raises(ValueError, match=message):
        match(people, [mentor("x")], **options)


def test_people_and_pairs_may_come_one_by_one() -> None:
    people, mentors = crowds.make(40, 15, seed=3)
    pairs = couples(match(people, mentors))[:5]
    model = Matcher().fit((p for p in people), (p for p in mentors))  # type: ignore[arg-type]

    found = model.match(on=ON, forbidden=(pair for pair in pairs))

    assert len(found.pairs) > 5
    assert not set(pairs) & set(couples(found))
    assert model.frontier(on=ON, existing=(pair for pair in pairs)).points[0].matched > 5

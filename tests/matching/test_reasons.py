"""Why someone is unmatched, and the smallest change that would have matched them."""

from __future__ import annotations

import itertools
from typing import Any

import crowds
import numpy as np
import pytest
from small_rounds import ON, couples, match, mentee, mentor

from matching import Constraints, Policy, assign
from matching.criteria import CRITERIA
from matching.policy import default
from matching.scoring.scores import LEAST_SPREAD, STANDS_OUT, Scores

ABOUT_FEW = {criterion.name for criterion in CRITERIA if criterion.is_about_few}


def with_floor(floor: float) -> Policy:
    return Policy.from_dict(default().to_dict() | {"floor": floor})


def test_an_unmatched_mentee_learns_of_places_or_of_the_floor() -> None:
    people = [
        mentee("a"),
        mentee("b"),
        mentee("c", goals=["personal-finance"], specialty_interests=["dentistry"]),
    ]
    result = match(people, [mentor("x")], policy=with_floor(0.45))

    causes = {person.person: person.reason["cause"] for person in result.unmatched}
    assert sorted(causes.values()) == ["floor", "places"]
    assert causes["c"] == "floor"
    assert result.measures["unmatched_by_cause"] == {"places": 1, "floor": 1}


def test_a_mentor_with_free_places_only_gets_a_reason_too() -> None:
    result = match([mentee("a")], [mentor("x"), mentor("y", specialties=["nephrology"], topics=[])])

    assert [(u.person, u.role, u.reason["cause"]) for u in result.unmatched] == [
        ("y", "mentor", "demand")
    ]


def test_who_wants_no_mentor_is_neither_unmatched_nor_one_who_suits() -> None:
    """As someone whom a coordinator leaves out by hand."""
    result = match([mentee("a"), mentee("b")], [mentor("x"), mentor("y")], demand={"b": 0})

    (alone,) = result.unmatched
    assert (alone.role, alone.reason) == ("mentor", {"cause": "demand", "suitable": 1})
    assert (result.measures["unmatched"], result.measures["open_demand"]) == (0, 0)


@pytest.mark.parametrize("is_all", [False, True])
def test_whether_a_rule_keeps_every_mentor_away(is_all: bool) -> None:
    """`x` and `y` speak no language of the mentee's; `z` does, but may be too junior."""
    others = [mentor(name, languages=["hi"], career_stage="senior-physician") for name in "xy"]
    speaks = mentor("z", languages=["en"], status="paused" if is_all else "active",
                    career_stage="intern")  # fmt: skip
    person = mentee("a", career_stage="mid-career-physician", languages=["en"], goals=["teaching"])

    (left,) = [u for u in match([person], [*others, speaks]).unmatched if u.role == "mentee"]

    assert (left.reason["rule"], left.reason["would_open"]) == ("language", 2)
    assert left.reason["all"] is is_all


def test_only_mentors_who_suit_would_be_opened() -> None:
    """Without the language rule the mentor would stay below the minimum."""
    people = [mentee("a", languages=["es"])]
    others = [mentor("x"), mentor("y", topics=["personal-finance"], specialties=["dentistry"])]

    strict = match(people, others, policy=with_floor(1.0))

    assert strict.unmatched[0].reason["cause"] == "rules"


def test_the_smallest_change_is_found_by_the_prices() -> None:
    """No mentor with a place is near enough; within five hours there is one."""
    body = default().to_dict() | {"rules": default().rules | {"hours_apart": 3}}
    people = [mentee("a"), mentee("b")]
    mentors = [
        mentor("x"),
        mentor("y", timezone="America/New_York"),
        mentor("z", timezone="Asia/Tokyo"),
    ]

    result = match(people, mentors, policy=Policy.from_dict(body))

    (left,) = (person for person in result.unmatched if person.role == "mentee")
    assert left.reason["cause"] == "places"
    assert left.reason["change"] == {"what": "hours_apart", "hours": 5, "mentors": 1}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("most", "fill"), [(1, "first"), (3, "first"), (3, "all")])
def test_a_change_that_is_told_would_have_matched(seed: int, most: int, fill: Any) -> None:
    """Were this one pair allowed, the best assignment would have it."""
    people, mentors = crowds.make(70, 25, seed=seed)
    demand = [1 + row % most for row in range(len(people))]
    for person, wanted in zip(people, demand, strict=True):
        person["mentors_wanted"] = wanted
    policy = with_floor(0.55)
    found = match(people, mentors, policy=policy, fill=fill)
    model = Scores(people, mentors, policy, ON)
    block = model.block(0, len(people))
    scores, capacity = model.rows(0, len(people)), [m["capacity"] for m in mentors]
    usable = np.where(scores >= policy.floor, scores, -1)
    rows = {person["mentee_id"]: row for row, person in enumerate(people)}
    told = set()
    for left in found.unmatched:
        change = left.reason.get("change", {"what": "priority"})
        row, what = rows.get(left.person, -1), change["what"]
        if left.role == "mentor" or what in ("priority", "capacity", "status"):
            continue
        told.add(what)
        barred = sum(flags[row].astype(int) for flags in block.excluded.values())
        if what == "floor":
            mine = np.rint(block.score[row].astype(float) * 1e6) == change["score"]
            columns = np.flatnonzero(mine & (barred == 0))
        else:
            alone = block.excluded[what][row] & (barred == 1)
            columns = np.flatnonzero(alone & (block.score[row] >= policy.floor))
        would = []
        for column in columns:
            changed = usable.copy()
            changed[row, column] = block.score[row, column]
            pairs = assign(changed, Constraints(capacity, demand, fill=fill)).pairs.tolist()
            would.append([row, column] in pairs)
        assert sum(would) >= change.get("mentors", 1)
    assert told


def test_missed_rounds_that_are_told_are_just_enough() -> None:
    step = default().waiting_bonus
    told = 0
    for seed in range(6):
        people, mentors = crowds.make(80, 25, seed=seed)
        for left in match(people, mentors).unmatched:
            change = left.reason.get("change", {})
            if change.get("what") != "priority":
                continue
            told += 1
            for rounds in (change["rounds"] - 1, change["rounds"]):
                after = match(people, mentors, priority={left.person: rounds * step})
                matched = left.person in {pair.mentee for pair in after.pairs}
                assert matched == (rounds == change["rounds"])
    assert told


def test_a_place_that_is_settled_has_no_price_in_points() -> None:
    people, mentors = crowds.make(60, 25, seed=1)
    existing = couples(match(people, mentors))

    for left in match(people, mentors, existing=existing).unmatched:
        assert left.reason.get("change", {}).get("short", 0) < 3_000_000


def test_a_fair_round_claims_no_change() -> None:
    people, mentors = crowds.make(40, 15, seed=1)
    fair = Policy.from_dict(default().to_dict() | {"objective": "fair"})

    left = [p for p in match(people, mentors, policy=fair).unmatched if p.role == "mentee"]

    assert left
    assert not any("change" in person.reason for person in left)


def test_a_kept_pair_below_the_floor_is_told_of_the_floor() -> None:
    """The rule that keeps new mentees away is not why a pair that meets is not kept."""
    stranger = mentee("a", goals=["personal-finance"], specialty_interests=["dentistry"])
    paused = mentor("x", status="paused")

    wishes: dict[str, Any] = {"existing": [("a", "x")], "mode": "better"}

    found = match([stranger], [paused], policy=with_floor(0.6), **wishes)

    assert found.unmatched[0].reason["cause"] == "floor"


@pytest.mark.parametrize("seed", range(4))
def test_reasons_are_ordered_by_what_stands_out(seed: int) -> None:
    """By weight x deviation / spread, worked out again from similarities, and not by weight."""
    people, mentors = crowds.make(60, 25, seed=seed)
    weights = default().weights
    block = Scores(people, mentors, default(), ON).block(0, len(people))
    out = {}
    for name, similarity in block.similarity.items():
        known = similarity[block.allowed & ~np.isnan(similarity)].astype(float)
        if name in ABOUT_FEW:
            out[name] = weights[name] * STANDS_OUT * similarity
            continue
        usual = min(np.median(known), known.mean())
        filled = np.where(np.isnan(similarity), usual, similarity)
        rows = [
            filled[row][allowed].std()
            for row, allowed in enumerate(block.allowed)
            if allowed.sum() > 1
        ]
        spread = max(float(np.mean(rows)), LEAST_SPREAD)
        out[name] = weights[name] * (similarity - usual) / spread
    at = [{p[f"{role}_id"]: k for k, p in enumerate(table)}
          for role, table in (("mentee", people), ("mentor", mentors))]  # fmt: skip
    against_weights = 0
    for pair in match(people, mentors).pairs:
        row, column = at[0][pair.mentee], at[1][pair.mentor]
        names = [reason["criterion"] for reason in pair.reasons]
        values = [out[name][row, column] for name in names]
        for more, less in itertools.pairwise(values):
            assert more >= less - 1e-2
        against_weights += names != sorted(names, key=lambda name: -weights[name])
    assert against_weights

"""What changing existing pairs gains: each point is the best of its number of changes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import crowds
import numpy as np
import pytest
from small_rounds import ON, couples, match, mentee, mentor

from matching import Matcher, Policy, Wishes
from matching.frontier import Frontier
from matching.policy import default
from matching.scoring.scores import Scores


def frontier(people: list[dict[str, Any]], mentors: list[dict[str, Any]], **more: Any) -> Frontier:
    return Matcher().fit(people, mentors).frontier(on=ON, **more)


def every_round(
    people: list[dict[str, Any]], mentors: list[dict[str, Any]]
) -> dict[frozenset[tuple[str, str]], float]:
    """Every assignment there is of mentors with a place each, with its total."""
    rows = Scores(people, mentors, default(), ON).rows(0, len(people))
    found = {}
    # None stands for no mentor.
    for chosen in itertools.product([None, *range(len(mentors))], repeat=len(people)):
        taken = [j for j in chosen if j is not None]
        pairs = [(i, j) for i, j in enumerate(chosen) if j is not None]
        if len(set(taken)) == len(taken) and all(rows[i, j] >= 0 for i, j in pairs):
            ids = frozenset((people[i]["mentee_id"], mentors[j]["mentor_id"]) for i, j in pairs)
            found[ids] = float(sum(rows[i, j] for i, j in pairs))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_no_round_of_as_few_changes_is_better(seed: int) -> None:
    """Against all rounds there are: as many mentees matched first, then the total."""
    draw = np.random.default_rng(seed)
    people, mentors = crowds.make(5, 5, seed=seed)
    mentors = [each | {"capacity": 1, "status": "active"} for each in mentors]
    everything = every_round(people, mentors)
    most = max(map(len, everything))
    # People matched before may be matched badly.
    some = [ids for ids in everything if len(ids) in (most - 1, most)]
    before = sorted(some, key=sorted)[draw.integers(len(some))]

    found = frontier(people, mentors, existing=sorted(before))

    assert found.is_complete
    assert found.points[0].changed == 0
    totals = [point.total for point in found.points[1:]]
    assert totals == sorted(totals)
    for point in found.points:
        at_most = [
            (len(ids), total)
            for ids, total in everything.items()
            if len(before - ids) <= point.changed
        ]
        if point.keep_bonus is None:
            # Under "keep" nothing ends; the best round that leaves all of them.
            assert (point.matched, point.total) == pytest.approx(max(at_most), abs=1e-5)
            continue
        assert point.matched == most
        best = max(total for matched, total in at_most if matched == most)
        assert point.total == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("objective", ["coverage", "fair", "total"])
def test_the_hull_is_concave_and_a_bonus_leads_to_its_point(objective: str) -> None:
    policy = Policy.from_dict(default().to_dict() | {"objective": objective})
    people, mentors = crowds.make(60, 25, seed=13)
    existing = couples(match(people[5:], mentors[::-1][:20]))
    paired = {mentee for mentee, _mentor in existing}
    waiting = {each["mentee_id"]: 0.05 for each in people if each["mentee_id"] not in paired}
    asked = Wishes(ON, existing=existing, priority=waiting)
    model = Matcher(policy).fit(people, mentors)

    found = model.frontier(asked, most=40)

    assert found.is_complete
    by_bonus = [point for point in found.points if point.keep_bonus is not None]
    assert len(by_bonus) > 2
    slopes = [
        (b.worth - a.worth) / (b.changed - a.changed) for a, b in itertools.pairwise(by_bonus)
    ]
    assert slopes == sorted(slopes, reverse=True)
    assert min(slopes) > 0
    for point in by_bonus:
        result = model.match(replace(asked, mode="better", keep_bonus=point.keep_bonus or 0))
        kept = {(pair.mentee, pair.mentor) for pair in result.pairs} & set(existing)
        assert len(existing) - len(kept) == point.changed
        assert result.measures["total"] == pytest.approx(point.total, abs=1e-6)
        waited = sum(waiting.get(pair.mentee, 0) for pair in result.pairs)
        assert point.worth == pytest.approx(point.total + waited, abs=1e-6)


def test_people_who_move_lose_or_gain_are_counted() -> None:
    """Ana's mentor suits Bea alone, and Ana suits another; Cy keeps theirs."""
    people = [
        mentee("ana", specialty_interests=["dermatology"]),
        mentee("bea", specialty_interests=["cardiology"]),
        mentee("cy", specialty_interests=["nephrology"]),
    ]
    mentors = [
        mentor("heart", specialties=["cardiology"]),
        mentor("skin", specialties=["dermatology"]),
        mentor("kidney", specialties=["nephrology"]),
    ]
    existing = [("ana", "heart"), ("cy", "kidney")]

    none, one = frontier(people, mentors, existing=existing).points

    assert (none.keep_bonus, none.changed, none.moved, none.lost) == (None, 0, 0, 0)
    assert (none.matched, none.gain) == (3, None)
    assert (one.changed, one.matched, one.moved, one.lost) == (1, 3, 1, 0)
    assert one.gain is not None
    assert one.gain > 0.05
    assert one.total - none.total > one.gain  # Bea gains too


def test_time_and_number_bound_it_and_are_told() -> None:
    people, mentors = crowds.make(60, 25, seed=13)
    existing = couples(match(people[5:], mentors[::-1][:20]))
    told: list[tuple[str, int, int]] = []

    few = frontier(people, mentors, existing=existing, most=3)
    hurried = frontier(
        people, mentors, existing=existing, seconds=0, progress=lambda *at: told.append(at)
    )

    assert not few.is_complete
    assert len(few.points) <= 3
    assert not hurried.is_complete
    # Two ends, and the round that changes nothing.
    assert told == [("changing", k, 10) for k in range(3)]


def test_pairs_by_hand_and_places_are_kept_to() -> None:
    people, mentors = crowds.make(30, 12, seed=5)
    existing = couples(match(people, mentors[::-1][:9]))
    pinned = existing[:3]

    found = frontier(people, mentors, existing=existing, pinned=pinned, forbidden=[])

    assert all(point.changed <= len(existing) - len(pinned) for point in found.points)


def test_without_existing_pairs_there_is_one_point() -> None:
    people, mentors = crowds.make(10, 5, seed=1)

    found = frontier(people, mentors)

    assert [point.changed for point in found.points] == [0]
    assert found.is_complete

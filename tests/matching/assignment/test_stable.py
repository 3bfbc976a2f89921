"""Stable matching against every matching there is, and input that cannot be meant."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from matching import blocking_pairs, stable


def random_preferences(seed: int) -> tuple[list[list[int]], list[list[int]], Any]:
    rng = np.random.default_rng(seed)
    mentees, mentors = rng.integers(0, 5), rng.integers(0, 4)
    theirs = [rng.permutation(mentors)[: rng.integers(0, mentors + 1)] for _ in range(mentees)]
    others = [rng.permutation(mentees)[: rng.integers(0, mentees + 1)] for _ in range(mentors)]
    return [x.tolist() for x in theirs], [x.tolist() for x in others], rng.integers(0, 3, mentors)


def blocks(chosen: Any, mentees: list[list[int]], mentors: list[list[int]], capacity: Any) -> bool:
    """Return whether some two would rather have each other, by the definition."""
    for i, own in enumerate(chosen):
        for j in mentees[i]:
            if j == own:
                break
            if i not in mentors[j]:
                continue
            held = [mentors[j].index(k) for k, other in enumerate(chosen) if other == j]
            if len(held) < capacity[j] or any(rank > mentors[j].index(i) for rank in held):
                return True
    return False


@pytest.mark.parametrize("seed", range(200))
def test_it_is_stable_and_the_best_of_all_for_every_mentee(seed: int) -> None:
    mentees, mentors, capacity = random_preferences(seed)
    accepted = [[j for j in listed if i in mentors[j]] for i, listed in enumerate(mentees)]

    found = stable(mentees, mentors, capacity=capacity)

    assert len(blocking_pairs(found, mentees, mentors, capacity=capacity)) == 0
    own = dict(found.tolist())
    for chosen in itertools.product(*[[None, *listed] for listed in accepted]):
        if any(chosen.count(j) > capacity[j] for j in range(len(mentors))):
            continue
        pairs = np.array([(i, j) for i, j in enumerate(chosen) if j is not None], dtype=int)
        found_blocking = blocking_pairs(pairs.reshape(-1, 2), mentees, mentors, capacity=capacity)
        is_blocked = blocks(chosen, mentees, mentors, capacity)
        assert (len(found_blocking) > 0) == is_blocked
        for i, j in enumerate(chosen):
            if not is_blocked and j is not None:
                assert mentees[i].index(own[i]) <= mentees[i].index(j)


def test_thousands_are_matched_and_no_one_is_asked_twice() -> None:
    rng = np.random.default_rng(1)
    mentees = [rng.choice(300, 13, replace=False).tolist() for _ in range(3000)]
    mentors: list[list[int]] = [[] for _ in range(300)]
    for mentee in rng.permutation(3000).tolist():
        for mentor in mentees[mentee]:
            mentors[mentor].append(mentee)

    found = stable(mentees, mentors, capacity=8)

    assert len(found) > 2000
    assert len(blocking_pairs(found, mentees, mentors, capacity=8)) == 0
    swapped = found.copy()
    swapped[:2, 1] = found[1::-1, 1]
    if swapped[0, 1] in mentees[swapped[0, 0]] and swapped[1, 1] in mentees[swapped[1, 0]]:
        assert len(blocking_pairs(swapped, mentees, mentors, capacity=8)) > 0


@pytest.mark.parametrize(
    ("mentees", "mentors", "capacity", "message"),
    [
        ([[0, 5]], [[0]], 1, "mentee_preferences: list 0 names 5; there are 1"),
        ([[0]], [[0, 0]], 1, "mentor_preferences: list 0 names 0 twice"),
        ([[-1]], [[0]], 1, "names -1"),
        ([["a"]], [[0]], 1, "must be lists of integer indices"),
        ([[0.9]], [[0]], 1, "must be lists of integer indices"),
        ([[2**70]], [[0]], 1, "names -1"),
        (None, [[0]], 1, "must be lists"),
        ([0], [[0]], 1, "must be lists"),
        ([[0]], [[0]], -1, "capacity: entry 0 is -1"),
        ([[0]], [[0]], [1, 1], "capacity: must be one number or 1"),
    ],
)
def test_preferences_that_cannot_be_meant_are_refused(
    mentees: Any, mentors: Any, capacity: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        stable(mentees, mentors, capacity=capacity)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([[0, 0], [0, 1]], "mentee 0 has several mentors"),
        ([[0, 0], [1, 0]], "mentor 0 has more mentees than places"),
        ([[1, 1]], r"\[1, 1\] do not accept each other"),
        ([[2, 0]], "outside"),
    ],
)
def test_what_is_no_matching_is_refused(pairs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        blocking_pairs(pairs, [[0, 1], [0]], [[0, 1], [0]])

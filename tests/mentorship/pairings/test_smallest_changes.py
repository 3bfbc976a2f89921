"""The smallest change that an unmatched mentee is told of would have matched them, had it been."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import crowds
import numpy as np
import pytest
import told
from long_forms import first_of
from small_rounds import ON, couples, match

from matching import Matcher, Wishes
from matching.policy import default

PROGRAMS = 200


def program(seed: int) -> told.Round:
    """A round of a small program at random, in which a third keep the mentor they have."""
    rng = np.random.default_rng(seed)
    mentees, mentors = crowds.make(int(rng.integers(6, 18)), int(rng.integers(1, 7)), seed)
    policy = replace(
        default(),
        floor=float(rng.choice([0.0, 0.5, 0.53, 0.57])),
        objective=str(rng.choice(["coverage", "total"])),  # type: ignore[arg-type]
        rules={
            "stage": bool(rng.random() < 0.7),
            "language": bool(rng.random() < 0.7),
            "hours_apart": int(rng.choice([3, 5, 12])),
        },
    )
    existing = couples(match(mentees, mentors, policy))[::3] if rng.random() < 0.5 else []
    wishes = Wishes(ON, existing=existing)
    result = Matcher(policy).fit(mentees, mentors).match(wishes)
    return told.Round(mentees, mentors, policy, wishes, result)


@pytest.mark.parametrize("tenth", first_of(range(10)))
def test_every_smallest_change_matches_the_mentee_once_it_is_made(tenth: int) -> None:
    kinds: Counter[str] = Counter()
    for seed in range(tenth, PROGRAMS, 10):
        round = program(70_000 + seed)
        round.check()
        assert round.untrue == [], seed
        kinds.update({kind: n for kind, n in round.told.items() if kind.startswith("change ")})

    # And changes of several kinds were told.
    assert len(kinds) >= 4, kinds
    assert kinds.total() >= 20, kinds

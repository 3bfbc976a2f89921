"""A score says how far a pair stands out, and silence is no advantage."""

from __future__ import annotations

from typing import Any

import crowds
import pytest
from small_rounds import ON, match, mentee, mentor

from matching import Policy
from matching.policy import default
from matching.scoring.scores import Scores


def test_saying_nothing_is_no_advantage() -> None:
    full = mentee("a", goals=["interview-practice"], specialty_interests=["nephrology"])
    silent = mentee("b", goals=["interview-practice"], specialty_interests=None)
    mentors = [mentor("x", capacity=2), mentor("y", topics=["teaching"], specialties=["urology"])]

    scores = {p.mentee: p.score for p in match([full, silent], mentors, policy=_no_floor()).pairs}

    perfect = match([mentee("c")], mentors, policy=_no_floor()).pairs[0].score
    assert scores["b"] < perfect


@pytest.mark.parametrize("seed", range(3))
def test_saying_less_does_not_bring_anybody_forward(seed: int) -> None:
    """Deleting answers must not raise the rank that a mentor can expect."""
    people, mentors = crowds.make(150, 80, seed=seed)
    silent = set(range(0, 80, 2))
    scored = {"specialties", "experiences_offered", "bio", "availability", "modalities"}
    scored |= {"meetings_per_month", "country", "style_feedback", "style_contact", "style_focus"}
    quiet = [
        {name: value for name, value in person.items() if row not in silent or name not in scored}
        for row, person in enumerate(mentors)
    ]

    def ranks(others: list[dict[str, Any]]) -> Any:
        score = Scores(people, others, default(), ON).rows(0, 150)
        return (-score).argsort(axis=1).argsort(axis=1)

    before, after = ranks(mentors), ranks(quiet)
    chosen = sorted(silent)

    assert after[:, chosen].mean() >= before[:, chosen].mean()


def _no_floor() -> Policy:
    return Policy.from_dict(default().to_dict() | {"floor": 0})

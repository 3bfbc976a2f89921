"""Rounds of a few people, of whom each test states what matters."""

from __future__ import annotations

import datetime
from typing import Any

import factories

from matching import Matcher, RoundResult, Wishes
from matching.policy import Policy, default

ON = datetime.date(2026, 11, 23)
#: A program that weighs identity, and so asks about gender and communities.
WITH_IDENTITY = Policy.from_dict(
    default().to_dict() | {"weights": {**default().weights, "identity": 10}}
)


def mentee(name: str, **changes: Any) -> dict[str, Any]:
    """Return a mentee's answers."""
    return factories.mentee_answers(mentee_id=name, email=f"{name}@example.org", **changes)


def mentor(name: str, **changes: Any) -> dict[str, Any]:
    """Return a mentor's answers."""
    return factories.mentor_answers(mentor_id=name, email=f"{name}@example.org", **changes)


def match(
    mentees: list[dict[str, Any]],
    mentors: list[dict[str, Any]],
    policy: Policy | None = None,
    **wishes: Any,
) -> RoundResult:
    """Return the round of these people, under the default policy unless another is given."""
    return Matcher(policy).fit(mentees, mentors).match(Wishes(ON, **wishes))


def couples(result: RoundResult) -> list[tuple[str, str]]:
    """Return the ids of a round's pairs."""
    return [(pair.mentee, pair.mentor) for pair in result.pairs]

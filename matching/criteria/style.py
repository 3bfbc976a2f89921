"""How both like to work together."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

import numpy as np

from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding
from matching.features.comparisons import Comparison, Part
from matching.profiles.people import Answers, Table


class Style(Criterion):
    """Four short paired questions on how people like to work."""

    name: ClassVar[str] = "style"
    questions = ("style_feedback", "style_structure", "style_contact", "style_focus")

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the share of questions answered alike, of those on which both took a side."""
        sides, known = [], []
        for question in self.questions:
            seen: dict[str, int] = {}
            answers = [_side(people, question) for people in (mentees, mentors)]
            one, two = (encoding.codes(side, question, seen) for side in answers)
            sides.append([side[:, None] == np.arange(len(seen)) for side in (one, two)])
            known.append((one >= 0, two >= 0))
        left, right = (np.hstack(side).astype(np.float32) for side in zip(*sides, strict=True))
        alike = comparisons.product(left, right, 1)
        parts = [Part(1, None if k else alike, *both) for k, both in enumerate(known)]
        return comparisons.mean(parts) if left.any() and right.any() else None

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return that both like to work the same way; the answers themselves stay private.

        Only where two answers or more agree, and more agree than differ.
        """
        sides = [
            (mentee[question], mentor[question])
            for question in self.questions
            if {mentee.get(question), mentor.get(question)}.isdisjoint({None, "either"})
        ]
        alike = sum(mine == theirs for mine, theirs in sides)
        return {"alike": alike} if alike >= 2 and 2 * alike > len(sides) else None


def _side(people: Table, question: str) -> list[dict[str, Any]]:
    """Return the answers to a paired question, "either" as no answer."""
    answers = [person.get(question) for person in people]
    return [{question: None if answer == "either" else answer} for answer in answers]


CRITERION = Style()

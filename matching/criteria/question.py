"""A question of a program's own: whether two people give the same answer to it."""

from __future__ import annotations

import datetime
from typing import ClassVar

import numpy as np

from matching.arrays import Singles
from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding
from matching.features.comparisons import Comparison, Part
from matching.profiles.people import Answers, Table


class Question(Criterion):
    """One question of a program's own: the answer, or the answers, that both gave to it.

    Each further answer in common adds half of what the one before did, and as many as anyone could
    share count fully. So to tick one more never lowers a pair.
    """

    #: It may be about identity.
    is_learned: ClassVar[bool] = False

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        """Return the name of the question."""
        return self._name

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return what the answers in common are worth."""
        sides = [encoding.listed_answers(people, self.name) for people in (mentees, mentors)]
        most = min(max(map(len, side), default=0) for side in sides)
        if not most:
            return None
        shared = encoding.shared_answers(mentees, mentors, self.name)
        worth = ((1 - 0.5 ** np.arange(most + 1)) / (1 - 0.5**most)).astype(np.float32)

        def values(start: int, stop: int) -> Singles:
            counted: Singles = worth[shared(start, stop).astype(np.int64)]
            return counted

        known = (np.array([bool(given) for given in side], dtype=bool) for side in sides)
        return comparisons.mean([Part(1, values, *known)])

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return the answers that both gave, as the mentee gave them."""
        (theirs,) = encoding.listed_answers([mentor], self.name)
        given = mentee.get(self.name) or []
        answers = [given] if isinstance(given, str) else given
        shared = [answer for answer in answers if answer.strip().casefold() in theirs]
        return {"shared": shared} if shared else None

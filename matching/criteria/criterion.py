"""What every criterion is."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Protocol

from matching.features.comparisons import Comparison
from matching.profiles.people import Answers, Table

#: What a similarity rests on, as data; sentences are made of it for each reader.
Evidence = dict[str, Any]


class Criterion(Protocol):
    """One aspect of a pair.

    `is_about_few` says that most pairs are unknown to it because few people pick or share anything,
    not because an answer is missing. `is_learned` says that outcomes may speak of its weight: never
    of one that rests on identity or on what people wrote.
    """

    is_about_few: ClassVar[bool] = False
    is_learned: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """Return the name that policies weigh it by."""
        ...

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return a comparison of all mentees with all mentors, None where it would be empty."""
        ...

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return what speaks for this pair, or None where there is nothing to say."""
        ...

    def caution(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return what coordinators should look at before they let this pair meet, or None."""
        return None

"""Institution and region, as each side wants them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from matching.criteria.criterion import Criterion, Evidence
from matching.features import comparisons, encoding
from matching.features.comparisons import Comparison, Part
from matching.profiles import normal_forms
from matching.profiles.people import Answers, Table


class Place(Criterion):
    """Institution and region, as each side wants them: the same, another, or either."""

    name: ClassVar[str] = "place"
    wishes: ClassVar[dict[str, int]] = {"same": 1, "different": -1}  # 0 is no wish
    #: The wish about each kind of place, and how two places of the kind are compared.
    kinds: ClassVar[dict[str, tuple[str, Callable[[str], str]]]] = {
        "institution": ("institution_wish", normal_forms.institution),
        "country": ("region_wish", str),
    }

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the share of wishes met, of those that were made and can be decided."""
        parts = []
        for column, (wish, form) in self.kinds.items():
            seen: dict[str, int] = {}
            one, two = (encoding.codes(people, column, seen, form) for people in (mentees, mentors))
            # Two unknown places are not one place.
            one[one < 0] = -2
            wanted = [
                np.array([self.wishes.get(p.get(wish, ""), 0) for p in people], dtype=np.int64)
                for people in (mentees, mentors)
            ]
            wishes = wanted[0] * (one >= 0), wanted[1] * (two >= 0)
            if wishes[0].any() or wishes[1].any():
                parts += [
                    Part(1, comparisons.as_wished(one, two, *wishes), wishes[0] != 0, two >= 0),
                    Part(1, None, one >= 0, wishes[1] != 0),
                ]
        return comparisons.mean(parts) if parts else None

    def evidence(self, mentee: Answers, mentor: Answers, similarity: float) -> Evidence | None:
        """Return the institution or country that both share, where either wished for it."""
        for column, (wish, form) in self.kinds.items():
            mine, theirs = (form(p.get(column) or "") for p in (mentee, mentor))
            wished = "same" in (mentee.get(wish), mentor.get(wish))
            if mine and mine == theirs and wished:
                return {column: mentor[column]}
        return None


CRITERION = Place()

"""Supply against demand as a table of bars: where places are short, and whom each is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from matching.profiles import taxonomy
from mentorship.coordination.roster import Need
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Program, Role
from mentorship.people import gaps, questionnaire
from mentorship.people.gaps import Dimension

#: How many rows are shown, those that lack most first, and from when on one stands out.
MOST_ROWS, SHORT = 14, 5

#: What the column is called, and how mentees are counted in it.
WORDS = {
    Dimension.FIELD: (mark("Specialty"), mark("Mentees waiting, by first choice")),
    Dimension.TOPIC: (mark("Help wanted"), mark("Mentees waiting who ask for it")),
    Dimension.STAGE: (mark("Stage"), mark("Mentees waiting")),
    Dimension.LANGUAGE: (mark("Language"), mark("Mentees waiting who speak it")),
    Dimension.COUNTRY: (mark("Country"), mark("Mentees waiting")),
}


@dataclass(frozen=True)
class Row:
    """One line; `left`, `wanted`, `axis` and `offered` are percent of the width of its bars."""

    name: str
    waiting: int
    free: int
    left: float
    wanted: float
    axis: float
    offered: float
    mentees: str
    mentors: str

    @property
    def short(self) -> int:
        """Return how many places are lacking, below 0 where there are some to spare."""
        return self.waiting - self.free

    @property
    def stands_out(self) -> bool:
        """Return whether so many are lacking that it needs attention."""
        return self.short >= SHORT


def rows(
    program: Program, dimension: Dimension, result: Mapping[str, Any]
) -> tuple[list[Row], int]:
    """Return the lines of a dimension, those that lack most first, drawn to one scale.

    And how many more there are, which lack less.
    """
    counts: Mapping[str, list[int]] = result["gaps"].get(dimension.value, {})
    wanted = [id for id, (waiting, _free) in counts.items() if waiting]
    ids = sorted(wanted, key=lambda id: (counts[id][1] - counts[id][0], -counts[id][0], id))
    more = max(0, len(ids) - MOST_ROWS)
    ids = ids[:MOST_ROWS]
    most_waiting = max((counts[id][0] for id in ids), default=0)
    most_free = max((counts[id][1] for id in ids), default=0)
    # Where supply is plenty, it would press all the rest together: cut, and the number says it.
    most_free = min(most_free, max(most_waiting, 1))
    scale = 100 / max(1, most_waiting + most_free)
    axis = most_waiting * scale
    drawn = [
        Row(
            name=name(dimension, id),
            waiting=counts[id][0],
            free=counts[id][1],
            left=axis - counts[id][0] * scale,
            wanted=counts[id][0] * scale,
            axis=axis,
            offered=min(counts[id][1], most_free) * scale,
            mentees=_place(program, dimension, id, Role.MENTEE, Need.WAITING),
            mentors=_place(program, dimension, id, Role.MENTOR, Need.FREE),
        )
        for id in ids
    ]
    return drawn, more


def name(dimension: Dimension, id: str) -> str:
    """Return what an id of a dimension is called."""
    if dimension is Dimension.COUNTRY:
        return questionnaire.country(id)
    return _(taxonomy.load().label(gaps.kind(dimension), id))


def _place(program: Program, dimension: Dimension, id: str, role: Role, need: Need) -> str:
    narrowed: dict[str, Any] = {dimension.value: id, "role": role.value, "need": need.value}
    return url_for("people.index", slug=program.slug, **narrowed)

"""Supply and demand: who is waiting and who is free, by field, help, stage, language and country.

A dimension is a row of `DIMENSIONS`: what of a mentee's answers is asked for and what of a mentor's
offers it, both as one reads them from answers and as a query finds the same people.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from matching.profiles import taxonomy
from mentorship.models import Profile, Role
from mentorship.people import sight, stages

Answers = Mapping[str, Any]
#: Mentees who wait and places that are free, by id.
Counts = dict[str, tuple[int, int]]


class Dimension(enum.StrEnum):
    """By what people are told apart; the name stands in addresses."""

    FIELD = "field"
    TOPIC = "topic"
    STAGE = "stage"
    LANGUAGE = "language"
    COUNTRY = "country"


@dataclass(frozen=True)
class _Side:
    """The ids that someone's answers come to, and the condition that they come to a given one."""

    of: Callable[[Answers], Collection[str]]
    has: Callable[[str], ColumnElement[bool]]


@dataclass(frozen=True)
class _Sides:
    kind: str
    mentee: _Side
    mentor: _Side


def _only(column: str) -> _Side:
    return _Side(
        lambda answers: [answers[column]] if answers.get(column) else [],
        lambda id: Profile.answers[column].as_string() == id,
    )


def _first(column: str) -> _Side:
    return _Side(
        lambda answers: (answers.get(column) or [])[:1],
        lambda id: Profile.answers[column, 0].as_string() == id,
    )


def _any_of(column: str) -> _Side:
    return _Side(
        lambda answers: set(answers.get(column) or ()),
        # A list is text in which each id stands between quotation marks, and no id has any.
        lambda id: Profile.answers[column].as_string().contains(f'"{id}"', autoescape=True),
    )


def _served(answers: Answers) -> list[str]:
    """Return the stages that a mentor may have, by theirs and by what they accept."""
    accepted = answers.get("accepts_stages") or taxonomy.load().ids("stage")
    return [id for id in accepted if answers.get("career_stage") in stages.mentors_of(id)]


def _serves(id: str) -> ColumnElement[bool]:
    accepts = Profile.answers["accepts_stages"].as_string()
    return and_(
        Profile.answers["career_stage"].as_string().in_(sorted(stages.mentors_of(id))),
        or_(accepts.is_(None), accepts.contains(f'"{id}"', autoescape=True)),
    )


_SIDES: Mapping[Dimension, _Sides] = {
    Dimension.FIELD: _Sides("specialty", _first("specialty_interests"), _any_of("specialties")),
    Dimension.TOPIC: _Sides("goal", _any_of("goals"), _any_of("topics")),
    Dimension.STAGE: _Sides("stage", _only("career_stage"), _Side(_served, _serves)),
    Dimension.LANGUAGE: _Sides("language", _any_of("languages"), _any_of("languages")),
    Dimension.COUNTRY: _Sides("country", _only("country"), _only("country")),
}


def kind(dimension: Dimension) -> str:
    """Return the kind of the taxonomy's entries by which a dimension tells apart, or "country"."""
    return _SIDES[dimension].kind


def is_shown(dimension: Dimension, id: str) -> bool:
    """Return whether coordinators may tell people apart by an id: not by a sensitive goal."""
    if dimension is Dimension.COUNTRY:
        return len(id) == 2 and id.isalpha()
    entry = taxonomy.load().entries[kind(dimension)].get(id)
    return entry is not None and not entry.get("sensitive")


def has(dimension: Dimension, id: str, role: Role | None) -> ColumnElement[bool]:
    """Match profiles that stand on the side of a role, or on either, by an id of a dimension."""
    sides = _SIDES[dimension]
    either = {Role.MENTEE: sides.mentee, Role.MENTOR: sides.mentor}
    return or_(
        *(
            and_(Profile.role == each, side.has(id))
            for each, side in either.items()
            if role in (None, each)
        )
    )


def count(
    waiting: Iterable[Answers], free: Iterable[tuple[Answers, int]]
) -> dict[Dimension, Counts]:
    """Return, by dimension and id, how many mentees wait and how many places are free.

    `free` are mentors with their number of free places: each counts in full in every field.
    """
    mentees = [sight.visible(answers, sight.Viewer.COORDINATOR) for answers in waiting]
    mentors = [(sight.visible(m, sight.Viewer.COORDINATOR), places) for m, places in free]
    found: dict[Dimension, Counts] = {}
    for dimension, sides in _SIDES.items():
        wanted: Counter[str] = Counter()
        offered: Counter[str] = Counter()
        for answers in mentees:
            wanted.update(sides.mentee.of(answers))
        for answers, places in mentors:
            offered.update(dict.fromkeys(sides.mentor.of(answers), places))
        found[dimension] = {
            id: (wanted[id], offered[id])
            for id in sorted(wanted.keys() | offered.keys())
            if is_shown(dimension, id)
        }
    return found

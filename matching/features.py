"""Arrays made of answers: what criteria and must-rules compute with.

A table is a list of answers as `matching.columns` reads them, one mapping for each person. Every
function takes a table and returns an array with one row for each person, in the same order.
"""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import MultiLabelBinarizer

from matching import cells, taxonomy

Answers = Mapping[str, Any]
Table = Sequence[Answers]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HALF_HOURS = 7 * 48
#: How much less the second and later entries of a list count than the one before.
NEXT_COUNTS = 0.7


def has(table: Table, column: str) -> Flags:
    """Return who answered, shape (people,)."""
    return np.array([bool(person.get(column)) for person in table], dtype=bool)


def ticked(table: Table, column: str, kind: str) -> Floats:
    """Return 1 where a person ticked an entry, shape (people, entries of the taxonomy's kind)."""
    binarizer = MultiLabelBinarizer(classes=taxonomy.load().ids(kind))
    lists = [person.get(column) or [] for person in table]
    array: Floats = binarizer.fit_transform(lists).astype(np.float64)
    return array


def ranked(table: Table, column: str, kind: str) -> Floats:
    """Return the share that each entry of an ordered list has, rows summing to 1 or 0."""
    position = {id: k for k, id in enumerate(taxonomy.load().ids(kind))}
    shares = np.zeros((len(table), len(position)))
    for row, person in enumerate(table):
        for rank, id in enumerate(person.get(column) or []):
            shares[row, position[id]] = NEXT_COUNTS**rank
    totals = shares.sum(axis=1, keepdims=True)
    np.divide(shares, totals, out=shares, where=totals > 0)
    return shares


def codes(table: Table, column: str, vocabulary: dict[str, int]) -> npt.NDArray[np.int64]:
    """Return a number for each answer, equal for equal words; -1 where there is none.

    `vocabulary` is extended, so that two tables can be compared.
    """
    found = []
    for person in table:
        word = person.get(column)
        known = isinstance(word, str) and bool(word.strip())
        key = str(word).strip().casefold()
        found.append(vocabulary.setdefault(key, len(vocabulary)) if known else -1)
    return np.array(found, dtype=np.int64)


def week(table: Table, on: datetime.date) -> Floats:
    """Return 1 for every free half hour of the week of `on` in UTC, shape (people, 336)."""
    free = np.zeros((len(table), HALF_HOURS))
    monday = datetime.datetime.combine(
        on - datetime.timedelta(days=on.weekday()), datetime.time(), datetime.UTC
    )
    for row, person in enumerate(table):
        offset = _offset_minutes(person.get("timezone", "UTC"), monday)
        for slot in person.get("availability") or []:
            start, end = cells.minutes(slot)
            # A half hour counts when all of it is free.
            first, last = -((offset - start) // 30), (end - offset) // 30
            free[row, np.arange(first, last) % HALF_HOURS] = 1
    return free


@functools.cache
def relatedness() -> Floats:
    """Return how related two specialties are, 0 to 1, shape (specialties, specialties)."""
    data = taxonomy.load().data
    ids = taxonomy.load().ids("specialty")
    at = {id: k for k, id in enumerate(ids)}
    defaults = data["relatedness_defaults"]
    related = np.zeros((len(ids), len(ids)))
    primary = len(data["specialties"])
    related[:primary, :primary] = defaults["unrelated"]
    children: dict[str, list[str]] = {}
    for sub in data["subspecialties"]:
        children.setdefault(sub["parent"], []).append(sub["id"])
        related[at[sub["id"]], at[sub["parent"]]] = defaults["parent_child"]
        for other in sub.get("also_under", []):
            related[at[sub["id"]], at[other]] = defaults["also_under"]
    for siblings in children.values():
        family = [at[id] for id in siblings]
        related[np.ix_(family, family)] = defaults["siblings"]
    for one, two, value in data["related"]:
        related[at[one], at[two]] = value
    related = np.maximum(related, related.T)
    np.fill_diagonal(related, 1.0)
    return related


@functools.cache
def related_goals() -> Floats:
    """Return how related two goals are, 0 to 1, shape (goals, goals)."""
    ids = taxonomy.load().ids("goal")
    at = {id: k for k, id in enumerate(ids)}
    related = np.eye(len(ids))
    for one, two, value in taxonomy.load().data["related_goals"]:
        related[at[one], at[two]] = related[at[two], at[one]] = value
    return related


@functools.cache
def stage_fit() -> Floats:
    """Return how well a mentor's stage serves a mentee's, shape (stages, stages); 0: not rated."""
    stages = taxonomy.load().entries["stage"]
    at = {id: k for k, id in enumerate(stages)}
    fit = np.zeros((len(at), len(at)))
    for id, stage in stages.items():
        for mentor_stage, value in stage["mentored_by"].items():
            fit[at[id], at[mentor_stage]] = value
    return fit


def stages(table: Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the position of each person's stage in the taxonomy, and its seniority."""
    entries = taxonomy.load().entries["stage"]
    at = {id: k for k, id in enumerate(entries)}
    position = np.array([at[p["career_stage"]] for p in table], dtype=np.int64)
    order = np.array([entries[p["career_stage"]]["order"] for p in table], dtype=np.int64)
    return position, order


def _offset_minutes(zone: str, monday: datetime.datetime) -> int:
    offset = monday.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
    return int((offset or datetime.timedelta()).total_seconds() // 60)

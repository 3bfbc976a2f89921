"""Arrays made of answers: what criteria and must-rules compute with.

A table is a list of answers as `matching.profiles.columns` reads them, one mapping for each person.
Every function takes a table and returns an array with one row for each person, in the same order.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from matching.arrays import Codes, Flags, Ints, Singles
from matching.profiles import slots, taxonomy
from matching.profiles.people import Table

#: Minutes between the clocks of a block of mentees and all mentors.
Apart = Callable[[int, int], Codes]

HALF_HOURS = 7 * 48
#: How much less the second and later entries of a list count than the one before.
NEXT_COUNTS = 0.7
#: Shares are whole multiples of 1 / QUANTUM, held in float32. Sums of products of two of them stay
#: below 2**24, where float32 is exact, so a product of matrices has the same bits whatever the
#: block, the order of its sums, the thread or the machine.
QUANTUM = 2048


def answered(table: Table, column: str) -> Flags:
    """Return which people answered, shape (people,)."""
    return np.array([bool(person.get(column)) for person in table], dtype=bool)


def ticked(table: Table, column: str, kind: str) -> Singles:
    """Return 1 where a person ticked an entry, shape (people, entries of the taxonomy's kind)."""
    rows, columns, _ = _listed(table, column, kind)
    flags = np.zeros((len(table), len(taxonomy.load().ids(kind))), dtype=np.float32)
    flags[rows, columns] = 1
    return flags


def ranked(table: Table, column: str, kind: str) -> Singles:
    """Return what each entry of an ordered list counts, whole numbers; rows sum to QUANTUM or 0."""
    rows, columns, ranks = _listed(table, column, kind)
    exact = np.zeros((len(table), len(taxonomy.load().ids(kind))), dtype=np.float32)
    exact[rows, columns] = NEXT_COUNTS**ranks
    totals = exact.sum(axis=1, keepdims=True)
    np.divide(exact, totals, out=exact, where=totals > 0)
    whole = quantised(exact)
    # What rounding lost or won goes to the first entry.
    first = ranks == 0
    whole[rows[first], columns[first]] += QUANTUM - whole[rows[first]].sum(axis=1)
    return whole


def quantised(shares: npt.ArrayLike) -> Singles:
    """Return shares from 0 to 1 as whole numbers from 0 to QUANTUM."""
    whole: Singles = np.rint(np.asarray(shares, dtype=np.float32) * QUANTUM)
    return whole


def _as_word(answer: str) -> str:
    return answer.strip().casefold()


def codes(
    table: Table, column: str, vocabulary: dict[str, int], form: Callable[[str], str] = _as_word
) -> Codes:
    """Return a number for each answer, equal for answers of equal `form`; -1 where there is none.

    `vocabulary` is extended, so that two tables can be compared.
    """
    forms = (form(person.get(column) or "") for person in table)
    return np.array(
        [vocabulary.setdefault(each, len(vocabulary)) if each else -1 for each in forms],
        dtype=np.int32,
    )


def week(table: Table, on: datetime.date) -> Singles:
    """Return 1 for every free half hour of the week of `on` in UTC, shape (people, 336)."""
    free = np.zeros((len(table), HALF_HOURS), dtype=np.float32)
    offsets = offset_minutes(table, on).tolist()
    for row, person in enumerate(table):
        for slot in person.get("availability") or []:
            start, end = slots.minutes(slot)
            # A half hour counts when all of it is free.
            first, last = -((offsets[row] - start) // 30), (end - offsets[row]) // 30
            free[row, np.arange(first, last) % HALF_HOURS] = 1
    return free


def offset_minutes(table: Table, on: datetime.date) -> Codes:
    """Return how many minutes each person's clock is ahead of UTC on the Monday before `on`."""
    monday = datetime.datetime.combine(
        on - datetime.timedelta(days=on.weekday()), datetime.time(), datetime.UTC
    )
    by_zone: dict[str, int] = {}
    offsets = []
    for person in table:
        zone = person.get("timezone", "UTC")
        if zone not in by_zone:
            offset = monday.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
            by_zone[zone] = int((offset or datetime.timedelta()).total_seconds() // 60)
        offsets.append(by_zone[zone])
    return np.array(offsets, dtype=np.int32)


def minutes_apart(mentees: Table, mentors: Table, on: datetime.date) -> Apart:
    """Return a function of a block: how far clocks are apart around the day, 0 to 720 minutes."""
    one, two = (offset_minutes(people, on) for people in (mentees, mentors))

    def rows(start: int, stop: int) -> Codes:
        apart: Codes = np.abs(one[start:stop, None] - two) % 1440
        return np.minimum(apart, 1440 - apart, out=apart)

    return rows


def sample(mentees: Table) -> list[tuple[int, int]]:
    """Return a sample of at most 500 mentees, as ranges of rows from `start` to `stop`.

    They are 20 groups of 25 neighbours in order of their ids, or all where there are no more, so
    that the order of the table makes no difference.
    """
    groups, size = 20, 25
    order = np.argsort(np.array([str(mentee["mentee_id"]) for mentee in mentees], dtype=object))
    picked = order
    if len(order) > groups * size:
        starts = np.linspace(0, len(order) - size, groups).astype(np.int64)
        picked = order[(starts[:, None] + np.arange(size)).ravel()]
    rows = np.unique(picked)
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    runs = np.split(rows, breaks) if len(rows) else []
    return [(int(run[0]), int(run[-1]) + 1) for run in runs]


def stages(table: Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the position of each person's stage in the taxonomy, and its seniority."""
    entries = taxonomy.load().entries["stage"]
    at = {id: k for k, id in enumerate(entries)}
    position = np.array([at[p["career_stage"]] for p in table], dtype=np.int64)
    order = np.array([entries[p["career_stage"]]["order"] for p in table], dtype=np.int64)
    return position, order


def _listed(table: Table, column: str, kind: str) -> tuple[Ints, Ints, Ints]:
    """Return row, position in the taxonomy and rank of every entry that people listed."""
    position = {id: k for k, id in enumerate(taxonomy.load().ids(kind))}
    entries = [
        (row, position[id], rank)
        for row, person in enumerate(table)
        for rank, id in enumerate(person.get(column) or ())
    ]
    rows, columns, ranks = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    return rows, columns, ranks

"""Arrays made of answers: what criteria and must-rules compute with.

A table is a list of answers as `matching.profiles.columns` reads them, one mapping for each person.
Every function takes a table and returns an array with one row for each person, in the same order.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from matching.arrays import Codes, Flags, Ints, Singles
from matching.profiles import clocks, slots, taxonomy
from matching.profiles.people import Table

#: Minutes between the clocks of a block of mentees and all mentors.
Apart = Callable[[int, int], Codes]
#: What a block of mentees and all mentors share: minutes of a week, or answers.
Shared = Callable[[int, int], Singles]

#: The minutes of a week.
MINUTES = 7 * 24 * 60
#: How much less the second and later entries of a list count than the one before.
NEXT_COUNTS = 0.7
#: The same for what is offered: it is nearly as welcome wherever it stands in the list.
NEXT_OFFERS = 0.95
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


def by_rank(table: Table, column: str, kind: str) -> Singles:
    """Return what each entry of an ordered list offers: QUANTUM for the first, then ever less.

    Whole numbers, never below half of that.
    """
    rows, columns, ranks = _listed(table, column, kind)
    offered = np.zeros((len(table), len(taxonomy.load().ids(kind))), dtype=np.float32)
    offered[rows, columns] = quantised(np.maximum(NEXT_OFFERS**ranks, 0.5))
    return offered


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


def listed_answers(table: Table, question: str) -> list[frozenset[str]]:
    """Return what each person answered to a question with one or several answers of any words.

    Small and capital letters are alike.
    """
    given = (person.get(question) or () for person in table)
    return [
        frozenset(map(_as_word, [answer] if isinstance(answer, str) else answer))
        for answer in given
    ]


def shared_answers(mentees: Table, mentors: Table, question: str) -> Shared:
    """Return a function of a block: how many answers to a question two people share."""
    sides = [listed_answers(people, question) for people in (mentees, mentors)]
    common = set[str]().union(*sides[0]) & set[str]().union(*sides[1])
    at = {answer: k for k, answer in enumerate(sorted(common))}
    given, offered = (
        np.array(
            [(row, at[a]) for row, answers in enumerate(side) for a in answers & common],
            dtype=np.int64,
        ).reshape(-1, 2)
        for side in sides
    )
    ticked = sparse.csr_array(
        (np.ones(len(given), dtype=np.float32), (given[:, 0], given[:, 1])),
        shape=(len(mentees), len(at)),
    )
    turned = np.zeros((len(at), len(mentors)), dtype=np.float32)
    turned[offered[:, 1], offered[:, 0]] = 1
    return lambda start, stop: ticked[start:stop] @ turned


def shared_minutes(mentees: Table, mentors: Table, on: datetime.date) -> Shared:
    """Return a function of a block: the minutes of a week in which two people are both free.

    Hours are compared in UTC, with each zone's usual offset in the year of `on`. Sums of whole
    minutes of a week are far below 2**24, so float32 holds them exactly.
    """
    spans = [_spans(people, on) for people in (mentees, mentors)]
    # The week is cut wherever someone's free time begins or ends; in between nothing changes.
    cuts = np.unique(np.concatenate([span[1:].ravel() for span in spans]))
    free, theirs = (
        _within(cuts, span, len(people))
        for span, people in zip(spans, (mentees, mentors), strict=True)
    )
    lengths = np.diff(cuts).astype(np.float32)
    turned = np.ascontiguousarray(theirs.toarray().T * lengths[:, None])
    return lambda start, stop: free[start:stop] @ turned


def _spans(table: Table, on: datetime.date) -> Ints:
    """Return row, first and last minute in UTC of each free time within a week, shape (3, k)."""
    offsets = offset_minutes(table, on).tolist()
    spans = []
    for row, person in enumerate(table):
        for slot in person.get("availability") or ():
            start, end = (minute - offsets[row] for minute in slots.minutes(slot))
            start, end = start % MINUTES, start % MINUTES + end - start
            spans.append((row, start, min(end, MINUTES)))
            if end > MINUTES:
                spans.append((row, 0, end - MINUTES))
    return np.array(spans, dtype=np.int64).reshape(-1, 3).T


def _within(cuts: Ints, spans: Ints, people: int) -> sparse.csr_array[Any, tuple[int, int]]:
    """Return 1 where a person is free between two cuts, shape (people, cuts - 1)."""
    rows, first, last = spans[0], *np.searchsorted(cuts, spans[1:])
    sizes = last - first
    columns = np.arange(sizes.sum()) + np.repeat(first - np.cumsum(sizes) + sizes, sizes)
    shape = (people, max(0, len(cuts) - 1))
    ones = np.ones(len(columns), dtype=np.float32)
    free = sparse.csr_array((ones, (np.repeat(rows, sizes), columns)), shape=shape)
    # Slots that overlap count once.
    free.sum_duplicates()
    free.data[:] = 1
    return free


def offset_minutes(table: Table, on: datetime.date) -> Codes:
    """Return how many minutes each person's clock is usually ahead of UTC in the year of `on`."""
    zones = (person.get("timezone", "UTC") for person in table)
    return np.array([clocks.usual_offset(zone, on.year) for zone in zones], dtype=np.int32)


def minutes_apart(mentees: Table, mentors: Table, on: datetime.date) -> Apart:
    """Return a function of a block: how far clocks usually are apart, 0 to 720 minutes."""
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

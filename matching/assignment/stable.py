"""Stable matching for programs where both sides rank: no two would prefer each other.

Deferred acceptance (Gale and Shapley 1962) with mentees asking, so that every mentee gets the best
mentor that any stable matching could give them. Anyone not on a list is unacceptable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappush, heapreplace
from itertools import chain

import numpy as np
import numpy.typing as npt

from matching.arrays import Ints
from matching.assignment.constraints import Constraints, PairSet
from matching.language import gettext as _

Preferences = Sequence[Sequence[int]]


def stable(
    mentee_preferences: Preferences,
    mentor_preferences: Preferences,
    *,
    capacity: npt.ArrayLike = 1,
) -> Ints:
    """Return the stable matching that is best for mentees, (k, 2) indices in order.

    A list holds indices of the other side, best first. `capacity` is one number for all mentors or
    an array. Raises `ValueError` for an index out of range, or one listed twice.
    """
    ranked = _Ranked.of(mentee_preferences, mentor_preferences)
    places = _places(capacity, ranked).tolist()
    columns, ranks = ranked.columns.tolist(), ranked.ranks.tolist()
    starts = ranked.starts.tolist()
    listed = [list(ranks_of) for ranks_of in mentor_preferences]
    # For each mentor a heap of the ranks of those they hold, the worst on top.
    held: list[list[int]] = [[] for _ in places]
    following = starts[:-1].copy()
    for asking in range(len(following)):
        mentee = asking
        while mentee >= 0 and (at := following[mentee]) < starts[mentee + 1]:
            following[mentee] = at + 1
            mentor, rank = columns[at], ranks[at]
            heap = held[mentor]
            if len(heap) < places[mentor]:
                heappush(heap, -rank)
                mentee = -1
            elif heap and rank < -heap[0]:
                # The mentee who is let go asks the next mentor on their list.
                mentee = listed[mentor][-heapreplace(heap, -rank)]
    pairs = [(listed[mentor][-rank], mentor) for mentor, heap in enumerate(held) for rank in heap]
    matched = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return matched[np.lexsort((matched[:, 1], matched[:, 0]))]


def blocking_pairs(
    pairs: npt.ArrayLike,
    mentee_preferences: Preferences,
    mentor_preferences: Preferences,
    *,
    capacity: npt.ArrayLike = 1,
) -> Ints:
    """Return the pairs, (k, 2) indices, who would prefer each other to their matches.

    Without any, `pairs` is stable. Raises `ValueError` where `pairs` is not a matching at all: two
    mentors for one mentee, more mentees than places, or people who do not accept each other.
    """
    ranked = _Ranked.of(mentee_preferences, mentor_preferences)
    places = _places(capacity, ranked)
    given = np.asarray(pairs)
    matched = PairSet("pairs", given, ranked.shape).pairs
    if len(matched) != len(given):
        raise ValueError(_("pairs: a pair is listed twice"))
    mentees, mentors = ranked.shape
    counts = np.bincount(matched[:, 0], minlength=mentees)
    loads = np.bincount(matched[:, 1], minlength=mentors)
    for wrong, what in (
        (
            counts > 1,
            _("pairs: mentee %(person)s has several mentors"),
        ),
        (loads > places, _("pairs: mentor %(person)s has more mentees than places")),
    ):
        if wrong.any():
            raise ValueError(what % {"person": int(np.argmax(wrong))})
    order = np.argsort(ranked.rows * mentors + ranked.columns)
    keys = (ranked.rows * mentors + ranked.columns)[order]
    wanted = matched[:, 0] * mentors + matched[:, 1]
    at = np.searchsorted(keys, wanted)
    unknown = (at == len(keys)) | (
        keys[np.minimum(at, len(keys) - 1)] != wanted if len(keys) else True
    )
    if len(wanted) and unknown.any():
        pair = matched[int(np.argmax(unknown))].tolist()
        raise ValueError(_("pairs: %(pair)s do not accept each other", pair=pair))
    entries = order[at]
    most = np.iinfo(np.int64).max
    own = np.full(mentees, most)
    own[matched[:, 0]] = ranked.positions[entries]
    worst = np.full(mentors, -1)
    np.maximum.at(worst, matched[:, 1], ranked.ranks[entries])
    worst[loads < places] = most
    worst[places == 0] = -1
    blocks = (ranked.positions < own[ranked.rows]) & (ranked.ranks < worst[ranked.columns])
    return np.column_stack([ranked.rows[blocks], ranked.columns[blocks]])


@dataclass(frozen=True)
class _Ranked:
    """Pairs who accept each other, by mentee and best first; (k,) arrays.

    `positions` on the mentee's list and `ranks` on the mentor's; `starts` (mentees + 1,) says where
    each mentee's pairs begin.
    """

    shape: tuple[int, int]
    rows: Ints
    columns: Ints
    positions: Ints
    ranks: Ints
    starts: Ints

    @classmethod
    def of(cls, mentee_preferences: Preferences, mentor_preferences: Preferences) -> _Ranked:
        for side, lists in (("mentee", mentee_preferences), ("mentor", mentor_preferences)):
            if not isinstance(lists, Sequence):
                raise ValueError(_not_lists(side))
        shape = (len(mentee_preferences), len(mentor_preferences))
        rows, columns, positions = _flat("mentee", mentee_preferences, shape[1])
        theirs, listed, ranks = _flat("mentor", mentor_preferences, shape[0])
        keys = listed * shape[1] + theirs
        order = np.argsort(keys)
        at = np.searchsorted(keys, rows * shape[1] + columns, sorter=order)
        at = order[np.minimum(at, max(0, len(keys) - 1))] if len(keys) else at
        both = np.zeros(len(rows), dtype=bool)
        if len(keys):
            both = keys[at] == rows * shape[1] + columns
        rows, columns, positions = rows[both], columns[both], positions[both]
        starts = np.searchsorted(rows, np.arange(shape[0] + 1))
        return cls(shape, rows, columns, positions, ranks[at[both]], starts)


def _flat(side: str, preferences: Preferences, others: int) -> tuple[Ints, Ints, Ints]:
    """Return row, listed index and position of all entries of all lists."""
    try:
        sizes = np.fromiter((len(listed) for listed in preferences), dtype=np.int64)
        exact = np.fromiter(chain.from_iterable(preferences), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(_not_lists(side)) from None
    listed = np.where(np.abs(exact) < 2**31, exact, -1).astype(np.int64)
    if (listed != exact).any() and (exact != np.floor(exact)).any():
        raise ValueError(_not_lists(side))
    rows = np.repeat(np.arange(len(sizes)), sizes)
    positions = np.arange(len(listed)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    outside = (listed < 0) | (listed >= others)
    if outside.any():
        at = int(np.argmax(outside))
        raise ValueError(
            _(
                "%(side)s_preferences: list %(row)s names %(index)s; there are %(others)s",
                side=side,
                row=rows[at],
                index=listed[at],
                others=others,
            )
        )
    order = np.lexsort((listed, rows))
    twice = (np.diff(rows[order]) == 0) & (np.diff(listed[order]) == 0)
    if twice.any():
        at = int(order[int(np.argmax(twice))])
        raise ValueError(
            _(
                "%(side)s_preferences: list %(row)s names %(index)s twice",
                side=side,
                row=rows[at],
                index=listed[at],
            )
        )
    return rows, listed, positions


def _not_lists(side: str) -> str:
    return _("%(side)s_preferences: must be lists of integer indices", side=side)


def _places(capacity: npt.ArrayLike, ranked: _Ranked) -> Ints:
    return Constraints(capacity).checked(ranked.shape).capacity

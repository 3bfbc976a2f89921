"""Dry runs of another policy: what they keep of the round that the program's own would make.

Both rounds are for the same people on the same day, so all that differs comes of the policy.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: How many mentees are kept for the page beside the form; all are counted, and one click away.
MOST_FIRST = 12
_MEASURES = ("matched", "unmatched", "total", "mean", "lowest")


class Change(enum.StrEnum):
    """What is different for a mentee; the name stands in addresses."""

    LOST = "lost"
    MOVED = "moved"
    GAINED = "gained"


#: Those who move are the most, and worry least.
_RANK = (Change.LOST, Change.GAINED, Change.MOVED)


def change(before: Mapping[Any, int], after: Mapping[Any, int]) -> Change | None:
    """Return what is different for a mentee with these mentors before and after, None if nothing.

    Who has another number of mentors than before, and had one and still has one, has moved.
    """
    if before.keys() == after.keys():
        return None
    return Change.MOVED if before and after else Change.GAINED if after else Change.LOST


@dataclass(frozen=True)
class Beside:
    """What a dry run kept of the other round, but for the full list; see `beside`."""

    measures: Mapping[str, Any]
    counts: Mapping[Change, int]
    first: Sequence[tuple[str, list[str], list[str]]]


def kept(pairs: Sequence[Mapping[str, Any]], usual: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a round keeps of the one that it is compared with, None where there is none.

    `others` counts its pairs that the other does not make; see `beside`.
    """
    if usual is None:
        return {"others": None, "beside": None}
    made = {(mentee, mentor) for mentee, mentor, _score in usual["pairs"]}
    others = sum((pair["mentee"], pair["mentor"]) not in made for pair in pairs)
    return {"others": others, "beside": beside(pairs, usual)}


def beside(pairs: Iterable[Mapping[str, Any]], usual: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is different in a dry run from the round that it is compared with.

    `pairs` are its own; `usual` has `pairs`, as `[mentee, mentor, score in millionths]`, and
    `measures`. `before` are the mentors whom mentees would have without the change, for those for
    whom something changes; `first` are a few of these with their mentors before and after, of
    each kind those who would lose most by it.
    """
    after = _by_mentee([pair["mentee"], pair["mentor"], pair["score"]] for pair in pairs)
    before = _by_mentee(usual["pairs"])
    found: dict[str, Change] = {
        mentee: kind
        for mentee in {**before, **after}
        if (kind := change(before.get(mentee, {}), after.get(mentee, {})))
    }

    def gain(mentee: str) -> int:
        return sum(after.get(mentee, {}).values()) - sum(before.get(mentee, {}).values())

    by_kind = {
        kind: sorted((m for m in found if found[m] is kind), key=lambda m: (gain(m), m))
        for kind in _RANK
    }
    # A third of those who are named is kept for each kind, as far as there are any.
    share = MOST_FIRST // len(_RANK)
    turns = sorted(
        (place // share, _RANK.index(kind), place, mentee)
        for kind, mentees in by_kind.items()
        for place, mentee in enumerate(mentees)
    )
    first = {mentee for *_order, mentee in turns[:MOST_FIRST]}
    return {
        "measures": {name: usual["measures"][name] for name in _MEASURES},
        "counts": {kind.value: sum(each is kind for each in found.values()) for kind in Change},
        "before": {mentee: before.get(mentee, {}) for mentee in found},
        "first": [
            [mentee, list(before.get(mentee, {})), list(after.get(mentee, {}))]
            for mentees in by_kind.values()
            for mentee in mentees
            if mentee in first
        ],
    }


def _by_mentee(pairs: Iterable[Sequence[Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for mentee, mentor, score in pairs:
        found.setdefault(mentee, {})[mentor] = score
    return found

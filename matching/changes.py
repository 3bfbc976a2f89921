"""What is changed in a round by hand, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["pair", "part", "leave_out", "add_place"]


@dataclass(frozen=True)
class Change:
    """Something done to a round: a pair made or parted, someone left out, one more place.

    Whom someone left out has already, they keep.
    """

    kind: Kind
    mentee: str | None = None
    mentor: str | None = None


@dataclass(frozen=True)
class Move:
    """A mentee who gets another mentor, or one, or none, because of a change for others."""

    mentee: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Effect:
    """What a round is once it is solved around a change.

    `total` is what that adds to the sum of scores, bonuses included, in millionths; `matched` to
    the number of mentees with a mentor. `moves` are the pairs that change besides.
    """

    total: int
    matched: int
    moves: Sequence[Move]


class Unknown(LookupError):
    """An effect that the stored candidates do not hold; solving around the change tells it."""

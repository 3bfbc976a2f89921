"""What a round is asked for, beside its people and its policy."""

from __future__ import annotations

import datetime
import numbers
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

from matching.language import gettext as _
from matching.language import number
from matching.profiles.times import EARLIEST, LATEST

Mode = Literal["keep", "better", "afresh"]
#: The most mentors that one mentee can want.
MOST_DEMANDED = 1_000_000
#: What comes before scores: a first mentor for each mentee, or all mentors that are demanded.
Fill = Literal["first", "all"]
#: A mentee's id and a mentor's.
IdPair = tuple[str, str]


class Couple(Protocol):
    """Two people by their ids, as the pairs of a result are."""

    @property
    def mentee(self) -> str:
        """The mentee's id."""

    @property
    def mentor(self) -> str:
        """The mentor's id."""


PairLike = IdPair | Couple


class InvalidWishes(ValueError):
    """An invalid wish; the message names it and what it should be."""


def _today() -> datetime.date:
    """Return the day it is in the time zone of this machine."""
    return datetime.datetime.now().astimezone().date()


@dataclass(frozen=True)
class Wishes:
    """What a round should keep, avoid and prefer.

    `on` is a day of the year whose time zones count: today, in this machine's zone, unless another
    is given; of a moment its date counts. Pairs are (mentee id, mentor id), as tuples, rows of an
    array or an earlier result's `pairs`; one that is there twice counts once.
    With `mode` "keep" the `existing` ones stay, but for those of whom one has ruled the other out;
    with "better" they stay unless something better than `keep_bonus`, a score from 0 to 1, appears
    (a mentor who pauses or lowers their places keeps their mentees); with "afresh" they count for
    nothing. `pinned` pairs are made whatever their score, `forbidden` ones are not, besides those
    that must-rules exclude. `priority` is in score units, by mentee id (a mapping or a Series), and
    added to a first match. `demand` says by mentee id how many mentors someone wants; where it is
    silent, their answer `mentors_wanted` does, 1 without one. Pairs that stay count, and those who
    have more than they want keep them. With `fill` "all" as many of these mentors as can be are
    found before scores count. Who gets what among equals is drawn by lot, from their ids and the
    `seed`, such as the id of the round.

    Raises `InvalidWishes` for an invalid value. Whether ids are there is for the
    matcher to say.
    """

    on: datetime.date = field(default_factory=_today)
    existing: Iterable[PairLike] = ()
    mode: Mode = "keep"
    keep_bonus: float = 0.0
    pinned: Iterable[PairLike] = ()
    forbidden: Iterable[PairLike] = ()
    priority: Mapping[str, float] = field(default_factory=dict)
    demand: Mapping[str, int] = field(default_factory=dict)
    fill: Fill = "first"
    seed: str = ""

    def __post_init__(self) -> None:
        """Check the values, and keep copies of those that could change."""
        for name, ways in (("mode", get_args(Mode)), ("fill", get_args(Fill))):
            if getattr(self, name) not in ways:
                raise InvalidWishes(
                    _(
                        "%(name)s: must be one of %(ways)s, not %(found)s",
                        name=name,
                        ways=", ".join(ways),
                        found=f"{getattr(self, name)!r:.60}",
                    )
                )
        if not isinstance(self.seed, str):
            raise InvalidWishes(_("seed: must be text, not %(found)s", found=f"{self.seed!r:.60}"))
        object.__setattr__(self, "keep_bonus", _number("keep_bonus", self.keep_bonus, most=1))
        object.__setattr__(self, "on", _day(self.on))
        for name in ("existing", "pinned", "forbidden"):
            object.__setattr__(self, name, tuple(id_pairs(name, getattr(self, name))))
        object.__setattr__(self, "priority", _by_id("priority", self.priority, most=1000))
        demand = {
            mentee: _whole(f"demand, {mentee}", wanted)
            for mentee, wanted in _by_id("demand", self.demand, most=MOST_DEMANDED).items()
        }
        object.__setattr__(self, "demand", demand)

    def check_mentees(self, ids: Collection[str]) -> None:
        """Raise `InvalidWishes` for a priority or a demand of someone who is not there."""
        for name, by_id in (("priority", self.priority), ("demand", self.demand)):
            if unknown := sorted(set(by_id) - set(ids)):
                raise InvalidWishes(
                    _(
                        "%(wish)s: %(mentee)s is not among the mentees",
                        wish=name,
                        mentee=unknown[0],
                    )
                )


def id_pairs(name: str, pairs: Iterable[PairLike] | None) -> list[IdPair]:
    """Return pairs of ids as a list. Raises `InvalidWishes` for the first that is none."""
    if pairs is None:
        return []
    if isinstance(pairs, str | Mapping) or hasattr(pairs, "columns") or not _is_iterable(pairs):
        raise InvalidWishes(
            _(
                "%(name)s: must be pairs of a mentee ID and a mentor ID, such as a result's "
                ".pairs or two columns of a table as .to_numpy(), not %(found)s",
                name=name,
                found=f"{pairs!r:.60}",
            )
        )
    checked: list[IdPair] = []
    for pair in pairs:
        ids = _ids(pair)
        if len(ids) != 2 or not all(isinstance(id, str) for id in ids):
            raise InvalidWishes(
                _(
                    "%(name)s: %(found)s is not a pair of a mentee ID and a mentor ID",
                    name=name,
                    found=f"{pair!r:.60}",
                )
            )
        checked.append((str(ids[0]), str(ids[1])))
    return checked


def _ids(pair: Any) -> list[Any]:
    """Return the parts of a pair, none of what is no pair."""
    if hasattr(pair, "mentee") and hasattr(pair, "mentor"):
        return [pair.mentee, pair.mentor]
    # A row of an array has `tolist`; text is a sequence of characters, and no pair.
    is_row = isinstance(pair, list | tuple) or hasattr(pair, "tolist")
    return list(pair) if is_row and not isinstance(pair, str) and _is_iterable(pair) else []


def _is_iterable(value: object) -> bool:
    try:
        iter(value)  # type: ignore[call-overload]  # that is the question
    except TypeError:
        return False
    return True


def _day(on: object) -> datetime.date:
    """Return a day as a plain date. Raises `InvalidWishes`."""
    # pandas' NaT is a date by type, and differs from itself.
    if not isinstance(on, datetime.date) or on != on:
        raise InvalidWishes(_("on: must be a date, not %(found)s", found=f"{on!r:.60}"))
    day = datetime.date(on.year, on.month, on.day)
    if not EARLIEST <= day <= LATEST:
        raise InvalidWishes(
            _(
                "on: must be from %(earliest)s to %(latest)s, not %(found)s",
                earliest=EARLIEST,
                latest=LATEST,
                found=day,
            )
        )
    return day


def _by_id(name: str, given: Any, most: int) -> dict[str, float]:
    """Return numbers by id from a mapping or a Series. Raises `InvalidWishes`."""
    if given is None:
        return {}
    if not hasattr(given, "items") or hasattr(given, "columns"):
        raise InvalidWishes(
            _(
                "%(name)s: must be numbers by mentee ID, not %(found)s",
                name=name,
                found=f"{given!r:.60}",
            )
        )
    numbers_by_id: dict[str, float] = {}
    for id, value in given.items():
        if not isinstance(id, str):
            raise InvalidWishes(
                _("%(name)s: %(id)s is not a mentee ID", name=name, id=f"{id!r:.60}")
            )
        if id in numbers_by_id:
            raise InvalidWishes(_("%(name)s: %(id)s is listed twice", name=name, id=id))
        numbers_by_id[str(id)] = _number(f"{name}, {id}", value, most)
    return numbers_by_id


def _number(name: str, value: Any, most: int) -> float:
    """Return a number from 0 up. Raises `InvalidWishes` for others, booleans and text."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not 0 <= float(value) <= most:
        raise InvalidWishes(
            _(
                "%(name)s: must be from 0 to %(most)s, not %(found)s",
                name=name,
                most=number(most),
                found=f"{value!r:.60}",
            )
        )
    return float(value)


def _whole(name: str, value: float) -> int:
    """Return a whole number. Raises `InvalidWishes` for a fraction."""
    if value != int(value):
        raise InvalidWishes(
            _("%(name)s: must be a whole number, not %(found)s", name=name, found=f"{value:g}")
        )
    return int(value)

"""What a round is asked for, beside its people and its policy."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from matching.language import gettext as _
from matching.profiles.times import EARLIEST, LATEST

Mode = Literal["keep", "better", "afresh"]
#: What comes before scores: a first mentor for each mentee, or all mentors that are demanded.
Fill = Literal["first", "all"]
#: A mentee's id and a mentor's.
IdPair = tuple[str, str]


class InvalidWishes(ValueError):
    """A wish that cannot be meant; the message names it and what it should be."""


@dataclass(frozen=True)
class Wishes:
    """What a round should keep, avoid and prefer.

    `on` is a day of the year whose time zones count. Pairs are given as (mentee id, mentor id).
    With `mode` "keep" the `existing` ones stay, but for those of whom one has ruled the other out;
    with "better" they stay unless something better than `keep_bonus`, a score from 0 to 1, appears
    (a mentor who pauses or lowers their places keeps their mentees); with "afresh" they count for
    nothing. `pinned` pairs are made whatever their score, `forbidden` ones are not, besides those
    that must-rules exclude. `priority` is in score units, by mentee id, and added to a first match.
    `demand` says by mentee id how many mentors someone wants, 1 where it is silent; with `fill`
    "all" as many of these as can be are found before scores count. Who gets what among equals is
    drawn by lot, from their ids and the `seed`, such as the id of the round.

    Raises `InvalidWishes` for a value that cannot be meant. Whether ids are there is for the
    matcher to say.
    """

    on: datetime.date
    existing: Iterable[IdPair] = ()
    mode: Mode = "keep"
    keep_bonus: float = 0.0
    pinned: Iterable[IdPair] = ()
    forbidden: Iterable[IdPair] = ()
    priority: Mapping[str, float] = field(default_factory=dict)
    demand: Mapping[str, int] = field(default_factory=dict)
    fill: Fill = "first"
    seed: str = ""

    def __post_init__(self) -> None:
        """Check the values, and hold pairs that come one by one as lists."""
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
        for mentee, wanted in dict(self.demand).items():
            if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0:
                raise InvalidWishes(
                    _(
                        "demand: %(mentee)s has %(found)s; must be a whole number from 0",
                        mentee=f"{mentee!r:.60}",
                        found=f"{wanted!r:.60}",
                    )
                )
        if not 0 <= self.keep_bonus <= 1:
            raise InvalidWishes(
                _("keep_bonus: must be from 0 to 1, not %(found)s", found=self.keep_bonus)
            )
        if not isinstance(self.on, datetime.date):
            raise InvalidWishes(_("on: must be a date, not %(found)s", found=f"{self.on!r:.60}"))
        if not EARLIEST <= self.on <= LATEST:
            raise InvalidWishes(
                _(
                    "on: must be from %(earliest)s to %(latest)s, not %(found)s",
                    earliest=EARLIEST,
                    latest=LATEST,
                    found=self.on,
                )
            )
        for name in ("existing", "pinned", "forbidden"):
            object.__setattr__(self, name, checked_pairs(name, getattr(self, name)))


def checked_pairs(name: str, pairs: Iterable[IdPair]) -> list[IdPair]:
    """Return pairs of ids as a list. Raises `InvalidWishes` for the first that is none."""
    checked: list[IdPair] = []
    for pair in pairs:
        if not isinstance(pair, list | tuple) or [type(id) for id in pair] != [str, str]:
            raise InvalidWishes(
                _(
                    "%(name)s: %(found)s is not a pair of a mentee's and a mentor's id",
                    name=name,
                    found=f"{pair!r:.60}",
                )
            )
        mentee, mentor = pair
        checked.append((mentee, mentor))
    return checked

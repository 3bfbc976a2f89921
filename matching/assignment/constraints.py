"""What an assignment must keep to: as it is asked for, and checked. Nothing here decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from matching.arrays import Flags, Ints
from matching.assignment import arguments
from matching.assignment.arguments import UNNAMED, Names
from matching.assignment.blocks import MILLION
from matching.language import gettext as _
from matching.language import number
from matching.policy import Objective
from matching.wishes import Fill

MOST = 1_000_000
#: Whole numbers below are added exactly in 64 bits: three for a pair and one for a mentee.
EXACT = 2**60


class PairSet:
    """Pairs of a mentee's and a mentor's index, found by rows; one that is given twice counts once.

    They are held as they come: a boolean array (mentees, mentors) as that.
    """

    def __init__(self, name: str, pairs: npt.NDArray[Any] | None, shape: tuple[int, int]) -> None:
        """Take (k, 2) indices within `shape`, or a boolean array of it. Raises `ValueError`."""
        array: npt.NDArray[Any] = np.zeros((0, 2), np.int64) if pairs is None else pairs
        self._mask: Flags | None = None
        if array.dtype == bool:
            if array.shape != shape:
                raise ValueError(
                    _(
                        "%(name)s: has shape %(found)s; must be %(shape)s",
                        name=name,
                        found=array.shape,
                        shape=shape,
                    )
                )
            self._mask = array
            return
        if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
            raise ValueError(
                _(
                    "%(name)s: must be a (k, 2) array of integer indices, or a bool array in "
                    "the shape of the scores",
                    name=name,
                )
            )
        outside = ((array < 0) | (array >= np.array(shape))).any(axis=1)
        if outside.any():
            row = int(np.argmax(outside))
            raise ValueError(
                _(
                    "%(name)s: entry %(row)s is %(pair)s, outside %(shape)s",
                    name=name,
                    row=row,
                    pair=array[row].tolist(),
                    shape=shape,
                )
            )
        self._pairs: Ints = np.unique(array.astype(np.int64), axis=0)

    @property
    def pairs(self) -> Ints:
        """Return the pairs in order, (k, 2)."""
        return self._pairs if self._mask is None else np.argwhere(self._mask)

    def within(self, start: int, stop: int) -> tuple[Ints, Ints]:
        """Return rows (counted from `start`) and columns of the pairs in a block."""
        if self._mask is not None:
            rows, columns = np.nonzero(self._mask[start:stop])
            return rows, columns
        first, last = np.searchsorted(self.pairs[:, 0], [start, stop])
        pairs = self.pairs[first:last]
        return pairs[:, 0] - start, pairs[:, 1]


#: One number for all, or one for each person.
PerPerson = npt.ArrayLike | Mapping[Any, float]
Pairs = npt.ArrayLike | PairSet | None


@dataclass(frozen=True)
class Constraints:
    """What an assignment of m mentees to n mentors must keep to, and what it should value.

    `capacity` and `minimum_load` (n,) and `demand` (m,) are whole numbers of pairs; `priority` (m,)
    is in score units and added to a mentee's first match. Each is one number for all, an array, or
    by name: a mapping or a Series with the names of a table of scores (positions, if it has none).
    `forbidden`, `pinned` and `kept` are (k, 2) indices of mentee and mentor or a boolean array
    (m, n). Pinned pairs ignore the `floor`, a score from 0 to 1, and use capacity and demand. A
    kept pair's score gains `keep_bonus`. With `fill` "all", as many pairs as demands and places
    allow come before their scores; with "first" a demand above 1 is a limit.
    """

    capacity: PerPerson
    demand: PerPerson = 1
    minimum_load: PerPerson = 0
    forbidden: Pairs = None
    pinned: Pairs = None
    kept: Pairs = None
    keep_bonus: float = 0.0
    priority: PerPerson = 0.0
    floor: float = 0.0
    fill: Fill = "first"

    def checked(self, shape: tuple[int, int], names: Names = UNNAMED) -> Limits:
        """Return the constraints for (mentees, mentors), who may have names.

        Raises `ValueError` that names what is invalid.
        """
        mentees, mentors = shape
        if self.fill not in get_args(Fill):
            raise ValueError(
                _(
                    "fill: must be one of %(ways)s, not %(found)s",
                    ways=", ".join(get_args(Fill)),
                    found=f"{self.fill!r:.60}",
                )
            )

        def of_each(name: str, side: int) -> Any:
            return arguments.of_each(name, getattr(self, name), names[side], shape[side])

        def pairs(name: str) -> PairSet:
            given = getattr(self, name)
            if isinstance(given, PairSet):
                return given
            return PairSet(name, arguments.pairs(name, given, shape, names), shape)

        limits = Limits(
            shape=shape,
            capacity=_whole("capacity", of_each("capacity", 1), mentors),
            demand=_whole("demand", of_each("demand", 0), mentees),
            minimum_load=_whole("minimum_load", of_each("minimum_load", 1), mentors),
            priority=_millionths("priority", of_each("priority", 0), mentees, most=1000.0),
            forbidden=pairs("forbidden"),
            pinned=pairs("pinned"),
            kept=pairs("kept"),
            keep_bonus=int(_millionths("keep_bonus", self.keep_bonus, 1, most=1000.0)[0]),
            floor=int(_millionths("floor", self.floor, 1, most=1.0)[0]),
            fills=self.fill == "all",
        )
        limits.check_pinned()
        return limits


@dataclass(frozen=True)
class Limits:
    """The constraints of m mentees and n mentors, checked.

    `capacity`, `minimum_load` (n,) and `demand` (m,) count pairs; `priority` (m,), `floor` and
    `keep_bonus` are whole millionths. `fills` says that all demanded places come before scores.
    """

    shape: tuple[int, int]
    capacity: Ints
    demand: Ints
    minimum_load: Ints
    priority: Ints
    forbidden: PairSet
    pinned: PairSet
    kept: PairSet
    keep_bonus: int
    floor: int
    fills: bool

    @property
    def most_wanted(self) -> int:
        """Return the most mentors that a mentee could get, at least 1."""
        return max(1, min(int(self.demand.max(initial=1)), self.shape[1]))

    @property
    def most_held(self) -> int:
        """Return the most mentees that a mentor could have, at least 1."""
        return max(1, min(int(self.capacity.max(initial=1)), self.shape[0]))

    @property
    def unit(self) -> int:
        """Return what a millionth counts where equal totals are told apart.

        One more pair, or covered mentee, counts `most_held` there, and sharing a mentor with one
        more mentee less than that. A flow improves by cycles that change the load of one mentor by
        one and move one mentee; they gain less than a unit. So no smaller total is worth more.
        """
        return 4 * self.most_held

    def check_exact(self, *, covers: bool) -> None:
        """Raise `ValueError` where the flow solver's whole numbers would not hold what is counted.

        OR-Tools multiplies each cost by its nodes + 1, and it adds two nodes to the source, the
        sink, m mentees and n mentors; a product above (2**63 - 1) / 2 is refused
        (`GenericMinCostFlow::ScaleCosts` in its min_cost_flow.cc). Its prices are sums of such
        products; it stops where one leaves int64. A quarter of 2**62 leaves them room: from
        any node that has more than it passes on, a few arcs lead back to the source and on.

        In the units that tell equal totals apart, a mentee's gain must fit into 64 bits.

        `covers` says that mentees with a mentor come before scores.
        """
        mentees, mentors = self.shape
        largest = MILLION + self.keep_bonus + int(self.priority.max(initial=0))
        everything = outweighing(largest, self.demand, mentors)
        costs = largest + everything * (covers + self.fills + bool(self.minimum_load.any()))
        finer = (costs + everything) * self.unit * self.most_wanted
        if 4 * costs * (mentees + mentors + 5) > 2**62 or finer > EXACT:
            raise ValueError(
                _(
                    "priority, keep_bonus, demand or capacity: together too large with this "
                    "many people for exact integers"
                )
            )

    def check_pinned(self) -> None:
        """Raise `ValueError` where more pairs are pinned than capacity or demand allow."""
        mentees, mentors = self.shape
        over = np.flatnonzero(
            np.bincount(self.pinned.pairs[:, 1], minlength=mentors) > self.capacity
        )
        if len(over):
            raise ValueError(
                _("pinned: more pairs than the capacity of mentors %(mentors)s", mentors=_few(over))
            )
        over = np.flatnonzero(np.bincount(self.pinned.pairs[:, 0], minlength=mentees) > self.demand)
        if len(over):
            raise ValueError(
                _("pinned: more pairs than the demand of mentees %(mentees)s", mentees=_few(over))
            )


def outweighing(largest: int, demand: Ints, mentors: int) -> int:
    """Return what one more covered mentee must count so that no scores outweigh it; millionths.

    `largest` is the most that a pair, with its bonuses, counts. If covering one more is possible,
    a simple cycle of the flow's residual graph does it: it passes every mentee and every mentor
    once at most. So it gives up no more than min(m, n) pairs, nor more than are wanted, and the
    priority of one mentee; what it gains besides counts 0 or more. Where this count does not let
    any such cycle improve a flow, no larger one would either.
    """
    wanted = int(np.minimum(demand, mentors).sum())
    return 1 + largest * min(wanted, 1 + min(len(demand), mentors))


def check_objective(objective: str, limits: Limits) -> None:
    """Raise `ValueError` for an unknown objective, or one that nothing can come before."""
    if objective not in get_args(Objective):
        objectives = ", ".join(get_args(Objective))
        raise ValueError(_("objective: must be one of %(objectives)s", objectives=objectives))
    if objective == "total" and limits.fills:
        raise ValueError(
            _(
                "fill: 'all' puts pairs before the total; use it with the objective 'coverage' or "
                "'fair'"
            )
        )


def _few(indices: Ints) -> list[int]:
    """Return the first of many indices, for a message."""
    return [int(index) for index in indices[:10]]


def _numbers(name: str, value: npt.ArrayLike, size: int, most: float) -> npt.NDArray[np.float64]:
    array = arguments.numbers(name, value)
    if array.shape not in ((), (size,)):
        raise ValueError(
            _(
                "%(name)s: must be one number or %(size)s of them, not shape %(shape)s",
                name=name,
                size=size,
                shape=array.shape,
            )
        )
    array = np.atleast_1d(array)
    wrong = ~(np.isfinite(array) & (array >= 0) & (array <= most))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(
            _(
                "%(name)s: entry %(entry)s is %(value)s; must be from 0 to %(most)s",
                name=name,
                entry=at,
                value=f"{array[at]:g}",
                most=number(int(most)),
            )
        )
    return np.broadcast_to(array, (size,)) if array.size == 1 else array


def _whole(name: str, value: npt.ArrayLike, size: int) -> Ints:
    array = _numbers(name, value, size, MOST)
    fractional = array != np.floor(array)
    if fractional.any():
        at = int(np.argmax(fractional))
        raise ValueError(
            _(
                "%(name)s: entry %(entry)s is %(value)s; must be a whole number",
                name=name,
                entry=at,
                value=f"{array[at]:g}",
            )
        )
    return array.astype(np.int64)


def _millionths(name: str, value: npt.ArrayLike, size: int, most: float) -> Ints:
    return np.rint(_numbers(name, value, size, most) * MILLION).astype(np.int64)

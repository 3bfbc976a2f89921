"""What an assignment must keep to: as it is asked for, and checked. Nothing here decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.arrays import Ints
from matching.assignment.blocks import MILLION

MOST = 1_000_000


class PairSet:
    """Pairs of a mentee's and a mentor's index, found by rows.

    `pairs` (k, 2) holds them in order. Only what is forbidden may be a boolean array; it is kept
    as that.
    """

    def __init__(self, name: str, given: npt.ArrayLike | None, shape: tuple[int, int]) -> None:
        """Read (k, 2) indices within `shape`. Raises `ValueError`."""
        array: npt.NDArray[Any] = np.zeros((0, 2), np.int64) if given is None else np.asarray(given)
        self._mask: npt.NDArray[np.bool_] | None = None
        if array.dtype == bool and name == "forbidden":
            if array.shape != shape:
                raise ValueError(f"{name}: has shape {array.shape}; must be {shape}")
            self._mask, array = array, array[:0]
        if array.size == 0:
            array = np.zeros((0, 2), dtype=np.int64)
        if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
            raise ValueError(f"{name}: must be a (k, 2) array of whole indices")
        outside = ((array < 0) | (array >= np.array(shape))).any(axis=1)
        if outside.any():
            row = int(np.argmax(outside))
            raise ValueError(f"{name}: entry {row} is {array[row].tolist()}, outside {shape}")
        order = np.lexsort((array[:, 1], array[:, 0]))
        self.pairs: Ints = array[order].astype(np.int64)
        same = (self.pairs[1:] == self.pairs[:-1]).all(axis=1)
        if same.any():
            twice = self.pairs[int(np.argmax(same))].tolist()
            raise ValueError(f"{name}: holds the pair {twice} twice")

    def within(self, start: int, stop: int) -> tuple[Ints, Ints]:
        """Return rows (counted from `start`) and columns of the pairs in a block."""
        if self._mask is not None:
            rows, columns = np.nonzero(self._mask[start:stop])
            return rows, columns
        first, last = np.searchsorted(self.pairs[:, 0], [start, stop])
        found = self.pairs[first:last]
        return found[:, 0] - start, found[:, 1]


@dataclass(frozen=True)
class Constraints:
    """What an assignment of m mentees to n mentors must keep to, and what it should value.

    `capacity` and `minimum_load` (n,) and `demand` (m,) are whole numbers of pairs; `priority` (m,)
    is in score units and added to a mentee's first match. Each is one number for all or an array.
    `forbidden` is a boolean array (m, n) or (k, 2) indices of mentee and mentor; `pinned` and
    `kept` are (k, 2) indices. Pinned pairs ignore the `floor`, a score from 0 to 1, and use
    capacity and demand. A kept pair's score gains `keep_bonus`.
    """

    capacity: npt.ArrayLike
    demand: npt.ArrayLike = 1
    minimum_load: npt.ArrayLike = 0
    forbidden: npt.ArrayLike | None = None
    pinned: npt.ArrayLike | None = None
    kept: npt.ArrayLike | None = None
    keep_bonus: float = 0.0
    priority: npt.ArrayLike = 0.0
    floor: float = 0.0

    def checked(self, shape: tuple[int, int]) -> Limits:
        """Return the constraints for (mentees, mentors).

        Raises `ValueError` that names what could not be meant.
        """
        mentees, mentors = shape
        limits = Limits(
            shape=shape,
            capacity=_whole("capacity", self.capacity, mentors),
            demand=_whole("demand", self.demand, mentees),
            minimum_load=_whole("minimum_load", self.minimum_load, mentors),
            priority=_millionths("priority", self.priority, mentees, most=1000.0),
            forbidden=PairSet("forbidden", self.forbidden, shape),
            pinned=PairSet("pinned", self.pinned, shape),
            kept=PairSet("kept", self.kept, shape),
            keep_bonus=int(_millionths("keep_bonus", self.keep_bonus, 1, most=1000.0)[0]),
            floor=int(_millionths("floor", self.floor, 1, most=1.0)[0]),
        )
        limits.check_pinned()
        return limits


@dataclass(frozen=True)
class Limits:
    """The constraints of m mentees and n mentors, checked.

    `capacity`, `minimum_load` (n,) and `demand` (m,) count pairs; `priority` (m,), `floor` and
    `keep_bonus` are whole millionths.
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

    def check_pinned(self) -> None:
        """Raise `ValueError` where more pairs are pinned than capacity or demand allow."""
        mentees, mentors = self.shape
        over = np.flatnonzero(
            np.bincount(self.pinned.pairs[:, 1], minlength=mentors) > self.capacity
        )
        if len(over):
            raise ValueError(
                f"pinned: more pairs than the capacity of mentors {over[:10].tolist()}"
            )
        over = np.flatnonzero(np.bincount(self.pinned.pairs[:, 0], minlength=mentees) > self.demand)
        if len(over):
            raise ValueError(f"pinned: more pairs than the demand of mentees {over[:10].tolist()}")


def _numbers(name: str, value: npt.ArrayLike, size: int, most: float) -> npt.NDArray[np.float64]:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name}: must be numbers, not {value!r:.60}") from None
    if array.shape not in ((), (size,)):
        raise ValueError(f"{name}: must be one number or {size} of them, not shape {array.shape}")
    array = np.atleast_1d(array)
    wrong = ~(np.isfinite(array) & (array >= 0) & (array <= most))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(f"{name}: entry {at} is {array[at]:g}; must be from 0 to {most:,.0f}")
    return np.broadcast_to(array, (size,)) if array.size == 1 else array


def _whole(name: str, value: npt.ArrayLike, size: int) -> Ints:
    array = _numbers(name, value, size, MOST)
    fractional = array != np.floor(array)
    if fractional.any():
        at = int(np.argmax(fractional))
        raise ValueError(f"{name}: entry {at} is {array[at]:g}; must be a whole number")
    return array.astype(np.int64)


def _millionths(name: str, value: npt.ArrayLike, size: int, most: float) -> Ints:
    return np.rint(_numbers(name, value, size, most) * MILLION).astype(np.int64)

"""Who comes first where people are equal: a draw by lot that can be repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.arrays import Ints
from matching.language import gettext as _


@dataclass(frozen=True)
class Order:
    """Ranks from 0 of mentees (m,) and mentors (n,), the first to come first among equals.

    The solver looks at people by these ranks alone wherever it chooses among what counts the same.
    So the order of rows decides nothing, and equals, if ranks are drawn, have equal chances.
    """

    mentees: Ints
    mentors: Ints

    @classmethod
    def of(cls, ranks: tuple[npt.ArrayLike, npt.ArrayLike] | None, shape: tuple[int, int]) -> Order:
        """Return ranks as an order, by default as people stand. Raises `ValueError`."""
        if ranks is None:
            return cls(np.arange(shape[0]), np.arange(shape[1]))
        try:
            mentees, mentors = ranks
        except (TypeError, ValueError):
            raise ValueError(_("order: must be the ranks of mentees and of mentors")) from None
        return cls(_checked(mentees, "mentees", shape[0]), _checked(mentors, "mentors", shape[1]))

    @classmethod
    def drawn(cls, mentees: Sequence[str], mentors: Sequence[str], seed: str) -> Order:
        """Return the order that a seed draws for people by their ids.

        Everyone's lot is a hash of the seed and the id, so it does not depend on who else is there.
        """
        return cls(_ranks_drawn(mentees, f"{seed}/mentee"), _ranks_drawn(mentors, f"{seed}/mentor"))


def _ranks_drawn(ids: Sequence[str], seed: str) -> Ints:
    key = hashlib.blake2b(seed.encode("utf-8", "surrogatepass")).digest()
    lots = [
        (hashlib.blake2b(id.encode("utf-8", "surrogatepass"), key=key, digest_size=16).digest(), id)
        for id in ids
    ]
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[sorted(range(len(ids)), key=lots.__getitem__)] = np.arange(len(ids))
    return ranks


def _checked(ranks: npt.ArrayLike, side: str, size: int) -> Ints:
    array: npt.NDArray[Any] = np.asarray(ranks)
    is_order = array.shape == (size,) and (array.dtype.kind in "iu" or not size)
    if not is_order or (np.sort(array) != np.arange(size)).any():
        raise ValueError(
            _(
                "order: the ranks of %(side)s must be the whole numbers from 0 to %(last)s, each "
                "once",
                side=side,
                last=size - 1,
            )
        )
    return array.astype(np.int64)

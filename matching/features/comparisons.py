"""Comparisons of people: functions of a block of rows, prepared once.

A comparison takes `start` and `stop` and returns float32 for these mentees and all mentors, from 0
to 1. It is NaN where the mentor left out what is compared, and 0 with every mentor where the mentee
did: so no answer of a mentee makes a pair worse than leaving it out would.

Matrix products are of whole numbers and therefore exact; all else is done pair by pair in a fixed
order. So a pair compares alike in whatever block it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from matching.arrays import Codes, Flags, Ints, Singles
from matching.features.encoding import QUANTUM, answered
from matching.profiles.people import Table

Sparse: TypeAlias = "sparse.csr_array[Any, tuple[int, int]]"
Comparison = Callable[[int, int], Singles]

#: Words that more than this share of mentors use are multiplied as a dense matrix.
_COMMON = 0.02


@dataclass(frozen=True)
class Part:
    """One question's share of a comparison, and who of both sides answered it.

    `values` is 0 where either did not; None where another part's values hold this one's too.
    """

    share: float
    values: Comparison | None
    known_left: Flags
    known_right: Flags


def product(left: Singles | Sparse, right: Singles, unit: float) -> Comparison:
    """Return the inner product of whole features as a share of `unit`, a power of 2."""
    few = sparse.csr_array(left)  # people tick few of many entries
    turned = np.ascontiguousarray(right.T)
    share = np.float32(1 / unit)

    def rows(start: int, stop: int) -> Singles:
        value: Singles = few[start:stop] @ turned
        if unit != 1:
            value *= share
        return value

    return rows


def mean(parts: Sequence[Part]) -> Comparison:
    """Return the weighted mean of those parts that the mentor answered, NaN where that is none.

    A part that the mentee left out counts as not met.
    """
    known_right = np.array([part.known_right * part.share for part in parts], dtype=np.float64)
    with np.errstate(divide="ignore"):
        factor = (1 / known_right.sum(axis=0)).astype(np.float32)
    # A mean of nothing is unknown.
    factor[np.isinf(factor)] = np.nan
    is_silent = ~np.any([part.known_left for part in parts], axis=0)

    def rows(start: int, stop: int) -> Singles:
        values: Singles | None = None
        for part in parts:
            if part.values is None:
                continue
            value = part.values(start, stop)
            if part.share != 1:
                value *= np.float32(part.share)
            values = value if values is None else np.add(values, value, out=values)
        if values is None:
            values = np.zeros((stop - start, len(factor)), dtype=np.float32)
        values *= factor
        values[is_silent[start:stop]] = 0
        return values

    return rows


def of_kinds(features: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints]:
    """Return the distinct rows of features (people, d), and the index of each person's."""
    if not len(features):
        return features, np.zeros(0, dtype=np.int64)
    kinds, kind_of = np.unique(features, axis=0, return_inverse=True)
    return kinds, kind_of.ravel()


def part(
    share: float, values: Comparison, mentees: Table, asked: str, mentors: Table, offered: str
) -> Part:
    """Return a part that is known where both sides answered their question."""
    known = answered(mentees, asked), answered(mentors, offered)
    return Part(share, values, *known)


def as_wished(one: Codes, two: Codes, mine: Ints, theirs: Ints) -> Comparison:
    """Return the number of wishes met, 0 to 2, per pair.

    In `mine` (m,) and `theirs` (n,), 1 wishes for the same place, -1 for another, 0 has no wish;
    `one` and `two` are codes of places, negative for unknown ones.
    """
    kinds, kind_of = of_kinds(np.column_stack([mine, one >= 0]))
    my_wish, is_somewhere = kinds[:, :1], kinds[:, 1:]
    # At different places: met are wishes for another, where both places are known.
    apart = ((my_wish == -1) & (two >= 0)).astype(np.float32) + (
        (theirs == -1) & (is_somewhere > 0)
    )
    together = (my_wish + theirs).astype(np.float32)

    def rows(start: int, stop: int) -> Singles:
        kind = kind_of[start:stop]
        met = together[kind]
        met *= one[start:stop, None] == two
        met += apart[kind]
        return met

    return rows


def scattered(shape: tuple[int, int], pairs: Ints, values: Singles) -> Comparison:
    """Return values for some pairs, (k, 2) indices in order of rows; others are unknown."""

    def rows(start: int, stop: int) -> Singles:
        scattered = np.full((stop - start, shape[1]), np.nan, dtype=np.float32)
        first, last = np.searchsorted(pairs[:, 0], [start, stop])
        scattered[pairs[first:last, 0] - start, pairs[first:last, 1]] = values[first:last]
        return scattered

    return rows


def share_of(comparison: Comparison, scale: float) -> Comparison:
    """Return a comparison as a share of `scale`, at most 1."""
    factor = np.float32(1 / scale)

    def rows(start: int, stop: int) -> Singles:
        value = comparison(start, stop)
        value *= factor
        return np.minimum(value, 1, out=value)

    return rows


def cosines(left: Sparse, right: Sparse) -> Comparison:
    """Return cosines of sparse unit vectors, at most 1.

    A person without words is unknown. Rare words are multiplied as a sparse matrix.
    """
    left, right = _whole(left), _whole(right)
    used = [np.bincount(vectors.indices, minlength=left.shape[1]) for vectors in (left, right)]
    both = (used[0] > 0) & (used[1] > 0)
    is_common = used[1] > _COMMON * right.shape[0]
    common, rare = np.flatnonzero(both & is_common), np.flatnonzero(both & ~is_common)
    often = product(left[:, common], right[:, common].toarray(), QUANTUM**2)
    few, others = left[:, rare], sparse.csr_array(right[:, rare].T)

    def values(start: int, stop: int) -> Singles:
        value = often(start, stop)
        seldom = few[start:stop] @ others
        seldom.data *= np.float32(1 / QUANTUM**2)
        value += seldom.toarray()
        return np.minimum(value, 1, out=value)

    known = (np.diff(vectors.indptr) > 0 for vectors in (left, right))
    return mean([Part(1, values, *known)])


def _whole(vectors: Sparse) -> Sparse:
    whole: Sparse = vectors.astype(np.float32)
    whole.data = np.rint(whole.data * QUANTUM)
    return whole

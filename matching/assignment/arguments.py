"""Arguments as callers hold them, lists, arrays and pandas' tables alike, read into plain arrays.

What can be read in two ways is refused, with what to write instead: a wrong guess would be answered
without a word. Named rows and columns are brought into the order of the scores' own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.arrays import Floats, Ints
from matching.language import gettext as _
from matching.language import mark

#: The names of mentees and of mentors; None where scores have none, and positions count.
Names = tuple[Sequence[object] | None, Sequence[object] | None]
UNNAMED: Names = (None, None)

_KINDS = {
    "b": mark("true and false"),
    "c": mark("complex numbers"),
    "O": mark("objects"),
    "M": mark("dates"),
    "m": mark("times"),
}


def names_of(scores: Any) -> Names:
    """Return the names of the rows and columns of scores, if they are a table that has names."""
    axes = getattr(scores, "axes", None)  # of pandas
    if isinstance(axes, list) and len(axes) == 2:
        return list(axes[0]), list(axes[1])
    columns = getattr(scores, "columns", None)  # of polars
    return None, list(columns) if isinstance(columns, list) else None


def numbers(name: str, value: Any) -> Floats:
    """Return numbers as an array.

    Raises `ValueError` for text, booleans, complex numbers, dates and objects, though some of them
    could be made numbers, and for a masked array, whose mask would be lost.
    """
    rows = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(row, np.ma.MaskedArray) for row in rows):
        raise ValueError(
            _(
                "%(name)s: is a masked array; fill the masked entries first, with "
                ".filled(-1) where they mean a forbidden pair",
                name=name,
            )
        )
    try:
        array: npt.NDArray[Any] = np.asarray(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            _("%(name)s: must be numbers: %(problem)s", name=name, problem=error)
        ) from None
    if array.dtype.kind not in "iuf":
        kind = _(_KINDS.get(array.dtype.kind, mark("text")))
        raise ValueError(
            _(
                "%(name)s: must be numbers, not %(kind)s: %(found)s",
                name=name,
                kind=kind,
                found=f"{_first_that_is_none(array)!r:.60}",
            )
        )
    return array.astype(np.float64, copy=False)


def of_each(name: str, value: Any, names: Sequence[object] | None, size: int) -> Any:
    """Return what is one for all or one for each of `size` people, in the order of the scores.

    A Series or a mapping is by name; the names have to be those of the scores, or positions
    where scores have no names. Raises `ValueError` for others.
    """
    if isinstance(value, Mapping):
        labels, entries = list(value), np.array(list(value.values()))
        return entries[_order(name, labels, names, size)]
    index = getattr(value, "index", None)
    if index is None or callable(index):  # lists have a method of that name
        return value
    return value.to_numpy()[_order(name, list(index), names, size)]


def pairs(name: str, value: Any, shape: tuple[int, int], names: Names) -> npt.NDArray[Any]:
    """Return pairs of indices (k, 2), or a boolean mask of the scores' shape.

    Raises `ValueError` for anything else: also for whole numbers 0 and 1 in the shape of the
    scores, which could be either.
    """
    if value is None:
        return np.zeros((0, 2), dtype=np.int64)
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(_("%(name)s: is a masked array; fill the masked entries first", name=name))
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if isinstance(value, tuple) and len(value) == 2 and _are_columns(value):
        return np.column_stack(value)  # rows and columns, as np.nonzero gives them
    try:
        array: npt.NDArray[Any] = np.asarray(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(_not_pairs(name)) from None
    if array.dtype == object and all(isinstance(each, bool) for each in array.ravel().tolist()):
        array = array.astype(bool)
    if array.size == 0 and array.dtype != bool:
        return np.zeros((0, 2), dtype=np.int64)
    if array.shape == shape and _are_zeros_and_ones(array) and not _are_tuples(value):
        raise ValueError(
            _(
                "%(name)s: could be a mask or pairs of indices; for a mask use bool, like "
                "mask.astype(bool), and for pairs use tuples, like [(0, 1)]",
                name=name,
            )
        )
    axes = names_of(value)
    if array.dtype == bool and array.shape == shape and axes[0] is not None:
        orders = (_order(name, *each) for each in zip(axes, names, shape, strict=True))
        return array[np.ix_(*orders)]
    return array


def _order(name: str, labels: Any, names: Sequence[object] | None, size: int) -> Ints:
    """Return where to find the entry of each name. Raises `ValueError` for other names."""
    expected = list(range(size)) if names is None else list(names)
    if labels == expected:
        return np.arange(size)
    at = {label: position for position, label in enumerate(labels)}
    if len(at) != len(labels) or len(labels) != size or set(at) != set(expected):
        raise ValueError(
            _(
                "%(name)s: is indexed by %(found)s, but the scores are indexed by "
                "%(expected)s; pass it in the order of the scores, without an index: "
                ".to_numpy()",
                name=name,
                found=f"{labels!r:.60}",
                expected=f"{expected!r:.60}" if names is not None else _("position"),
            )
        )
    return np.array([at[each] for each in expected], dtype=np.int64)


def _first_that_is_none(array: npt.NDArray[Any]) -> object:
    """Return the first entry that is no number, or the first of all."""
    entries = array.ravel().tolist()
    odd = (each for each in entries if isinstance(each, bool) or not isinstance(each, int | float))
    return next(odd, entries[0] if entries else None)


def _are_columns(value: tuple[Any, ...]) -> bool:
    return all(isinstance(each, np.ndarray) and each.ndim == 1 for each in value)


def _are_zeros_and_ones(array: npt.NDArray[Any]) -> bool:
    return array.dtype.kind in "iuf" and bool(np.isin(array, (0, 1)).all())


def _are_tuples(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, tuple) for each in value)


def _not_pairs(name: str) -> str:
    return _("%(name)s: must be a (k, 2) array of integer indices", name=name)

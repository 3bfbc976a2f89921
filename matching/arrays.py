"""The types of arrays that the library computes with, and results that hold some."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


class ReadOnlyArrays:
    """Results that hold arrays: no one can change them, and equal ones are equal.

    For frozen dataclasses with `eq=False`. As other things that are compared by value and hold
    arrays, they have no hash.
    """

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                kept = value.view()
                kept.setflags(write=False)
                object.__setattr__(self, name, kept)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Copies and unpickled arrays can be written to, whatever the original was.
        vars(self).update(state)
        ReadOnlyArrays.__post_init__(self)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(np.array_equal(value, vars(other)[name]) for name, value in vars(self).items())

    __hash__ = None  # type: ignore[assignment]

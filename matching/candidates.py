"""The best pairs of each mentee, stored with a round; nothing here needs libraries for numbers."""

from __future__ import annotations

import json
import struct
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LENGTH = struct.Struct(">I")
#: How each long list is stored: whole numbers of 64 and of 32 bits.
_ARRAYS = {"prices": "q", "beyond": "q", "starts": "i", "columns": "i", "scores": "i"}


@dataclass(frozen=True)
class Candidates:
    """The best pairs of each of m mentees with n mentors, and what the round makes of them.

    Those of mentee i stand at `starts[i]` to `starts[i + 1]` of `columns` (indices of mentors) and
    `scores` (millionths). `beyond` (m,) is by how much the best pair that is not stored falls short
    of what the mentee has, at the `prices` (n,) of the proof; -1 where all are stored. `pairs` are
    those of the round, as mentee, mentor, score and whether it is settled, which no decision about
    others changes. `kept` pairs, of mentee and mentor, gain `keep_bonus`. `demand` (m,) and
    `places` (n,) count pairs, settled ones too; `bonuses` (m,) are added for a first mentor.
    `coverage` and `each` are what one more mentee with a mentor, and one more pair, count before
    any score.
    """

    mentees: Sequence[str]
    mentors: Sequence[str]
    demand: Sequence[int]
    places: Sequence[int]
    bonuses: Sequence[int]
    prices: Sequence[int]
    starts: Sequence[int]
    columns: Sequence[int]
    scores: Sequence[int]
    beyond: Sequence[int]
    pairs: Sequence[tuple[int, int, int, bool]]
    kept: Sequence[tuple[int, int]]
    keep_bonus: int
    coverage: int
    each: int

    def to_bytes(self) -> bytes:
        """Return the candidates in a compact form, the inverse of `from_bytes`."""
        head: dict[str, Any] = {
            name: list(getattr(self, name))
            for name in ("mentees", "mentors", "demand", "places", "bonuses", "pairs", "kept")
        }
        head |= {name: getattr(self, name) for name in ("keep_bonus", "coverage", "each")}
        arrays = [array(kind, getattr(self, name)) for name, kind in _ARRAYS.items()]
        head["sizes"] = [len(each) for each in arrays]
        text = json.dumps(head).encode()
        body = b"".join(each.tobytes() for each in arrays)
        return zlib.compress(_LENGTH.pack(len(text)) + text + body, level=1)

    @classmethod
    def from_bytes(cls, data: bytes) -> Candidates:
        """Return the candidates that `to_bytes` wrote."""
        raw = zlib.decompress(data)
        (length,) = _LENGTH.unpack_from(raw)
        at = _LENGTH.size + length
        head = json.loads(raw[_LENGTH.size : at])
        arrays: dict[str, Any] = {}
        for (name, kind), size in zip(_ARRAYS.items(), head.pop("sizes"), strict=True):
            numbers = array(kind)
            end = at + size * numbers.itemsize
            numbers.frombytes(raw[at:end])
            arrays[name], at = numbers, end
        for name in ("pairs", "kept"):
            head[name] = [tuple(each) for each in head[name]]
        return cls(**head, **arrays)

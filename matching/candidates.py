"""The best pairs of each mentee, stored with a round; nothing here needs libraries for numbers."""

from __future__ import annotations

import bisect
import json
import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
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

    def scores_of(self, mentee: str) -> dict[str, int]:
        """Return the stored scores of a mentee by mentor, in millionths. Raises `KeyError`."""
        i = _position(self.mentees, mentee)
        row = slice(self.starts[i], self.starts[i + 1])
        found = dict(zip(self.columns[row], self.scores[row], strict=True))
        found |= {j: score for other, j, score, _is_settled in self.pairs if other == i}
        return {self.mentors[j]: score for j, score in found.items()}

    def scores_with(self, mentor: str) -> dict[str, int]:
        """Return the stored scores of a mentor by mentee, in millionths. Raises `KeyError`."""
        j = _position(self.mentors, mentor)
        found = {i: score for i, other, score, _is_settled in self.pairs if other == j}
        for at in _places(self.columns, j):
            found.setdefault(bisect.bisect_right(self.starts, at) - 1, self.scores[at])
        return {self.mentees[i]: score for i, score in found.items()}

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


def _position(ids: Sequence[str], id: str) -> int:
    try:
        return ids.index(id)
    except ValueError:
        raise KeyError(id) from None


def _places(columns: Sequence[int], j: int) -> Iterator[int]:
    """Yield where a number stands in a long list, looked for among its bytes: ten times as fast."""
    numbers = array(_ARRAYS["columns"], columns)
    data, wanted = numbers.tobytes(), array(_ARRAYS["columns"], [j]).tobytes()
    at = data.find(wanted)
    while at >= 0:
        place, rest = divmod(at, numbers.itemsize)
        if not rest:
            yield place
        at = data.find(wanted, at + 1)

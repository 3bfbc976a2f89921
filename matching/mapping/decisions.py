"""What a coordinator has decided about the columns and answers of their files."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from matching.profiles import taxonomy
from matching.spreadsheets.dates import DayOrder

#: Where a column of a file goes that is read as nothing.
LEFT_OUT = ""
#: What an answer comes to that is kept in its person's own words, or is no answer.
OWN_WORDS = "*own words*"
NO_ANSWER = "*no answer*"


class Sureness(enum.IntEnum):
    """How sure a guess is. Whatever is below `LIKELY` is asked about."""

    NONE = 0
    UNSURE = 1
    LIKELY = 2
    CERTAIN = 3


def answer_key(typed: str) -> str:
    """Return a written answer as decisions name it: case and punctuation do not matter."""
    return taxonomy.fold(typed[:200]) or typed.strip()[:200]


@dataclass(frozen=True)
class Decisions:
    """What is decided about files of one role; all but `cells` and `sheet` hold for later files.

    `columns` says by key of a heading which column of ours it is, a part of a name, or `LEFT_OUT`.
    `answers` says by column of ours and by `answer_key` which answers a written one stands for:
    texts that the column's reader takes, `OWN_WORDS` or `NO_ANSWER`. `defaults` are answers, as
    typed, of everyone whose row has none. `dates` says what comes first in days such as 03/04/2026.
    `cells` are corrections by row and column.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    dates: DayOrder | None = None
    cells: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    sheet: str | None = None

    def remembered(self) -> Decisions:
        """Return what holds for later files."""
        return replace(self, cells={}, sheet=None)

    def and_then(self, later: Decisions) -> Decisions:
        """Return these decisions with later ones over them."""
        columns = dict.fromkeys([*self.answers, *later.answers])
        return Decisions(
            {**self.columns, **later.columns},
            {c: {**self.answers.get(c, {}), **later.answers.get(c, {})} for c in columns},
            {**self.defaults, **later.defaults},
            later.dates or self.dates,
            {
                row: {**self.cells.get(row, {}), **later.cells.get(row, {})}
                for row in dict.fromkeys([*self.cells, *later.cells])
            },
            later.sheet if later.sheet is not None else self.sheet,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the decisions as plain data."""
        return {
            "columns": dict(self.columns),
            "answers": {c: {k: list(v) for k, v in of.items()} for c, of in self.answers.items()},
            "defaults": dict(self.defaults),
            "dates": self.dates,
            "cells": {str(row): dict(cells) for row, cells in self.cells.items()},
            "sheet": self.sheet,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Decisions:
        """Return decisions from what `to_dict` gave once, answers under the keys of today."""
        return cls(
            dict(stored.get("columns", {})),
            {
                c: {answer_key(k): tuple(v) for k, v in of.items()}
                for c, of in stored.get("answers", {}).items()
            },
            dict(stored.get("defaults", {})),
            DayOrder(stored["dates"]) if stored.get("dates") else None,
            {int(row): dict(cells) for row, cells in stored.get("cells", {}).items()},
            stored.get("sheet"),
        )

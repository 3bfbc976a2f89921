"""What is wrong with a file, or worth knowing about it, by row and column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from matching.language import gettext as _
from matching.language import ngettext


@dataclass(frozen=True)
class Finding:
    """A problem or a note: the row and column of the file that it is about, None for all."""

    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        """Return it as one line."""
        place = _("row %(row)s", row=self.row) if self.row else _("file")
        where = f"{place}, {self.column}" if self.column else place
        return f"{where}: {self.message}"


@dataclass
class Noticed:
    """What a reader notices about a file while its rows are read.

    Columns are counted from 0. Rows are struck that have a line through all their text. Merged
    ranges are (first row, last row, range as `G2:G4`). `sheets` are the titles of a workbook's
    visible sheets, and `sheet` that of the one that is read.
    """

    notes: list[Finding] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    struck_rows: list[int] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, str]] = field(default_factory=list)
    since_1904: bool = False
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    _said: set[str] = field(default_factory=set)

    def note(self, message: str) -> None:
        """Add a note about the whole file; the same one only once."""
        if message not in self._said:
            self._said.add(message)
            self.notes.append(Finding(None, None, message))


def grouped(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with those that say the same of a column as one, about its first row."""
    rows: dict[tuple[str | None, str], list[int]] = {}
    for finding in findings:
        same = rows.setdefault((finding.column, finding.message), [])
        if finding.row is not None:
            same.append(finding.row)
    return [
        Finding(same[0] if same else None, column, message + _in_more(len(same) - 1))
        for (column, message), same in rows.items()
    ]


def listed(rows: list[int]) -> str:
    """Return row numbers in words: runs as 4–9, and the first twenty of them."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    words = [str(a) if a == b else f"{a}–{b}" for a, b in runs[:20]]
    return ", ".join(words) + (" …" if len(runs) > 20 else "")


def _in_more(others: int) -> str:
    if others < 1:
        return ""
    return " " + ngettext("(and in %(n)s more row)", "(and in %(n)s more rows)", others)

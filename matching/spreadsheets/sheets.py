"""Rows of sheets, whatever program wrote them, and which sheet of a workbook holds the people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from matching.language import gettext as _
from matching.language import ngettext
from matching.profiles.readers import quote
from matching.spreadsheets.findings import Noticed
from matching.spreadsheets.limits import MOST_COLUMNS, MOST_TITLE_ROWS, UnreadableFile

#: Tells how many headings it knows in the row of some first rows that has most of them.
Knows = Callable[[Iterable[Sequence[str]]], int]
_MOST_LOOKED_AT = 10


class Number(str):
    """A number as its sheet shows it, such as `00123`; `plain` is its value, `123`."""

    __slots__ = ("plain",)
    plain: str

    def __new__(cls, shown: str, plain: str) -> Number:
        """Make it of both."""
        number = super().__new__(cls, shown)
        number.plain = plain
        return number


def plain(text: str) -> str:
    """Return the value of a number, and any other text as it is."""
    return text.plain if isinstance(text, Number) else text


@dataclass(frozen=True)
class Line:
    """One row of a sheet: its number as a spreadsheet shows it, and its cells as text.

    A workbook does not store empty cells at the end of a row; a text file has them all.
    """

    number: int
    cells: list[str]
    is_complete: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; `open` reads its rows, and is told what else it notices."""

    title: str
    is_hidden: bool
    is_active: bool
    open: Callable[[Noticed], Iterator[Line]]


def choose(
    sheets: Sequence[Sheet], knows: Knows, noticed: Noticed, title: str | None = None
) -> Iterator[Line]:
    """Return the rows of the sheet that holds the people, and note which others are not read.

    That is the visible sheet of a title, or without one the sheet on which the workbook opens, or
    else the first visible one whose headings are known. Hidden sheets are never read. Raises
    `UnreadableFile` where all are hidden.
    """
    visible = [sheet for sheet in sheets if not sheet.is_hidden]
    if not visible:
        raise UnreadableFile(_("The workbook has no visible sheet; show the one to import."))
    noticed.sheets = [sheet.title for sheet in visible]
    visible.sort(key=lambda sheet: not sheet.is_active)
    chosen = next((sheet for sheet in visible if sheet.title == title), visible[0])
    if len(visible) > 1 and chosen.title != title:
        known = [knows(_first_rows(sheet)) for sheet in visible[:_MOST_LOOKED_AT]]
        chosen = next((s for s, count in zip(visible, known, strict=False) if count), chosen)
    noticed.sheet = chosen.title
    if len(sheets) > 1:
        others = [
            _("%(sheet)s (hidden)", sheet=quote(sheet.title))
            if sheet.is_hidden
            else quote(sheet.title)
            for sheet in sheets
            if sheet is not chosen
        ]
        if more := others[10:]:
            others = [*others[:10], ngettext("%(n)s more", "%(n)s more", len(more))]
        noticed.note(
            _(
                "sheet %(sheet)s is read; not read: %(others)s",
                sheet=quote(chosen.title),
                others=", ".join(others),
            )
        )
    return chosen.open(noticed)


def _first_rows(sheet: Sheet) -> list[list[str]]:
    return [line.cells for line in islice(sheet.open(Noticed()), MOST_TITLE_ROWS)]


class Row:
    """The cells of one row while it is read; those beyond the limit of columns count as one."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.cells: list[str] = []

    def put(self, column: int, text: str) -> None:
        """Set the text of a cell; columns are counted from 0."""
        if text:
            column = min(column, MOST_COLUMNS)
            self.cells += [""] * (column + 1 - len(self.cells))
            self.cells[column] = text

    def line(self) -> Line:
        """Return the row as it is now."""
        return Line(self.number, self.cells)


class Merges:
    """Fills merged cells: what stands in the first of them counts for every row they span."""

    def __init__(self, noticed: Noticed) -> None:
        self._noticed = noticed
        self._open: dict[int, tuple[int, str]] = {}

    def begin(self, row: Row, column: int, last_row: int, name: str) -> None:
        """Take the text of a row's cell for the same column of all rows to `last_row`."""
        text = row.cells[column] if column < len(row.cells) else ""
        self._noticed.merged.append((row.number, last_row, name))
        if text and last_row > row.number:
            self._open[column] = (last_row, text)

    def fill(self, row: Row) -> None:
        """Fill the cells of a row; one that is empty otherwise stays empty."""
        if not row.cells:
            return
        for column, (last_row, text) in list(self._open.items()):
            if row.number > last_row:
                del self._open[column]
            elif column >= len(row.cells) or not row.cells[column]:
                row.put(column, text)


def letters(column: int) -> str:
    """Return the name of a column as spreadsheets show it; `column` is counted from 0."""
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name = chr(65 + rest) + name
        column -= 1
    return name

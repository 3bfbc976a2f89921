"""Rows of an OpenDocument spreadsheet (.ods), as its owner sees them.

All its sheets stand in one part, `content.xml`, so each of them is a pass over that part.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import partial

from matching.language import gettext as _
from matching.language import number
from matching.spreadsheets import sheets
from matching.spreadsheets.archives import DAMAGED, Archive, Done, local
from matching.spreadsheets.findings import Noticed
from matching.spreadsheets.limits import (
    MOST_COLUMNS,
    MOST_MERGES,
    MOST_NOTES,
    MOST_SHEET_ROWS,
    MOST_UNPACKED,
    UnreadableFile,
)
from matching.spreadsheets.sheets import Knows, Line, Merges, Number, Row, Sheet, letters

MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_CONTENT = "content.xml"
#: What stands inside a table or a cell and is not its text: comments, drawings, deleted rows.
_ASIDE = frozenset({"annotation", "shapes", "frame", "custom-shape", "tracked-changes"})
_HIDDEN = ("collapse", "filter")


def rows(
    archive: Archive, knows: Knows, noticed: Noticed, sheet: str | None = None
) -> Iterator[Line]:
    """Yield the rows of a sheet, by None of the one that holds people. Raises `UnreadableFile`."""
    manifest = "META-INF/manifest.xml"
    if manifest in archive.names and b"encryption-data" in archive.read(manifest, 100_000):
        raise UnreadableFile(_("The workbook is encrypted; save it without a password."))
    return sheets.choose(_sheets(archive), knows, noticed, sheet)


def _sheets(archive: Archive) -> list[Sheet]:
    hidden_styles: set[str] = set()
    struck_styles: set[str] = set()
    listed: list[tuple[str, str]] = []
    style = ""
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal style, depth
        if name == "style":
            style = local(attributes, "name") or ""
        elif name == "table-properties" and local(attributes, "display") == "false":
            hidden_styles.add(style)
        elif name == "text-properties":
            if local(attributes, "text-line-through-style") not in (None, "none"):
                struck_styles.add(style)
        elif name == "table":
            depth += 1
            if depth == 1:
                title, look = (local(attributes, key) or "" for key in ("name", "style-name"))
                listed.append((title, look))

    def end(name: str) -> None:
        nonlocal depth
        depth -= name == "table"

    for _step in archive.parse(_CONTENT, start, end, lambda text: None):
        pass
    active = _active(archive)
    return [
        Sheet(
            title,
            look in hidden_styles,
            title == active,
            partial(_open, archive, position, struck_styles),
        )
        for position, (title, look) in enumerate(listed)
    ]


def _active(archive: Archive) -> str:
    """Return the title of the sheet on which the workbook opens."""
    pieces: list[str] = []
    is_wanted = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_wanted
        is_wanted = local(attributes, "name") == "ActiveTable"

    def end(name: str) -> None:
        nonlocal is_wanted
        is_wanted = False

    archive.parse_all(
        "settings.xml", start, end, lambda text: pieces.append(text) if is_wanted else None
    )
    return "".join(pieces)


def _open(
    archive: Archive, position: int, struck_styles: Container[str], noticed: Noticed
) -> Iterator[Line]:
    """Yield the rows of one sheet that hold anything and are neither hidden nor struck through."""
    table = _Table(position, struck_styles, noticed)
    for _step in archive.parse(_CONTENT, table.start, table.end, table.add):
        for row, times in table.rows:
            for repeated in range(times):
                yield Line(row.number + repeated, list(row.cells))
        table.rows.clear()


class _Table:
    """Reads the table at a position in the content."""

    def __init__(self, position: int, struck_styles: Container[str], noticed: Noticed) -> None:
        self.rows: list[tuple[Row, int]] = []
        self._noticed, self._struck_styles = noticed, struck_styles
        self._struck = self._filled = 0
        self._merges = Merges(noticed)
        self._begins: list[tuple[int, int, str]] = []
        self._to_skip = position
        self._depth = self._aside = self._characters = self._merged = self._errors = 0
        self._number, self._times, self._column, self._columns = 1, 1, 0, 0
        self._row: Row | None = None
        self._is_hidden = self._is_text = False
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Notice the start of an element."""
        if name == "table":
            self._depth += 1
        if self._to_skip or self._depth != 1:
            return
        if self._aside or name in _ASIDE:
            self._aside += 1
        elif name == "table-row":
            self._times = _repeated(attributes, "number-rows-repeated")
            self._is_hidden = local(attributes, "visibility") in _HIDDEN
            self._row, self._column, self._begins = Row(self._number), 0, []
            self._struck = self._filled = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._cell, self._paragraphs = attributes, []
        elif name == "p":
            self._is_text = True
            self._paragraphs.append("")
        elif self._is_text and name in ("s", "tab", "line-break"):
            blank = {"tab": "\t", "line-break": "\n"}.get(name, " ")
            self.add(blank * min(_repeated(attributes, "c"), 1000))
        elif name == "table-column":
            times = _repeated(attributes, "number-columns-repeated")
            if local(attributes, "visibility") in _HIDDEN:
                last = min(self._columns + times, MOST_COLUMNS)
                self._noticed.hidden_columns.update(range(self._columns, last))
            self._columns += times

    def add(self, text: str) -> None:
        """Take text, if it is that of a cell."""
        if self._is_text and not self._aside:
            self._paragraphs[-1] += text

    def end(self, name: str) -> None:
        """Notice the end of an element. Raises `Done` after the table."""
        if name == "table":
            self._depth -= 1
            if self._depth == 0 and not self._to_skip:
                raise Done
            self._to_skip -= self._depth == 0
        elif self._to_skip or self._depth != 1:
            return
        elif self._aside:
            self._aside -= 1
        elif name == "p":
            self._is_text = False
        elif name in ("table-cell", "covered-table-cell") and self._row is not None:
            self._end_cell(self._row, is_covered=name == "covered-table-cell")
        elif name == "table-row" and self._row is not None:
            self._end_row(self._row)
            self._row = None

    def _end_cell(self, row: Row, *, is_covered: bool) -> None:
        times = _repeated(self._cell, "number-columns-repeated")
        text = "" if is_covered else self._text(row.number)
        if text:
            self._filled += 1
            self._struck += (local(self._cell, "style-name") or "") in self._struck_styles
            for repeated in range(min(times, MOST_COLUMNS + 1)):
                row.put(self._column + repeated, text)
                self._count(text)
        down = _repeated(self._cell, "number-rows-spanned")
        across = _repeated(self._cell, "number-columns-spanned")
        if max(down, across) > 1 and not is_covered:
            self._merged += 1
            if self._merged > MOST_MERGES:
                raise UnreadableFile(
                    _("The sheet has more than %(limit)s merged cells.", limit=number(MOST_MERGES))
                )
            last = row.number + down - 1
            name = f"{letters(self._column)}{row.number}:{letters(self._column + across - 1)}{last}"
            self._begins.append((self._column, last, name))
        self._column += times

    def _end_row(self, row: Row) -> None:
        for column, last_row, name in self._begins:
            self._merges.begin(row, column, last_row, name)
        self._merges.fill(row)
        self._number += self._times
        if not row.cells:
            return
        if self._number > MOST_SHEET_ROWS + 1:
            raise UnreadableFile(
                _("The sheet has more rows than any spreadsheet program supports.")
            )
        if self._is_hidden:
            self._noticed.hidden_rows += range(row.number, self._number)
        elif self._filled and self._struck == self._filled:
            self._noticed.struck_rows += range(row.number, self._number)
        else:
            self.rows.append((row, self._times))

    def _text(self, row: int) -> str:
        kinds = [value for key, value in self._cell.items() if key.endswith(" value-type")]
        shown = "\n".join(self._paragraphs)
        if local(self._cell, "formula"):
            self._noticed.note(_("formulas were found; their stored results are read"))
        if "error" in kinds or (local(self._cell, "formula") and re.match(r"#|Err:\d", shown)):
            self._errors += 1
            if self._errors <= MOST_NOTES:
                self._noticed.note(
                    _(
                        "the error %(error)s in row %(row)s is read as an empty cell",
                        error=shown[:20],
                        row=row,
                    )
                )
            return ""
        if "date" in kinds:
            return (local(self._cell, "date-value") or shown).removesuffix("T00:00:00")
        if "boolean" in kinds:
            return "yes" if local(self._cell, "boolean-value") == "true" else "no"
        if {"float", "percentage", "currency"} & set(kinds):
            return _number(local(self._cell, "value") or "", shown.strip())
        return shown or local(self._cell, "string-value") or ""

    def _count(self, text: str) -> None:
        # A cell is stored once and may be repeated a thousand times.
        self._characters += len(text)
        if self._characters > MOST_UNPACKED:
            raise UnreadableFile(
                _("The sheet has more than %(limit)s characters.", limit=number(MOST_UNPACKED))
            )


def _number(plain: str, shown: str) -> str:
    """Return a number, as its cell shows it where that only pads it, such as `me-0012`."""
    try:
        value = float(plain)
    except ValueError:
        return shown
    if not value.is_integer() or abs(value) >= 1e15:
        return plain
    plain = str(int(value))
    digits = re.fullmatch(r"[A-Za-z_-]*(\d+)", shown)
    if digits and digits[1] != plain and digits[1].lstrip("0") == plain.lstrip("0"):
        return Number(shown, plain)
    if digits and shown != plain and digits[1] == plain:
        return Number(shown, plain)
    return plain


def _repeated(attributes: dict[str, str], name: str) -> int:
    value = local(attributes, name) or "1"
    if not (value.isascii() and value.isdigit() and 0 < len(value) < 10):
        raise UnreadableFile(_(DAMAGED))
    return max(1, int(value))

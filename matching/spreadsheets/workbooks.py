"""Rows of an Excel workbook (.xlsx, transitional or strict), as its owner sees them.

Only what the text of cells depends on is read: the list of sheets, shared strings, number formats,
rows, and which cells are merged or hidden.
"""

from __future__ import annotations

import posixpath
import re
from array import array
from collections.abc import Iterator
from functools import partial

from matching.language import gettext as _
from matching.language import number
from matching.spreadsheets import cell_styles, sheets
from matching.spreadsheets.archives import DAMAGED, Archive, Done, local
from matching.spreadsheets.cell_styles import GENERAL, CellStyles
from matching.spreadsheets.findings import Noticed
from matching.spreadsheets.limits import (
    MOST_MERGES,
    MOST_NOTES,
    MOST_SHEET_ROWS,
    MOST_UNPACKED,
    UnreadableFile,
)
from matching.spreadsheets.sheets import Knows, Line, Merges, Row, Sheet

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_MERGE = re.compile(rb"<(?:[\w.-]+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Z0-9:$]{1,40})[\"']")


def rows(
    archive: Archive, knows: Knows, noticed: Noticed, sheet: str | None = None
) -> Iterator[Line]:
    """Yield the rows of a sheet, by None of the one that holds people. Raises `UnreadableFile`."""
    return sheets.choose(_Book(archive).sheets, knows, noticed, sheet)


class _Book:
    """What all sheets of a workbook share."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        package = _targets(archive, "")
        main = next((t for type, t in package.values() if type == "officeDocument"), "")
        if main not in archive.names:
            raise UnreadableFile(_(DAMAGED))
        parts = _targets(archive, main)
        self.since_1904 = False
        self.sheets: list[Sheet] = []
        active = 0
        listed: list[tuple[str, bool, str]] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal active
            if name == "workbookPr":
                self.since_1904 = attributes.get("date1904", "").lower() in ("1", "true", "on")
            elif name == "workbookView":
                active = _whole(attributes.get("activeTab", "0"))
            elif name == "sheet":
                is_hidden = attributes.get("state", "visible") != "visible"
                listed.append(
                    (attributes.get("name", ""), is_hidden, local(attributes, "id") or "")
                )

        archive.parse_all(main, start)
        for position, (title, is_hidden, id) in enumerate(listed):
            type, part = parts.get(id, ("", ""))
            if type == "worksheet":
                opened = partial(self._open, part)
                self.sheets.append(Sheet(title, is_hidden, position == active, opened))
        by_type = dict(parts.values())
        self._shared = by_type.get("sharedStrings", "")
        self._styles = by_type.get("styles", "")
        self._strings: _Strings | None = None
        self._looks = CellStyles()

    def _open(self, part: str, noticed: Noticed) -> Iterator[Line]:
        if part not in self.archive.names:
            raise UnreadableFile(_(DAMAGED))
        if self._strings is None:
            self._strings = _Strings(self.archive, self._shared)
            self._looks = cell_styles.read(self.archive, self._styles)
        return _Cells(self, part, self._strings, self._looks, noticed).lines()


def _targets(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Return type and name of the parts that a part refers to, by the id of the reference."""
    folder, file = posixpath.split(part)
    targets: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            # Strict workbooks have other namespaces, and the same last words.
            type = attributes.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            targets[attributes.get("Id", "")] = (type, target.lstrip("/"))

    archive.parse_all(posixpath.join(folder, "_rels", f"{file}.rels"), start)
    return targets


class _Strings:
    """The shared strings of a workbook: text and offsets, since there may be millions."""

    def __init__(self, archive: Archive, part: str) -> None:
        self._text = bytearray()
        self._ends = array("Q")
        pieces = _Text()

        def end(name: str) -> None:
            pieces.end(name)
            if name == "si":
                self._text += pieces.take().encode("utf-8", "surrogatepass")
                self._ends.append(len(self._text))

        archive.parse_all(part, pieces.start, end, pieces.add)

    def __getitem__(self, index: int) -> str:
        """Return a string. Raises `UnreadableFile` where there is none."""
        if not 0 <= index < len(self._ends):
            raise UnreadableFile(_(DAMAGED))
        start = self._ends[index - 1] if index else 0
        return self._text[start : self._ends[index]].decode("utf-8", "surrogatepass")


class _Text:
    """Gathers the text of `t` elements, but that of phonetic hints."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._is_text = self._is_hint = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Notice the start of an element."""
        if name == "rPh":
            self._is_hint = True
        elif name == "t":
            self._is_text = not self._is_hint

    def end(self, name: str) -> None:
        """Notice the end of an element."""
        if name == "rPh":
            self._is_hint = False
        elif name == "t":
            self._is_text = False

    def add(self, text: str) -> None:
        """Take text, if it is wanted here."""
        if self._is_text:
            self._pieces.append(text)

    def take(self) -> str:
        """Return the text since the last time."""
        text = _unescaped("".join(self._pieces))
        self._pieces.clear()
        return text


class _Cells:
    """Reads one sheet."""

    def __init__(
        self,
        book: _Book,
        part: str,
        strings: _Strings,
        looks: CellStyles,
        noticed: Noticed,
    ) -> None:
        self._book, self._part, self._noticed = book, part, noticed
        noticed.since_1904 = book.since_1904
        self._strings, self._looks = strings, looks
        self._merges = Merges(noticed)
        self._merged = _merged(book.archive, part)
        self._lines: list[Line] = []
        self._row: Row | None = None
        self._is_hidden = self._is_value = self._is_struck = False
        self._struck = self._filled = 0
        self._number, self._column, self._characters, self._errors = 0, -1, 0, 0
        self._type, self._format = "n", GENERAL
        self._value: list[str] = []
        self._inline = _Text()

    def lines(self) -> Iterator[Line]:
        """Yield the rows that hold anything and are not hidden."""
        for _step in self._book.archive.parse(self._part, self._start, self._end, self._add):
            yield from self._lines
            self._lines.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c" and self._row is not None:
            reference = attributes.get("r")
            self._column = _column(reference) if reference else self._column + 1
            self._type = attributes.get("t", "n")
            style = attributes.get("s", "")
            self._format = self._looks.format(style)
            self._is_struck = self._looks.is_struck(style)
            self._value = []
        elif name == "v":
            self._is_value = True
        elif name == "row":
            self._begin_row(attributes)
        elif name == "f":
            self._noticed.note(_("formulas were found; their stored results are read"))
        elif name == "col" and _is_on(attributes.get("hidden")):
            first, last = (_whole(attributes.get(edge, "")) for edge in ("min", "max"))
            self._noticed.hidden_columns.update(range(first - 1, min(last, first + 200)))
        elif self._type == "inlineStr":
            self._inline.start(name, attributes)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = _whole(attributes.get("r", str(self._number + 1)))
        if not self._number < number:
            raise UnreadableFile(_(DAMAGED))
        if number > MOST_SHEET_ROWS:
            raise UnreadableFile(
                _("The sheet has more rows than any spreadsheet program supports.")
            )
        self._number, self._column, self._row = number, -1, Row(number)
        self._struck = self._filled = 0
        height = attributes.get("ht", "")
        is_flat = re.fullmatch(r"0(\.0*)?", height) is not None
        self._is_hidden = is_flat or _is_on(attributes.get("hidden"))

    def _add(self, text: str) -> None:
        if self._is_value:
            self._value.append(text)
        elif self._type == "inlineStr":
            self._inline.add(text)

    def _end(self, name: str) -> None:
        if name == "v":
            self._is_value = False
        elif name == "c" and self._row is not None:
            text = self._text(self._row)
            self._row.put(self._column, text)
            self._filled += bool(text)
            self._struck += bool(text) and self._is_struck
            self._type = "n"
        elif name == "row" and self._row is not None:
            self._end_row(self._row)
            self._row = None
        elif name == "sheetData":
            raise Done
        elif self._type == "inlineStr":
            self._inline.end(name)

    def _end_row(self, row: Row) -> None:
        for column, last_row, name in self._merged.get(row.number, []):
            self._merges.begin(row, column, last_row, name)
        self._merges.fill(row)
        if row.cells and self._is_hidden:
            self._noticed.hidden_rows.append(row.number)
        elif self._filled and self._struck == self._filled:
            self._noticed.struck_rows.append(row.number)
        elif row.cells:
            self._lines.append(row.line())

    def _text(self, row: Row) -> str:
        value = "".join(self._value)
        if self._type == "s":
            text = self._strings[_whole(value)] if value else ""
        elif self._type == "inlineStr":
            text = self._inline.take()
        elif self._type == "str":
            text = _unescaped(value)
        elif self._type == "b":
            text = "yes" if value.strip() == "1" else "no"
        elif self._type == "e":
            self._note_error(value, row.number)
            text = ""
        elif self._type == "d":
            text = value.removesuffix("T00:00:00")
        else:
            text = self._format.shown(value.strip(), since_1904=self._book.since_1904)
        # A string is stored once and may be used a million times.
        self._characters += len(text)
        if self._characters > MOST_UNPACKED:
            raise UnreadableFile(
                _("The sheet has more than %(limit)s characters.", limit=number(MOST_UNPACKED))
            )
        return text

    def _note_error(self, error: str, row: int) -> None:
        self._errors += 1
        if self._errors <= MOST_NOTES:
            self._noticed.note(
                _(
                    "the error %(error)s in row %(row)s is read as an empty cell",
                    error=error[:20],
                    row=row,
                )
            )


def _merged(archive: Archive, part: str) -> dict[int, list[tuple[int, int, str]]]:
    """Return first column, last row and name of merged cells, by their first row.

    They stand after the rows, and are needed before them.
    """
    merged: dict[int, list[tuple[int, int, str]]] = {}
    count = 0
    rest = b""
    is_after = False
    for chunk in archive.chunks(part):
        rest += chunk
        if not is_after:
            found = re.search(rb"</(?:[\w.-]+:)?sheetData\s*>|<(?:[\w.-]+:)?sheetData\s*/>", rest)
            rest = rest[found.end() :] if found else rest[-100:]
            is_after = found is not None
            if not is_after:
                continue
        last = 0
        for match in _MERGE.finditer(rest):
            last = match.end()
            count += 1
            if count > MOST_MERGES:
                raise UnreadableFile(
                    _("The sheet has more than %(limit)s merged cells.", limit=number(MOST_MERGES))
                )
            name = match[1].decode().replace("$", "")
            begin, _colon, end = name.partition(":")
            if (first := _REFERENCE.fullmatch(begin)) and (to := _REFERENCE.fullmatch(end)):
                range = (_column(begin), int(to[2]), name)
                merged.setdefault(int(first[2]), []).append(range)
        rest = rest[last:][-200:] if last else rest[-200:]
    return merged


def _column(reference: str) -> int:
    """Return the column of a reference such as `B7`, counted from 0."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise UnreadableFile(_(DAMAGED))
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - 64
    return column - 1


def _whole(value: str) -> int:
    if not (value.isascii() and value.strip().isdigit() and len(value) < 10):
        raise UnreadableFile(_(DAMAGED))
    return int(value)


def _is_on(value: str | None) -> bool:
    return (value or "").lower() in ("1", "true", "on")


def _unescaped(text: str) -> str:
    """Return stored text with its escapes, such as `_x000D_` for a carriage return, resolved."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.replace("\r\n", "\n").replace("\r", "\n")

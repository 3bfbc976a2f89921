"""Rows of a text file whose cells are separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from matching.language import gettext as _
from matching.language import mark, number
from matching.spreadsheets.findings import Noticed
from matching.spreadsheets.limits import MOST_SHEET_ROWS, MOST_TITLE_ROWS, UnreadableFile
from matching.spreadsheets.sheets import Knows, Line

# A cell may be as long as its file: the reader of its column says that it is too long. The limit is
# shared by the whole process, so it is set once.
csv.field_size_limit(2**31 - 1)

_DELIMITERS = {
    ",": "",
    ";": mark("columns are separated by semicolons"),
    "\t": mark("columns are separated by tabs"),
    "|": mark("columns are separated by vertical bars"),
}
#: Excel's own first line, which says what separates the columns and is no row.
_NAMED = re.compile(r'"?sep=([^\w\s"]|\t)"?[;,\t|]*\r?\n', re.I)
_HEAD = 1 << 16
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Stands for the first byte that is not UTF-8; no character has this code.
_BAD = "\ufdd0"


def rows(data: bytes, knows: Knows, noticed: Noticed) -> Iterator[Line]:
    """Yield the rows of a text file; its delimiter is the one with which headings are known.

    What was noticed about the file is added to `noticed`. Raises `UnreadableFile` at once, or while
    rows are read.
    """
    text = _decoded(data, knows, noticed)
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
        noticed.note(_("old Macintosh line endings were read as line endings"))
    text, delimiter = _delimited(text, knows)
    if said := _DELIMITERS.get(delimiter, mark("the first line names what separates the columns")):
        noticed.note(_(said))
    return _parsed(text, delimiter)


def _delimited(text: str, knows: Knows) -> tuple[str, str]:
    """Return the text of the table, and what separates its cells."""
    if named := _NAMED.match(text):
        return text[named.end() :], named[1]
    head = text[:_HEAD]
    known = {delimiter: knows(_first_rows(head, delimiter)) for delimiter in _DELIMITERS}
    best = max(known, key=lambda delimiter: known[delimiter])
    if known[best]:
        return text, best
    bare = re.sub(r'"[^"]*"', "", head).split("\n", 1)[0]
    return text, max(_DELIMITERS, key=bare.count)


def _first_rows(head: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    first: list[list[str]] = []
    # What stands before an error may do; if not, reading all of it says what is wrong.
    with contextlib.suppress(csv.Error):
        first.extend(islice(reader, MOST_TITLE_ROWS))
    return first


def _decoded(data: bytes, knows: Knows, noticed: Noticed) -> str:
    if unmarked := _unmarked_utf16(data):
        data = unmarked + data
    if data.startswith(_MARKS):
        noticed.note(_("the file is UTF-16 and was read as such"))
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise UnreadableFile(_("The file is damaged UTF-16; save it as CSV UTF-8.")) from None
        if "\0" in text:
            raise UnreadableFile(_("The file contains NUL characters; it may be damaged."))
        return text
    if (position := data.find(b"\0")) >= 0:
        raise UnreadableFile(
            _(
                "The file contains NUL bytes in row %(row)s; it may be damaged or not a text file.",
                row=data.count(b"\n", 0, position) + 1,
            )
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(_not_utf8(data, error.start, knows)) from None


def _unmarked_utf16(data: bytes) -> bytes:
    """Return the mark that UTF-16 text without one should begin with, nothing for other text.

    Most letters of a table are ASCII, so that every other byte is a NUL and the rest are none.
    """
    head = b"" if data.startswith(_MARKS) else data[: _HEAD & ~1]
    for beginning, high, low in (
        (codecs.BOM_UTF16_LE, head[1::2], head[::2]),
        (codecs.BOM_UTF16_BE, head[::2], head[1::2]),
    ):
        if len(head) > 2 and b"\0" not in low and high.count(b"\0") > 0.6 * len(high):
            return beginning
    return b""


def _not_utf8(data: bytes, position: int, knows: Knows) -> str:
    """Return what to do about a file whose byte at `position` is not UTF-8."""
    after = data[position : position + 2000].decode("cp1252", "replace")
    before = data[:position].decode("utf-8-sig")
    text = before + _BAD + after
    if "\n" not in text:
        text = text.replace("\r", "\n")
    table, delimiter = _delimited(text, knows)
    row, column, cell = _place_of_bad(table, delimiter, knows)
    word = next((word for word in cell.split() if _BAD in word), "").replace(_BAD, "")[:40]
    values = {"row": row, "column": column, "word": word}
    if column:
        return _(
            "This file is not UTF-8 (first bad byte in row %(row)s, column %(column)s). It "
            "looks like Windows-1252, where it reads “%(word)s”: save it again as 'CSV "
            "UTF-8'.",
            **values,
        )
    return _(
        "This file is not UTF-8 (first bad byte in row %(row)s). It looks like Windows-1252, "
        "where it reads “%(word)s”: save it again as 'CSV UTF-8'.",
        **values,
    )


def _place_of_bad(table: str, delimiter: str, knows: Knows) -> tuple[int, str, str]:
    """Return the row of the first byte that is not UTF-8, the heading of its column, its cell."""
    header: list[str] = []
    row = 1
    # The file may have other faults, too; the row where they begin is near enough.
    with contextlib.suppress(csv.Error):
        for row, cells in enumerate(csv.reader(_lines(table), delimiter=delimiter), 1):
            if not header and knows([cells]):
                header = cells
            bad = next((k for k, cell in enumerate(cells) if _BAD in cell), None)
            if bad is not None:
                column = header[bad].strip() if bad < len(header) and cells != header else ""
                return row, column, cells[bad]
    return row, "", ""


def _parsed(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    header: list[str] = []
    row = 0
    while True:
        start = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = _unquoted(str(error), row + 1)
            if problem is None:
                opened = next(csv.reader(islice(_lines(text), start, None), delimiter=delimiter))
                inside = len(opened) <= len(header)
                column = header[len(opened) - 1].strip() if inside else _("after the last")
                problem = _unclosed(row + 1, column)
            raise UnreadableFile(problem) from None
        row += 1
        if row > MOST_SHEET_ROWS:
            raise UnreadableFile(
                _(
                    "The file has more than %(most)s rows. Remove empty rows at its end, or "
                    "split it.",
                    most=number(MOST_SHEET_ROWS),
                )
            )
        if any(cells):
            header = header or cells
            yield Line(row, [cell.replace("\r\n", "\n") for cell in cells], is_complete=True)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text, each ended by a line feed, one at a time."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    yield text[start:] + "\n"


def _unquoted(error: str, row: int) -> str | None:
    """Return what is wrong around the quotes of a row, by the parser's error; None for others."""
    if "new-line" in error:
        return _(
            "Row %(row)s has a stray carriage return outside quotation marks; save the file "
            "again as 'CSV UTF-8'.",
            row=row,
        )
    if "expected after" in error:
        return _(
            "Text follows the end of a quoted cell in row %(row)s; put quotes around the whole "
            "cell and double those inside.",
            row=row,
        )
    return None


def _unclosed(row: int, column: str) -> str:
    return _(
        "A quotation mark opened in row %(row)s (%(column)s) is not closed; put quotation "
        "marks around the whole cell and double any inside it.",
        row=row,
        column=column,
    )

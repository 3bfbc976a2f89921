"""Rows of a text file whose cells are separated by commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator

from matching.language import gettext as _
from matching.language import mark
from matching.spreadsheets.limits import UnreadableFile

# A cell may be as long as its file: the reader of its column says that it is too long. The limit is
# shared by the whole process, so it is set once.
csv.field_size_limit(2**31 - 1)

_DELIMITERS = {
    ",": "",
    ";": mark("columns are separated by semicolons"),
    "\t": mark("columns are separated by tabs"),
}


def rows(data: bytes, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each row's number, as a spreadsheet shows it, and its cells.

    What was noticed about the file is added to `notes`. Raises `UnreadableFile` at once, or while
    rows are read.
    """
    text = _decoded(data, notes)
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
        notes.append(_("old Macintosh line ends were read as line ends"))
    first = text.split("\n", 1)[0]
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(_DELIMITERS, key=bare.count)
    if noticed := _DELIMITERS[delimiter]:
        notes.append(_(noticed))
    return _parsed(text, delimiter)


def _decoded(data: bytes, notes: list[str]) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        notes.append(_("the file is UTF-16 and was read as such"))
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
                "The file contains NUL bytes in row %(row)s; it may be damaged or no text file.",
                row=data.count(b"\n", 0, position) + 1,
            )
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(_not_utf8(data, error.start)) from None


def _not_utf8(data: bytes, position: int) -> str:
    """Return what to do about a file whose byte at `position` is not UTF-8."""
    before = data[:position]
    row = before.count(b"\n") + 1
    header = data.split(b"\n", 1)[0].decode("utf-8", "replace").strip().split(",")
    column = before.rsplit(b"\n", 1)[-1].count(b",")
    if row > 1 and column < len(header):
        return _(
            "This file is not UTF-8 (first bad byte in row %(row)s, column %(column)s). It looks "
            "like Windows-1252: save it again as 'CSV UTF-8'.",
            row=row,
            column=header[column],
        )
    return _(
        "This file is not UTF-8 (first bad byte in row %(row)s). It looks like Windows-1252: save "
        "it again as 'CSV UTF-8'.",
        row=row,
    )


def _parsed(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    source = [line + "\n" for line in text.split("\n")]
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    header: list[str] = []
    number = 0
    while True:
        start = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = _unquoted(str(error), number + 1)
            if problem is None:
                opened = next(csv.reader([source[start]], delimiter=delimiter))
                inside = len(opened) <= len(header)
                column = header[len(opened) - 1].strip() if inside else _("after the last")
                problem = _unclosed(number + 1, column)
            raise UnreadableFile(problem) from None
        number += 1
        header = header or cells
        yield number, [cell.replace("\r\n", "\n") for cell in cells]


def _unquoted(error: str, row: int) -> str | None:
    """Return what is wrong around the quotes of a row, by the parser's error; None for others."""
    if "new-line" in error:
        return _(
            "Row %(row)s holds a lone carriage return outside quotes; save the file again as "
            "'CSV UTF-8'.",
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
        "A quote opened in row %(row)s (%(column)s) is not closed; put quotes around the whole "
        "cell and double those inside.",
        row=row,
        column=column,
    )

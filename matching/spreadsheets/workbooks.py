"""Rows of an Excel workbook's first sheet, as text, under limits that hold before it is parsed."""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from matching.language import gettext as _
from matching.language import mark, number
from matching.spreadsheets.limits import (
    MOST_COLUMNS,
    MOST_NOTES,
    MOST_RATIO,
    MOST_SHEET_ROWS,
    MOST_UNPACKED,
    UnreadableFile,
)  # fmt: skip

_DAMAGED = mark("The workbook is damaged or incomplete.")
_DOCTYPES = [b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be")]


def rows(data: bytes, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each row's number and its cells as text.

    What was noticed about the file is added to `notes`. Raises `UnreadableFile` at once, or while
    rows are read.
    """
    _check(data, notes)
    # Only here: it loads NumPy, which most commands and pages can do without.
    import openpyxl

    try:
        with warnings.catch_warnings():
            # About styles and extensions that do not matter to the text of cells.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
    except Exception:  # noqa: BLE001 - a damaged workbook breaks its reader in any way at all
        raise UnreadableFile(_(_DAMAGED)) from None
    if len(book.worksheets) > 1:
        notes.append(_("only the first of %(sheets)s sheets is read", sheets=len(book.worksheets)))
    # The sheet's own claim of its size may be anything.
    sheet.reset_dimensions()
    return _sheet_rows(sheet.iter_rows(), notes)


def _sheet_rows(rows: Iterator[Sequence[Any]], notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    row_number = width = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001 - as above, further on in the file
            raise UnreadableFile(_(_DAMAGED)) from None
        row_number += 1
        if row_number > MOST_SHEET_ROWS:
            raise UnreadableFile(_("The sheet has more rows than any spreadsheet program makes."))
        cells = [_text_of(cell.value) for cell in row[: MOST_COLUMNS + 1]]
        far = any(cell.value is not None for cell in row[MOST_COLUMNS + 1 :])
        for column, cell in enumerate(row[: MOST_COLUMNS + 1]):
            if cell.data_type == "e" and len(notes) < MOST_NOTES:
                notes.append(
                    _(
                        "the error %(error)s in row %(row)s is read as an empty cell",
                        error=cell.value,
                        row=row_number,
                    )
                )
            if cell.data_type == "e":
                cells[column] = ""
        while cells and not cells[-1]:
            cells.pop()
        if row_number == 1 and far:
            raise UnreadableFile(
                _("More than %(limit)s columns; the limit is %(limit)s.", limit=MOST_COLUMNS)
            )
        if far and not cells:
            cells = [_("(a cell far to the right)")]
        if row_number > 1 and cells:
            cells += [""] * (width - len(cells))
        elif row_number == 1:
            width = len(cells)
        yield row_number, cells


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return str(value.date()) if value.time() == datetime.time() else value.isoformat()
    return str(value)


def _check(data: bytes, notes: list[str]) -> None:
    """Look into the archive before anything of it is parsed. Raises `UnreadableFile`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = archive.namelist()
        if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
            raise UnreadableFile(_("This is a zip archive, not an Excel workbook."))
        unpacked = 0
        for entry in archive.infolist():
            # Counted while inflating: what the archive says of itself may be untrue.
            with archive.open(entry) as part:
                tail = b""
                while chunk := part.read(1 << 20):
                    unpacked += len(chunk)
                    if unpacked > min(MOST_UNPACKED, MOST_RATIO * len(data)):
                        raise UnreadableFile(_too_large(len(data)))
                    seen = tail + chunk
                    if any(mark in seen for mark in _DOCTYPES):
                        raise UnreadableFile(
                            _(
                                "The workbook contains a document type declaration, which no "
                                "spreadsheet program writes; save it again as .xlsx."
                            )
                        )
                    if entry.filename.startswith("xl/worksheets/") and re.search(rb"<f[ >/]", seen):
                        notes.append(_("formulas were found; their stored results are read"))
                    tail = chunk[-32:]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ValueError, OSError) as error:
        raise UnreadableFile(_(_DAMAGED)) from error
    except (NotImplementedError, RuntimeError):
        raise UnreadableFile(_("The workbook is encrypted or packed in an unknown way.")) from None
    if any(name.startswith("/") or ".." in name.split("/") for name in names):
        notes.append(_("parts of the archive with strange names are ignored"))
    notes[:] = list(dict.fromkeys(notes))


def _too_large(size: int) -> str:
    return _(
        "The workbook expands from %(size)s to more than %(most)s bytes; the limit is %(ratio)s "
        "times, and %(limit)s.",
        size=number(size),
        most=number(min(MOST_UNPACKED, MOST_RATIO * size)),
        ratio=MOST_RATIO,
        limit=number(MOST_UNPACKED),
    )

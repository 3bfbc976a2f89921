"""Lists as files for spreadsheet programs: CSV, and Excel workbooks."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter

from mentorship import language
from mentorship.people.templates import TYPE, defused

Cell = str | int | float | datetime.date | datetime.datetime | None

#: What a sheet of Excel's holds in one cell, and the first year that it has days of.
_MOST_LETTERS, _FIRST_YEAR = 32_767, 1900
_WIDEST = 50


@dataclass(frozen=True)
class Table:
    """A list: what it is called, its columns, and its rows, which may be read once only."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]


@dataclass(frozen=True)
class File:
    """A list as bytes, and their media type."""

    content: bytes
    type: str


def as_csv(table: Table) -> File:
    """Return a table as CSV, with a mark by which Excel knows that it is UTF-8.

    Days are written as 2026-03-04, which every spreadsheet program takes for days. Text stands in
    quotes, so that a program that expects other separators does not cut it into formulas.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([defused(heading) for heading in table.headings])
    for row in table.rows:
        writer.writerow([_plain(cell) for cell in row])
    return File(written.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8")


def _plain(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime):
        return local(cell).isoformat(" ", "minutes")
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return defused(cell) if isinstance(cell, str) else cell


def as_workbook(table: Table) -> File:
    """Return a table as an Excel workbook, in which days are days and numbers are numbers."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet(table.name[:31])
        heading = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        widths = [len(words) for words in table.headings]
        for column, words in enumerate(table.headings):
            sheet.write_string(0, column, defused(words), heading)
        number = 0
        for number, row in enumerate(table.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime.datetime) and cell.year >= _FIRST_YEAR:
                    sheet.write_datetime(number, column, local(cell), moment)
                elif isinstance(cell, datetime.date) and cell.year >= _FIRST_YEAR:
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, int | float):
                    sheet.write_number(number, column, cell)
                elif cell is not None and cell != "":
                    # Never a formula or a link, whatever it begins with.
                    sheet.write_string(number, column, str(_plain(cell))[:_MOST_LETTERS])
                widths[column] = max(widths[column], len(str(cell or "")))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(_WIDEST, width) + 2)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, number, max(0, len(table.headings) - 1))
    return File(written.getvalue(), TYPE)


def local(moment: datetime.datetime) -> datetime.datetime:
    """Return a moment on the reader's clock, without its zone, which no spreadsheet knows."""
    return moment.astimezone(language.current().zone).replace(tzinfo=None, second=0, microsecond=0)

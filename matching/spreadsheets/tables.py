"""Files of people, CSV or XLSX, of any origin, read under limits.

The result is rows of text under known column names. Nothing is guessed silently: what could be
understood but was not quite right becomes a warning, and what could not be understood is refused
with the row, the column and what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from matching.language import gettext as _
from matching.language import ngettext, number
from matching.profiles.columns import Role, of_role, quote
from matching.spreadsheets import delimited, workbooks
from matching.spreadsheets.limits import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, UnreadableFile

__all__ = ["MOST_BYTES", "Row", "Sheet", "UnreadableFile", "read", "rows"]

_HEADER_ALIASES = {
    "e_mail": "email", "mail": "email", "email_address": "email", "e_mail_address": "email",
    "name": "full_name", "stage": "career_stage", "time_zone": "timezone", "language": "languages",
    "id": "{role}_id",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of a table: its number as a spreadsheet shows it, and its text by column."""

    number: int
    cells: dict[str, str]
    problem: str | None = None


@dataclass
class Sheet:
    """The rows of a file, read as they are asked for, and what was noticed about the file."""

    rows: Iterator[Row]
    warnings: list[str] = field(default_factory=list)


def read(data: bytes, role: Role, name: str, most_bytes: int = MOST_BYTES) -> Sheet:
    """Return the rows of a CSV or XLSX file about people of one role; `name` is the file's.

    Raises `UnreadableFile` at once, or while rows are read.
    """
    notes: list[str] = []
    lines = rows(data, name, notes, most_bytes)
    try:
        _number, header = next(lines)
    except StopIteration:
        raise UnreadableFile(_("The file is empty.")) from None
    columns = _columns(header, role, notes)
    return Sheet(_people(lines, columns, len(header)), notes)


def rows(
    data: bytes, name: str, notes: list[str], most_bytes: int = MOST_BYTES
) -> Iterator[tuple[int, list[str]]]:
    """Return the number and the cells of each row of a CSV or XLSX file.

    What was noticed about the file is added to `notes`. Raises `UnreadableFile` at once, or while
    rows are read.
    """
    if not data.strip():
        raise UnreadableFile(_("The file is empty."))
    if len(data) > most_bytes:
        raise UnreadableFile(
            _(
                "The file has %(size)s bytes; the limit is %(limit)s. Split it.",
                size=number(len(data)),
                limit=number(most_bytes),
            )
        )
    is_zip = data.startswith(b"PK\x03\x04")
    if is_zip and name.lower().endswith((".csv", ".txt", ".tsv")):
        raise UnreadableFile(_("This is an Excel workbook; rename it to .xlsx."))
    if not is_zip and name.lower().endswith(".xlsx"):
        raise UnreadableFile(_("This is a text file; rename it to .csv."))
    if is_zip:
        return workbooks.rows(data, notes)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(_("This is an old or encrypted workbook; save it as .xlsx or CSV."))
    return delimited.rows(data, notes)


def _people(
    lines: Iterator[tuple[int, list[str]]], columns: dict[int, str], width: int
) -> Iterator[Row]:
    read = 0
    for row_number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        read += 1
        if read > MOST_ROWS:
            raise UnreadableFile(
                _("The file has more than %(limit)s rows. Split it.", limit=number(MOST_ROWS))
            )
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        by_column = {name: cells[k] for k, name in columns.items() if k < len(cells)}
        yield Row(row_number, by_column, _wrong_width(len(cells), width))


def _wrong_width(cells: int, width: int) -> str | None:
    """Return what is wrong with a row of `cells` cells, None if nothing is."""
    if cells == width:
        return None
    if cells < width:
        return _("%(cells)s cells, expected %(width)s", cells=cells, width=width)
    return _(
        "%(cells)s cells, expected %(width)s (is there a comma in a cell without quotes?)",
        cells=cells,
        width=width,
    )


def _columns(header: Sequence[str], role: Role, notes: list[str]) -> dict[int, str]:
    """Return which column of the file is which of ours. Raises `UnreadableFile`."""
    header = list(header)
    while header and not header[-1].strip():
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise UnreadableFile(
            _(
                "%(columns)s columns; the limit is %(limit)s.",
                columns=number(len(header)),
                limit=MOST_COLUMNS,
            )
        )
    known = of_role(role)
    columns: dict[int, str] = {}
    unknown: list[str] = []
    for position, title in enumerate(header):
        plain = re.sub(r"[^a-z0-9]+", "_", title.strip().lower()).strip("_")
        name = _HEADER_ALIASES.get(plain, plain).format(role=role)
        if name not in known:
            unknown.append(title.strip())
            continue
        if name in columns.values():
            first = 1 + next(k for k, other in columns.items() if other == name)
            raise UnreadableFile(
                _(
                    "Column '%(name)s' appears twice (columns %(first)s and %(second)s); keep one.",
                    name=name,
                    first=first,
                    second=position + 1,
                )
            )
        columns[position] = name
        if title.strip() != name:
            notes.append(
                _("column %(title)s is read as %(name)s", title=quote(title.strip()), name=name)
            )
    required = [name for name, column in known.items() if column.required]
    if len(columns) < 2:
        raise UnreadableFile(
            _(
                "The first row looks like data, not column names. Expected columns such as "
                "%(columns)s.",
                columns=", ".join(required[:3]),
            )
        )
    missing = [f"'{name}'" for name in required if name not in columns.values()]
    if missing:
        raise UnreadableFile(
            ngettext(
                "Column %(columns)s is missing.",
                "Columns %(columns)s are missing.",
                len(missing),
                columns=", ".join(missing),
            )
        )
    for title in filter(None, unknown):
        notes.append(_("column %(title)s is not known and is ignored", title=quote(title)))
    return columns

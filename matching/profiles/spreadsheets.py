"""Reading a file that a person made: CSV or XLSX, of any origin, under limits.

What is read are rows of text under known column names. Nothing is guessed silently: what was
understood although it was not quite in order becomes a warning, and what cannot be understood is
refused with the row, the column and the mend.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from matching.profiles.columns import Role, of_role, quote

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 100
MOST_COLUMNS = 200
MOST_ROWS = 200_000
MOST_SHEET_ROWS = 1_048_576
MOST_NOTES = 20

# A cell may be as long as its file: the reader of its column says that it is too long. The limit is
# shared by the whole process, so it is set once.
csv.field_size_limit(2**31 - 1)

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_HEADER_ALIASES = {
    "e_mail": "email", "mail": "email", "email_address": "email", "e_mail_address": "email",
    "name": "full_name", "stage": "career_stage", "time_zone": "timezone", "language": "languages",
    "id": "{role}_id",
}  # fmt: skip
_DOCTYPES = [b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be")]


class UnreadableFile(Exception):
    """A file of which nothing can be used; the message says why and what to do."""


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
    if not data.strip():
        raise UnreadableFile("The file is empty.")
    if len(data) > most_bytes:
        raise UnreadableFile(
            f"The file has {len(data):,} bytes; the limit is {most_bytes:,}. Split it."
        )
    notes: list[str] = []
    is_zip = data.startswith(b"PK\x03\x04")
    if is_zip and name.lower().endswith((".csv", ".txt", ".tsv")):
        raise UnreadableFile("This is an Excel workbook; rename it to .xlsx.")
    if not is_zip and name.lower().endswith(".xlsx"):
        raise UnreadableFile("This is a text file; rename it to .csv.")
    if is_zip:
        lines = _workbook_rows(data, notes)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile("This is an old or encrypted workbook; save it as .xlsx or CSV.")
    else:
        lines = _text_rows(_decode(data, notes), notes)
    try:
        number, header = next(lines)
    except StopIteration:
        raise UnreadableFile("The file is empty.") from None
    columns = _columns(header, role, notes)
    return Sheet(_rows(lines, columns, len(header)), notes)


def _rows(
    lines: Iterator[tuple[int, list[str]]], columns: dict[int, str], width: int
) -> Iterator[Row]:
    read = 0
    for number, found in lines:
        if not any(cell.strip() for cell in found):
            continue
        read += 1
        if read > MOST_ROWS:
            raise UnreadableFile(f"The file has more than {MOST_ROWS:,} rows. Split it.")
        while len(found) > width and not found[-1].strip():
            found.pop()
        problem = None
        if len(found) != width:
            more = " (is there a comma in a cell without quotes?)" if len(found) > width else ""
            problem = f"{len(found)} cells, expected {width}{more}"
        pairs = {name: found[k] for k, name in columns.items() if k < len(found)}
        yield Row(number, pairs, problem)


def _columns(header: Sequence[str], role: Role, notes: list[str]) -> dict[int, str]:
    """Return which column of the file is which of ours. Raises `UnreadableFile`."""
    header = list(header)
    while header and not header[-1].strip():
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise UnreadableFile(f"{len(header):,} columns; the limit is {MOST_COLUMNS}.")
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
                f"Column '{name}' appears twice (columns {first} and {position + 1}); keep one."
            )
        columns[position] = name
        if title.strip() != name:
            notes.append(f"column {quote(title.strip())} is read as {name}")
    required = [name for name, column in known.items() if column.required]
    if len(columns) < 2:
        raise UnreadableFile(
            "The first row looks like data, not column names. Expected columns such as "
            f"{', '.join(required[:3])}."
        )
    missing = [f"'{name}'" for name in required if name not in columns.values()]
    if missing:
        what = "Column {} is missing." if len(missing) == 1 else "Columns {} are missing."
        raise UnreadableFile(what.format(", ".join(missing)))
    for title in filter(None, unknown):
        notes.append(f"column {quote(title)} is not known and is ignored")
    return columns


def _decode(data: bytes, notes: list[str]) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        notes.append("the file is UTF-16 and was read as such")
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise UnreadableFile("The file is damaged UTF-16; save it as CSV UTF-8.") from None
        if "\0" in text:
            raise UnreadableFile("The file contains NUL characters; it may be damaged.")
        return text
    if (position := data.find(b"\0")) >= 0:
        row = data.count(b"\n", 0, position) + 1
        raise UnreadableFile(
            f"The file contains NUL bytes in row {row}; it may be damaged or no text file."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        row = before.count(b"\n") + 1
        header = data.split(b"\n", 1)[0].decode("utf-8", "replace").strip().split(",")
        column = before.rsplit(b"\n", 1)[-1].count(b",")
        named = f", column {header[column]}" if row > 1 and column < len(header) else ""
        raise UnreadableFile(
            f"This file is not UTF-8 (first bad byte in row {row}{named}). It looks like "
            "Windows-1252: save it again as 'CSV UTF-8'."
        ) from None


def _text_rows(text: str, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
        notes.append("old Macintosh line ends were read as line ends")
    first = text.split("\n", 1)[0]
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(_DELIMITERS, key=bare.count)
    if delimiter != ",":
        notes.append(f"columns are separated by {_DELIMITERS[delimiter]}")
    return _parsed(text, delimiter)


def _parsed(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    source = [line + "\n" for line in text.split("\n")]
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    header: list[str] = []
    number = 0
    while True:
        start = reader.line_num
        try:
            found = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "new-line" in str(error):
                raise UnreadableFile(
                    f"Row {number + 1} holds a lone carriage return outside quotes; save the file "
                    "again as 'CSV UTF-8'."
                ) from None
            if "expected after" in str(error):
                raise UnreadableFile(
                    f"Text follows the end of a quoted cell in row {number + 1}; put quotes "
                    "around the whole cell and double those inside."
                ) from None
            opened = next(csv.reader([source[start]], delimiter=delimiter))
            column = header[len(opened) - 1] if len(opened) <= len(header) else "after the last"
            raise UnreadableFile(
                f"A quote opened in row {number + 1} ({column.strip()}) is not closed; put "
                "quotes around the whole cell and double those inside."
            ) from None
        number += 1
        header = header or found
        yield number, [cell.replace("\r\n", "\n") for cell in found]


def _workbook_rows(data: bytes, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    _check_workbook(data, notes)
    # Only here: it loads NumPy, which most commands and pages can do without.
    import openpyxl

    try:
        with warnings.catch_warnings():
            # About styles and extensions that do not matter to the text of cells.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
    except Exception:  # noqa: BLE001 - a damaged workbook breaks its reader in any way at all
        raise UnreadableFile("The workbook is damaged or incomplete.") from None
    if len(book.worksheets) > 1:
        notes.append(f"only the first of {len(book.worksheets)} sheets is read")
    # The sheet's own claim of its size may be anything.
    sheet.reset_dimensions()
    return _sheet_rows(sheet.iter_rows(), notes)


def _sheet_rows(rows: Iterator[Sequence[Any]], notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    number = width = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001 - as above, further on in the file
            raise UnreadableFile("The workbook is damaged or incomplete.") from None
        number += 1
        if number > MOST_SHEET_ROWS:
            raise UnreadableFile("The sheet has more rows than any spreadsheet program makes.")
        found = [_text_of(cell.value) for cell in row[: MOST_COLUMNS + 1]]
        far = any(cell.value is not None for cell in row[MOST_COLUMNS + 1 :])
        for column, cell in enumerate(row[: MOST_COLUMNS + 1]):
            if cell.data_type == "e" and len(notes) < MOST_NOTES:
                notes.append(f"the error {cell.value} in row {number} is read as an empty cell")
            if cell.data_type == "e":
                found[column] = ""
        while found and not found[-1]:
            found.pop()
        if number == 1 and far:
            raise UnreadableFile(f"More than {MOST_COLUMNS} columns; the limit is {MOST_COLUMNS}.")
        if far and not found:
            found = ["(a cell far to the right)"]
        if number > 1 and found:
            found += [""] * (width - len(found))
        elif number == 1:
            width = len(found)
        yield number, found


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


def _check_workbook(data: bytes, notes: list[str]) -> None:
    """Look into the archive before anything of it is parsed. Raises `UnreadableFile`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = archive.namelist()
        if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
            raise UnreadableFile("This is a zip archive, not an Excel workbook.")
        unpacked = 0
        for entry in archive.infolist():
            # Counted while inflating: what the archive says of itself may be untrue.
            with archive.open(entry) as part:
                tail = b""
                while chunk := part.read(1 << 20):
                    unpacked += len(chunk)
                    if unpacked > min(MOST_UNPACKED, MOST_RATIO * len(data)):
                        raise UnreadableFile(
                            f"The workbook expands from {len(data):,} to more than "
                            f"{min(MOST_UNPACKED, MOST_RATIO * len(data)):,} bytes; the limit is "
                            f"{MOST_RATIO} times, and {MOST_UNPACKED:,}."
                        )
                    seen = tail + chunk
                    if any(mark in seen for mark in _DOCTYPES):
                        raise UnreadableFile(
                            "The workbook contains a document type declaration, which no "
                            "spreadsheet program writes; save it again as .xlsx."
                        )
                    if entry.filename.startswith("xl/worksheets/") and re.search(rb"<f[ >/]", seen):
                        notes.append("formulas were found; their stored results are read")
                    tail = chunk[-32:]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ValueError, OSError) as error:
        raise UnreadableFile("The workbook is damaged or incomplete.") from error
    except (NotImplementedError, RuntimeError):
        raise UnreadableFile("The workbook is encrypted or packed in an unknown way.") from None
    if any(name.startswith("/") or ".." in name.split("/") for name in names):
        notes.append("parts of the archive with strange names are ignored")
    notes[:] = list(dict.fromkeys(notes))

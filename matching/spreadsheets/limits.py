"""What a file may be at most, and the error of one that is more or cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

MOST_COLUMNS = 200
#: A sheet of any spreadsheet program ends here.
MOST_SHEET_ROWS = 1_048_576
#: Parts of an archive: a workbook has a dozen, and a few for each sheet.
MOST_PARTS = 5_000
MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 100
#: Bytes alone bound no memory: an element of four bytes is an object of hundreds.
MOST_ELEMENTS = 5_000_000
MOST_DEPTH = 100
MOST_TAG_BYTES = 1024 * 1024
#: Excel itself allows 65,490 cell formats.
MOST_FORMATS = 65_536
MOST_MERGES = 20_000
#: Rows above the headings: titles, explanations, empty ones.
MOST_TITLE_ROWS = 25
MOST_NOTES = 20


@dataclass(frozen=True)
class Limits:
    """How large a file may be: bytes of the file, rows with people in it."""

    bytes: int
    rows: int


#: Of a file that is uploaded or imported.
UPLOAD = Limits(bytes=20 * 1024 * 1024, rows=20_000)
#: Of a file that the command line matches: one of a hundred thousand people has 80 MB.
LIBRARY = Limits(bytes=500 * 1024 * 1024, rows=200_000)


class UnreadableFile(Exception):
    """A file of which nothing can be used; the message says why and what to do."""

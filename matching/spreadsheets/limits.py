"""What a file may be at most, and the error of one that is more or cannot be read."""

from __future__ import annotations

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 100
MOST_COLUMNS = 200
MOST_ROWS = 200_000
MOST_SHEET_ROWS = 1_048_576
MOST_NOTES = 20


class UnreadableFile(Exception):
    """A file of which nothing can be used; the message says why and what to do."""

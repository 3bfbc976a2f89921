"""Tables of people from files: all rows, or everything that is wrong with them at once."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from matching.assignment.blocks import MILLION
from matching.profiles import spreadsheets
from matching.profiles.columns import Problem, Role, quote, read_row
from matching.profiles.people import Answers

#: More than the service takes: a file of a hundred thousand people has 80 MB.
MOST_BYTES = 500 * 1024 * 1024
_MOST_SHOWN = 20
_PAIR = ("mentee_id", "mentor_id")


class InvalidTable(ValueError):
    """A file with rows that cannot be used; the message names each by row and column."""


def read_table(path: str | Path, role: Role) -> list[Answers]:
    """Return the answers of the people in a CSV or XLSX file, as `read_row` reads them.

    Raises `InvalidTable` with every row that is wrong, and `OSError` for no file.
    """
    path = Path(path)
    people: list[Answers] = []
    problems: list[str] = []
    ids: dict[str, int] = {}
    try:
        sheet = spreadsheets.read(path.read_bytes(), role, path.name, MOST_BYTES)
        for row in sheet.rows:
            if row.problem:
                problems.append(f"row {row.number}: {row.problem}")
                continue
            answers, wrong = read_row(role, row.cells, _accept)
            problems += [f"row {row.number}, {p.column}: {p.message}" for p in wrong]
            id = str(answers.get(f"{role}_id", row.number))
            if (first := ids.setdefault(id, row.number)) != row.number:
                problems.append(f"row {row.number}, {role}_id: {id} is used in row {first} already")
            people.append(answers)
    except spreadsheets.UnreadableFile as error:
        raise InvalidTable(f"{path}: {error}") from None
    if problems:
        shown = "\n".join(f"  {problem}" for problem in problems[:_MOST_SHOWN])
        more = len(problems) - _MOST_SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        raise InvalidTable(f"{path}: {len(problems)} problems; nothing was read\n{shown}{rest}")
    return people


def read_pairs(path: str | Path) -> list[tuple[str, str]]:
    """Return the (mentee id, mentor id) pairs of a CSV file, other columns left out.

    Raises `InvalidTable`.
    """
    return [(row["mentee_id"], row["mentor_id"]) for row in _pair_rows(Path(path))]


def read_scored_pairs(path: str | Path) -> list[tuple[str, str, int]]:
    """Return the pairs of a CSV file with their scores in millionths. Raises `InvalidTable`."""
    found = []
    for row in _pair_rows(Path(path)):
        try:
            score = round(float(row["score"]) * MILLION)
        except (KeyError, ValueError, OverflowError):
            given = quote(row.get("score") or "")
            raise InvalidTable(f"{path}: row {row['row']}, score: {given} is no number") from None
        found.append((row["mentee_id"], row["mentor_id"], score))
    return found


def _pair_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the cells of each row by column, and its number in the file as `row`."""
    seen: dict[tuple[str, str], int] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
        first_line = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first_line.count)
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
        header = [title.strip().lower() for title in next(reader, [])]
        if not set(_PAIR) <= set(header):
            raise InvalidTable(f"{path}: the first row must name mentee_id and mentor_id")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = dict(zip(header, cells, strict=False))
            named = {name: row.get(name, "").strip().lower() for name in _PAIR}
            pair, number = (named["mentee_id"], named["mentor_id"]), reader.line_num
            if not all(pair):
                raise InvalidTable(f"{path}: row {number}: mentee_id and mentor_id are both needed")
            if (first := seen.setdefault(pair, number)) != number:
                raise InvalidTable(f"{path}: row {number}: the pair of row {first} again")
            yield row | named | {"row": str(number)}
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidTable(f"{path}: not CSV in UTF-8: {error}") from None


def _accept(note: Problem) -> None:
    """Leave out what is only worth knowing: the importing service shows it."""

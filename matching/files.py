"""Files of people and of pairs: all rows, or everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matching.assignment.blocks import MILLION
from matching.language import gettext as _
from matching.language import ngettext
from matching.profiles import normal_forms
from matching.profiles.columns import Problem, Role, quote, read_row
from matching.profiles.people import Answers
from matching.spreadsheets import tables
from matching.spreadsheets.limits import UnreadableFile

#: More than the service takes: a file of a hundred thousand people has 80 MB.
MOST_BYTES = 500 * 1024 * 1024
_MOST_SHOWN = 20
_PAIR = ("mentee_id", "mentor_id")


class InvalidTable(ValueError):
    """A file with rows that cannot be used; the message names each by row and column."""


def read_table(path: str | Path, role: Role) -> list[Answers]:
    """Return the answers of the people in a CSV or XLSX file, as `columns.read_row` reads them.

    Raises `InvalidTable` with every row that is wrong, and `OSError` for no file.
    """
    return list(read_rows(path, role).values())


def read_rows(path: str | Path, role: Role) -> dict[int, Answers]:
    """Return the same as `read_table`, by the number of each person's row. Raises as it does."""
    path = Path(path)
    people: dict[int, Answers] = {}
    problems: list[str] = []
    rows: dict[str, int] = {}
    addresses: dict[str, int] = {}
    try:
        for row in tables.read(path.read_bytes(), role, path.name, MOST_BYTES).rows:
            if row.problem:
                problems.append(_in_row(row.number, row.problem))
                continue
            answers, wrong = read_row(role, row.cells, _accept)
            problems += [_in_row(row.number, p.message, p.column) for p in wrong]
            id = str(answers.get(f"{role}_id", row.number))
            if (first := rows.setdefault(id, row.number)) != row.number:
                again = _("%(id)s is used in row %(row)s already", id=id, row=first)
                problems.append(_in_row(row.number, again, f"{role}_id"))
            if address := normal_forms.address(str(answers.get("email", ""))):
                first = addresses.setdefault(address, row.number)
                if first != row.number:
                    same = _("is the same address as in row %(row)s", row=first)
                    problems.append(_in_row(row.number, same, "email"))
            people[row.number] = answers
    except UnreadableFile as error:
        raise InvalidTable(f"{path}: {error}") from None
    if problems:
        raise InvalidTable(f"{path}: {_told(problems)}")
    return people


def read_pairs(path: str | Path) -> list[tuple[str, str]]:
    """Return the (mentee id, mentor id) pairs of a CSV or XLSX file, other columns left out.

    Raises `InvalidTable`, and `OSError` for no file.
    """
    return [pair for _number, pair, _cells in _pair_rows(Path(path))]


def read_scored_pairs(path: str | Path) -> list[tuple[str, str, int]]:
    """Return the pairs of a file with their scores in millionths. Raises as `read_pairs` does."""
    scored = []
    for number, pair, cells in _pair_rows(Path(path)):
        typed = cells.get("score", "")
        try:
            scored.append((*pair, round(float(typed) * MILLION)))
        except (ValueError, OverflowError):
            wrong = _("%(found)s is not a number", found=quote(typed))
            raise InvalidTable(f"{path}: {_in_row(number, wrong, 'score')}") from None
    return scored


def _pair_rows(path: Path) -> Iterator[tuple[int, tuple[str, str], dict[str, str]]]:
    """Yield the number, the pair and the cells by column of each row."""
    seen: dict[tuple[str, str], int] = {}
    try:
        lines = tables.rows(path.read_bytes(), path.name, [], MOST_BYTES)
        header = [title.strip().lower() for title in next(lines, (1, []))[1]]
        if not set(_PAIR) <= set(header):
            raise UnreadableFile(_("the first row must name mentee_id and mentor_id"))
        for number, cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            row = dict(zip(header, cells, strict=False))
            mentee, mentor = (normal_forms.listed_id(row.get(name, "")) for name in _PAIR)
            if not mentee or not mentor:
                missing = _("mentee_id and mentor_id are both needed")
                raise UnreadableFile(_in_row(number, missing))
            if (first := seen.setdefault((mentee, mentor), number)) != number:
                again = _("the pair of row %(row)s again", row=first)
                raise UnreadableFile(_in_row(number, again))
            yield number, (mentee, mentor), row
    except UnreadableFile as error:
        raise InvalidTable(f"{path}: {error}") from None


def _told(problems: list[str]) -> str:
    """Return the first problems, one on each line, and how many there are."""
    count = ngettext(
        "%(n)s problem; nothing was read", "%(n)s problems; nothing was read", len(problems)
    )
    lines = [count, *(f"  {problem}" for problem in problems[:_MOST_SHOWN])]
    if (more := len(problems) - _MOST_SHOWN) > 0:
        lines.append("  " + ngettext("and %(n)s more", "and %(n)s more", more))
    return "\n".join(lines)


def _in_row(row: int, message: str, column: str | None = None) -> str:
    if column is None:
        return _("row %(row)s: %(problem)s", row=row, problem=message)
    return _("row %(row)s, %(column)s: %(problem)s", row=row, column=column, problem=message)


def _accept(note: Problem) -> None:
    """Leave out what is only worth knowing: the importing service shows it."""

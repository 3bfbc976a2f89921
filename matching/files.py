"""Files of people and of pairs: all rows, or everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from matching.assignment.blocks import MILLION
from matching.language import gettext as _
from matching.language import ngettext
from matching.profiles import normal_forms
from matching.profiles.columns import Role, needed_to_match, quote
from matching.profiles.people import Answers
from matching.profiles.questions import named
from matching.spreadsheets import rows as sheet_rows
from matching.spreadsheets import tables
from matching.spreadsheets.dates import DayOrder
from matching.spreadsheets.findings import Finding, Noticed, grouped, listed
from matching.spreadsheets.limits import LIBRARY, UnreadableFile
from matching.spreadsheets.people import PeopleReader

_MOST_SHOWN = 20
_MOST_NOTES = 200
_PAIR = ("mentee_id", "mentor_id")


def _accept(note: str) -> None:
    """Leave out what is only worth knowing."""


class InvalidTable(ValueError):
    """A file with rows that cannot be used; the message names each by row and column."""


def read_table(
    path: str | Path,
    role: Role,
    *,
    order: DayOrder | None = None,
    questions: Iterable[str] = (),
    tell: Callable[[str], None] = _accept,
) -> list[Answers]:
    """Return the answers of the people in a spreadsheet file, as `columns.read_row` reads them.

    Of the columns only the id (or an address to make one of) and the career stage are needed.
    `order` is what comes first in dates such as 03/04/2026; None leaves that to the file.
    `questions` are a program's own that its policy names: columns of these headings are read.
    `tell` hears, in a line each, what was understood though not quite right, and what was left out.
    Raises `InvalidTable` with every row that is wrong, and `OSError` for no file.
    """
    return list(read_rows(path, role, order=order, questions=questions, tell=tell).values())


def read_rows(
    path: str | Path,
    role: Role,
    *,
    order: DayOrder | None = None,
    questions: Iterable[str] = (),
    tell: Callable[[str], None] = _accept,
) -> dict[int, Answers]:
    """Return the same as `read_table`, by the number of each person's row. Raises as it does."""
    path = Path(path)
    people: dict[int, Answers] = {}
    problems: list[Finding] = []
    notes: list[Finding] = []
    needed, own = needed_to_match(role), named(questions)
    reader = PeopleReader(role, needed, own)
    try:
        table = tables.read(path.read_bytes(), role, path.name, LIBRARY, order, needed, own)
        problems += table.problems
        for row in table.rows:
            person = reader.read(row)
            problems += person.problems
            notes += person.notes
            people[row.number] = person.answers
    except UnreadableFile as error:
        raise InvalidTable(f"{path}: {error}") from None
    for line in _noted([*table.notes, *notes]):
        tell(f"{path}: {line}")
    if problems:
        raise InvalidTable(f"{path}: {_told(problems)}")
    return people


def read_pairs(path: str | Path, tell: Callable[[str], None] = _accept) -> list[tuple[str, str]]:
    """Return the (mentee id, mentor id) pairs of a CSV, XLSX or ODS file, other columns left out.

    `tell` hears what was left out. Raises `InvalidTable`, and `OSError` for no file.
    """
    return [pair for _number, pair, _cells in _pair_rows(Path(path), tell)]


def read_scored_pairs(path: str | Path) -> list[tuple[str, str, int]]:
    """Return the pairs of a file with their scores in millionths. Raises as `read_pairs` does."""
    scored = []
    for number, pair, cells in _pair_rows(Path(path), _accept):
        typed = cells.get("score", "")
        try:
            scored.append((*pair, round(float(typed) * MILLION)))
        except (ValueError, OverflowError):
            wrong = _("%(found)s is not a number", found=quote(typed))
            raise InvalidTable(f"{path}: {_in_row(number, wrong, 'score')}") from None
    return scored


def _pair_rows(
    path: Path, tell: Callable[[str], None]
) -> Iterator[tuple[int, tuple[str, str], dict[str, str]]]:
    """Yield the number, the pair and the cells by column of each row."""
    seen: dict[tuple[str, str], int] = {}
    noticed = Noticed()
    try:
        lines = sheet_rows.read(path.read_bytes(), path.name, _names_pairs, noticed, LIBRARY)
        header = [_folded(title) for title in next((line.cells for line in lines), [])]
        if not set(_PAIR) <= set(header):
            raise UnreadableFile(_("the first row must name mentee_id and mentor_id"))
        for line in lines:
            if not any(cell.strip() for cell in line.cells):
                continue
            number, row = line.number, dict(zip(header, line.cells, strict=False))
            mentee, mentor = (normal_forms.listed_id(row.get(name, "")) for name in _PAIR)
            if not mentee or not mentor:
                missing = _("mentee_id and mentor_id are both needed")
                raise UnreadableFile(_in_row(number, missing))
            if (first := seen.setdefault((mentee, mentor), number)) != number:
                again = _("the same pair as in row %(row)s", row=first)
                raise UnreadableFile(_in_row(number, again))
            yield number, (mentee, mentor), row
        if noticed.hidden_rows:
            left_out = _("hidden rows were left out: %(rows)s", rows=listed(noticed.hidden_rows))
            noticed.note(left_out)
        for note in noticed.notes:
            tell(f"{path}: {note}")
    except UnreadableFile as error:
        raise InvalidTable(f"{path}: {error}") from None


def _told(problems: list[Finding]) -> str:
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


def _noted(notes: list[Finding]) -> list[str]:
    """Return notes in a line each, those that say the same as one."""
    lines = [str(note) for note in grouped(notes)]
    if (more := len(lines) - _MOST_NOTES) > 0:
        lines[_MOST_NOTES:] = [ngettext("and %(n)s more note", "and %(n)s more notes", more)]
    return lines


def _names_pairs(rows: Iterable[Sequence[str]]) -> int:
    return max((len({_folded(cell) for cell in cells} & set(_PAIR)) for cells in rows), default=0)


def _folded(title: str) -> str:
    return title.strip().lower()

"""Files of people, of any origin, read under limits as rows of text under our columns.

Nothing is guessed silently: what could be understood but was not quite right becomes a note, and
what could not be understood is refused with the row, the column and what to do about it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice

from matching.language import gettext as _
from matching.language import ngettext, number
from matching.profiles import normal_forms
from matching.profiles.columns import Column, Problem, Role, with_parts
from matching.profiles.readers import Whole, quote
from matching.profiles.texts import Prose
from matching.profiles.times import Availability, Date
from matching.spreadsheets import asides, form_tools, headings, layout, rows
from matching.spreadsheets.damage import Repairs
from matching.spreadsheets.dates import DateColumn, DayOrder
from matching.spreadsheets.findings import Finding, Noticed, listed
from matching.spreadsheets.layout import Layout
from matching.spreadsheets.limits import MOST_NOTES, MOST_TITLE_ROWS, Limits, UnreadableFile
from matching.spreadsheets.sheets import Line, letters, plain

#: Ids that a spreadsheet program turns into other ones: 00123, 1e5, mar-1, numbers of 16 digits.
_LIKE_A_NUMBER = re.compile(
    r"0\d+|\d+e\d+|\d{16,}|\d{1,2}-\d{1,2}(-\d{2,4})?|true|false"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d{1,4}|\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.I | re.A,
)
#: A comma between two slots, such as that of "Mon 17:00-19:00, Wed 12:00-13:00".
_BETWEEN_SLOTS = re.compile(r"(?<=\d),(?=\s*[A-Za-z]{3,9} \d)")
#: Of so many different cells it is remembered that they are sound.
_MOST_SOUND = 50_000
_NAMES = ("full_name", "preferred_name", "institution", "city")


@dataclass(frozen=True)
class Row:
    """One row of a table: its number as a spreadsheet shows it, and its text by column.

    `made` names columns that the file does not have and whose text was made. With a `problem` the
    row cannot be used.
    """

    number: int
    cells: dict[str, str]
    problem: str | None = None
    notes: list[Problem] = field(default_factory=list)
    made: frozenset[str] = frozenset()


@dataclass
class Table:
    """The rows of a file, read as they are asked for.

    `problems` are those of the whole file; with any of them no row may be used. `notes` say what
    else was noticed, and are complete after the last row.
    """

    rows: Iterator[Row]
    problems: list[Finding]
    notes: list[Finding]


def read(
    data: bytes,
    role: Role,
    name: str,
    limits: Limits,
    order: DayOrder | None = None,
    needed: Collection[str] | None = None,
    own: tuple[Column, ...] = (),
) -> Table:
    """Return the rows of a file called `name` about people of one role.

    `order` is what comes first in dates such as 03/04/2026; None leaves that to the file. `needed`
    names the columns that must be there, None for the required ones; `own` questions of a program
    are read too. Raises `UnreadableFile` at
    once, or while rows are read.
    """
    first = opening(rows.read(data, name, partial(headings.known_in, role=role), Noticed(), limits))
    return laid_out(layout.find(first, role, needed, own), data, name, limits, order)


def opening(lines: Iterator[Line]) -> list[Line]:
    """Return the first rows of a file, among which its headings are. Raises `UnreadableFile`."""
    first = list(islice(lines, MOST_TITLE_ROWS + 3))
    if not first:
        raise UnreadableFile(_("The file is empty."))
    return first


def laid_out(
    found: Layout,
    data: bytes,
    name: str,
    limits: Limits,
    order: DayOrder | None = None,
    sheet: str | None = None,
) -> Table:
    """Return the rows of a file whose columns are as a layout says; raises as `read` does.

    Of a workbook it is the sheet of that title, or by None the one that holds people.
    """
    knows = partial(headings.known_in, role=found.role)
    noticed = Noticed()
    lines = rows.read(data, name, knows, noticed, limits, sheet)
    first = opening(lines)
    dates = _dates(found, order, noticed)
    if dates:
        # How a column writes its days is told by all of it, so it is read twice.
        for line in rows.read(data, name, knows, Noticed(), limits, sheet):
            if line.number >= found.first_row:
                for column, written in dates.items():
                    written.seen(line.number, plain(found.answer(column, line.cells)))
    asked = [question for written in dates.values() if (question := written.question())]
    told = [note for written in dates.values() if (note := written.note())]
    reader = _Reader(found, dates, limits, [*found.notes, *told], noticed)
    return Table(reader.rows(chain(first, lines)), found.problems + asked, reader.notes)


def _dates(found: Layout, order: DayOrder | None, noticed: Noticed) -> dict[str, DateColumn]:
    columns = found.columns
    return {
        name: DateColumn(name, noticed.since_1904, order)
        for name in found.plain
        if name in columns and isinstance(columns[name].reader, Date)
    }


class _Reader:
    """Reads the rows below the headings of one file."""

    def __init__(
        self,
        found: Layout,
        dates: dict[str, DateColumn],
        limits: Limits,
        notes: list[Finding],
        noticed: Noticed,
    ) -> None:
        self.notes = notes
        self._layout, self._dates, self._limits, self._noticed = found, dates, limits, noticed
        readers = {name: column.reader for name, column in found.columns.items()}
        self._numbers = {n for n, reader in readers.items() if isinstance(reader, (Whole, Date))}
        self._lists = {n for n, reader in readers.items() if reader.is_list}
        self._weeks = {n for n, reader in readers.items() if isinstance(reader, Availability)}
        self._folded = [headings.fold(title) for title in found.titles]
        self._closed = {name for name, column in found.columns.items() if column.is_closed}
        #: Cells of which nothing had to be changed or said, as most answers are those of others.
        self._sound: set[tuple[str, str]] = set()
        self._columns = found.columns
        #: No two people share these, so "same as above" is none of their answers.
        own = {found.id_column, "email", *_NAMES[:2], *headings.NAME_PARTS}
        self._repeated = {
            name
            for name, reader in readers.items()
            if name not in own and not isinstance(reader, Prose)
        }
        self._above: dict[str, str] = {}
        self._repairs = Repairs()
        self._read = self._characters = 0
        self._like_numbers: list[tuple[int, str]] = []
        self._untitled: dict[int, int] = {}
        #: Rows of no one, by why they are left out; further ones where there are too many reasons.
        self._left_out: dict[str, list[int]] = {}
        self._others_left_out: list[int] = []

    def rows(self, lines: Iterable[Line]) -> Iterator[Row]:
        """Yield the rows of people. Raises `UnreadableFile`."""
        found = self._layout
        for line in lines:
            if line.number < found.first_row or not any(cell.strip() for cell in line.cells):
                continue
            if reason := (
                form_tools.left_out(found.tool, self._folded, line.cells)
                or asides.reason(self._folded, line.cells)
            ):
                known = reason in self._left_out or len(self._left_out) < MOST_NOTES
                rows = self._left_out.setdefault(reason, []) if known else self._others_left_out
                rows.append(line.number)
                continue
            self._read += 1
            if self._read > self._limits.rows:
                raise UnreadableFile(
                    _(
                        "The file has more than %(limit)s rows. Split it.",
                        limit=number(self._limits.rows),
                    )
                )
            yield self._row(line)
        self._conclude()

    def _row(self, line: Line) -> Row:
        cells, width = list(line.cells), len(self._layout.titles)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if not line.is_complete:
            cells += [""] * (width - len(cells))
        for position in self._layout.untitled:
            if position < len(cells) and cells[position].strip():
                self._untitled.setdefault(position, line.number)
        notes: list[Problem] = []
        typed = self._layout.answers(cells)
        self._characters += sum(map(len, typed.values()))
        if self._characters > self._limits.bytes:
            raise UnreadableFile(
                _(
                    "The file holds more than %(limit)s characters. Split it.",
                    limit=number(self._limits.bytes),
                )
            )
        self._repeat(typed, notes)
        for name, text in typed.items():
            if text and (name, text) not in self._sound:
                typed[name] = self._cell(name, text, notes)
        typed = with_parts(self._layout.role, typed)
        made: frozenset[str] = frozenset()
        id_column = self._layout.id_column
        if id_column not in typed:
            typed[id_column] = _made_id(typed.get("email", ""))
            made = frozenset({id_column})
        elif _LIKE_A_NUMBER.fullmatch(typed[id_column].strip()):
            self._like_numbers.append((line.number, typed[id_column].strip()))
        return Row(line.number, typed, _wrong_width(line, len(cells), width), notes, made)

    def _repeat(self, typed: dict[str, str], notes: list[Problem]) -> None:
        """Put what the row above says where one says "same as above"."""
        for name, text in typed.items():
            above = self._above.get(name, "")
            if name in self._repeated and asides.is_ditto(text):
                if text.strip().casefold() in self._columns[name].reader.options:
                    continue  # "same" is an answer to some questions
                typed[name] = above
                message = (
                    _(
                        "%(typed)s read as %(value)s, as in the row above",
                        typed=quote(text.strip()),
                        value=quote(above.strip()),
                    )
                    if above.strip()
                    else _(
                        "%(typed)s read as no answer, as there is none in the row above",
                        typed=quote(text.strip()),
                    )
                )
                notes.append(Problem(name, message))
        self._above = dict(typed)

    def _cell(self, name: str, text: str, notes: list[Problem]) -> str:
        told = len(notes)
        read = self._understood(name, text, notes)
        is_sound = read == text and len(notes) == told
        if is_sound and name in self._closed and len(self._sound) < _MOST_SOUND:
            self._sound.add((name, text))
        return read

    def _understood(self, name: str, text: str, notes: list[Problem]) -> str:
        def note(message: str) -> None:
            notes.append(Problem(name, message))

        if name in self._numbers:
            text = plain(text)
        text = self._repairs.repair(text, note, is_name=name in _NAMES)
        if (dates := self._dates.get(name)) is not None:
            written = dates.written(text)
            if written and written != text.strip():
                note(_("%(typed)s read as %(value)s", typed=f"'{text.strip()}'", value=written))
            return written
        if name in self._lists and "\n" in text:
            text = text.replace("\n", ";")
        # Form tools join the answers of a question by commas, which no slot holds.
        return _BETWEEN_SLOTS.sub(";", text) if name in self._weeks else text

    def _conclude(self) -> None:
        """Say what is known about a file only after its last row."""
        found, noticed = self._layout, self._noticed
        notes = list(noticed.notes)

        def note(message: str) -> None:
            notes.append(Finding(None, None, message))

        for reason, left_out in self._left_out.items():
            if len(left_out) > 1:
                reason = _("%(reason)s (rows %(rows)s)", reason=reason, rows=listed(left_out))
            notes.append(Finding(left_out[0], None, reason))
        if others := self._others_left_out:
            note(
                ngettext(
                    "%(n)s more row holds no person, and was left out: %(rows)s",
                    "%(n)s more rows hold no person, and were left out: %(rows)s",
                    len(others),
                    rows=listed(others),
                )
            )
        if hidden := [row for row in noticed.hidden_rows if row >= found.first_row]:
            note(
                ngettext(
                    "%(n)s row is hidden, perhaps by a filter, and was left out: %(rows)s. "
                    "Unhide it to include it",
                    "%(n)s rows are hidden, perhaps by a filter, and were left out: "
                    "%(rows)s. Unhide them to include them",
                    len(hidden),
                    rows=listed(hidden),
                )
            )
        if struck := [row for row in noticed.struck_rows if row >= found.first_row]:
            note(
                ngettext(
                    "%(n)s row is struck through, and was left out: %(rows)s. Remove the line "
                    "through its text to include it",
                    "%(n)s rows are struck through, and were left out: %(rows)s. Remove the line "
                    "through their text to include them",
                    len(struck),
                    rows=listed(struck),
                )
            )
        covered = [found.title_of(k) for k in sorted(noticed.hidden_columns)]
        if covered := [title for title in covered if title]:
            note(
                _(
                    "hidden columns are read too: %(columns)s",
                    columns=headings.named(covered),
                )
            )
        merged = [range for range in noticed.merged if range[0] >= found.first_row]
        for first, last, name in merged[:MOST_NOTES]:
            if last > first:
                message = _(
                    "%(cells)s are merged; the value in the first cell is used for rows "
                    "%(first)s to %(last)s",
                    cells=name,
                    first=first,
                    last=last,
                )
            else:
                message = _(
                    "%(cells)s are merged; every cell but the first is read as empty", cells=name
                )
            notes.append(Finding(first, None, message))
        if (more := len(merged) - MOST_NOTES) > 0:
            note(ngettext("and %(n)s more merged range", "and %(n)s more merged ranges", more))
        for position, row in self._untitled.items():
            note(
                _(
                    "column %(column)s has no heading and is not read, as in row %(row)s",
                    column=letters(position),
                    row=row,
                )
            )
        if self._like_numbers:
            row, id = self._like_numbers[0]
            message = ngettext(
                "%(id)s looks like a number or a date, which spreadsheet programs change; "
                "format the column as text",
                "%(id)s and other IDs, %(n)s in all, look like numbers or dates, which "
                "spreadsheet programs change; format the column as text",
                len(self._like_numbers),
                id=id,
            )
            notes.append(Finding(row, found.id_column, message))
        self.notes += notes


def _wrong_width(line: Line, cells: int, width: int) -> str | None:
    """Return what is wrong with a row of `cells` cells, None if nothing is."""
    if cells == width:
        return None
    if cells < width:
        return _("%(cells)s cells, expected %(width)s", cells=cells, width=width)
    if not line.is_complete:
        return _(
            "column %(column)s, beyond the last heading, has a value; add a heading or "
            "delete the value",
            column=letters(cells - 1),
        )
    return _(
        "%(cells)s cells, expected %(width)s (is there a comma in a cell without quotes?)",
        cells=cells,
        width=width,
    )


def _made_id(address: str) -> str:
    """Return an id for a person whose list has none: the same for an address each time."""
    address = normal_forms.address(address)
    name = re.sub("[^a-z0-9]+", "-", address.partition("@")[0])[:40].strip("-")
    digest = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name or 'person'}-{digest}"

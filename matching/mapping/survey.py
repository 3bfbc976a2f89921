"""A file as its coordinator sees it: its questions, the answers to them, and what they come to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from matching.language import gettext as _
from matching.mapping import fields, guesses, proposals
from matching.mapping.decisions import LEFT_OUT, Decisions, Sureness
from matching.mapping.fields import Field
from matching.mapping.guesses import Guess
from matching.mapping.translation import AnswerGroup, Translator
from matching.profiles import normal_forms
from matching.profiles.columns import Column, Role, of_role
from matching.spreadsheets import asides, form_tools, headings, rows, tables
from matching.spreadsheets.findings import Finding, Noticed
from matching.spreadsheets.headings import NAME_PARTS, Source
from matching.spreadsheets.layout import Layout
from matching.spreadsheets.limits import MOST_COLUMNS, MOST_TITLE_ROWS, Limits, UnreadableFile
from matching.spreadsheets.sheets import Line
from matching.spreadsheets.tables import Row

_ADDRESS = re.compile(r"(?:.*<)?[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+>?")
_NUMBER = re.compile(r"[\d.,:/ -]+")


@dataclass(frozen=True)
class Question:
    """One question of a file: what it is read as, and why.

    `column` is a column of ours, a part of a name, `LEFT_OUT`, or None as long as no one knows.
    `kind` and `choices` say what a question it would be of the program's own, if it were one.
    """

    key: str
    letter: str
    title: str
    samples: tuple[str, ...]
    filled: int
    column: str | None
    sureness: Sureness
    why: str
    is_decided: bool
    kind: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Return whether someone should review it."""
        return not self.is_decided and self.sureness < Sureness.LIKELY


@dataclass
class Survey:
    """What is in a file. `groups` and `defaulted` are complete after the last of `rows`.

    `heading_row` is None in a file without headings; `missing` are columns without which no one
    can be imported, and which no question answers.
    """

    tool: str
    heading_row: int | None
    sheets: tuple[str, ...]
    sheet: str
    questions: list[Question]
    missing: list[str]
    rows: Iterator[Row]
    problems: list[Finding]
    notes: list[Finding]
    translator: Translator = field(repr=False)

    @property
    def groups(self) -> list[AnswerGroup]:
        """Return the answers that are not our own words, the most frequent first."""
        return sorted(self.translator.groups.values(), key=lambda group: -group.people)


def read(
    data: bytes,
    role: Role,
    name: str,
    limits: Limits,
    decisions: Decisions,
    people: Mapping[str, str],
    own: tuple[Column, ...] = (),
) -> Survey:
    """Return what is in a file called `name` about people of one role, read as was decided.

    What no one decided is guessed. `people` are the ids of those of the other role, by their
    folded names; `own` are questions of the program's own. Raises `UnreadableFile` at once, or
    while rows are read.
    """
    knows = partial(headings.known_in, role=role)

    def opened(sheet: str | None) -> tuple[list[Line], Noticed]:
        noticed = Noticed()
        return tables.opening(rows.read(data, name, knows, noticed, limits, sheet)), noticed

    sheet = decisions.sheet
    first, noticed = opened(sheet)
    if sheet is None and (called := _sheet_called_after(role, noticed)) is not None:
        lines = rows.read(data, name, knows, Noticed(), limits, called)
        if knows(line.cells for line in islice(lines, MOST_TITLE_ROWS)):
            sheet = called
            first, noticed = opened(sheet)
    layout = _found(first, role, own)
    of_tool = {k for k, title in enumerate(layout.titles) if layout.tool.is_own(title)}
    asked = fields.of_titles(layout.titles, of_tool)
    folded = [headings.fold(title) for title in layout.titles]

    for line in rows.read(data, name, knows, Noticed(), limits, sheet):
        is_person = line.number >= layout.first_row and not (
            form_tools.left_out(layout.tool, folded, line.cells)
            or asides.reason(folded, line.cells)
        )
        if is_person:
            for each in asked:
                each.note(line)

    def is_known(asked: Field) -> bool:
        return asked.key in decisions.columns or bool(headings.meant(asked.title, role, own))

    asked = fields.with_boxes(asked, is_known)
    questions = _questions(asked, role, decisions, own)
    _place(layout, asked, questions)
    if not {"full_name", *NAME_PARTS}.intersection(each.column for each in questions):
        layout.is_named_by_address = any(
            normal_forms.name_beside_address(answer)
            for each, question in zip(asked, questions, strict=True)
            if question.column == "email"
            for answer in each.answers
        )
    table = tables.laid_out(layout, data, name, limits, decisions.dates, sheet)
    translator = Translator(role, decisions, people, own)
    needed = {n for n, column in layout.columns.items() if column.required} - {layout.id_column}
    given = {name for name, text in decisions.defaults.items() if text}
    missing = needed - layout.names - given
    return Survey(
        layout.tool.name,
        layout.heading_row or None,
        tuple(noticed.sheets),
        noticed.sheet,
        questions,
        [n for n in layout.columns if n in missing],
        map(translator.row, table.rows),
        table.problems,
        table.notes,
        translator,
    )


def _sheet_called_after(role: Role, noticed: Noticed) -> str | None:
    """Return the only sheet called after a role where the one that was read is the other role's.

    None where another sheet was read: "Form Responses 1" comes before "Withdrawn mentees".
    """
    other = "mentor" if role == "mentee" else "mentee"
    named = {title: headings.roles_named(title.casefold()) for title in noticed.sheets}
    if named.get(noticed.sheet) != frozenset([other]):
        return None
    called = [title for title, roles in named.items() if roles == {role}]
    return called[0] if len(called) == 1 else None


def _found(first: Sequence[Line], role: Role, own: tuple[Column, ...]) -> Layout:
    """Return where the headings are, and what they say; no column has its place yet."""
    at = _heading(first, role)
    width = max((k + 1 for k, cell in enumerate(first[at or 0].cells) if cell.strip()), default=0)
    if width > MOST_COLUMNS:
        raise UnreadableFile(
            _("%(columns)s columns; the limit is %(limit)s.", columns=width, limit=MOST_COLUMNS)
        )
    if at is None:
        no_tool = form_tools.Tool("", frozenset())
        return Layout(role, no_tool, [""] * width, 0, first[0].number, own=own)
    following = [line.cells for line in first[at + 1 : at + 3]]
    tool = form_tools.recognize(first[at].cells, following)
    titles, described = form_tools.described(tool, first[at].cells, following, role)
    return Layout(role, tool, titles, first[at].number, first[at + described].number + 1, own=own)


def _heading(first: Sequence[Line], role: Role) -> int | None:
    """Return which of the first rows holds the headings, None where none does.

    That is the row whose headings are known best, or else the first that looks like headings: as
    wide as the rows below, every cell different, none of them an address or a number.
    """
    known = [len({s.name for s in headings.sources(line.cells, role)}) for line in first]
    if max(known) > 1:
        return known.index(max(known))
    widths = [sum(1 for cell in line.cells if cell.strip()) for line in first]
    usual = sorted(widths)[len(widths) // 2]
    for at, line in enumerate(first):
        cells = [cell.strip() for cell in line.cells if cell.strip()]
        if any(_ADDRESS.fullmatch(cell) for cell in cells):
            return None
        is_wide = len(cells) >= max(2, 0.6 * usual)
        is_words = len({c.casefold() for c in cells}) == len(cells) and not any(
            _NUMBER.fullmatch(cell) for cell in cells
        )
        if is_wide and is_words:
            return at
    return None


def _questions(
    asked: Sequence[Field], role: Role, decisions: Decisions, own: tuple[Column, ...]
) -> list[Question]:
    columns = of_role(role, own)
    possible = {*columns, *NAME_PARTS, LEFT_OUT}
    decided = {
        k: decisions.columns[each.key]
        for k, each in enumerate(asked)
        if decisions.columns.get(each.key) in possible
    }
    # What is decided is taken; the others share what is left.
    taken = {n for n in decided.values() if n and not guesses.takes_several(columns.get(n))}
    open = [each for k, each in enumerate(asked) if k not in decided]
    guessed = iter(guesses.of_fields(open, role, taken, own))
    questions = []
    for k, each in enumerate(asked):
        is_decided = k in decided
        guess = Guess(decided[k], Sureness.CERTAIN) if is_decided else next(guessed)
        kind, choices = "", tuple[str, ...]()
        if each.filled and each.title and not each.is_own:
            kind, choices = proposals.of_field(each)
        questions.append(
            Question(
                each.key, each.letter, each.title, tuple(each.samples()), each.filled,
                guess.column, guess.sureness, guess.why, is_decided, kind, choices,
            )
        )  # fmt: skip
    return questions


def _place(layout: Layout, asked: Sequence[Field], questions: Sequence[Question]) -> None:
    """Tell a layout which columns answer what, as far as that is known."""
    for each, question in zip(asked, questions, strict=True):
        name = question.column
        if not name:
            if not each.title and each.filled and name is None:
                layout.untitled += each.positions
            continue
        if each.choices and each.is_scale:
            layout.scales.add(name)
        if each.choices:
            layout.choices.setdefault(name, []).extend(
                Source(position, name, each.title, choice)
                for position, choice in zip(each.positions, each.choices, strict=True)
            )
        else:
            layout.plain.setdefault(name, []).append(Source(each.positions[0], name, each.title))

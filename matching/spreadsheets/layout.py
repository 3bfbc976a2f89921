"""Where a file's headings are, and which of its columns answer what."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from matching.language import gettext as _
from matching.language import ngettext, number
from matching.profiles import normal_forms
from matching.profiles.columns import Column, Role, of_role, quote
from matching.profiles.texts import Prose
from matching.spreadsheets import form_tools, headings
from matching.spreadsheets.findings import Finding
from matching.spreadsheets.form_tools import Tool
from matching.spreadsheets.headings import NAME_PARTS, Source
from matching.spreadsheets.limits import MOST_COLUMNS, UnreadableFile
from matching.spreadsheets.sheets import Line

_CHECKED = frozenset(
    {"1", "x", "y", "yes", "true", "checked", "selected", "✓", "✔", "☑", "☒", "ja", "oui", "sí"}
)
_UNCHECKED = frozenset({"", "0", "n", "no", "false", "unchecked", "☐", "-", "nein", "non"})
_DAY = re.compile(r"\b(?:mon|tue|wed|thu|fri|sat|sun)", re.I)
_RANK = re.compile(r"[1-9]\d?", re.A)


@dataclass
class Layout:
    """The columns of one file.

    `first_row` is the number of the first row that may hold a person; `plain` and `choices` are
    where the answers of a column stand, those that go first before others; `own` are questions of
    a program's own, which may stand there too. A file `is_named_by_address` whose only names are
    those of addresses such as "Mina Example <mina@example.org>". `scales` are columns whose boxes
    hold numbers and no ticks.
    """

    role: Role
    tool: Tool
    titles: list[str]
    heading_row: int
    first_row: int
    plain: dict[str, list[Source]] = field(default_factory=dict)
    choices: dict[str, list[Source]] = field(default_factory=dict)
    untitled: list[int] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    own: tuple[Column, ...] = ()
    is_named_by_address: bool = False
    scales: set[str] = field(default_factory=set)

    @functools.cached_property
    def columns(self) -> Mapping[str, Column]:
        """Return the columns that people of the file may have answered."""
        return of_role(self.role, self.own)

    @property
    def id_column(self) -> str:
        """Return the column of ids."""
        return f"{self.role}_id"

    @functools.cached_property
    def names(self) -> set[str]:
        """Return the columns of ours that the file answers, once they are all placed."""
        names = set(self.plain) | set(self.choices)
        if names & set(NAME_PARTS) or self.is_named_by_address:
            names.add("full_name")
        return names - set(NAME_PARTS)

    def title_of(self, position: int) -> str:
        """Return what stands above a column."""
        return self.titles[position].strip() if position < len(self.titles) else ""

    def answers(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the text of a row by column of ours."""
        typed = {name: self.answer(name, cells) for name in self.plain}
        for name, sources in self.choices.items():
            boxes = [
                (each.choice, cells[each.position] if each.position < len(cells) else "")
                for each in sources
            ]
            marked = chosen(boxes, is_scale=name in self.scales)
            typed[name] = ";".join(filter(None, [typed.get(name, ""), *marked]))
        parts = [typed.pop(part, "").strip() for part in NAME_PARTS]
        if any(parts) and not typed.get("full_name", "").strip():
            typed["full_name"] = " ".join(filter(None, parts))
        elif self.is_named_by_address:
            typed["full_name"] = normal_forms.name_beside_address(typed.get("email", ""))
        elif "full_name" in self.names:
            typed.setdefault("full_name", "")
        return typed

    def answer(self, name: str, cells: Sequence[str]) -> str:
        """Return the text of a row in one `plain` column; of lists and prose all columns count."""
        given = []
        for source in self.plain[name]:
            text = cells[source.position] if source.position < len(cells) else ""
            is_nobody = self.tool.name and text.strip().lower() == "anonymous"
            if text.strip() and not is_nobody:
                given.append((source.title, text))
        if len(given) > 1 and (column := self.columns.get(name)) is not None:
            if column.reader.is_list:
                return ";".join(text for _title, text in given)
            if isinstance(column.reader, Prose):
                return "\n\n".join(f"{title}: {text}" for title, text in given)
        return given[0][1] if given else ""


def find(
    first: Sequence[Line],
    role: Role,
    needed: Collection[str] | None = None,
    own: tuple[Column, ...] = (),
) -> Layout:
    """Return the layout of a file by its first rows.

    Raises `UnreadableFile`, also where a `needed` column is missing: the required ones, unless
    others are named.
    """
    at = next((k for k, line in enumerate(first) if _is_heading(k, line, role)), None)
    if at is None:
        _check_width(first[0].cells)
        required = [name for name, column in of_role(role).items() if column.required]
        raise UnreadableFile(
            _(
                "The first row looks like data, not column names. Expected columns such as "
                "%(columns)s.",
                columns=", ".join(required[:3]),
            )
        )
    heading = first[at]
    _check_width(heading.cells)
    following = [line.cells for line in first[at + 1 : at + 3]]
    tool = form_tools.recognize(heading.cells, following)
    titles, described = form_tools.described(tool, heading.cells, following, role)
    last = first[at + described].number
    layout = Layout(role, tool, titles, heading.number, last + 1, own=own)
    if at:
        above = next(text.strip() for text in first[0].cells if text.strip())
        layout.notes.append(
            Finding(
                None,
                None,
                _(
                    "the headings are in row %(row)s; everything above is ignored: %(found)s",
                    row=heading.number,
                    found=quote(above),
                ),
            )
        )
    if tool.name:
        layout.notes.append(
            Finding(None, None, _("read as an export from %(tool)s", tool=tool.name))
        )
    _place(layout)
    _check_required(layout, needed)
    return layout


def _is_heading(position: int, line: Line, role: Role) -> bool:
    known = len({source.name for source in headings.sources(line.cells, role)})
    return known > (1 if position == 0 else 2)


def _check_width(cells: Sequence[str]) -> None:
    width = max((k + 1 for k, title in enumerate(cells) if title.strip()), default=0)
    if width > MOST_COLUMNS:
        raise UnreadableFile(
            _(
                "%(columns)s columns; the limit is %(limit)s.",
                columns=number(width),
                limit=MOST_COLUMNS,
            )
        )


def _place(layout: Layout) -> None:
    """Find out what each column is, and say so of each that is not called as ours."""
    tool, role = layout.tool, layout.role
    is_own = {k for k, title in enumerate(layout.titles) if tool.is_own(title)}
    placed = set()
    for source in headings.sources(layout.titles, role, layout.own):
        if source.position in is_own:
            continue
        placed.add(source.position)
        kinds = layout.choices if source.choice else layout.plain
        kinds.setdefault(source.name, []).append(source)
    for name, sources in layout.plain.items():
        if len(sources) > 1 and not form_tools.is_of_account(tool, name):
            raise UnreadableFile(
                _(
                    "Column '%(name)s' appears twice (columns %(first)s and %(second)s); keep one.",
                    name=name,
                    first=sources[0].position + 1,
                    second=sources[1].position + 1,
                )
            )
        # A question comes before what the tool knows of the account that answered.
        sources.reverse()
    _note_placed(layout)
    ignored = [title for k, title in enumerate(layout.titles) if k in is_own]
    if ignored:
        message = _(
            "columns of %(tool)s itself are ignored: %(columns)s",
            tool=tool.name,
            columns=headings.named(ignored),
        )
        layout.notes.append(Finding(None, None, message))
    for position, title in enumerate(layout.titles):
        if position not in placed and position not in is_own:
            _note_unknown(layout, position, title.strip())


def _note_placed(layout: Layout) -> None:
    for name in (n for n in [*layout.plain, *layout.choices] if n not in NAME_PARTS):
        for source in layout.plain.get(name, []):
            if source.title != name:
                message = _(
                    "column %(title)s is read as %(name)s", title=quote(source.title), name=name
                )
                layout.notes.append(Finding(None, None, message))
        if boxes := layout.choices.get(name):
            message = ngettext(
                "%(n)s column is read as one choice of %(name)s",
                "%(n)s columns are read as choices of %(name)s",
                len(boxes),
                name=name,
            )
            layout.notes.append(Finding(None, None, message))
    parts = [source.title for part in NAME_PARTS for source in layout.plain.get(part, [])]
    if parts:
        message = _("%(columns)s are combined into full_name", columns=headings.named(parts))
        layout.notes.append(Finding(None, None, message))


def _note_unknown(layout: Layout, position: int, title: str) -> None:
    role = layout.role
    if not title:
        layout.untitled.append(position)
    elif rule := headings.looks_like_a_rule(title, role):
        message = _(
            "column %(title)s is not recognized and may be meant as %(name)s, which affects "
            "who is matched; rename it to %(name)s, or delete it",
            title=quote(title),
            name=rule,
        )
        layout.problems.append(Finding(None, None, message))
    else:
        message = _("column %(title)s is not recognized and is ignored", title=quote(title))
        if headings.belongs_to_others(title, role):
            message = _(
                "column %(title)s is only asked of the other role and is ignored",
                title=quote(title),
            )
        elif name := headings.suggestion(title, role):
            message = _(
                "column %(title)s is not recognized and is ignored; did you mean %(name)s?",
                title=quote(title),
                name=name,
            )
        layout.notes.append(Finding(None, None, message))


def _check_required(layout: Layout, needed: Collection[str] | None) -> None:
    """Refuse a file without a needed column; ids can be made, of addresses."""
    required = {name for name, column in of_role(layout.role).items() if column.required}
    absent = required - layout.names - {layout.id_column}
    refused = absent if needed is None else absent.intersection(needed)
    if "email" in absent and layout.id_column not in layout.names:
        refused |= {"email"}
    missing = [f"'{name}'" for name in of_role(layout.role) if name in refused]
    if missing:
        raise UnreadableFile(
            ngettext(
                "Column %(columns)s is missing.",
                "Columns %(columns)s are missing.",
                len(missing),
                columns=", ".join(missing),
            )
        )
    left = [f"'{name}'" for name in of_role(layout.role) if name in absent]
    if left:
        message = ngettext(
            "column %(columns)s is missing and counts as unanswered",
            "columns %(columns)s are missing and count as unanswered",
            len(left),
            columns=", ".join(left),
        )
        layout.notes.append(Finding(None, None, message))
    if layout.id_column not in layout.names:
        message = _(
            "there is no column %(name)s; each person gets an ID made from their address",
            name=layout.id_column,
        )
        layout.notes.append(Finding(None, None, message))


def chosen(boxes: Sequence[tuple[str, str]], *, is_scale: bool = False) -> list[str]:
    """Return what is chosen of a question with a box for each choice, by choice and what is in it.

    That is the choices that are ticked, by rank where they are ranked, or the text of a box: the
    choice once more, or another one. In a grid of hours, both say together when. On a scale,
    numbers neither tick nor rank, and stay as they are.
    """
    filled = [(choice, text) for choice, each in boxes if not is_unticked(text := each.strip())]
    if not is_scale and is_ranking([text for _choice, text in filled]):
        return [choice for choice, _text in sorted(filled, key=lambda box: int(box[1]))]
    return [
        text if is_scale and _RANK.fullmatch(text) else _in_box(choice, text)
        for choice, text in filled
    ]


def is_ranking(filled: Sequence[str]) -> bool:
    """Return whether the filled boxes of a question hold the numbers from 1 on, each once."""
    ranks = sorted(int(text) for text in filled if _RANK.fullmatch(text))
    return len(ranks) == len(filled) and ranks == list(range(1, len(ranks) + 1))


def is_ticked(text: str) -> bool:
    """Return whether the text of a box says that its choice is chosen."""
    return text.strip().casefold() in _CHECKED


def is_unticked(text: str) -> bool:
    """Return whether the text of a box says that its choice is not chosen."""
    return text.strip().casefold() in _UNCHECKED


def _in_box(choice: str, text: str) -> str:
    if is_ticked(text):
        return choice
    if bool(_DAY.search(choice)) != bool(_DAY.search(text)):
        # "Monday" with "Morning, Evening" in it, or "Evening" with "Monday; Friday".
        return f"{choice} {text.replace(';', ',')}"
    return text

"""The rows of a file in the words of our columns: answers as decided, or else as understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from matching.language import gettext as _
from matching.mapping import answers, names
from matching.mapping.decisions import NO_ANSWER, OWN_WORDS, Decisions, Sureness, answer_key
from matching.profiles.choices import OneOf, SomeOf, Term, Terms
from matching.profiles.columns import Audience, Column, Problem, Role, of_role, quote
from matching.profiles.countries import Country
from matching.profiles.readers import Whole
from matching.profiles.texts import Name, People
from matching.profiles.times import Availability, Timezone
from matching.spreadsheets.tables import Row

#: The answers of these are understood by what they mean; others are text, and taken as it stands.
_READ_BY_MEANING = (OneOf, SomeOf, Term, Terms, Country, Whole, People, Availability, Timezone)
#: Who may read what someone wrote for an answer also reads what they wrote about themselves.
_SHOWN = (Audience.ASKED, Audience.MATCH)
_PROSE: Mapping[Role, str] = {"mentee": "statement", "mentor": "bio"}
#: A file may have as many different answers as rows. Of one with more than some hundreds that are
#: no words of ours, the rest is not compared with our words: no one would look at it either.
MOST_GROUPS = 5_000
MOST_COMPARED = 500
#: After so many answers to a question that are not understood, its lists of answers are no longer
#: taken apart: a file can hold a million, and each is looked through for names of ours.
MOST_UNKNOWN = 10_000


@dataclass
class AnswerGroup:
    """All people who wrote the same answer to a question, and what it stands for.

    `values` are texts that the column's reader takes, `OWN_WORDS` or `NO_ANSWER`; empty where
    nothing is known and nothing was decided. `offered` are what it may mean.
    """

    column: str
    typed: str
    key: str
    values: tuple[str, ...]
    offered: tuple[str, ...]
    sureness: Sureness
    is_decided: bool
    people: int = 0

    @property
    def is_open(self) -> bool:
        """Return whether someone should review it."""
        return not self.is_decided and self.sureness < Sureness.LIKELY


class Translator:
    """Translates the rows of one file; `groups` are complete after the last one.

    `people` are the ids of those of the other role, by their folded names; `own` are questions of a
    program's own.
    """

    def __init__(
        self,
        role: Role,
        decisions: Decisions,
        people: Mapping[str, str],
        own: tuple[Column, ...] = (),
    ) -> None:
        self.groups: dict[tuple[str, str], AnswerGroup] = {}
        self.defaulted: dict[str, int] = {}
        self._role, self._decisions, self._people = role, decisions, people
        self._columns = of_role(role, own)
        self._unknown: Counter[str] = Counter()

    def row(self, row: Row) -> Row:
        """Return a row with text that the readers of its columns take."""
        typed = {**row.cells, **self._decisions.cells.get(row.number, {})}
        cells: dict[str, str] = {}
        kept: list[str] = []
        for name, text in typed.items():
            asked = self._columns[name]
            if isinstance(asked.reader, Name):
                cells[name] = self._plain_name(asked, text, row)
            elif isinstance(asked.reader, _READ_BY_MEANING) and not asked.is_gap(text):
                cells[name] = self._translated(asked, text, kept, row)
            else:
                cells[name] = text
        made = set(row.made)
        for name, text in self._decisions.defaults.items():
            column = self._columns.get(name)
            if text and column is not None and column.is_gap(cells.get(name, "")):
                cells[name] = text
                made.add(name)
                self.defaulted[name] = self.defaulted.get(name, 0) + 1
        if kept:
            prose = _PROSE[self._role]
            cells[prose] = "\n\n".join(filter(None, [cells.get(prose, "").strip(), *kept]))
        return replace(row, cells=cells, made=frozenset(made))

    def _plain_name(self, column: Column, text: str, row: Row) -> str:
        plain = names.plain(text)
        if plain != text.strip():
            message = _("%(typed)s read as %(value)s", typed=quote(text.strip()), value=plain)
            row.notes.append(Problem(column.name, message))
        return plain

    def _translated(self, column: Column, text: str, kept: list[str], row: Row) -> str:
        values: list[str] = []
        own: list[str] = []
        if isinstance(column.reader, Terms) and self._unknown[column.name] >= MOST_UNKNOWN:
            own += self._untouched(column, text, row)
        else:
            for piece in answers.pieces(column, text):
                group = self._group(column, piece)
                for value in group.values or (piece,):
                    if value == OWN_WORDS:
                        own.append(piece)
                    elif value != NO_ANSWER:
                        values.append(value)
        if own:
            question = column.mentee if self._role == "mentee" else column.mentor
            kept.append(f"{question.rstrip('?:')}: {', '.join(own)}")
        return ";".join(dict.fromkeys(values))

    def _untouched(self, column: Column, text: str, row: Row) -> list[str]:
        """Return a cell that is not taken apart as someone's own words, if it may stand there."""
        message = (
            _("not read: too many answers here are unknown; kept as the person's own words")
            if keeps_words(column)
            else _("left out: too many answers here are unknown")
        )
        row.notes.append(Problem(column.name, message))
        return [text.strip()] if keeps_words(column) else []

    def _group(self, column: Column, piece: str) -> AnswerGroup:
        key = answer_key(piece)
        group = self.groups.get((column.name, key))
        if group is None:
            group = self._new_group(column, piece, key)
            is_told = group.sureness < Sureness.CERTAIN or group.is_decided
            if is_told and len(self.groups) < MOST_GROUPS:
                self.groups[column.name, key] = group
        group.people += 1
        return group

    def _new_group(self, column: Column, piece: str, key: str) -> AnswerGroup:
        decided = self._decisions.answers.get(column.name, {}).get(key)
        compares = len(self.groups) < MOST_COMPARED
        meaning = answers.meaning(column, piece, self._people, compares=compares)
        self._unknown[column.name] += meaning.sureness < Sureness.LIKELY
        values = meaning.values if decided is None else decided
        if decided is None and not values:
            if meaning.sureness is Sureness.LIKELY:
                values = (NO_ANSWER,)
            elif keeps_words(column):
                values = (OWN_WORDS,)
            elif column.reader.is_list and not isinstance(column.reader, People):
                values = (NO_ANSWER,)
        return AnswerGroup(
            column.name,
            piece[:200],
            key,
            values,
            meaning.offered,
            meaning.sureness,
            is_decided=decided is not None,
        )


def keeps_words(column: Column) -> bool:
    """Return whether what is not understood may stand among a person's own words instead."""
    return column.audience in _SHOWN and not column.required

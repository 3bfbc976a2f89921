"""Readers of answers that are chosen: among a few options, or entries of the taxonomy."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass

from matching.language import gettext as _
from matching.language import ngettext
from matching.profiles import taxonomy
from matching.profiles.labels import worded
from matching.profiles.placeholders import is_placeholder
from matching.profiles.readers import (
    LINE_LIMIT,
    LIST_LIMIT,
    CellError,
    Note,
    Reader,
    Widget,
    answers,
    no_answer,
    pieces,
    quote,
    unique,
    wrong_list,
    wrong_text,
)  # fmt: skip
from matching.profiles.texts import line

#: Of the unknown words of a list, this many are named, each with what it may have been meant to be.
MOST_SUGGESTIONS = 3
#: How spreadsheets and form tools write a box that is ticked or not.
_BOOLEANS = {"yes": ("true", "y"), "no": ("false", "n")}
#: No label or alias has more commas than this allows; a test counts them.
_MOST_PARTS = 5


@dataclass(frozen=True)
class OneOf(Reader):
    """One of a few options, by its id or its label."""

    options: tuple[str, ...]
    labels: tuple[str, ...] = ()
    widget = Widget.RADIOS

    def called(self, labels: Mapping[str, str]) -> OneOf:
        """Return the same with what each option is called, in English."""
        return OneOf(self.options, tuple(labels[option] for option in self.options))

    def read(self, typed: str, note: Note) -> str | None:
        """Return the option."""
        if typed in self.options:
            return typed
        value = line(typed, note)
        if value is None:
            return None
        option = self.meant(value)
        if option is None:
            raise CellError(self._expected(value))
        if option != value.lower():
            note(_("%(typed)s read as %(value)s", typed=quote(value), value=option))
        return option

    def is_answer(self, placeholder: str) -> bool:
        """Return whether a word is an option or its label."""
        return self.meant(placeholder) is not None

    def meant(self, word: str) -> str | None:
        """Return the option that a word means, None for any other word."""
        folded = taxonomy.fold(word)
        for option, label in zip(self.options, self.labels or self.options, strict=True):
            known = (option, *worded(label), *_BOOLEANS.get(option, ()))
            if folded in map(taxonomy.fold, known):
                return option
        return None

    def check(self, value: object) -> str | None:
        """Return what is wrong with an option, None if nothing is."""
        if isinstance(value, str) and value in self.options:
            return None
        return self._expected(str(value))

    def _expected(self, value: str) -> str:
        return _(
            "%(found)s is not one of %(options)s",
            found=quote(value),
            options=", ".join(self.options),
        )


@dataclass(frozen=True)
class SomeOf(Reader):
    """Several of a few options, by their ids or their labels."""

    options: tuple[str, ...]
    labels: tuple[str, ...]
    widget = Widget.CHOICES
    is_list = True

    @property
    def each(self) -> OneOf:
        """Return the reader of a single option."""
        return OneOf(self.options, self.labels)

    def read(self, typed: str, note: Note) -> list[str]:
        """Return the options, each once. Raises `CellError` for the first unknown one."""
        chosen: list[str] = []
        for entry in self.entries(typed):
            if is_placeholder(entry) and not self.is_answer(entry):
                note(no_answer(entry))
            elif (option := self.each.read(entry, note)) is not None:
                chosen.append(option)
            _check_number(chosen)
        return unique(chosen, note)

    def entries(self, typed: str) -> list[str]:
        """Return the single answers of a text: between semicolons, and between commas.

        A label may hold commas: each entry is the longest run of parts that is one.
        """
        found: list[str] = []
        for piece in pieces(typed, ";"):
            parts = pieces(piece, ",")
            while parts:
                runs = (", ".join(parts[:n]) for n in range(len(parts), 1, -1))
                entry = next((run for run in runs if self.is_answer(run)), parts[0])
                found.append(entry)
                del parts[: entry.count(",") + 1]
        return found

    def is_answer(self, placeholder: str) -> bool:
        """Return whether a word is an option or its label."""
        return self.each.is_answer(placeholder)

    def check(self, value: object) -> str | None:
        """Return what is wrong with a list of options, None if nothing is."""
        return wrong_list(value, self.each.check)


@dataclass(frozen=True)
class Words(Reader):
    """One or several answers in any words, between semicolons."""

    is_list = True

    def read(self, typed: str, note: Note) -> list[str]:
        """Return the answers, each once."""
        entries = answers(pieces(typed, ";"), note)
        _check_number(entries)
        lines = [line(entry, note) for entry in entries]
        return unique([entry for entry in lines if entry is not None], note)

    def check(self, value: object) -> str | None:
        """Return what is wrong with an answer or a list of them, None if nothing is."""
        is_list = isinstance(value, Sequence) and not isinstance(value, str)
        return wrong_list(value, wrong_text) if is_list else wrong_text(value)


@dataclass(frozen=True)
class Term(Reader):
    """One entry of the taxonomy, by id, label or alias."""

    kind: str
    widget = Widget.SELECT

    def read(self, typed: str, note: Note) -> str | None:
        """Return the entry's id."""
        if typed in taxonomy.load().entries[self.kind]:
            return typed
        value = line(typed, note)
        return None if value is None else _resolve(self.kind, value, note)

    def check(self, value: object) -> str | None:
        """Return what is wrong with an entry's id, None if nothing is."""
        return _wrong_id(self.kind, value)


@dataclass(frozen=True)
class Terms(Reader):
    """Several entries of the taxonomy, most important first."""

    kind: str
    widget = Widget.CHOICES
    is_list = True

    def read(self, typed: str, note: Note) -> list[str]:
        """Return the entries' ids, each once. Raises `CellError` for all unknown ones."""
        ids: list[str] = []
        problems: list[str] = []
        # Counted before anything is looked up, and again as commas add entries.
        typed_entries = answers(pieces(typed, ";"), note)
        _check_number(typed_entries)
        for piece in typed_entries:
            try:
                ids += self._entries(piece, note, suggests=len(problems) < MOST_SUGGESTIONS)
            except CellError as problem:
                problems.append(str(problem))
        if problems:
            more = len(problems) - MOST_SUGGESTIONS
            rest = [ngettext("and %(n)s more", "and %(n)s more", more)] if more > 0 else []
            raise CellError("; ".join(problems[:MOST_SUGGESTIONS] + rest))
        _check_number(ids)
        return unique(ids, note)

    def check(self, value: object) -> str | None:
        """Return what is wrong with a list of ids, None if nothing is."""
        return wrong_list(value, functools.partial(_wrong_id, self.kind))

    def _entries(self, piece: str, note: Note, *, suggests: bool) -> list[str]:
        if piece in taxonomy.load().entries[self.kind]:
            return [piece]
        # A label may hold commas: each entry is the longest run of parts that is one.
        parts, ids = pieces(piece, ","), list[str]()
        _check_number(parts[::_MOST_PARTS])
        parts = answers(parts, note)
        while parts:
            runs = (parts[:n] for n in range(min(len(parts), _MOST_PARTS), 1, -1))
            run = next((run for run in runs if taxonomy.load().is_one(self.kind, run)), parts[:1])
            entry = ", ".join(run)
            ids.append(_resolve(self.kind, entry, note, suggests=suggests))
            _check_number(ids)
            del parts[: len(run)]
        return ids


def _check_number(entries: Sized) -> None:
    if len(entries) > LIST_LIMIT:
        raise CellError(
            _(
                "has %(count)s entries; the limit is %(limit)s",
                count=len(entries),
                limit=LIST_LIMIT,
            )
        )


def _resolve(kind: str, word: str, note: Note, *, suggests: bool = True) -> str:
    short = word if len(word) <= LINE_LIMIT else word[:40]
    try:
        id = taxonomy.load().resolve(kind, short, suggests=suggests)
    except taxonomy.UnknownTerm as error:
        shown = str(error)
        raise CellError(shown if len(shown) <= 200 else shown[:200] + "…") from None
    if id != word:
        note(_("%(typed)s read as %(value)s", typed=quote(word), value=id))
    return id


def _wrong_id(kind: str, value: object) -> str | None:
    if isinstance(value, str) and value in taxonomy.load().entries[kind]:
        return None
    return _(
        "%(found)s is not the ID of a %(kind)s in the taxonomy",
        found=quote(str(value)),
        kind=_(kind),
    )

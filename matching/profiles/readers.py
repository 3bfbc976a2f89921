"""What a reader is: the type of an answer, from typed text to the value that a profile holds.

A reader describes a type once. `read` takes what was typed in a form or a cell; `check` takes a
value that came another way, such as from a program. What a form needs to ask for the value, its
widget and its limits, stands on the reader too.
"""

from __future__ import annotations

import enum
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from matching.language import gettext as _
from matching.profiles.placeholders import is_placeholder

Note = Callable[[str], None]

#: The most entries of a list, and the most characters of a line.
LIST_LIMIT = 50
LINE_LIMIT = 200


class CellError(ValueError):
    """A cell that cannot be read; the message says what was found and what to write instead."""


class Widget(enum.StrEnum):
    """How a form asks for an answer."""

    LINE = "line"
    AREA = "area"  # a text of several lines
    LINES = "lines"  # a list, one entry on each line
    NUMBER = "number"
    TICK = "tick"  # one box: yes or nothing
    RADIOS = "radios"  # one of a few options
    SELECT = "select"  # one entry of the taxonomy
    CHOICES = "choices"  # several entries of the taxonomy, most important first
    COUNTRY = "country"
    ZONE = "zone"
    WEEK = "week"  # slots of a week


class Reader(ABC):
    """One type of answers; what does not apply to it is None or empty.

    `longest` counts characters. `kind` is the taxonomy's kind of the entries that answer; `labels`
    are what the `options` are called, in English.
    """

    widget: Widget = Widget.LINE
    is_list: bool = False
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    options: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    kind: str | None = None

    @abstractmethod
    def read(self, typed: str, note: Note) -> object:
        """Return the value of typed text; None or an empty list for no answer.

        `note` is called with a sentence where the text could be understood but was not quite right.
        Raises `CellError` with a sentence that says what to do where it was not understood.
        Neither holds more than 40 characters of what was typed.
        """

    @abstractmethod
    def check(self, value: object) -> str | None:
        """Return what is wrong with a value that was not read from text, None if nothing is."""

    def is_answer(self, placeholder: str) -> bool:
        """Return whether a word that elsewhere stands for no answer, such as "NA", is one here."""
        return False


@dataclass(frozen=True)
class Whole(Reader):
    """Whole numbers from `least` to `most`; `zero_note` is said of a 0."""

    least: int
    most: int
    zero_note: str = ""
    widget = Widget.NUMBER

    def read(self, typed: str, note: Note) -> int | None:
        """Return the number."""
        value = typed.strip()
        if not value:
            return None
        if self.is_answer(value):
            note(_("%(typed)s read as %(value)s", typed=quote(value), value=0))
            value = "0"
        if not re.fullmatch(r"[0-9]{1,9}", value) or not self._is_within(int(value)):
            raise CellError(self._expected(value))
        if int(value) == 0 and self.zero_note:
            note(_(self.zero_note))
        return int(value)

    def check(self, value: object) -> str | None:
        """Return what is wrong with a number, None if nothing is."""
        if isinstance(value, int) and not isinstance(value, bool) and self._is_within(value):
            return None
        return self._expected(str(value))

    def is_answer(self, placeholder: str) -> bool:
        """Return whether a word means 0, where 0 is allowed."""
        return placeholder.casefold() in ("none", "nil") and self._is_within(0)

    def _is_within(self, value: int) -> bool:
        return self.least <= value <= self.most

    def _expected(self, value: str) -> str:
        return _(
            "must be a whole number from %(least)s to %(most)s; found %(found)s",
            least=self.least,
            most=self.most,
            found=quote(value),
        )


def quote(text: str) -> str:
    """Return at most 40 characters of `text` in quotes, control characters as escapes."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"'{shown[:40]}…'" if len(shown) > 40 else f"'{shown}'"


def pieces(typed: str, separator: str) -> list[str]:
    """Return the entries of a typed list, trimmed, without empty ones."""
    return [p for part in typed.split(separator) if (p := part.strip())]


def answers(entries: Iterable[str], note: Note) -> list[str]:
    """Return the entries of a list without those that stand for no answer, such as "none"."""
    kept = []
    for entry in entries:
        if is_placeholder(entry):
            note(no_answer(entry))
        elif entry:
            kept.append(entry)
    return kept


def no_answer(typed: str) -> str:
    """Return what is said of a word that was left out as no answer."""
    return _("%(typed)s was read as no answer", typed=quote(typed.strip()))


def unique(entries: Iterable[str], note: Note) -> list[str]:
    """Return entries each once, in order."""
    entries = list(entries)
    kept = list(dict.fromkeys(entries))
    if len(kept) != len(entries):
        note(_("repeated entries were removed"))
    return kept


def wrong_list(value: object, check: Callable[[object], str | None]) -> str | None:
    """Return what is wrong with a list or its first wrong entry, None if nothing is."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return _(
            "must be a list, not %(found)s (`read_table` reads files)", found=quote(str(value))
        )
    return next((wrong for entry in value if (wrong := check(entry))), None)


def wrong_text(value: object) -> str | None:
    """Return what is wrong with a value that must be text, None if nothing is."""
    if isinstance(value, str):
        return None
    return _("must be text, not %(found)s", found=quote(str(value)))

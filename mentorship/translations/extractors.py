"""Messages for translation that Babel cannot find by itself, as its extractors; see babel.cfg."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from matching.profiles import taxonomy
from matching.profiles.columns import COLUMNS
from mentorship.states import ARROWS, plain_name

Message = tuple[int, str, str, list[str]]


def labels(file: BinaryIO, keywords: Any, comments: Any, options: Any) -> Iterator[Message]:
    """Yield what the taxonomy's entries are called."""
    words = taxonomy.load()
    for kind in taxonomy.SECTIONS:
        for id in words.ids(kind):
            yield 1, "gettext", words.label(kind, id), [kind]


def questions(file: BinaryIO, keywords: Any, comments: Any, options: Any) -> Iterator[Message]:
    """Yield the questions of a profile."""
    for column in COLUMNS:
        for question in dict.fromkeys((column.mentee, column.mentor)):
            if question:
                yield 1, "gettext", question, [column.name]


def states(file: BinaryIO, keywords: Any, comments: Any, options: Any) -> Iterator[Message]:
    """Yield what states are called inside a sentence."""
    for kind in ARROWS:
        for state in kind:
            yield 1, "gettext", plain_name(state), [kind.__name__]

"""The words of medicine that profiles are written in: stages, specialties, goals and the rest.

The data is `taxonomy.yaml`, whose head explains its conventions. This module loads it once and
answers four questions: which ids exist, what they are called, what a word means, and which
id a misspelled word was probably meant to be.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

from matching.language import gettext as _
from matching.language import mark

#: The section of the taxonomy that a kind of id comes from. A specialty may be primary or sub.
SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        mark("stage"): ("career_stages",),
        mark("specialty"): ("specialties", "subspecialties"),
        mark("goal"): ("goals",),
        mark("experience"): ("experiences",),
        mark("modality"): ("modalities",),
        mark("language"): ("languages", "sign_languages"),
        mark("community"): ("communities",),
    }
)


class UnknownTerm(ValueError):
    """A word that is no id, label or alias; the message says what was probably meant."""


class AmbiguousTerm(UnknownTerm):
    """A word that people use for several entries; the message names them.

    `candidates` are their ids, the commonest first.
    """

    def __init__(self, message: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


def fold(text: str) -> str:
    """Return `text` as aliases are compared: NFKC, case folded, punctuation to single spaces.

    An underline is punctuation, too: exports write "medical_student".
    """
    return re.sub(r"(?:[^\w+&/]|_)+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


#: How many entries are suggested at most for one unknown word, and how long its longest part must
#: be for them: a form's code for an answer, such as 3, is in the names of some.
_MOST_ENTRIES, _LEAST_LETTERS = 3, 4


class Suggestions:
    """What unknown words were probably meant to be, searched for at most so many of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[tuple[str, str], Sequence[str]] = {}

    def closest(self, kind: str, word: str, terms: Mapping[str, str]) -> Sequence[str]:
        """Return the ids of a kind that a folded word may have been meant to be, at most three.

        Those with all its words in a name, or none if they are many; else the one with the most
        similar name.
        """
        key = kind, word
        if key not in self._found and len(self._found) < self._most:
            words = set(word.split())
            named: Mapping[str, None] = {}
            if max(map(len, words), default=0) >= _LEAST_LETTERS:
                named = dict.fromkeys(id for term, id in terms.items() if words <= {*term.split()})
            close = difflib.get_close_matches(word, () if named else terms, n=1, cutoff=0.75)
            found = (*named, *(terms[term] for term in close))
            self._found[key] = found if len(found) <= _MOST_ENTRIES else ()
        return self._found.get(key, ())


_suggestions: ContextVar[Suggestions | None] = ContextVar("suggestions", default=None)


@contextlib.contextmanager
def suggesting(suggestions: Suggestions) -> Iterator[None]:
    """Take what unknown words were meant to be from `suggestions` within this block."""
    token = _suggestions.set(suggestions)
    try:
        yield
    finally:
        _suggestions.reset(token)


@dataclass(frozen=True)
class Taxonomy:
    """One version of the taxonomy; `entries[kind][id]` is the entry as written in the file."""

    version: int
    data: Mapping[str, Any]
    entries: Mapping[str, Mapping[str, Mapping[str, Any]]]
    _positions: Mapping[str, Mapping[str, int]]
    _terms: Mapping[str, Mapping[str, str]]
    _between_commas: Mapping[str, frozenset[tuple[str, ...]]]
    _ambiguous: Mapping[str, tuple[str, ...]]

    def ids(self, kind: str) -> list[str]:
        """Return the ids of a kind in the order of the file."""
        return list(self.entries[kind])

    def positions(self, kind: str) -> Mapping[str, int]:
        """Return where each id of a kind stands among its `ids`."""
        return self._positions[kind]

    def label(self, kind: str, id: str) -> str:
        """Return how an entry is called in English."""
        return str(self.entries[kind][id]["label"])

    def terms(self, kind: str) -> Mapping[str, str]:
        """Return every folded id, label and alias of a kind, with the id it means."""
        return self._terms[kind]

    def knows(self, kind: str, word: str) -> bool:
        """Return whether `word` is an id, a label or an alias of a kind."""
        return word in self.entries[kind] or fold(word) in self._terms[kind]

    def is_one(self, kind: str, parts: Sequence[str]) -> bool:
        """Return whether parts between commas are one name, and not several in a list.

        "Peds, EM" are two, although "peds EM" is one: a name that has no comma of its own is parted
        where each part is a name.
        """
        if not self.knows(kind, ", ".join(parts)):
            return False
        is_written_so = tuple(map(fold, parts)) in self._between_commas[kind]
        return is_written_so or not all(self.knows(kind, part) for part in parts)

    def resolve(self, kind: str, word: str, *, suggests: bool = True) -> str:
        """Return the id that `word` (an id, a label or an alias) means.

        Raises `AmbiguousTerm` for a word that people use for several entries, and `UnknownTerm`
        for any other word, with a suggestion if it `suggests` one: that search takes a thousand
        times as long as the look-up, so lists ask for a few, and files within `suggesting`.
        """
        if word in self.entries[kind]:
            return word
        folded = fold(word)
        if kind == "specialty" and folded in self._ambiguous:
            raise AmbiguousTerm(
                _(
                    "%(kind)s '%(word)s' could mean %(choices)s; enter one of them",
                    kind=_(kind),
                    word=word,
                    choices=_(" or ").join(self._ambiguous[folded]),
                ),
                self._ambiguous[folded],
            )
        if (id := self._terms[kind].get(folded)) is not None:
            return id
        for other in SECTIONS:
            if other != kind and word in self.entries[other]:
                raise UnknownTerm(
                    _(
                        "'%(word)s' is a %(other)s, not a %(kind)s",
                        word=word,
                        other=_(other),
                        kind=_(kind),
                    )
                )
        suggestions = (_suggestions.get() or Suggestions(1)) if suggests else Suggestions(0)
        if close := suggestions.closest(kind, folded, self._terms[kind]):
            # The ids of languages are codes.
            names = [self.entries[kind][id]["label"] if kind == "language" else id for id in close]
            raise UnknownTerm(
                _(
                    "%(kind)s '%(word)s' is not recognized; did you mean %(close)s?",
                    kind=_(kind),
                    word=word,
                    close=_(" or ").join(names),
                )
            )
        raise UnknownTerm(_("%(kind)s '%(word)s' is not recognized", kind=_(kind), word=word))


@functools.cache
def load() -> Taxonomy:
    """Return the taxonomy that this version of the library ships."""
    file = resources.files("matching.profiles") / "taxonomy.yaml"
    text = file.read_text(encoding="utf-8")
    data = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe either way
    entries = {
        kind: {entry["id"]: entry for section in sections for entry in data[section]}
        for kind, sections in SECTIONS.items()
    }
    return Taxonomy(
        version=data["version"],
        data=data,
        entries=entries,
        _positions={kind: {id: k for k, id in enumerate(ids)} for kind, ids in entries.items()},
        _terms={kind: _terms(of_kind) for kind, of_kind in entries.items()},
        _between_commas={
            kind: frozenset(tuple(map(fold, name.split(","))) for name, _id in _names(of_kind))
            for kind, of_kind in entries.items()
        },
        _ambiguous={
            fold(item["alias"]): tuple(item["candidates"]) for item in data["ambiguous_aliases"]
        },
    )


def _terms(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return folded word -> id, for every id, label and alias of one kind."""
    terms: dict[str, str] = {}
    for name, id in _names(entries):
        terms.setdefault(fold(name), id)
    return terms


def _names(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield every id, label and alias of one kind, with the id that it means."""
    for id, entry in entries.items():
        names = [id, entry["label"], entry.get("label_gb"), entry.get("native")]
        yield from ((name, id) for name in [*names, *entry.get("aliases", [])] if name)

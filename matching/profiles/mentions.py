"""The fields and goals of the taxonomy that a text names, by any of their names."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from matching.profiles import taxonomy

#: Han characters, kana with their marks of length and repetition, and Korean syllables.
_IN_TWOS = re.compile(
    r"[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7a3\U00020000-\U0003ffff]+"
)
#: Thai and Lao, Burmese, and Khmer.
_IN_THREES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_CAPITALS = re.compile(r"\b[A-Z][A-Z0-9]+\b")
#: A sentence with one of these may name what someone does not want.
_NEGATIONS = re.compile(
    r"\b(?:not|never|no|nor|neither|without|except|rather than|instead of|anything but|cannot)\b"
    r"|n['\u2019]t\b",
    re.IGNORECASE,
)


class Mention(NamedTuple):
    """An entry of the taxonomy that a text names; `kind` is "specialty" or "goal"."""

    kind: str
    id: str


def named(text: str) -> list[Mention]:
    """Return what a text names, each once and the first first.

    Sentences with a negation are left out: "not surgery" names what someone does not want, and
    no list of phrases tells how far a "not" reaches. So are aliases that mean several things, and
    everyday words that are aliases too.
    """
    found = [
        part
        for sentence in _SENTENCES.split(text)
        if not _NEGATIONS.search(sentence)
        for part in parts(sentence)
        if isinstance(part, Mention)
    ]
    return list(dict.fromkeys(found))


def parts(text: str) -> Iterator[str | Mention]:
    """Return a text, folded, in parts: runs of words, and a mention for those that name an entry.

    An acronym names it in capitals only: an aim is not AIM, acute internal medicine.
    """
    words = taxonomy.fold(spaced(text)).split()
    terms, longest, acronyms = _entries()
    written = {taxonomy.fold(word) for word in _CAPITALS.findall(text)}
    end = 0  # of what was given so far
    # Few words begin a term.
    for at in [at for at, word in enumerate(words) if word in longest]:
        if at < end:
            continue
        for size in range(min(longest[words[at]], len(words) - at), 0, -1):
            term = " ".join(words[at : at + size])
            mention = terms.get(term)
            if mention is not None and (term not in acronyms or term in written):
                yield " ".join(words[end:at])
                yield mention
                end = at + size
                break
    yield " ".join(words[end:])


def spaced(text: str) -> str:
    """Return a text with spaces between the parts by which one without spaces is compared.

    Words of Chinese, Japanese, Thai, Lao, Burmese and Khmer stand side by side, and Korean adds
    particles to them. A run of such letters is replaced by its overlapping pairs, which find texts
    about as well as words do and need no dictionary (Kwok 1997, Nie and Ren 1999, for Chinese);
    of Thai and its neighbours, whose syllables are longer, by threes of the letters without the
    marks above and below them. All else stays as it is.
    """
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    plain = _IN_TWOS.sub(lambda run: _overlapping(run[0], 2), plain)
    return _IN_THREES.sub(lambda run: _overlapping(run[0], 3), plain)


def _overlapping(run: str, size: int) -> str:
    letters = [char for char in run if char.isalnum()]
    starts = range(max(1, len(letters) - size + 1))
    return f" {' '.join(''.join(letters[k : k + size]) for k in starts)} "


@functools.cache
def _entries() -> tuple[Mapping[str, Mention], Mapping[str, int], frozenset[str]]:
    """Return what each term names, how long terms are by first word, and which are acronyms."""
    data = taxonomy.load().data
    vague = {taxonomy.fold(alias) for alias in data["weak_aliases"]}
    vague |= {taxonomy.fold(item["alias"]) for item in data["ambiguous_aliases"]}
    terms: dict[str, Mention] = {}
    longest: dict[str, int] = {}
    for kind in ("specialty", "goal"):
        for term, id in taxonomy.load().terms(kind).items():
            words = term.split()
            # Two letters are more often a word than a field.
            if term in vague or len(term) <= 2 or not words:
                continue
            terms.setdefault(term, Mention(kind, id))
            longest[words[0]] = max(longest.get(words[0], 0), len(words))
    acronyms = {
        taxonomy.fold(alias)
        for kind in ("specialty", "goal")
        for entry in taxonomy.load().entries[kind].values()
        for alias in entry.get("aliases", ())
        if _CAPITALS.fullmatch(alias)
    }
    return terms, longest, frozenset(acronyms)

"""What a written answer means to one of our columns, and how sure that is.

The reader of a column knows its own words: ids, labels, aliases. Here stands what people write
beside them: other separators, additions in brackets, parts of a label, "PGY-2 (IM)".
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matching.mapping import hours, names, numbers, zones
from matching.mapping.decisions import Sureness
from matching.mapping.wording import wording
from matching.profiles import taxonomy
from matching.profiles.choices import OneOf, SomeOf, Term, Terms
from matching.profiles.columns import CellError, Column
from matching.profiles.countries import Country
from matching.profiles.readers import LIST_LIMIT, Whole
from matching.profiles.texts import People, without_brackets
from matching.profiles.times import Availability, Timezone

#: How many entries are offered for an answer that is not sure.
MOST_OFFERED = 4
#: Longer answers are prose: they are looked through for entries, and compared with none.
_LONGEST_COMPARED = 80


@dataclass(frozen=True)
class Meaning:
    """What an answer means: texts that the column's reader takes.

    `offered` are what it may mean where that is not sure, the likeliest first.
    """

    values: tuple[str, ...]
    sureness: Sureness
    offered: tuple[str, ...] = ()


_UNKNOWN = Meaning((), Sureness.NONE)
#: Several answers as a form tool calls them.
_MACHINE_NAMES = re.compile(r"[a-z0-9_]+(?: [a-z0-9_]+)+")
#: Words that mean no choice.
_NOTHING = Meaning((), Sureness.LIKELY)


def pieces(column: Column, typed: str) -> list[str]:
    """Return the single answers of a cell: one, or several where the column takes a list.

    Semicolons, lines and bullets part answers; so do commas, slashes, "and" and "or" where what
    they part is known and the whole is not. Exports join words by underlines, and some then part
    answers by spaces: "board_exams leadership"; no name has underlines.
    """
    if isinstance(column.reader, SomeOf):
        # An answer may hold a comma, as one of the choices does.
        parts = re.split(r"[\n|•·\t]", typed)
        return [entry for part in parts for entry in column.reader.entries(part.strip(" -–*"))]
    if isinstance(column.reader, People):
        return [p for part in re.split(r"[;\n,]", without_brackets(typed)) if (p := part.strip())]
    if not isinstance(column.reader, Terms):
        return [typed.strip()] if typed.strip() else []
    kind = column.reader.kind
    found: list[str] = []
    for part in re.split(r"[;\n|•·\t]", typed):
        piece = part.strip(" \t-–*")
        is_of_names = "_" in piece and _MACHINE_NAMES.fullmatch(piece)
        if is_of_names and wording()["small_words"].isdisjoint(piece.split()):
            found += [name for each in piece.split() if (name := each.replace("_", " ").strip())]
        elif piece:
            found += _between_commas(kind, piece.replace("_", " "))
    return found[: 4 * LIST_LIMIT]


def _knows(kind: str, piece: str) -> bool:
    return taxonomy.load().knows(kind, piece)


def _between_commas(kind: str, piece: str) -> list[str]:
    parts = [p for part in _outside_brackets(piece) if (p := part.strip())]
    found: list[str] = []
    while parts:
        # A label may hold commas: an answer is the longest run of parts that is one.
        sizes = range(min(len(parts), 5), 1, -1)
        size = next((n for n in sizes if taxonomy.load().is_one(kind, parts[:n])), 1)
        entry = ", ".join(parts[:size])
        del parts[:size]
        found += [entry] if size > 1 or _knows(kind, entry) else _between_words(kind, entry)
    return found


def _outside_brackets(piece: str) -> list[str]:
    """Return a text parted at the commas that stand outside brackets."""
    return re.split(r",(?![^()]*\))", piece)


def _between_words(kind: str, entry: str) -> list[str]:
    parts = [
        p for part in re.split(r"\s*/\s*|\s+(?:and|or|&|\+|-|–)\s+", entry) if (p := part.strip())
    ]
    if len(parts) > 1 and any(_knows(kind, part) for part in parts):
        return parts
    # "and boards", left from a list.
    return [re.sub(r"^(?:and|or|also|plus)\s+", "", entry, flags=re.I)]


@functools.lru_cache(maxsize=20_000)
def _meaning(column: Column, piece: str) -> Meaning:
    reader = column.reader
    if isinstance(reader, Timezone) and (zone := zones.understood(piece)):
        # Before the reader: "EST" names a zone without summer time, and few mean that.
        return Meaning((zone,), Sureness.LIKELY)
    try:
        # What an unknown word was probably meant to be is looked for here in other ways.
        with taxonomy.suggesting(taxonomy.Suggestions(0)):
            value = reader.read(piece, lambda _message: None)
    except CellError:
        pass
    else:
        if value in (None, []):
            return _NOTHING
        if isinstance(reader, (Term, Terms, OneOf, SomeOf, Country)):
            return Meaning(
                (value,) if isinstance(value, str) else tuple(_list(value)), Sureness.CERTAIN
            )
        return Meaning((piece,), Sureness.CERTAIN)
    is_one_of_few = isinstance(reader, (OneOf, SomeOf))
    if taxonomy.fold(piece) in wording()["no_choices"] and not is_one_of_few:
        return _NOTHING
    if isinstance(reader, (Term, Terms)):
        return _of_entries(reader.kind, piece)
    if is_one_of_few:
        return _of_options(reader.options, piece)
    if isinstance(reader, Whole):
        number = numbers.understood(piece)
        is_within = number is not None and reader.check(number) is None
        return Meaning((str(number),), Sureness.LIKELY) if is_within else _UNKNOWN
    if isinstance(reader, Availability):
        slots = hours.understood(_in_words(piece))
        return Meaning((";".join(slots),), Sureness.LIKELY) if slots else _UNKNOWN
    return _UNKNOWN


def _in_words(piece: str) -> str:
    """Return an answer as people write it, where a program wrote "SeniorResident" or "mon_18_20".

    Between numbers, an underline stands for a hyphen.
    """
    parted = re.sub(r"(?:(?<=[a-z]{2})|(?<=\d))(?=[A-Z][a-z])", " ", piece)
    return re.sub(r"(?<=\d)_(?=\d)", "-", parted).replace("_", " ")


def _list(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("a list of ids was expected")
    return value


def is_understood(column: Column, piece: str) -> bool:
    """Return whether an answer means something to a column, without a search for similar words."""
    if isinstance(column.reader, (Term, Terms)) and not _knows(column.reader.kind, piece):
        known = _of_known_entries(column.reader.kind, piece)
        return known is not None and known.sureness >= Sureness.LIKELY
    return _meaning(column, piece).sureness >= Sureness.LIKELY


def meaning(
    column: Column,
    piece: str,
    people: Mapping[str, str] | None = None,
    *,
    compares: bool = True,
) -> Meaning:
    """Return what one answer means; `people` are ids in the other role by folded name.

    Unless it `compares`, no entry is looked for that is only alike, which takes a millisecond.
    """
    if isinstance(column.reader, People) and people:
        id = people.get(taxonomy.fold(names.plain(piece)))
        if id is not None:
            return Meaning((id,), Sureness.LIKELY)
    if (
        not compares
        and isinstance(column.reader, (Term, Terms))
        and not _knows(column.reader.kind, piece)
        and taxonomy.fold(piece) not in wording()["no_choices"]
    ):
        return _of_known_entries(column.reader.kind, piece) or _UNKNOWN
    return _meaning(column, piece)


def _of_entries(kind: str, piece: str) -> Meaning:
    if not any(char.isalpha() for char in piece):
        return _UNKNOWN  # "3" is a form's code for an answer
    if (known := _of_known_entries(kind, piece)) is not None:
        return known
    within, _covered = _named_within(kind, piece)
    if len(piece) > _LONGEST_COMPARED:
        return Meaning(tuple(within), Sureness.UNSURE, tuple(within)) if within else _UNKNOWN
    alike = _alike(kind, piece)
    offered = tuple(dict.fromkeys([*within, *(id for _score, id in alike)]))[:MOST_OFFERED]
    best = [id for score, id in alike if score >= 0.9]
    if len(best) == 1:
        return Meaning((best[0],), Sureness.LIKELY, offered)
    guess = tuple(within[:1]) or tuple(id for score, id in alike[:1] if score >= 0.5)
    return Meaning(guess, Sureness.UNSURE if offered else Sureness.NONE, offered)


def _of_known_entries(kind: str, piece: str) -> Meaning | None:
    """Return what an answer means that holds names of entries, None for other words."""
    words = _in_words(piece)
    return _of_names(kind, piece) or (_of_names(kind, words) if words != piece else None)


def _of_names(kind: str, piece: str) -> Meaning | None:
    terms = taxonomy.load()
    try:
        terms.resolve(kind, piece, suggests=False)
    except taxonomy.AmbiguousTerm as error:
        return Meaning(error.candidates[:1], Sureness.UNSURE, error.candidates)
    except taxonomy.UnknownTerm:
        pass
    if kind == "stage" and (stage := _of_stage(piece)) is not None:
        return stage
    bare = _without_brackets(piece)
    if bare != piece and bare and terms.knows(kind, bare):
        return Meaning((terms.resolve(kind, bare),), Sureness.LIKELY)
    within, covered = _named_within(kind, piece)
    if within and covered >= 0.5 and (kind != "stage" or len(within) == 1):
        return Meaning(tuple(within), Sureness.LIKELY, tuple(within))
    return None


def _named_within(kind: str, piece: str) -> tuple[list[str], float]:
    """Return the entries whose names stand in a text, and the share of its letters in them."""
    words = taxonomy.fold(piece).split()
    terms = taxonomy.load().terms(kind)
    found: list[str] = []
    letters = at = 0
    while at < len(words):
        for size in range(min(6, len(words) - at), 0, -1):
            term = " ".join(words[at : at + size])
            if term in terms and len(term) > 1:
                found.append(terms[term])
                letters += len(term)
                at += size
                break
        else:
            at += 1
    whole = sum(len(word) for word in words if word not in wording()["small_words"]) or 1
    return list(dict.fromkeys(found)), min(1.0, letters / whole)


def _alike(kind: str, piece: str) -> list[tuple[float, str]]:
    """Return the entries most like an answer with how much, at least 0.34, the most first.

    An entry is alike by the share of words that one of its names has in common with the answer. One
    that alone has all words of the answer in a name counts as found.
    """
    folded = taxonomy.fold(piece)
    words = _words(folded)
    if not words:
        return []
    best: dict[str, float] = {}
    hits: dict[str, int] = {}
    whole: set[str] = set()
    for term, id in taxonomy.load().terms(kind).items():
        own = _words(term)
        same = sum(any(_same(word, other) for other in own) for word in words)
        score = same / (len(words) + len(own) - same) if same else _spelled(folded, term)
        if score:
            best[id] = max(best.get(id, 0.0), score)
            hits[id] = hits.get(id, 0) + 1
        if same == len(words):
            whole.add(id)
    # An entry that has a word in many of its names is about it.
    ranked = [
        (score if score >= 0.9 else min(0.89, score + 0.02 * hits[id]), id)
        for id, score in best.items()
    ]
    if len(whole) == 1 and not any(score >= 0.9 for score, _id in ranked):
        ranked = [(0.9 if id in whole else score, id) for score, id in ranked]
    return sorted((each for each in ranked if each[0] >= 0.34), key=lambda each: -each[0])


def _spelled(folded: str, term: str) -> float:
    """Return how much one word is spelled like another, 0 where that is little."""
    if len(folded) < 5 or abs(len(term) - len(folded)) > 2 or term[0] != folded[0]:
        return 0.0
    ratio = difflib.SequenceMatcher(None, folded, term).ratio()
    return ratio if ratio >= 0.8 else 0.0


@functools.lru_cache(maxsize=20_000)
def _words(folded: str) -> tuple[str, ...]:
    small = wording()["small_words"]
    words = [stem(word) for word in folded.replace("/", " ").split() if word not in small]
    return tuple(words)


def stem(word: str) -> str:
    """Return a word without the ending of a plural or of -ing, by which words are compared."""
    for ending in ("ies", "ing", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def _same(word: str, own: str) -> bool:
    """Return whether two stems are one word, or one is the beginning of the other.

    An answer's word may be short for one of ours; ours is the beginning of another only if it is
    long, or a number follows: "step1" is "step", and "cardiology" has nothing of "caring".
    """
    if word.startswith(own):
        rest = word[len(own) :]
        return not rest or len(own) >= 5 or (len(own) >= 3 and rest.isdigit())
    return len(word) >= 3 and own.startswith(word)


_YEARS = re.compile(r"(\d{1,2})\s*\+?\s*(?:-\s*\d{1,2}\s*)?(?:years?|yrs?|y)\b")


def _of_stage(piece: str) -> Meaning | None:
    """Return what is meant where the taxonomy does not know the words, None where nothing is.

    What only speaks of another stage than someone's own, as "incoming fellow", is no more than a
    guess.
    """
    text = piece.casefold()
    now = wording()["other_stages"].sub(" ", text)
    if now == text:
        return _of_stage_now(text)
    bare = _without_brackets(now).strip(" ,;&/-")
    if taxonomy.load().knows("stage", bare):
        return Meaning((taxonomy.load().resolve("stage", bare),), Sureness.LIKELY)
    if (found := _of_stage_now(now)) is not None:
        return found
    found = _of_stage_now(text)
    return found and Meaning(found.values, Sureness.UNSURE, found.offered)


def _of_stage_now(text: str) -> Meaning | None:
    said, years = wording(), _YEARS.search(text)
    of_physicians, _ids = said["vague_stages"][0]
    if years and of_physicians.search(text):
        by_years = said["by_years"]
        reached = int(years[1])
        return Meaning((by_years[(reached > 5) + (reached > 15)],), Sureness.LIKELY, by_years)
    for pattern, id in said["stages"]:
        if pattern.search(text):
            return Meaning((id,), Sureness.LIKELY, (id,))
    if taxonomy.load().knows("stage", _without_brackets(text)):
        return None
    for pattern, ids in said["vague_stages"]:
        if pattern.search(text):
            return Meaning(ids[:1], Sureness.UNSURE, ids)
    return None


def _without_brackets(piece: str) -> str:
    return re.sub(r"\s*\([^()]*\)", "", piece).strip()


_YES = frozenset({"y", "yes", "true", "1", "x", "✓", "checked", "ja", "si", "sí", "oui"})
_NO = frozenset({"n", "no", "false", "0", "unchecked", "nein", "non"})


def is_yes(word: str) -> bool:
    """Return whether a word says yes."""
    return taxonomy.fold(word) in _YES


def is_no(word: str) -> bool:
    """Return whether a word says no."""
    return taxonomy.fold(word) in _NO


def _of_options(options: Iterable[str], piece: str) -> Meaning:
    options = tuple(options)
    word = taxonomy.fold(piece)
    if set(options) == {"yes", "no"} and word in _YES | _NO:
        return Meaning(("yes" if word in _YES else "no",), Sureness.LIKELY, options)
    words = {stem(w) for w in word.replace("-", " ").split()}
    scored = sorted(
        (
            (len(words & own) / max(1, len(own)), option)
            for option in options
            if (own := {stem(w) for w in option.replace("-", " ").split()})
        ),
        key=lambda each: -each[0],
    )
    if scored and scored[0][0] >= 0.5 and (len(scored) == 1 or scored[1][0] < scored[0][0]):
        sure = Sureness.LIKELY if scored[0][0] == 1 else Sureness.UNSURE
        return Meaning((scored[0][1],), sure, options)
    return Meaning((), Sureness.UNSURE, options)

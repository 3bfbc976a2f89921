"""What kind of question a column of a file would be that none of ours is, by what was answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from matching.mapping.answers import is_no, is_yes
from matching.mapping.fields import Field
from matching.profiles import taxonomy
from matching.profiles.placeholders import is_placeholder
from matching.profiles.questions import LARGEST_NUMBER, Kind

#: More different answers than this, or longer ones, are no choices but people's own words.
MOST_CHOICES, LONGEST_CHOICE = 12, 60
#: Of a choice, this many people make it on average, or more.
_LEAST_REPEATED = 1.5


def of_field(question: Field) -> tuple[Kind, tuple[str, ...]]:
    """Return the kind of a question that was answered so, and the words of its choices."""
    given = {answer: n for answer, n in question.answers.items() if not is_placeholder(answer)}
    if question.choices:
        return Kind.SEVERAL, tuple(dict.fromkeys(question.choices))
    if given and all(is_yes(answer) or is_no(answer) for answer in given):
        return Kind.YES_NO, ()
    for parted in (_at_semicolons, _at_commas):
        if any(len(parted(answer)) > 1 for answer in given) and (
            choices := _repeated(given, parted)
        ):
            return Kind.SEVERAL, choices
    if choices := _repeated(given, lambda answer: [answer]):
        return Kind.ONE, choices
    if given and all(_is_number(answer) for answer in given):
        return Kind.NUMBER, ()
    return Kind.TEXT, ()


def _repeated(given: Mapping[str, int], parted: Callable[[str], list[str]]) -> tuple[str, ...]:
    """Return the answers, each as it is written most often, where they are few that come again."""
    times: Counter[str] = Counter()
    written: dict[str, Counter[str]] = {}
    for answer, number in given.items():
        for part in parted(answer):
            folded = taxonomy.fold(part)
            times[folded] += number
            written.setdefault(folded, Counter())[part] += number
    words = [spellings.most_common(1)[0][0] for spellings in written.values()]
    if not 2 <= len(words) <= MOST_CHOICES or any(not _is_choice(word) for word in words):
        return ()
    return tuple(words) if sum(times.values()) >= _LEAST_REPEATED * len(words) else ()


def _is_choice(word: str) -> bool:
    return len(word) <= LONGEST_CHOICE and ";" not in word and bool(taxonomy.fold(word))


def _at_semicolons(answer: str) -> list[str]:
    return _trimmed(re.split(r"[;\n|•]", answer))


def _at_commas(answer: str) -> list[str]:
    return _trimmed(re.split(r"[;\n|•]|,(?![^()]*\))", answer))


def _trimmed(parts: Iterable[str]) -> list[str]:
    return [part for each in parts if (part := " ".join(each.split()).strip(" -–*"))]


def _is_number(answer: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,7}", answer)) and int(answer) <= LARGEST_NUMBER

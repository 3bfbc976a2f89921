"""One pair from close by: two people side by side, and what speaks for and against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching.profiles import columns
from mentorship.language import gettext as _
from mentorship.models import Profile
from mentorship.pairings.criteria import CRITERIA
from mentorship.people import questionnaire, questions, sight
from mentorship.people.sight import Viewer

#: The answers of a mentee and of a mentor that a criterion compares, as far as coordinators may
#: read them.
_COMPARES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "help": (("goals", "experiences_wanted"), ("topics", "experiences_offered")),
    "choice": (("mentor_picks",), ()),
    "specialty": (("specialty_interests",), ("specialties",)),
    "text": (("statement",), ("bio",)),
    "stage": (("career_stage",), ("career_stage",)),
    "distance": (("mentor_seniority",), ("career_stage",)),
    "hours": (("availability",), ("availability",)),
    "rhythm": (("modalities", "meetings_per_month"), ("modalities", "meetings_per_month")),
    "place": (("institution", "city", "country"), ("institution", "city", "country")),
}
#: Texts are cut here; the person's page has the whole.
_MOST_CHARACTERS = 90


@dataclass(frozen=True)
class Said:
    """One answer in words, and whether the other one gave it too."""

    words: str
    is_shared: bool


@dataclass(frozen=True)
class Line:
    """A criterion: what it adds to the usual score, from -1 to 1, and what both answered to it.

    The part is None where it is not told.
    """

    label: str
    part: float | None
    mentee: Sequence[Said]
    mentor: Sequence[Said]


def lines(mentee: Profile, mentor: Profile, parts: Mapping[str, float | None]) -> list[Line]:
    """Return the criteria that count for a pair, what adds most first, or by name."""
    answers = [sight.answers(each, Viewer.COORDINATOR) for each in (mentee, mentor)]
    own = {each.name: each.label for each in questions.of_profile(mentee)}
    found = []
    for name, part in sorted(parts.items(), key=lambda each: (-(each[1] or 0), each[0])):
        compared = ((name,), (name,)) if name in own else _COMPARES.get(name, ((), ()))
        given = [
            [(column, item) for column in of_role for item in _items(theirs.get(column))]
            for of_role, theirs in zip(compared, answers, strict=True)
        ]
        shared = {item for _column, item in given[0]} & {item for _column, item in given[1]}
        said = [
            [Said(_words(profile, column, item), item in shared) for column, item in theirs]
            for profile, theirs in zip((mentee, mentor), given, strict=True)
        ]
        label = _(CRITERIA[name].label) if name in CRITERIA else own.get(name, name)
        found.append(Line(label, part, said[0], said[1]))
    return found


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _words(profile: Profile, column: str, item: Any) -> str:
    own = tuple(each.column for each in questions.of_profile(profile))
    asked = columns.of_role(profile.role.value, own)[column]
    is_one_of_several = isinstance(profile.answers.get(column), list)
    words = questionnaire.shown(asked, [item] if is_one_of_several else item)
    return words if len(words) <= _MOST_CHARACTERS else f"{words[: _MOST_CHARACTERS - 1]}…"

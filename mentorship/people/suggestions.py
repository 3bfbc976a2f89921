"""Specialties and goals that people write about and did not choose: they count once confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from matching.profiles import mentions, taxonomy
from matching.profiles.columns import COLUMNS, LIST_LIMIT, Column, of_role
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.roles import Role

_COLUMNS: Mapping[str, Column] = {column.name: column for column in COLUMNS}
_ADD = {
    "specialty_interests": mark("Add %(entry)s to your specialties of interest"),
    "specialties": mark("Add %(entry)s to your specialties"),
    "goals": mark("Add “%(entry)s” to what you want help with"),
    "topics": mark("Add “%(entry)s” to what you can help with"),
}


class Suggestion(NamedTuple):
    """An entry of the taxonomy, and the question that it would answer."""

    column: str
    id: str

    @property
    def label(self) -> str:
        """Return what the entry is called."""
        return taxonomy.load().label(str(_COLUMNS[self.column].kind), self.id)

    def to_add(self) -> str:
        """Return what the button says that adds it."""
        return _(_ADD[self.column], entry=self.label)


def of_answers(role: Role, answers: Mapping[str, Any]) -> list[Suggestion]:
    """Return what someone's texts name and their answers leave out, in the order of the texts.

    A specialty of which they chose a part is left out too: "cardiology" says nothing beside
    interventional cardiology.
    """
    found: dict[Suggestion, None] = {}
    for column in of_role(role.value).values():
        if not column.names or not answers.get(column.name):
            continue
        named = mentions.named(answers[column.name])
        for name in column.names:
            kind = str(_COLUMNS[name].kind)
            given = answers.get(name) or []
            covered = {*given, *(taxonomy.load().entries[kind][id].get("parent") for id in given)}
            free = LIST_LIMIT - len(given)
            ids = [each.id for each in named if each.kind == kind and each.id not in covered]
            found |= dict.fromkeys(Suggestion(name, id) for id in ids[:free])
    return list(found)


def added(answers: Mapping[str, Any], suggestions: Iterable[Suggestion]) -> dict[str, Any]:
    """Return answers with suggestions after those that were chosen."""
    complete = dict(answers)
    for column, id in suggestions:
        complete[column] = list(dict.fromkeys([*complete.get(column, []), id]))
    return complete

"""The ids and addresses by which people name others, and those that name no one."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matching.language import gettext as _
from matching.language import mark
from matching.profiles import normal_forms
from matching.profiles.columns import Role, of_role, quote
from matching.profiles.people import Answers
from matching.profiles.placeholders import is_placeholder
from matching.profiles.texts import People

_NO_ONE = {
    "mentee": mark("%(name)s is not the ID or address of any mentor"),
    "mentor": mark("%(name)s is not the ID or address of any mentee"),
}


@dataclass(frozen=True)
class NoOne:
    """An entry of a list, in a `column`, that names no one; `alike` may be whom it means."""

    column: str
    name: str
    alike: str | None

    def told(self, role: Role) -> str:
        """Return what is wrong, in words, about a list of a mentee or a mentor."""
        said = _(_NO_ONE[role], name=quote(self.name))
        if self.alike is None:
            return said
        return _("%(problem)s; did you mean %(alike)s?", problem=said, alike=quote(self.alike))


class Names:
    """The ids and addresses of those who may be named; `in` says whether an entry names one."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {normal_forms.person(name) for name in names}
        self._alike = {_loose(name): name for name in sorted(self._names)}

    def __contains__(self, name: str) -> bool:
        """Return whether an id or address, however written, is someone's."""
        return normal_forms.person(name) in self._names

    def no_ones(self, role: Role, answers: Answers) -> Iterator[NoOne]:
        """Yield the entries in the lists of a mentee or a mentor that name no one."""
        for column in lists_of(role):
            for name in answers.get(column) or ():
                # A placeholder is no name; readers leave it out, a program may not have.
                if name not in self and not is_placeholder(name):
                    yield NoOne(column, name, self._alike.get(_loose(normal_forms.person(name))))


@functools.cache
def lists_of(role: Role) -> tuple[str, ...]:
    """Return the columns in which people of a role name others."""
    columns = of_role(role).items()
    return tuple(name for name, column in columns if isinstance(column.reader, People))


def of_table(role: Role, people: Iterable[Answers]) -> Names:
    """Return the names of the mentees or mentors of a table."""
    columns = (f"{role}_id", "email")
    return Names(str(person[k]) for person in people for k in columns if person.get(k))


def _loose(name: str) -> str:
    """Return a form that is equal for names that a typing error might tell apart.

    Addresses lose their `+tag`, ids everything but letters and digits, and zeros before a number.
    """
    if "@" in name:
        return normal_forms.without_tag(name)
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[\W_]+", "", name))

"""People as the matching takes them: answers by column, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matching.language import gettext as _
from matching.language import mark
from matching.profiles.columns import Role, of_role
from matching.profiles.readers import quote

#: One person's answers by column; a question without an answer is left out or None.
Answers = Mapping[str, Any]
#: The answers of several people, one row each.
Table = Sequence[Answers]

_WHERE: Mapping[Role, str] = {
    "mentee": mark("mentees, row %(row)s"),
    "mentor": mark("mentors, row %(row)s"),
}
_NOT_ASKED: Mapping[Role, str] = {
    "mentee": mark("%(where)s: %(column)s is not asked of mentees"),
    "mentor": mark("%(where)s: %(column)s is not asked of mentors"),
}


class InvalidPeople(ValueError):
    """An answer that no reader would give; names the row, counted from 0, and the column."""


def check(role: Role, people: Iterable[Any]) -> list[Answers]:
    """Return people whose answers are as `columns.read_row` gives them, None left out.

    Raises `InvalidPeople` for the first one who is not: no id or career stage, an id used twice,
    a column that is not asked of this role, a value that is not of its column's type.
    """
    columns = of_role(role)
    rows: dict[object, int] = {}
    checked: list[Answers] = []
    for row, person in enumerate(people):
        where = _(_WHERE[role], row=row)
        if not isinstance(person, Mapping):
            raise InvalidPeople(
                _("%(where)s: must be a mapping of columns to answers", where=where)
            )
        for name in (f"{role}_id", "career_stage"):
            if not isinstance(person.get(name), str):
                raise InvalidPeople(
                    _("%(where)s, %(column)s: is needed, as text", where=where, column=name)
                )
        id = person[f"{role}_id"]
        first = rows.setdefault(id, row)
        if first != row:
            raise InvalidPeople(
                _(
                    "%(where)s, %(column)s: %(id)s is used in row %(first)s already",
                    where=where,
                    column=f"{role}_id",
                    id=quote(id),
                    first=first,
                )
            )
        for name, value in person.items():
            if name not in columns:
                raise InvalidPeople(
                    _(
                        _NOT_ASKED[role],
                        where=where,
                        column=quote(str(name)),
                    )
                )
            if value is not None and (wrong := columns[name].reader.check(value)):
                raise InvalidPeople(f"{where}, {name}: {wrong}")
        gaps = any(value is None for value in person.values())
        checked.append({n: v for n, v in person.items() if v is not None} if gaps else person)
    return checked

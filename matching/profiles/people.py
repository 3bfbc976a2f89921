"""People as the matching takes them: answers by column, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from matching.language import gettext as _
from matching.language import mark
from matching.profiles import normal_forms
from matching.profiles.columns import Column, Role, needed_to_match, of_role
from matching.profiles.questions import named
from matching.profiles.readers import Reader, Whole, quote

#: One person's answers by column; a question without an answer is left out or None.
Answers = Mapping[str, Any]
#: The answers of several people, one row each.
Table = Sequence[Answers]

#: What NumPy and pandas make of a gap where they make text of a whole column.
_GAPS_AS_TEXT = ("nan", "NaN", "NaT", "<NA>")

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


def check(role: Role, people: Iterable[Any], questions: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Return a copy of people whose answers are as `columns.read_row` gives them.

    `questions` are names of questions of a program's own, answered by text or lists of it. Gaps are
    left out: None, NaN and their like, and words such as "N/A". Whole numbers may be floats or
    NumPy's, lists may be tuples or arrays. Raises `InvalidPeople` for the first person who is not
    so: no id or career stage, an id or an address used twice, a column that is not asked of this
    role, a value that is not of its column's type.
    """
    if isinstance(people, str | Mapping) or hasattr(people, "columns"):
        raise InvalidPeople(
            _(
                "must be one mapping of columns to answers for each person; use "
                '.to_dict("records") of a pandas table, .to_dicts() of a polars one'
            )
        )
    columns = of_role(role, named(questions))
    rows: dict[tuple[str, str], int] = {}
    right: set[tuple[str, str]] = set()
    checked: list[dict[str, Any]] = []
    for row, person in enumerate(people):
        where = _(_WHERE[role], row=row)
        if not isinstance(person, Mapping):
            raise InvalidPeople(
                _("%(where)s: must be a mapping of columns to answers", where=where)
            )
        answers = _answers(role, columns, person, where, right)
        _check_unique(role, answers, where, row, rows)
        checked.append(answers)
    return checked


def _answers(
    role: Role,
    columns: Mapping[str, Column],
    person: Mapping[Any, Any],
    where: str,
    right: set[tuple[str, str]],
) -> dict[str, Any]:
    """Return one person's answers without gaps. Raises `InvalidPeople`.

    `right` are answers, by column, that were checked before: most people answer as others do.
    """
    answers: dict[str, Any] = {}
    for name, given in person.items():
        if type(given) is str and (name, given) in right:
            answers[name] = given
            continue
        if name not in columns:
            raise InvalidPeople(_(_NOT_ASKED[role], where=where, column=quote(str(name))))
        column = columns[name]
        value = _plain(given, column.reader)
        if value is None or (isinstance(value, str) and column.is_gap(value)):
            continue
        if wrong := column.reader.check(value):
            raise InvalidPeople(f"{where}, {name}: {wrong}")
        answers[name] = value
        if type(given) is str and column.is_closed:
            right.add((name, given))
    for name in needed_to_match(role):
        if not answers.get(name):
            raise InvalidPeople(
                _("%(where)s, %(column)s: is required, as text", where=where, column=name)
            )
    return answers


def _check_unique(
    role: Role, answers: Answers, where: str, row: int, rows: dict[tuple[str, str], int]
) -> None:
    """Raise `InvalidPeople` for an id or an address that an earlier row has, and note the row."""
    address = normal_forms.address(answers.get("email", ""))
    for name, value in ((f"{role}_id", answers[f"{role}_id"]), ("email", address)):
        if value and (first := rows.setdefault((name, value), row)) != row:
            raise InvalidPeople(
                _(
                    "%(where)s, %(column)s: %(id)s is already used in row %(first)s",
                    where=where,
                    column=name,
                    id=quote(answers[name]),
                    first=first,
                )
            )


def _plain(value: Any, reader: Reader) -> Any:
    """Return a copy of a value made of Python's own types, None for a gap."""
    if isinstance(value, str):
        return None if value in _GAPS_AS_TEXT else str(value)
    is_list = type(value) is list
    if not is_list and _is_gap(value):
        return None
    if reader.is_list and (is_list or isinstance(value, Sequence) or hasattr(value, "tolist")):
        return [str(each) if isinstance(each, str) else each for each in value]
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if is_number and isinstance(reader, Whole) and float(value).is_integer():
        return int(value)
    return value


def _is_gap(value: Any) -> bool:
    """Return whether a value stands for none: None, NaN, NaT, or what NumPy and pandas have."""
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    try:
        return bool(value != value)  # only what is no number differs from itself
    except (ArithmeticError, TypeError, ValueError):
        return False  # arrays have no single answer

"""Columns of questions that are not everyone's: a program's own, and those that a policy names."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence

from matching.language import mark
from matching.profiles.choices import OneOf, SomeOf, Words
from matching.profiles.columns import Audience, Column, Role
from matching.profiles.readers import Reader, Whole
from matching.profiles.texts import Prose

LARGEST_NUMBER = 1_000_000
_YES_NO = (("yes", mark("Yes")), ("no", mark("No")))


class Kind(enum.StrEnum):
    """What an answer is."""

    ONE = "one"
    SEVERAL = "several"
    YES_NO = "yes_no"
    NUMBER = "number"
    TEXT = "text"


#: Of these the answers of two people can be compared.
COMPARED = (Kind.ONE, Kind.SEVERAL, Kind.YES_NO)


def column(
    name: str,
    label: str,
    kind: Kind,
    *,
    audience: Audience,
    roles: Collection[Role],
    choices: Sequence[tuple[str, str]] = (),
    required: bool = False,
    hint: str = "",
) -> Column:
    """Return the column of a question; `choices` are the id and the words of each."""
    may_be_silent = kind in (Kind.ONE, Kind.YES_NO) and not required
    return Column(
        name,
        _reader(kind, _YES_NO if kind is Kind.YES_NO else choices),
        audience,
        label,
        label if "mentee" in roles else "",
        label if "mentor" in roles else "",
        required=required,
        hint=hint,
        no_answer=mark("Prefer not to say") if may_be_silent else "",
    )


def named(names: Iterable[str]) -> tuple[Column, ...]:
    """Return columns for questions of which no more is known than their names: any words answer."""
    return tuple(Column(name, Words(), Audience.NOBODY, name, name, name) for name in names)


def _reader(kind: Kind, choices: Sequence[tuple[str, str]]) -> Reader:
    ids, labels = tuple(id for id, _label in choices), tuple(label for _id, label in choices)
    if kind is Kind.SEVERAL:
        return SomeOf(ids, labels)
    if kind in COMPARED:
        return OneOf(ids, labels)
    return Whole(0, LARGEST_NUMBER) if kind is Kind.NUMBER else Prose()

"""What is doubtful about two tables of people once read: names of no one, and duplicates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matching.language import gettext as _
from matching.language import mark
from matching.profiles import normal_forms, references
from matching.profiles.columns import Role
from matching.profiles.people import Answers

#: People by the number of their row.
Rows = Mapping[int, Answers]

_ALIKE: Mapping[tuple[Role, Role], str] = {
    ("mentee", "mentee"): mark("may be the same person as the mentee in row %(row)s"),
    ("mentee", "mentor"): mark("may be the same person as the mentor in row %(row)s"),
    ("mentor", "mentor"): mark("may be the same person as the mentor in row %(row)s"),
}


@dataclass(frozen=True)
class Doubt:
    """What is doubtful about a cell; `weakens_rule`: an exclusion that excludes no one."""

    role: Role
    row: int
    column: str
    message: str
    weakens_rule: bool = False

    def __str__(self) -> str:
        """Return it as one line."""
        return _(
            "row %(row)s, %(column)s: %(problem)s",
            row=self.row,
            column=self.column,
            problem=self.message,
        )


def between(mentees: Rows, mentors: Rows) -> Iterator[Doubt]:
    """Yield what is doubtful, mentees first: exclusions and picks, then people who may be one."""
    yield from _naming_no_one("mentee", mentees, references.of_table("mentor", mentors.values()))
    yield from _naming_no_one("mentor", mentors, references.of_table("mentee", mentees.values()))
    yield from _alike("mentee", mentees, "mentee", mentees)
    yield from _alike("mentor", mentors, "mentor", mentors)
    yield from _alike("mentee", mentees, "mentor", mentors)


def _naming_no_one(role: Role, rows: Rows, names: references.Names) -> Iterator[Doubt]:
    for row, answers in rows.items():
        for no_one in names.no_ones(role, answers):
            is_rule = no_one.column == "do_not_match"
            yield Doubt(role, row, no_one.column, no_one.told(role), weakens_rule=is_rule)


def _alike(role: Role, rows: Rows, other: Role, others: Rows) -> Iterator[Doubt]:
    """Yield people whose addresses differ in no more than a `+tag` from an earlier one's."""
    first: dict[str, tuple[int, str]] = {}
    for row, answers in others.items():
        address = normal_forms.address(answers.get("email", ""))
        first.setdefault(normal_forms.without_tag(address), (row, address))
    for row, answers in rows.items():
        address = normal_forms.address(answers.get("email", ""))
        at, known = first.get(normal_forms.without_tag(address), (row, address))
        if address != known:
            yield Doubt(role, row, "email", _(_ALIKE[role, other], row=at))

"""Every question has a reason: a criterion or a must-rule reads it, or it is shown to someone."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Any

import pytest
from small_rounds import WITH_IDENTITY

from matching.criteria import CRITERIA, Criterion
from matching.profiles import taxonomy
from matching.profiles.columns import COLUMNS, Audience, Column, Role, of_role
from matching.scoring.must_rules import RULES, Rule

ON = datetime.date(2026, 11, 23)
#: A policy under which every rule looks at people.
POLICY = dataclasses.replace(
    WITH_IDENTITY, rules={"stage": True, "language": True, "hours_apart": 3}
)
TYPED = {
    "mentee_id": "a", "mentor_id": "x", "full_name": "Ada", "email": "ada@example.org",
    "country": "GB", "practice_country": "GB", "timezone": "Europe/London",
    "availability": "Mon 18:00-20:00", "do_not_match": "x;a", "mentor_picks": "x",
    "joined_on": "2026-03-04", "capacity": "2", "mentor_gender_preference": "require-woman",
    "exclude_own_institution": "yes",
}  # fmt: skip


class Person(dict[str, Any]):
    """Answers that remember which of them were asked for."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__(answers)
        self.read: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)


def typed(column: Column) -> str:
    if column.kind:
        return taxonomy.load().ids(column.kind)[0]
    return TYPED.get(column.name, column.options[0] if column.options else "1")


def person(role: Role, required_only: bool) -> Person:
    return Person(
        {
            name: column.read(typed(column), lambda note: None)
            for name, column in of_role(role).items()
            if column.required or not required_only
        }
    )


def people() -> tuple[list[Person], list[Person]]:
    mentees, mentors = (
        [person(role, required_only) for required_only in (False, True)]
        for role in ("mentee", "mentor")
    )  # fmt: skip
    return mentees, mentors


def questions(people: Iterable[Person]) -> set[str]:
    return set().union(*(each.read for each in people))


def read_by(using: Criterion | Rule) -> tuple[set[str], set[str]]:
    """Return which columns of mentees and of mentors a criterion or a rule looks at."""
    mentees, mentors = people()
    if hasattr(using, "compare"):
        using.compare(mentees, mentors, ON)
        for mentee in mentees:
            for mentor in mentors:
                using.evidence(mentee, mentor, 1.0)
                using.caution(mentee, mentor, 0.0)
    else:
        using.excludes(mentees, mentors, POLICY, ON)
    return questions(mentees), questions(mentors)


def test_every_column_is_scored_used_by_a_rule_or_shown() -> None:
    scored = {name for using in (*CRITERIA, *RULES) for side in read_by(using) for name in side}

    assert scored <= {column.name for column in COLUMNS}
    for column in COLUMNS:
        assert column.name in scored or column.audience is not Audience.NOBODY, column.name
    assert {"goals", "bio", "availability", "gender", "status"} <= scored


@pytest.mark.parametrize("using", [*CRITERIA, *RULES], ids=lambda using: using.name)
def test_what_compares_people_looks_at_questions_that_they_are_asked(using: Any) -> None:
    for role, read in zip(("mentee", "mentor"), read_by(using), strict=True):
        assert read <= set(of_role(role)), (using.name, role)
    assert all(read_by(using)) or using.name in ("status", "capacity")

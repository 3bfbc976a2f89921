"""Every question is asked for a reason, and every answer is read or refused with a mend."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import policy
from matching.criteria import CRITERIA
from matching.profiles import cells, columns
from matching.scoring.rules import RULES


def test_every_column_is_scored_used_by_a_rule_or_shown() -> None:
    uses = {c.name for c in CRITERIA} | {rule.name for rule in RULES} | {"shown"}

    for column in columns.COLUMNS:
        assert column.used_by, column.name
        assert set(column.used_by) <= uses, column.name
        if column.used_by == ("shown",):
            assert column.audience is not columns.Audience.NOBODY, column.name


@pytest.mark.parametrize("criterion", policy.criteria())
@pytest.mark.parametrize("role", ["mentee", "mentor"])
def test_every_criterion_has_a_question_for_both_sides(criterion: str, role: columns.Role) -> None:
    asked = [c for c in columns.of_role(role).values() if criterion in c.used_by]

    # A mentor is chosen by being named: there is nothing to ask them.
    assert asked or (criterion, role) == ("choice", "mentor")


def test_the_criteria_are_those_that_a_policy_weighs() -> None:
    assert tuple(criterion.name for criterion in CRITERIA) == policy.criteria()


def read(reader: Callable[[str, cells.Note], object], text: str) -> tuple[object, list[str]]:
    notes: list[str] = []
    return reader(text, notes.append), notes


@pytest.mark.parametrize(
    ("reader", "typed", "value"),
    [
        (cells.name, "  Zoë  O'Neill ", "Zoë  O'Neill"),
        (cells.name, "'=Ada", "=Ada"),
        (cells.name, "", None),
        (cells.person_id, " ME-7 ", "me-7"),
        (cells.people, "mr-1; MR-2,mr-1", ["mr-1", "mr-2"]),
        (cells.timezone, "europe/london", "Europe/London"),
        (cells.country, "gb", "GB"),
        (cells.Terms("specialty"), "peds;OB/GYN", ["pediatrics", "obstetrics-gynecology"]),
        (cells.Terms("goal"), "Rotations, electives and shadowing", ["clinical-rotations"]),
        (cells.Term("stage"), "M3", "medical-student-clinical"),
        (cells.whole(0, 50), "0002", 2),
        (cells.choice("yes", "no"), "Yes", "yes"),
        (cells.date, "2026-3-4", "2026-03-04"),
        (cells.availability, "mon 18:00–20:00", ["Mon 18:00-20:00"]),
        (cells.availability, "Mon 18:00-19:00;Mon 18:30-20:00", ["Mon 18:00-20:00"]),
        (cells.availability, "Sun 22:00-01:00", ["Mon 00:00-01:00", "Sun 22:00-24:00"]),
    ],
)
def test_what_can_be_understood_is_read(
    reader: Callable[[str, cells.Note], object], typed: str, value: object
) -> None:
    assert read(reader, typed)[0] == value


@pytest.mark.parametrize(
    ("reader", "typed", "message"),
    [
        (cells.name, "A\nB", r"line break or control character \(character 2\)"),
        (cells.name, "Ada\u202egpj", "direction override"),
        (cells.name, "👩‍⚕️", "at least one letter"),
        (cells.name, "Bob =?utf-8?q?=0ABcc=3A_x=40y?=", "encoded-word"),
        (cells.name, "x" * 201, "201 characters; the limit is 200"),
        (cells.person_id, "../etc", "is not an id"),
        (cells.people, "Omar Haddad", "use ids"),
        (cells.timezone, "GMT+5:30", "such as Europe/London"),
        (cells.country, "XX", "two letters such as GB"),
        (cells.Terms("specialty"), "cardiolgy", "did you mean cardiology?"),
        (cells.Terms("specialty"), "CT", "can mean cardiothoracic-surgery or radiology"),
        (cells.whole(0, 50), "٣", "whole number from 0 to 50"),
        (cells.choice("yes", "no"), "maybe", "not one of yes, no"),
        (cells.date, "03/04/2026", "can mean two days"),
        (cells.date, "46085", "write 2026-03-04"),
        (cells.availability, "always", "write Mon 18:00-20:00"),
        (cells.availability, "Mon 20:00-18:00", "ends before it starts"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_mend(
    reader: Callable[[str, cells.Note], object], typed: str, message: str
) -> None:
    with pytest.raises(cells.CellError, match=message):
        read(reader, typed)


def test_a_correct_persian_spelling_is_kept_and_invisible_marks_are_not() -> None:
    assert read(cells.name, "نیلوفر می\u200cخواه") == ("نیلوفر می\u200cخواه", [])
    assert read(cells.name, "Cy\u200b\u200bAdeyemi") == (
        "CyAdeyemi",
        ["invisible characters were removed"],
    )


@given(st.text(max_size=300))
def test_no_text_breaks_a_reader_and_what_was_read_reads_the_same_again(typed: str) -> None:
    for column in columns.COLUMNS:
        try:
            value, _ = read(column.read, typed)
        except cells.CellError:
            continue
        again = ";".join(value) if isinstance(value, list) else "" if value is None else str(value)
        assert read(column.read, again)[0] == value, column.name


def test_all_problems_of_a_row_are_told_at_once() -> None:
    answers, problems = columns.read_row("mentor", {"capacity": "many"}, lambda note: None)

    assert {p.column for p in problems} == {
        "mentor_id", "full_name", "email", "career_stage", "timezone", "languages", "capacity",
    }  # fmt: skip


def test_a_mentor_who_says_nothing_of_places_offers_two() -> None:
    notes: list[columns.Problem] = []
    answers, _ = columns.read_row("mentor", {"capacity": ""}, notes.append)

    assert answers["capacity"] == 2
    assert notes == [columns.Problem("capacity", "is empty; 2 was used")]

"""Every answer is read, or refused with what to write instead."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.profiles import columns
from matching.profiles.choices import OneOf, Term, Terms
from matching.profiles.countries import Country
from matching.profiles.readers import CellError, Reader, Whole, Widget
from matching.profiles.texts import Name, People, PersonId, clean
from matching.profiles.times import Availability, Date, Timezone

#: Shown as nothing: by the category of some of them, Python counts one as printable.
INVISIBLE = "\u034f\u00ad\ufeff\u200c\u200d\u2060"


def read(reader: Reader, text: str) -> tuple[object, list[str]]:
    notes: list[str] = []
    return reader.read(text, notes.append), notes


@pytest.mark.parametrize(
    ("reader", "typed", "value"),
    [
        (Name(), "  Zoë  O'Neill ", "Zoë  O'Neill"),
        (Name(), "'=Ada", "=Ada"),
        (Name(), "", None),
        (PersonId(), " ME-7 ", "me-7"),
        (People(), "mr-1; MR-2,mr-1", ["mr-1", "mr-2"]),
        (Timezone(), "europe/london", "Europe/London"),
        (Timezone(), "America_Chicago", "America/Chicago"),
        (Timezone(), "america_slash_new_york", "America/New_York"),
        (Country(), "gb", "GB"),
        (Terms("specialty"), "peds;OB/GYN", ["pediatrics", "obstetrics-gynecology"]),
        (Terms("goal"), "Rotations, electives and shadowing", ["clinical-rotations"]),
        (Term("stage"), "M3", "medical-student-clinical"),
        (Whole(0, 50), "0002", 2),
        (OneOf(("yes", "no")), "Yes", "yes"),
        (Date(), "2026-3-4", "2026-03-04"),
        (Availability(), "mon 18:00–20:00", ["Mon 18:00-20:00"]),
        (Availability(), "Mon 18:00-19:00;Mon 18:30-20:00", ["Mon 18:00-20:00"]),
        (Availability(), "Sun 22:00-01:00", ["Mon 00:00-01:00", "Sun 22:00-24:00"]),
    ],
)
def test_what_can_be_understood_is_read(reader: Reader, typed: str, value: object) -> None:
    assert read(reader, typed)[0] == value


@given(st.text(st.sampled_from(INVISIBLE + "a\u00e9\u0301 \t\n\u0630")))
def test_text_is_cleaned_of_what_cannot_be_seen(text: str) -> None:
    notes: list[str] = []

    found = clean(text, notes.append, lines=True)

    # Joiners stay between letters of scripts that need them.
    assert set(found).isdisjoint(set(INVISIBLE) - set("\u200c\u200d"))
    assert unicodedata.is_normalized("NFC", found)
    assert notes or set(text).isdisjoint("\u034f\u00ad\ufeff")


@pytest.mark.parametrize("zone", ["EST", "HST", "Etc/GMT+5"])
def test_a_zone_that_stands_still_is_named_where_it_may_be_a_mistake(zone: str) -> None:
    assert "has no daylight saving time" in "".join(read(Timezone(), zone)[1])


@pytest.mark.parametrize(
    "zone",
    [
        "CET",
        "EST5EDT",
        "GB",
        "Portugal",
        "PST8PDT",
        "WET",
        "NZ",
        "Eire",
        "Cuba",
        "UTC",
        "GMT",
        "Japan",
    ],
)
def test_nothing_untrue_is_said_of_a_zone(zone: str) -> None:
    assert read(Timezone(), zone) == (zone, [])


@pytest.mark.parametrize(
    ("reader", "typed", "message"),
    [
        (Name(), "A\nB", r"line break or control character \(character 2\)"),
        (Name(), "Ada\u202egpj", "direction override"),
        (Name(), "👩‍⚕️", "at least one letter"),
        (Name(), "Bob =?utf-8?q?=0ABcc=3A_x=40y?=", "encoded-word"),
        (Name(), "x" * 201, "201 characters; the limit is 200"),
        (PersonId(), "../etc", "is not a valid ID"),
        (People(), "Omar Haddad", "use IDs"),
        (Timezone(), "GMT+5:30", "like America/New_York"),
        (Country(), "XX", "two-letter code, like US"),
        (Terms("specialty"), "cardiolgy", "did you mean cardiology?"),
        (
            Terms("stage"),
            "Medical student",
            "medical-student-preclinical or medical-student-clinical?",
        ),
        (
            Terms("stage"),
            "medical_student",
            "medical-student-preclinical or medical-student-clinical?",
        ),
        (Terms("specialty"), "blood", "did you mean hematology or transfusion-medicine?"),
        # Codes of a form, words of many names, and what only codes would name.
        (Terms("stage"), "3", "stage '3' is not recognized$"),
        (Terms("stage"), "student", "stage 'student' is not recognized$"),
        (Terms("language"), "Englisch", "did you mean English?"),
        (Terms("specialty"), "CT", "could mean cardiothoracic-surgery or radiology"),
        (Whole(0, 50), "٣", "whole number from 0 to 50"),
        (OneOf(("yes", "no")), "maybe", "not one of yes, no"),
        (Date(), "03/04/2026", "could be two different dates"),
        (Date(), "46085", "enter 2026-03-04"),
        (Availability(), "always", "write Mon 18:00-20:00"),
        (Availability(), "Mon 20:00-18:00", "ends before it starts"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_fix(
    reader: Reader, typed: str, message: str
) -> None:
    with pytest.raises(CellError, match=message):
        read(reader, typed)


def test_a_correct_persian_spelling_is_kept_and_invisible_marks_are_not() -> None:
    assert read(Name(), "نیلوفر می\u200cخواه") == ("نیلوفر می\u200cخواه", [])
    assert read(Name(), "Cy\u200b\u200bAdeyemi") == (
        "CyAdeyemi",
        ["invisible characters were removed"],
    )


@given(st.text(max_size=300))
def test_no_text_breaks_a_reader_and_what_was_read_reads_the_same_again(typed: str) -> None:
    for column in columns.COLUMNS:
        try:
            value, _ = read(column.reader, typed)
        except CellError:
            continue
        again = ";".join(value) if isinstance(value, list) else "" if value is None else str(value)
        assert read(column.reader, again)[0] == value, column.name


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


@pytest.mark.parametrize(
    ("name", "widget", "limits"),
    [
        ("full_name", Widget.LINE, (None, None, 200)),
        ("statement", Widget.AREA, (None, None, 5000)),
        ("capacity", Widget.NUMBER, (0, 50, None)),
        ("career_stage", Widget.SELECT, (None, None, None)),
        ("goals", Widget.CHOICES, (None, None, None)),
        ("gender", Widget.RADIOS, (None, None, None)),
        ("hours_vary", Widget.TICK, (None, None, None)),
        ("availability", Widget.WEEK, (None, None, None)),
        ("do_not_match", Widget.LINES, (None, None, None)),
        ("country", Widget.COUNTRY, (None, None, None)),
        ("timezone", Widget.ZONE, (None, None, None)),
    ],
)
def test_a_column_says_how_a_form_asks_it(
    name: str, widget: Widget, limits: tuple[int | None, int | None, int | None]
) -> None:
    column = next(column for column in columns.COLUMNS if column.name == name)
    reader = column.reader

    assert column.widget is widget
    assert (reader.least, reader.most, reader.longest) == limits
    assert reader.is_list == isinstance(reader.read("", lambda note: None), list)


@given(st.text(max_size=300))
def test_what_was_read_passes_the_check(typed: str) -> None:
    for column in columns.COLUMNS:
        try:
            value = column.read(typed, lambda note: None)
        except CellError:
            continue
        assert value is None or column.reader.check(value) is None, column.name


@pytest.mark.parametrize("value", [object(), 1.5, b"x", {"a": 1}, [1], [["x"]], True, -1])
def test_no_value_of_another_type_passes_a_check(value: object) -> None:
    for column in columns.COLUMNS:
        assert column.reader.check(value), (column.name, value)

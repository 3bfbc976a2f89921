"""Cells that hold the words of a form or of a spreadsheet, and not an option's id."""

from __future__ import annotations

from typing import Literal

import pytest

from matching.profiles.columns import COLUMNS, NOT_SAID, CellError, of_role, with_parts
from matching.profiles.labels import EARLIER, LABELS
from matching.spreadsheets import headings

BY_NAME = {column.name: column for column in COLUMNS}


def read(name: str, typed: str) -> tuple[object, list[str]]:
    """What a cell is read as, and what is said of it."""
    notes: list[str] = []
    return BY_NAME[name].read(typed, notes.append), notes


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("style_feedback", "No preference", "either"),
        ("mentor_seniority", "no  PREFERENCE ", "any"),
        ("mentor_gender_preference", "Prefer – a man", "prefer-man"),
        ("one_off", "either of these.", "both"),
        ("status", "Taking mentees", "active"),
        ("exclude_own_institution", "must be from another institution", "yes"),
        ("exclude_own_institution", "No preference", "no"),
        ("exclude_own_institution", "TRUE", "yes"),
        ("hours_vary", "FALSE", "no"),
        ("hours_vary", "My hours change weekly", "yes"),
        ("mentor_gender_preference", "require woman", "require-woman"),
        ("mentor_gender_preference", "No preference", None),
        ("gender", "Prefer not to say", None),
        ("gender", "Nonbinary", "nonbinary"),
        ("language_required", "Not specified", None),
        ("country", "United Kingdom", "GB"),
        ("country", "uk", "GB"),
        ("country", "cote d’ivoire", "CI"),
        ("country", "Not specified", None),
        ("timezone", "new york", "America/New_York"),
        ("timezone", "europe/london", "Europe/London"),
        ("availability", "Wednesday 9 am - 10:30 am", ["Wed 09:00-10:30"]),
        ("availability", "Mon 6:00\u202fPM–8:00\u202fPM; Tuesdays, 12 pm-1 pm",
         ["Mon 18:00-20:00", "Tue 12:00-13:00"]),
        ("availability", "Sat 12:00 a.m. - 1 a.m.", ["Sat 00:00-01:00"]),
    ],
)  # fmt: skip
def test_words_that_people_know_are_understood(name: str, typed: str, value: object) -> None:
    assert read(name, typed)[0] == value


def test_what_was_read_in_other_words_is_said() -> None:
    assert read("style_contact", "As needed") == (
        "as-needed", ["'As needed' read as as-needed"]
    )  # fmt: skip
    assert read("style_contact", "As-Needed") == ("as-needed", [])
    assert read("country", "Germany") == ("DE", ["'Germany' read as DE"])
    assert read("gender", "Prefer not to say")[1] == ["'Prefer not to say' was read as no answer"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("style_feedback", "as needed"), ("one_off", "No preference"), ("status", "yes"),
        ("exclude_own_institution", "maybe"), ("country", "Europe"), ("country", "Korea, both"),
        ("timezone", "Eastern"), ("timezone", "Springfield"), ("availability", "Mon 13 pm-14 pm"),
        ("availability", "Mondayish 9:00-10:00"), ("career_stage", "No matter, or not said"),
    ],
)  # fmt: skip
def test_other_words_are_refused(name: str, typed: str) -> None:
    with pytest.raises(CellError):
        read(name, typed)


def test_one_button_for_two_columns_answers_both() -> None:
    """A form asks one question for a wish and for the must-rule beside it."""
    must = with_parts(
        "mentor", {"mentor_id": "x", "institution_wish": "MUST be from another institution"}
    )
    assert must == {
        "mentor_id": "x", "institution_wish": "different", "exclude_own_institution": "yes",
    }  # fmt: skip

    wish = {"mentor_id": "x", "institution_wish": "Prefer another institution"}
    assert with_parts("mentor", wish) == wish


def test_the_labels_of_earlier_releases_are_still_read() -> None:
    earlier = 0
    for name, labels in LABELS.items():
        for option, label in labels.items():
            for words in EARLIER.get(label, ()):
                assert read(name, words)[0] == option, (name, words)
                earlier += 1
    assert earlier >= 20
    assert read("mentor_gender_preference", "No matter")[0] is None
    assert read("gender", "I would rather not say")[0] is None
    assert read("country", "No matter, or not said")[0] is None
    assert with_parts("mentee", {"institution_wish": "Must: no one from there"}) == {
        "institution_wish": "different", "exclude_own_institution": "yes",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["mentee", "mentor"])
def test_the_headings_of_earlier_releases_are_still_read(role: Literal["mentee", "mentor"]) -> None:
    for name, column in of_role(role).items():
        question = column.mentee if role == "mentee" else column.mentor
        for words in (*EARLIER.get(question, ()), *EARLIER.get(column.title, ())):
            assert headings.meant(words, role) == name, words


def test_earlier_words_are_of_labels_that_there_are() -> None:
    labels = {label for each in LABELS.values() for label in each.values()}
    asked = {words for c in COLUMNS for words in (c.title, c.mentee, c.mentor, c.no_answer)}

    assert set(EARLIER) <= labels | asked | {NOT_SAID}

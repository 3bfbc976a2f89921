"""A list that was filled in with the words of our own form is read as the form is."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from sheets import row as sheet_row
from sheets import sheet, xlsx
from sites import World
from werkzeug.datastructures import MultiDict

from matching.profiles import taxonomy
from matching.profiles.columns import COLUMNS, Column, of_role, read_row, with_parts
from mentorship import language
from mentorship.models import Role
from mentorship.people import imports, questionnaire
from webapp import fields, week


def asked_of(role: Role) -> list[Column]:
    """Every question that a program can ask."""
    return [
        column
        for section in questionnaire.SECTIONS[role]
        for column in questionnaire.asked(section, {"weights": {"identity": 1}}, most_mentors=3)
    ]


def answers(role: Role, typed: dict[str, str]) -> dict[str, object]:
    """What is read of some cells."""
    cells = with_parts(role.value, typed)
    found, problems = read_row(role.value, cells, lambda note: None, only=cells.keys())
    assert problems == [] or all(problem.is_missing for problem in problems), (typed, problems)
    return found


def told(found: dict[str, object]) -> dict[str, object]:
    """Answers with what a zone's clocks show: a city may be in the database under several names."""
    zone = found.get("timezone")
    if zone is None:
        return found
    here = ZoneInfo(str(zone))
    shown = [datetime.datetime(2026, month, 1, tzinfo=here).utcoffset() for month in range(1, 13)]
    return found | {"timezone": shown}


def written(label: str) -> Iterator[str]:
    """A label as people copy it."""
    yield label
    yield label.upper()
    yield f"  {label.lower().replace(' ', '  ')} "


@pytest.mark.parametrize("role", Role)
def test_every_label_of_every_question_is_understood(role: Role) -> None:
    columns, seen = asked_of(role), 0
    for field in fields.of_columns(columns, role, {}, {}):
        # "Eastern" alone may be Canada's or Australia's.
        groups = [group for heading, group in field.options if heading != "Canada"]
        for option in (option for group in groups for option in group):
            sent = fields.typed(columns, MultiDict([(field.name, option.value)]))
            expected = answers(role, {name: text for name, text in sent.items() if text})
            for words in written(option.label):
                understood = answers(role, {field.name: words})
                assert told(understood) == told(expected), (field.name, words)
                seen += 1
    assert seen > 3_000


def test_options_that_no_form_shows_are_understood_by_their_labels() -> None:
    for column in COLUMNS:
        for option in column.options:
            for words in written(questionnaire.option(column, option)):
                assert column.read(words, lambda note: None) == option, (column.name, words)


@pytest.mark.parametrize("role", Role)
def test_what_a_list_calls_no_answer_is_none(world: World, role: Role) -> None:
    seen = set()
    browser = world.browsers[role.value]
    home = browser.get("/", base_url="https://localhost").text
    (profile,) = set(re.findall(r'"/profiles/([0-9a-f-]+)"', home))
    for section in questionnaire.SECTIONS[role]:
        page = browser.get(f"/profiles/{profile}/{section.name}", base_url="https://localhost")
        for name, words in re.findall(
            r'<select id="\w+" name="(\w+)"[^>]*>\s*<option value="">([^<]+)</option>', page.text
        ):
            assert of_role(role.value)[name].read(words, lambda note: None) is None, words
            seen.add(name)
    assert {"career_stage", "country", "timezone"} <= seen


def test_hours_are_understood_as_pages_show_them() -> None:
    column = of_role("mentee")["availability"]
    for box in (box for _hour, row in week.rows() for box in row):
        assert column.read(language.hours(box), lambda note: None) == [box]


def test_a_workbook_of_labels_is_imported() -> None:
    labels = {
        "ID in your list": "me-1", "Full name": "Mina", "Email address": "mina@example.org",
        "Where are you in your career?": taxonomy.load().label("stage", "resident"),
        "Time zone": "New York",
        "Languages you can meet in": "English, Spanish", "Country": "United States",
        "What kind of meetings do you prefer?": "No preference",
        "Would you like someone from your own institution?": "Must be from another institution",
        "How far ahead would you like your mentor to be?": "A few years ahead",
        "My hours change weekly": "TRUE",
    }  # fmt: skip
    data = xlsx({"People": sheet(sheet_row(1, list(labels)) + sheet_row(2, list(labels.values())))})

    report = imports.read(data, Role.MENTEE, "people.xlsx")

    assert report.problems == []
    (entry,) = report.entries
    assert entry.answers == {
        "mentee_id": "me-1", "full_name": "Mina", "email": "mina@example.org",
        "career_stage": "resident", "timezone": "America/New_York", "languages": ["en", "es"],
        "country": "US", "style_structure": "either", "exclude_own_institution": "yes",
        "institution_wish": "different", "mentor_seniority": "few-years", "hours_vary": "yes",
    }  # fmt: skip

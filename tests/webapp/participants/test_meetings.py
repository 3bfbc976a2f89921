"""When two people meet: saved signed out in the writer's zone, shown to the other in theirs."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sites import World, answer_path, change_pairing
from sqlalchemy import Engine
from werkzeug.datastructures import MultiDict

from mentorship import database, language
from mentorship.models import Pairing, Question
from mentorship.settings import Settings
from mentorship.states import PairingState
from webapp.participants.meetings import MeetingForm

pytestmark = pytest.mark.usefixtures("tokens")


def meeting(world: World, engine: Engine, settings: Settings, role: str = "mentee") -> str:
    return answer_path(world, settings, engine, Question.FIRST_MEETING, role).replace(
        "answers", "meetings"
    )


def test_a_meeting_is_noted_in_the_writers_zone_and_read_in_the_others(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    with database.transaction(engine) as session:
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        pairing.mentee.person.timezone = "Asia/Tokyo"
        pairing.mentor.person.timezone = "Europe/London"
        day = database.now(session).date() + datetime.timedelta(days=10)
    mine, theirs = (meeting(world, engine, settings, role) for role in ("mentee", "mentor"))
    assert "In your time zone, Asia/Tokyo." in browser.get(mine).text
    assert browser.get(f"{mine}/meeting.ics").status_code == 404

    form = {"day": str(day), "time": "18:30", "minutes": "30", "where": "https://call.example/x"}
    assert browser.post(mine, **form).status_code == 303

    with database.reading(engine) as session:
        at = session.get_one(Pairing, world.ours["pairing_id"]).meeting_at
    assert at is not None
    assert (at.hour, at.minute) == (9, 30)
    assert "Europe/London time, for 30 minutes" in browser.get(theirs).text
    file = browser.get(f"{theirs}/meeting.ics")
    assert file.mimetype == "text/calendar"
    assert file.headers["Content-Disposition"].startswith("attachment")
    (event,) = Calendar.from_ical(file.data).walk("VEVENT")
    assert event.decoded("dtstart") == at
    assert event.decoded("dtend") - at == datetime.timedelta(minutes=30)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day": "2020-01-01"}, "that time has passed".capitalize()),
        ({"day": "soon"}, "2026-03-04"),
        ({"time": ""}, "14:30"),
        ({"minutes": "many"}, "as a number"),
        ({"minutes": "1000"}, "10 to 240"),
        ({"where": "x" * 501}, "shorten it"),
    ],
)
def test_a_meeting_that_cannot_be_meant_is_shown_again_with_what_was_typed(
    world: World, engine: Engine, settings: Settings, browser: Any, changes: dict[str, str],
    words: str,
) -> None:  # fmt: skip
    with database.reading(engine) as session:
        day = database.now(session).date() + datetime.timedelta(days=10)
    form = {"day": str(day), "time": "18:30", "minutes": "30", "where": "here"} | changes
    answer = browser.post(meeting(world, engine, settings), **form)

    assert answer.status_code == 422
    (field,) = changes
    assert words in answer.text.split(f'id="{field}-error">')[1].split("</p>")[0]
    for typed in form.values():
        assert f'value="{typed}"' in answer.text


@pytest.mark.parametrize(
    ("day", "zone"), [("9999-12-31", "America/New_York"), ("0001-01-01", "Asia/Tokyo")]
)
def test_a_day_at_the_end_of_the_calendar_is_refused(app: Flask, day: str, zone: str) -> None:
    """There is no such day in UTC."""
    typed = MultiDict({"day": day, "time": "12:00", "minutes": "30", "where": ""})
    with app.test_request_context(), language.use(language.choose("en", [], zone)):
        form = MeetingForm(typed)
        assert not form.validate()
        assert form.day.errors == ["Choose another day."]


def test_an_hour_that_the_clocks_leave_out_is_refused(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    with database.transaction(engine) as session:
        now = database.now(session)
        person = session.get_one(Pairing, world.ours["pairing_id"]).mentee.person
        person.timezone = "Europe/London"
    marches = [datetime.date(now.year + n, 3, 31) for n in (0, 1)]
    day = next(day for day in marches if day > now.date())
    day -= datetime.timedelta(days=(day.weekday() + 1) % 7)
    form = {"day": str(day), "time": "01:30", "minutes": "30"}

    answer = browser.post(meeting(world, engine, settings), **form)
    assert answer.status_code == 422
    assert "The clocks go forward then" in answer.text


@pytest.mark.parametrize(
    ("zone", "day", "time", "before", "after"),
    [
        # A whole hour, half an hour, and one in the south.
        ("America/New_York", datetime.date(2026, 11, 1), "01:30", "05:30 EDT", "06:30 EST"),
        ("Australia/Lord_Howe", datetime.date(2026, 4, 5), "01:45", "14:45 +11", "15:15 +1030"),
        ("Pacific/Auckland", datetime.date(2027, 4, 4), "02:30", "13:30 NZDT", "14:30 NZST"),
    ],
)
def test_an_hour_that_comes_twice_is_asked_about(
    app: Flask, zone: str, day: datetime.date, time: str, before: str, after: str
) -> None:
    typed = {"day": str(day), "time": time, "minutes": "30", "where": ""}
    with app.test_request_context(), language.use(language.choose("en", [], zone)):
        form = MeetingForm(MultiDict(typed))
        assert not form.validate()
        assert form.fold.errors == ["Choose one of these."]
        # Both are named as their readers tell them apart.
        names = [at.split()[1] for at in (before, after)]
        assert [reading.split()[-1] for _, reading in form.readings.values()] == names

        for fold, expected in (("0", before), ("1", after)):
            form = MeetingForm(MultiDict(typed | {"fold": fold}))
            assert form.validate(), form.errors
            moment = form.at.astimezone(datetime.UTC)
            assert f"{moment:%H:%M}" == expected.split()[0]
            assert language.hour(moment).endswith(expected.split()[1])
        assert not MeetingForm(MultiDict(typed | {"fold": "x"})).validate()


def test_the_page_asks_which_of_two_hours_is_meant(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    with database.transaction(engine) as session:
        now = database.now(session).date()
        session.get_one(Pairing, world.ours["pairing_id"]).mentee.person.timezone = "Europe/London"
    octobers = [datetime.date(now.year + n, 10, 31) for n in (0, 1)]
    sundays = [day - datetime.timedelta(days=(day.weekday() + 1) % 7) for day in octobers]
    form = {"day": str(next(day for day in sundays if day > now)), "time": "01:30", "minutes": "30"}
    place = meeting(world, engine, settings)
    assert "happens twice" not in browser.get(place).text

    asked = browser.post(place, **form)

    assert asked.status_code == 422
    assert "this time happens twice" in asked.text
    assert "BST" in asked.text
    assert browser.post(place, **form, fold="1").status_code == 303
    shown = browser.get(place).text
    assert "GMT</h2>" in shown
    assert 'value="1" checked' in shown, "the form for another time begins with this one"


def test_a_meeting_is_called_off_on_its_page(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    with database.reading(engine) as session:
        day = database.now(session).date() + datetime.timedelta(days=10)
    mine, theirs = (meeting(world, engine, settings, role) for role in ("mentee", "mentor"))
    assert browser.post(f"{mine}/call-off", on=mine).status_code == 409
    browser.post(mine, day=str(day), time="18:30", minutes="30", where="here")
    assert browser.get(f"{mine}/call-off").status_code == 405
    assert "Cancel meeting" in browser.get(theirs).text

    assert browser.post(f"{theirs}/call-off", on=theirs).status_code == 303

    page = browser.get(mine).text
    assert "Your meeting is canceled" in page
    assert "Cancel meeting" not in page
    file = browser.get(f"{mine}/meeting.ics")
    (event,) = Calendar.from_ical(file.data).walk("VEVENT")
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 2)
    assert "Remove from my calendar" in page


def test_the_file_of_a_meeting_is_gone_once_two_people_have_parted(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    past = datetime.datetime(2026, 1, 2, 9, tzinfo=datetime.UTC)
    ended = PairingState.ENDED
    change_pairing(world, engine, state=ended, meeting_at=past, meeting_minutes=30)

    answer = browser.get(f"{meeting(world, engine, settings)}/meeting.ics")

    assert answer.status_code == 410
    assert "This pairing has ended" in answer.text


def test_no_one_notes_a_meeting_of_a_pairing_that_ended(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = meeting(world, engine, settings)
    change_pairing(world, engine, state=PairingState.ASKED)
    assert "There is no meeting to schedule" in browser.get(place).text

    change_pairing(world, engine, state=PairingState.ENDED)
    ended = browser.get(place)
    assert ended.status_code == 410
    assert "This pairing has ended" in ended.text

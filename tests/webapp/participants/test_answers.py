"""The pages behind the buttons of emails: signed out, by POST, to be undone."""

from __future__ import annotations

import datetime
import html
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sites import World, everything, routes
from sqlalchemy import Engine, select

from mentorship import database, links
from mentorship.models import Answer, Pairing, Person, Profile, Question
from mentorship.pairings import answers
from mentorship.settings import Settings
from mentorship.states import PairingState


@pytest.fixture
def browser(world: World, browser: Any) -> Any:
    """Somebody who is signed out, at a site that asks for the token of a form."""
    world.app.config["WTF_CSRF_ENABLED"] = True
    return browser


def path(
    world: World, settings: Settings, engine: Engine, question: Question, role: str = "mentee"
) -> str:
    with database.reading(engine) as session:
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        token = links.answer_token(
            pairing.id, getattr(pairing, f"{role}_person_id"), question, settings
        )
    return f"/answers/{token}"


def change(world: World, engine: Engine, **changes: Any) -> None:
    with database.transaction(engine) as session:
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        for name, value in changes.items():
            setattr(pairing, name, value)


def given(engine: Engine) -> list[Answer]:
    with database.reading(engine) as session:
        return list(session.scalars(select(Answer).order_by(Answer.at)))


@pytest.mark.parametrize(
    ("question", "role", "title", "buttons"),
    [
        (Question.FIRST_MEETING, "mentee", "met?", ["met", "no_contact", "not_fit"]),
        (Question.FIRST_MEETING, "mentor", "met?", ["met", "not_fit"]),
        (Question.STEP_OUT, "mentor", "Does it not fit", ["step_out"]),
        (Question.PULSE, "mentor", "How is it going", ["well", "slow", "not_fit", "finished"]),
    ],
)
def test_the_page_asks_what_the_email_asked(
    world: World, engine: Engine, settings: Settings, browser: Any, question: Question, role: str,
    title: str, buttons: list[str],
) -> None:  # fmt: skip
    page = browser.get(path(world, settings, engine, question, role)).text

    assert title in page
    assert [word.split('"')[0] for word in page.split('name="choice" value="')[1:]] == buttons
    with database.reading(engine) as session:
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        for person in (pairing.mentee.person, pairing.mentor.person):
            assert person.email not in page, "an email that is forwarded tells no address"


def test_asked_first_both_names_are_all_that_is_told(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    with database.reading(engine) as session:
        at = database.now(session)
    change(world, engine, state=PairingState.ASKED, asked_at=at, introduced_at=None)
    place = path(world, settings, engine, Question.ASK)
    page = browser.get(f"{place}?choice=no").text

    assert "Would you like to meet" in page
    first, second = page.split('name="choice" value="')[1:]
    assert first.startswith("no"), "the button of the email comes first"
    assert 'class="plain"' not in first.split(">")[0]
    assert 'class="plain"' in second.split(">")[0]
    assert browser.post(place, choice="yes").status_code == 303
    assert "Noted: Yes, I'd like to" in html.unescape(browser.get(place).text)


@pytest.mark.parametrize("verb", ["get", "head", "options"])
def test_opening_a_link_changes_nothing(
    world: World, engine: Engine, settings: Settings, verb: str
) -> None:
    place = path(world, settings, engine, Question.FIRST_MEETING)
    before = everything(engine)
    client = world.app.test_client()
    for address in (place, f"{place}?choice=not_fit", f"{place}/undo", place + "?choice=met"):
        getattr(client, verb)(address, base_url="https://localhost")

    assert everything(engine) == before


def test_an_answer_is_noted_and_can_be_undone(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = path(world, settings, engine, Question.FIRST_MEETING)
    with database.transaction(engine) as session:
        session.get_one(Pairing, world.ours["pairing_id"]).mentee.person.timezone = "Asia/Tokyo"
    assert browser.post(place, choice="met").status_code == 303
    page = browser.get(place).text
    (answer,) = given(engine)
    until = answer.effective_at.astimezone(datetime.timezone(datetime.timedelta(hours=9)))
    assert "Noted: We've met" in html.unescape(page)
    assert f"{until:%H:%M} (Asia/Tokyo time)" in page or f"{until:%-I:%M}" in page
    assert "Note when you meet next" in page

    assert browser.post(f"{place}/undo", on=place).status_code == 303
    assert given(engine)[0].undone_at is not None
    page = browser.get(place).text
    assert "Undone" in page
    assert 'value="met"' in page
    assert browser.post(f"{place}/undo", on=place).status_code == 303, "there is nothing to undo"


def test_whoever_steps_out_may_say_why_and_who_reads_it(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = path(world, settings, engine, Question.STEP_OUT)
    browser.post(place, choice="step_out")
    page = html.unescape(browser.get(place).text)
    assert "it happens often" in page
    assert "The coordinator may read this" in page

    browser.post(place, choice="step_out", comment="<i>we differ</i>")
    (answer,) = given(engine)
    assert (answer.comment, answer.is_shared) == ("<i>we differ</i>", False)
    page = html.unescape(browser.get(place).text)
    assert "Your words are kept" in page
    assert "we differ" not in page, "a reply that quotes the email gives the link to the other"
    browser.post(place, choice="step_out", comment="")
    assert given(engine)[0].comment == "<i>we differ</i>"
    browser.post(place, choice="step_out", comment="we differ", is_shared="yes")
    assert given(engine)[0].is_shared
    assert browser.post(place, choice="step_out", comment="x" * 2001).status_code == 422


def test_words_beside_a_pulse_reach_the_coordinator_if_shared(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = path(world, settings, engine, Question.PULSE)
    person = f"/programs/{world.ours['slug']}/people/{world.ours['profile_id']}"
    reader = world.browsers["coordinator"]
    browser.post(place, choice="slow")
    assert 'name="comment"' in browser.get(place).text, "the email says that one can add a line"
    with database.transaction(engine) as session:
        answer = session.scalars(select(Answer)).one()
        answer.effective_at = database.now(session) - datetime.timedelta(seconds=1)
        session.flush()
        assert answers.apply_due(session) == 1
    assert "wrote for you" not in reader.get(person, base_url="https://localhost").text

    browser.post(place, choice="slow", comment="<i>too busy</i>", is_shared="yes")
    assert "&lt;i&gt;too busy&lt;/i&gt;" in reader.get(person, base_url="https://localhost").text
    assert "too busy" not in browser.get(place).text


def test_what_took_effect_cannot_be_undone(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = path(world, settings, engine, Question.PULSE)
    browser.post(place, choice="slow")
    with database.transaction(engine) as session:
        answer = session.scalars(select(Answer)).one()
        answer.effective_at = database.now(session) - datetime.timedelta(seconds=1)
        session.flush()
        assert answers.apply_due(session) == 1

    assert browser.post(f"{place}/undo", on=place).status_code == 409
    assert "Your last answer" in browser.get(place).text


def test_a_question_that_is_closed_says_so_and_the_way_on(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = path(world, settings, engine, Question.FIRST_MEETING)
    keys = browser.keys(place)
    change(world, engine, state=PairingState.ENDED)

    page = browser.get(place)
    assert page.status_code == 200
    assert "This pairing has ended" in page.text
    assert "mailto:coordinator" in page.text
    assert 'name="choice"' not in page.text
    assert browser.send(place, keys | {"choice": "met"}).status_code == 409
    assert given(engine) == []


@pytest.mark.parametrize("choice", ["", "yes", "x" * 500, "a\x00b"])
def test_what_is_no_choice_is_refused(
    world: World, engine: Engine, settings: Settings, browser: Any, choice: str
) -> None:
    place = path(world, settings, engine, Question.PULSE)

    assert browser.post(place, choice=choice).status_code == 422
    assert given(engine) == []


def test_a_link_that_is_not_ours_leads_nowhere(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    mine = path(world, settings, engine, Question.PULSE)
    tokens = world.ours["tokens"]
    for token in ("x", "x.y", tokens["preferences"], tokens["invitations"], f"{mine[9:]}x"):
        for page in (f"/answers/{token}", f"/meetings/{token}", f"/meetings/{token}/meeting.ics"):
            assert browser.get(page).status_code == 404, page
        assert browser.post(f"/answers/{token}", on="/sign-in", choice="met").status_code == 404
    proposed = world.ours["pairing_id"]
    change(world, engine, state=PairingState.PROPOSED)
    assert browser.get(mine).status_code == 404, proposed


def test_an_answer_needs_the_token_of_a_form(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = path(world, settings, engine, Question.PULSE)
    keys = browser.keys(place)
    del keys["csrf_token"]

    assert browser.send(place, keys | {"choice": "well"}).status_code == 400
    assert given(engine) == []


def meeting(world: World, engine: Engine, settings: Settings, role: str = "mentee") -> str:
    return path(world, settings, engine, Question.FIRST_MEETING, role).replace(
        "answers", "meetings"
    )


def test_a_meeting_is_noted_in_ones_own_zone_and_read_in_the_others(
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
        ({"day": "2020-01-01"}, "that time is past".capitalize()),
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
    assert "The clocks change then" in answer.text


def test_nobody_notes_a_meeting_of_a_pairing_that_ended(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    change(world, engine, state=PairingState.ENDED)
    place = meeting(world, engine, settings)

    assert "There is no meeting to note" in browser.get(place).text


def test_the_first_page_offers_the_same_to_whoever_is_signed_in(
    world: World, engine: Engine
) -> None:
    client = world.browsers["mentee"]
    page = html.unescape(client.get("/", base_url="https://localhost").text)
    for words in ("We agreed on a time", "We've met", "This isn't the right match"):
        address = page.split(f">{words}</a>")[0].rsplit('href="', 1)[1][:-1]
        assert client.get(address, base_url="https://localhost").status_code == 200
    with database.reading(engine) as session:
        at = database.now(session)
    change(world, engine, meeting_at=at, met_at=at)
    page = html.unescape(client.get("/", base_url="https://localhost").text)
    assert "You agreed on" in page
    assert "We've met" not in page
    change(world, engine, state=PairingState.ASKED)
    assert "Would you like to meet?" in client.get("/", base_url="https://localhost").text


def test_whoever_is_asked_reads_of_no_sensitive_goal_on_the_first_page(
    world: World, engine: Engine
) -> None:
    goals = ["burnout-wellbeing", "interview-practice"]
    reason = {"criterion": "help", "goals": goals, "experiences": [], "first_wish": True}
    change(world, engine, reasons=[reason])
    client = world.browsers["mentee"]
    assert "burnout" in client.get("/", base_url="https://localhost").text

    change(world, engine, state=PairingState.ASKED)
    page = client.get("/", base_url="https://localhost").text
    assert "interview practice" in page
    assert "burnout" not in page


def person_of(world: World, engine: Engine) -> Person:
    with database.reading(engine) as session:
        return session.get_one(Profile, world.ours["profile_id"]).person


def test_preferences_are_kept_signed_out_and_signed_in(
    world: World, engine: Engine, browser: Any
) -> None:
    place = f"/preferences/{world.ours['tokens']['preferences']}"
    assert browser.post(place).status_code == 303
    assert not person_of(world, engine).wants_reminders
    quiet = {"quiet_from": "2026-12-20", "quiet_until": "2027-01-06"}
    assert browser.post(place, wants_reminders="yes", **quiet).status_code == 303
    found = person_of(world, engine)
    assert found.wants_reminders
    assert str(found.quiet_until) == "2027-01-06"
    assert 'value="2026-12-20"' in browser.get(place).text

    mentee = type(browser)(world.browsers["mentee"])
    for signed_in, address in ((mentee, "/account/preferences"), (browser, place)):
        for wrong in ({"quiet_until": "2026-01-01"}, {"quiet_until": ""}, {"quiet_from": "soon"}):
            on = "/account" if signed_in is mentee else place
            answer = signed_in.post(address, on=on, **(quiet | wrong))
            assert answer.status_code == 422
            assert 'id="quiet-error"' in answer.text
    assert mentee.post("/account/preferences", on="/account").status_code == 303
    assert not person_of(world, engine).wants_reminders
    assert person_of(world, engine).quiet_from is None


def test_one_click_unsubscribes_without_cookies_tokens_or_redirect(
    world: World, engine: Engine
) -> None:
    world.app.config["WTF_CSRF_ENABLED"] = True
    place = f"/unsubscribe/{world.ours['tokens']['preferences']}"
    before = everything(engine)
    assert "Send me no reminders" in world.app.test_client().get(
        place, base_url="https://localhost"
    ).text  # fmt: skip
    assert everything(engine) == before
    for _ in range(2):
        client = world.app.test_client(use_cookies=False)
        answer = client.post(
            place, base_url="https://localhost", data={"List-Unsubscribe": "One-Click"},
            headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"},
        )  # fmt: skip
        assert answer.status_code == 200
        assert "You get no reminders" in answer.text
        assert not person_of(world, engine).wants_reminders
    client = world.app.test_client()
    for data in ({}, {"List-Unsubscribe": "x"}):
        assert client.post(place, base_url="https://localhost", data=data).status_code == 422
    for token in ("x", world.ours["tokens"]["answers"], world.ours["tokens"]["invitations"]):
        wrong = client.post(
            f"/unsubscribe/{token}", base_url="https://localhost",
            data={"List-Unsubscribe": "One-Click"},
        )  # fmt: skip
        assert wrong.status_code == 404


def test_only_one_route_takes_what_comes_from_elsewhere(world: World) -> None:
    app: Flask = world.app
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    refused = set()
    for endpoint, method in routes(app):
        if method == "POST":
            answer = client.post(
                world.address(endpoint, world.ours), base_url="https://localhost",
                headers={"Sec-Fetch-Site": "cross-site"},
            )  # fmt: skip
            if answer.status_code == 403:
                refused.add(endpoint)
    posts = {endpoint for endpoint, method in routes(app) if method == "POST"}
    assert posts - refused == {"preferences.unsubscribe"}
    assert app.extensions["csrf"]._exempt_views == {"webapp.participants.preferences.unsubscribe"}

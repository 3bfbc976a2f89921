"""The pages behind the buttons of emails: signed out, by POST, to be undone."""

from __future__ import annotations

import datetime
import html
from typing import Any

import pytest
from sites import World, answer_path, change_pairing, everything
from sqlalchemy import Engine, select

from mentorship import database, links
from mentorship.links import Purpose
from mentorship.models import Pairing, Question, Reply
from mentorship.pairings import answers
from mentorship.people import persons
from mentorship.settings import Settings
from mentorship.states import PairingState

pytestmark = pytest.mark.usefixtures("tokens")


def given(engine: Engine) -> list[Reply]:
    with database.reading(engine) as session:
        return list(session.scalars(select(Reply).order_by(Reply.at)))


@pytest.mark.parametrize(
    ("question", "role", "title", "buttons"),
    [
        (Question.FIRST_MEETING, "mentee", "met?", ["met", "no_contact", "not_fit"]),
        (Question.FIRST_MEETING, "mentor", "met?", ["met", "not_fit"]),
        (Question.STEP_OUT, "mentor", "the right match?", ["step_out"]),
        (Question.PULSE, "mentor", "How is it going", ["well", "slow", "not_fit", "finished"]),
    ],
)
def test_the_page_asks_what_the_email_asked(
    world: World, engine: Engine, settings: Settings, browser: Any, question: Question, role: str,
    title: str, buttons: list[str],
) -> None:  # fmt: skip
    page = browser.get(answer_path(world, settings, engine, question, role)).text

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
    change_pairing(world, engine, state=PairingState.ASKED, asked_at=at, introduced_at=None)
    place = answer_path(world, settings, engine, Question.ASK)
    page = browser.get(f"{place}?choice=no").text

    assert "Would you like to meet" in page
    first, second = page.split('name="choice" value="')[1:]
    assert first.startswith("no"), "the button of the email comes first"
    assert 'class="plain"' not in first.split(">")[0]
    assert 'class="plain"' in second.split(">")[0]
    assert browser.post(place, choice="yes").status_code == 303
    assert "Saved: Yes, I'd like to" in html.unescape(browser.get(place).text)


@pytest.mark.parametrize(
    ("seconds", "words"), [(600, "for 10 minutes;"), (5, "for 5 seconds;"), (0, None)]
)
def test_the_page_says_how_long_an_answer_can_be_undone(
    world: World, engine: Engine, settings: Settings, browser: Any, seconds: float,
    words: str | None,
) -> None:  # fmt: skip
    world.app.extensions["settings"] = settings.replace(undo_seconds=seconds)
    page = browser.get(answer_path(world, settings, engine, Question.PULSE)).text

    assert "One tap is enough." in page
    assert "You can undo it" not in page if words is None else words in page


@pytest.mark.parametrize("verb", ["get", "head", "options"])
def test_opening_a_link_changes_nothing(
    world: World, engine: Engine, settings: Settings, verb: str
) -> None:
    place = answer_path(world, settings, engine, Question.FIRST_MEETING)
    before = everything(engine)
    client = world.app.test_client()
    for address in (place, f"{place}?choice=not_fit", f"{place}/undo", place + "?choice=met"):
        getattr(client, verb)(address, base_url="https://localhost")

    assert everything(engine) == before


def test_an_answer_is_noted_and_can_be_undone(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = answer_path(world, settings, engine, Question.FIRST_MEETING)
    with database.transaction(engine) as session:
        session.get_one(Pairing, world.ours["pairing_id"]).mentee.person.timezone = "Asia/Tokyo"
    assert browser.post(place, choice="met").status_code == 303
    page = browser.get(place).text
    (answer,) = given(engine)
    until = answer.effective_at.astimezone(datetime.timezone(datetime.timedelta(hours=9)))
    assert "Saved: We've met" in html.unescape(page)
    assert f"{until:%H:%M} (Asia/Tokyo time)" in page or f"{until:%-I:%M}" in page
    assert "Schedule your next meeting" in page

    assert browser.post(f"{place}/undo", on=place).status_code == 303
    assert given(engine)[0].undone_at is not None
    page = browser.get(place).text
    assert "Undone" in page
    assert 'value="met"' in page
    assert browser.post(f"{place}/undo", on=place).status_code == 303, "there is nothing to undo"


def test_people_who_step_out_may_say_why_and_who_reads_it(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = answer_path(world, settings, engine, Question.STEP_OUT)
    browser.post(place, choice="step_out")
    page = html.unescape(browser.get(place).text)
    assert "it happens often" in page
    assert "The coordinator may read this" in page

    browser.post(place, choice="step_out", comment="<i>we differ</i>")
    (answer,) = given(engine)
    assert (answer.comment, answer.is_shared) == ("<i>we differ</i>", False)
    page = html.unescape(browser.get(place).text)
    assert "Your words are saved" in page
    assert "we differ" not in page, "a reply that quotes the email gives the link to the other"
    browser.post(place, choice="step_out", comment="")
    assert given(engine)[0].comment == "<i>we differ</i>"
    browser.post(place, choice="step_out", comment="we differ", is_shared="yes")
    assert given(engine)[0].is_shared
    assert browser.post(place, choice="step_out", comment="x" * 2001).status_code == 422


def test_words_beside_a_pulse_reach_the_coordinator_if_shared(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = answer_path(world, settings, engine, Question.PULSE)
    person = f"/programs/{world.ours['slug']}/people/{world.ours['profile_id']}"
    reader = world.browsers["coordinator"]
    browser.post(place, choice="slow")
    assert 'name="comment"' in browser.get(place).text, "the email says that one can add a line"
    with database.transaction(engine) as session:
        answer = session.scalars(select(Reply)).one()
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
    place = answer_path(world, settings, engine, Question.PULSE)
    browser.post(place, choice="slow")
    with database.transaction(engine) as session:
        answer = session.scalars(select(Reply)).one()
        answer.effective_at = database.now(session) - datetime.timedelta(seconds=1)
        session.flush()
        assert answers.apply_due(session) == 1

    assert browser.post(f"{place}/undo", on=place).status_code == 409
    assert "Your last answer" in browser.get(place).text


def test_the_links_of_a_pairing_that_ended_tell_neither_names_nor_place(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = answer_path(world, settings, engine, Question.FIRST_MEETING)
    keys = browser.keys(place)
    with database.reading(engine) as session:
        at = database.now(session) + datetime.timedelta(days=3)
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        names = [profile.person.full_name for profile in (pairing.mentee, pairing.mentor)]
    meeting = {"meeting_at": at, "meeting_minutes": 30, "meeting_where": "Room Quince"}
    for ended in (PairingState.ENDED, PairingState.DECLINED, PairingState.EXPIRED):
        change_pairing(world, engine, state=ended, **meeting)
        meetings = place.replace("answers", "meetings")
        for address in (place, f"{place}?choice=met", meetings, f"{meetings}/meeting.ics"):
            page = browser.get(address)
            assert page.status_code == 410
            assert "This pairing has ended" in page.text
            for told in (*names, "Quince"):
                assert told not in page.text
        assert browser.send(place, keys | {"choice": "met"}).status_code == 409
        assert browser.send(meetings, keys | {"minutes": "30"}).status_code == 410
    assert given(engine) == []


@pytest.mark.parametrize("choice", ["", "yes", "x" * 500, "a\x00b"])
def test_what_is_no_choice_is_refused(
    world: World, engine: Engine, settings: Settings, browser: Any, choice: str
) -> None:
    place = answer_path(world, settings, engine, Question.PULSE)

    assert browser.post(place, choice=choice).status_code == 422
    assert given(engine) == []


def test_a_link_that_is_not_ours_leads_nowhere(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    mine = answer_path(world, settings, engine, Question.PULSE)
    tokens = world.ours["tokens"]
    for token in ("x", "x.y", tokens["preferences"], tokens["invitations"], f"{mine[9:]}x"):
        for page in (f"/answers/{token}", f"/meetings/{token}", f"/meetings/{token}/meeting.ics"):
            assert browser.get(page).status_code == 404, page
        assert browser.post(f"/answers/{token}", on="/sign-in", choice="met").status_code == 404
    proposed = world.ours["pairing_id"]
    change_pairing(world, engine, state=PairingState.PROPOSED)
    assert browser.get(mine).status_code == 404, proposed


@pytest.mark.parametrize("question", [Question.STEP_OUT, Question.PULSE, Question.ASK])
def test_only_the_link_about_meeting_notes_a_meeting(
    world: World, engine: Engine, settings: Settings, browser: Any, question: Question
) -> None:
    place = answer_path(world, settings, engine, question)
    meetings = place.replace("answers", "meetings")

    assert "/meetings/" not in browser.get(place).text
    assert browser.get(meetings).status_code == 404
    assert browser.get(f"{meetings}/meeting.ics").status_code == 404
    assert browser.post(meetings, on="/sign-in", minutes="30").status_code == 404


def test_a_link_mailed_before_access_ended_or_long_ago_is_refused_kindly(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = answer_path(world, settings, engine, Question.FIRST_MEETING)
    old = world.ours["tokens"]
    keys = browser.keys(place)
    with database.transaction(engine) as session:
        person = session.get_one(Pairing, world.ours["pairing_id"]).mentee.person
        persons.change_address(session, person.email, "new@example.org", "command")
        at = database.now(session) - datetime.timedelta(days=181)
        about = world.ours["pairing_id"]
        aged = links.token(Purpose.FIRST_MEETING, person, about, at, settings)
    addresses = [
        place, f"/answers/{aged}", f"/meetings/{old['meetings']}",
        f"/invitations/{old['invitations']}", f"/preferences/{old['preferences']}",
        f"/unsubscribe/{old['unsubscribe']}",
    ]  # fmt: skip
    before = everything(engine)
    for address in addresses:
        page = browser.get(address)
        assert page.status_code == 410, address
        assert "or sign in" in page.text
        sent = {"choice": "met", "answer": "no", "List-Unsubscribe": "One-Click"}
        assert browser.send(address, keys | sent).status_code == 410, address
    assert everything(engine) == before
    assert (
        browser.get(answer_path(world, settings, engine, Question.FIRST_MEETING)).status_code == 200
    )


def test_an_answer_needs_the_token_of_a_form(
    world: World, engine: Engine, settings: Settings, browser: Any
) -> None:
    place = answer_path(world, settings, engine, Question.PULSE)
    keys = browser.keys(place)
    del keys["csrf_token"]

    assert browser.send(place, keys | {"choice": "well"}).status_code == 400
    assert given(engine) == []


def test_the_first_page_offers_the_same_to_anyone_signed_in(world: World, engine: Engine) -> None:
    client = world.browsers["mentee"]
    page = html.unescape(client.get("/", base_url="https://localhost").text)
    for words in ("We've set a time", "We've met", "This isn't the right match"):
        address = page.split(f">{words}</a>")[0].rsplit('href="', 1)[1][:-1]
        assert client.get(address, base_url="https://localhost").status_code == 200
    with database.reading(engine) as session:
        at = database.now(session)
    change_pairing(world, engine, meeting_at=at, met_at=at)
    page = html.unescape(client.get("/", base_url="https://localhost").text)
    assert "You last set a time for" in page
    assert "We've met" not in page
    change_pairing(world, engine, state=PairingState.ASKED)
    assert "Would you like to meet?" in client.get("/", base_url="https://localhost").text


def test_people_who_are_asked_read_of_no_sensitive_goal_on_the_first_page(
    world: World, engine: Engine
) -> None:
    goals = ["burnout-wellbeing", "interview-practice"]
    reason = {"criterion": "help", "goals": goals, "experiences": [], "first_wish": True}
    change_pairing(world, engine, reasons=[reason])
    client = world.browsers["mentee"]
    assert "burnout" in client.get("/", base_url="https://localhost").text

    change_pairing(world, engine, state=PairingState.ASKED)
    page = client.get("/", base_url="https://localhost").text
    assert "interview practice" in page
    assert "burnout" not in page

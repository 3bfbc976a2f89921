"""What can be pressed, answered and opened in an email, and where that leads."""

from __future__ import annotations

import datetime
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import icalendar
import pytest
from itsdangerous import BadSignature
from sqlalchemy.orm import Session
from stories import body, compose, owe, read

from mentorship import database, links
from mentorship.emails import messages
from mentorship.links import Purpose
from mentorship.models import EmailKind, Question, Trait
from mentorship.pairings import answers
from mentorship.settings import Settings


@pytest.mark.parametrize("kind", EmailKind.having(Trait.REMINDER))
def test_every_reminder_can_be_turned_off_by_one_click(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    row = owe(session, story, kind)
    message = read(messages.compose(session, row.id, settings).data)

    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message["List-Unsubscribe"].strip("<>")
    start = f"{settings.base_url}/unsubscribe/"
    assert link.startswith(start)
    token = link.removeprefix(start)
    assert links.read(token, [Purpose.UNSUBSCRIBE], settings).person_id == row.person_id
    (other,) = re.findall(r"/preferences/([\w.-]+)", body(message, "plain"))
    assert links.read(other, [Purpose.PREFERENCES], settings).person_id == row.person_id
    with pytest.raises(BadSignature):
        links.read(token, [Purpose.PREFERENCES], settings)


@pytest.mark.parametrize("kind", [kind for kind in EmailKind if Trait.OPTIONAL not in kind.traits])
def test_no_result_or_code_can_be_turned_off(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    message = compose(session, story, settings, kind)

    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None


def test_an_answer_goes_to_the_one_partner_and_else_to_the_coordinator(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    for kind, address in (
        (EmailKind.MENTEE_INTRODUCTION, "bo@example.org"),
        (EmailKind.MENTOR_INTRODUCTION, "ana@example.org"),
        (EmailKind.NOT_THIS_TIME, "dana@example.org"),
    ):
        message = compose(session, story, settings, kind)

        assert message["Reply-To"] == address
        assert "Dana Reyes: dana@example.org" in " ".join(body(message, "plain").split())
        assert message["From"].addresses[0].display_name == "Harbor Mentoring"


def test_a_mentor_may_say_that_it_does_not_fit_whenever_the_mentee_hears_nothing(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    pairing = story["pairing"]
    text = body(compose(session, story, settings, EmailKind.NO_CONTACT_YET), "plain")
    pairing.introduced_at = database.now(session) - datetime.timedelta(days=20)
    session.flush()

    ((token, choice),) = re.findall(r"/answers/([\w.-]+)\?choice=(\w+)", text)
    mailed = links.read(token, list(Purpose), settings)
    assert mailed.person_id is not None
    question = Question(mailed.purpose.value)
    assert choice in answers.inquiry(session, mailed.about, mailed.person_id, question).choices


def test_the_draft_opens_ready_to_be_sent_and_says_nothing_sensitive(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    story["mentor"].person.email = "b+o?&%@example.org"
    story["mentor"].full_name = "Bo & Søn #1"
    html = body(compose(session, story, settings, EmailKind.MENTEE_INTRODUCTION), "html")

    found = re.search(r'href="(mailto:[^"]+\?[^"]+)"', html)
    assert found is not None
    link = urlsplit(found[1].replace("&amp;", "&"))
    assert unquote(link.path) == "b+o?&%@example.org"
    fields = dict(parse_qsl(link.query, strict_parsing=True))
    assert fields["subject"] == "Your mentee in Harbor Mentoring: a first meeting?"
    assert fields["body"].startswith("Hello Bo & Søn #1,\r\n\r\nI'm Ana Lindqvist")
    assert "interview practice" in fields["body"]
    assert "burnout" not in fields["body"]


def test_buttons_lead_to_the_page_of_their_question(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    text = body(compose(session, story, settings, EmailKind.FIRST_MEETING), "plain")

    found = re.findall(r"/answers/([\w.-]+)\?choice=(\w+)", text)
    assert [choice for _, choice in found] == ["met", "no_contact", "not_fit"]
    for token, _ in found:
        pairing = story["pairing"]
        mailed = links.read(token, [Purpose.FIRST_MEETING], settings)
        assert (mailed.about, mailed.person_id) == (pairing.id, pairing.mentee_person_id)


def test_an_agreed_meeting_comes_as_a_calendar_file(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    message = compose(session, story, settings, EmailKind.MEETING_AGREED)

    (file,) = message.iter_attachments()
    assert file.get_content_type() == "text/calendar"
    assert file.get_filename() == "meeting.ics"
    calendar = icalendar.Calendar.from_ical(file.get_content())
    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].dt == story["pairing"].meeting_at
    assert event["DTEND"].dt - event["DTSTART"].dt == datetime.timedelta(minutes=30)
    assert event["LOCATION"] == "https://meet.example.org/ana-bo"

"""Names in emails: text whatever they hold, and never a header, a link or a sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from stories import body, compose

from mentorship.emails import wordings
from mentorship.models import EmailKind
from mentorship.settings import Settings


def test_markup_in_a_name_is_text(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    story["mentor"].full_name = "<b onclick=x>Bo</b> {{ 7*7 }}"
    message = compose(session, story, settings, EmailKind.MENTEE_INTRODUCTION)

    assert "&lt;b onclick=x&gt;Bo&lt;/b&gt; {{ 7*7 }}" in body(message, "html")
    assert "<b onclick=x>Bo</b> {{ 7*7 }}" in body(message, "plain")


@pytest.mark.parametrize(
    "name",
    [
        "Bob =?utf-8?q?=0ABcc=3A_x=40example=2Ecom?=",
        'Bob "quoted" \\ (comment)',
        "Bob, Alice <a@example.com>",
        "محمد الأحمد",
        "Bob =?utf-8?b?CkJjYzogeEBleGFtcGxlLmNvbQ==?=",
        "Alexandra (Sasha) Constantinopoulos-Papadimitriou, MD, PhD, MPH, FACP (she/her) of W",
    ],
)
def test_a_name_cannot_become_a_header_or_a_recipient(
    session: Session, story: dict[str, Any], settings: Settings, name: str
) -> None:
    story["mentee"].full_name = name
    story["program"].name = name

    message = compose(session, story, settings, EmailKind.MENTEE_INTRODUCTION)

    assert [a.addr_spec for a in message["To"].addresses] == ["ana@example.org"]
    assert message["Bcc"] is None


@given(st.text(min_size=1, max_size=120))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_name_makes_another_message(
    session: Session, story: dict[str, Any], settings: Settings, name: str
) -> None:
    nested = session.begin_nested()
    story["mentee"].full_name = name.replace("\x00", "")
    try:
        message = compose(session, story, settings, EmailKind.MENTEE_INTRODUCTION)
        assert [a.addr_spec for a in message["To"].addresses] == ["ana@example.org"]
    finally:
        nested.rollback()


def test_a_name_that_was_stored_with_a_link_is_neither_link_nor_sentence(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    story["mentor"].answers = story["mentor"].answers | {
        "full_name": "Action needed: verify at https://evil.example/x",
        "institution": "see www.evil.example",
    }
    session.flush()
    session.expire_all()

    message = compose(session, story, settings, EmailKind.MENTEE_INTRODUCTION)

    for words in (body(message, "plain"), body(message, "html"), str(message["Subject"])):
        assert "evil" not in words
        assert "Action needed" not in words
    assert message["Subject"] == "… is your mentor in Harbor Mentoring"


def test_the_digest_does_not_pass_a_link_on_either(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    story["left"].full_name = "Action needed: verify at https://evil.example/x"
    session.flush()

    text = body(compose(session, story, settings, EmailKind.COORDINATOR_DIGEST), "plain")

    assert "* …" in text
    assert "evil" not in text


@pytest.mark.parametrize("kind", EmailKind)
def test_names_in_another_direction_are_kept_apart_from_the_sentence_around_them(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    for role, name in (("mentee", "דנה כהן"), ("mentor", "محمد الأحمد"), ("left", "سارة")):
        story[role].full_name, story[role].preferred_name = name, None

    message = compose(session, story, settings, kind)

    texts = [str(message["Subject"]), body(message, "plain"), body(message, "html")]
    for text in texts:
        kept_apart = re.compile("\u2068[^\u2069\\n]*\u2069")
        # What is left stands by itself: at the start of a line or an element.
        rest = re.sub("(?m)^ +", "", kept_apart.sub("", text))
        rest = re.sub("[\u0590-\u06ff]+( [\u0590-\u06ff]+)*", "NAME", rest)
        assert re.findall("[^\n>]NAME.*", rest) == []


def test_a_name_that_ends_with_a_full_stop_ends_the_sentence(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    story["mentor"].person.full_name = "Bo Haddad Jr."
    for kind in (EmailKind.MENTEE_INTRODUCTION, EmailKind.FIRST_MEETING, EmailKind.MEETING_AGREED):
        message = compose(session, story, settings, kind)
        assert "Jr.." not in body(message, "plain")
        assert "Jr.." not in body(message, "html")


def test_own_words_are_text_whatever_they_hold(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    own = {
        "subject": "Meet {mentor}",
        "opening": "Dear {name} of {program},\n\n<a href='https://x'>click</a>\nsecond line",
        "closing": "Yours, {coordinator}",
    }
    wordings.change(session, story["program"], "dana", EmailKind.MENTEE_INTRODUCTION, own)
    story["mentor"].full_name = "{contact} <i>"
    message = compose(session, story, settings, EmailKind.MENTEE_INTRODUCTION)

    assert message["Subject"] == "Meet {contact} <i>"
    text, html = body(message, "plain"), body(message, "html")
    assert "Dear Ana of Harbor Mentoring,\n\n<a href='https://x'>click</a>\nsecond line" in text
    assert "&lt;a href='https://x'&gt;click&lt;/a&gt;<br>second line" in html
    assert "Yours, Dana Reyes" in text
    # What an introduction must hold stays.
    assert "bo@example.org" in text
    assert "by Tuesday, December 1, 2026" in text


def test_a_programs_emails_call_a_person_as_its_own_list_does(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    """What they are called elsewhere is neither in the address nor in the greeting."""
    person = story["mentee"].person
    person.full_name, person.preferred_name, person.pronouns = "Elsewhere", "Elsie", "they/them"
    session.flush()

    for kind in (EmailKind.MENTEE_INTRODUCTION, EmailKind.MENTOR_INTRODUCTION):
        message = compose(session, story, settings, kind)
        text = f"{message['To']} {body(message, 'plain')} {body(message, 'html')}"

        assert "Ana" in text
        assert not re.search("Elsewhere|Elsie|they/them", text)

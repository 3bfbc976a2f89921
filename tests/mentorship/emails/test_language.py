"""Every word of an email goes through gettext; days and hours are the reader's."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import translations
from sqlalchemy.orm import Session
from stories import owe

from mentorship.emails import messages, wordings
from mentorship.models import EmailKind, Person
from mentorship.settings import Settings

#: What is no language: names and words that people gave, addresses, zones, and dates and lists,
#: which are written as the locale has them.
DATA = re.compile(
    r"https?://\S+|\S+@[\w.]+|Preceptor|Harbor Mentoring|Asia/Tokyo|Europe/London|St\. Mary|Leeds|"
    r"[0-9A-Z]{4} [0-9A-Z]{4}|Ana( Lindqvist)?|Bo Haddad|Cy Adeyemi|Dana Reyes|Di Okafor|he/him|"
    r"I hope to find my way\.|Interviews frighten me\.|"
    r"\b(lundo|mardo|merkredo|ĵaŭdo|vendredo|sabato|dimanĉo)\b[^⟦⟧]*?\d{4}|\bkaj\b"
)


@pytest.fixture
def esperanto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A made-up translation, in which every message stands in brackets."""
    with translations.esperanto(tmp_path, monkeypatch):
        yield


def rendered(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind, **reader: str
) -> messages.Rendered:
    row = owe(session, story, kind)
    person = session.get_one(Person, row.person_id)
    for name, value in reader.items():
        setattr(person, name, value)
    session.flush()
    return messages.render(session, row, settings)


@pytest.mark.parametrize("kind", EmailKind)
def test_every_word_of_every_email_can_be_translated(
    session: Session, story: dict[str, Any], settings: Settings, esperanto: None, kind: EmailKind
) -> None:
    email = rendered(session, story, settings, kind, locale="eo")

    page = re.sub(r"<style>.*?</style>|<[^>]+>", "\n", email.html, flags=re.S)
    # What a coordinator writes is sent as it is.
    own = [story["letter"].subject, *story["letter"].text.splitlines()]
    for text in (email.subject, email.text, html.unescape(page)):
        assert "⟦" in text or (kind is EmailKind.LETTER and text == own[0])
        left = DATA.sub("", translations.untranslated(text))
        if kind is EmailKind.LETTER:
            for line in own:
                left = left.replace(DATA.sub("", line), "")
        assert not re.search(r"[A-Za-z]{3,}", left), left
    assert '<html lang="eo">' in email.html
    for file in email.attachments:
        assert "SUMMARY:⟦" in file.content


def test_a_program_keeps_its_own_words(
    session: Session, story: dict[str, Any], settings: Settings, esperanto: None
) -> None:
    kind = EmailKind.MENTEE_INTRODUCTION
    own = {"subject": "Meet {mentor}", "opening": "Good luck, {name}.", "closing": ""}
    wordings.change(session, story["program"], "dana", kind, own)

    email = rendered(session, story, settings, kind, locale="eo")

    assert email.subject == "Meet Bo Haddad"
    assert "Good luck, Ana.\n" in email.text


@pytest.mark.parametrize(
    ("locale", "zone", "when"),
    [
        ("en_US", "America/New_York", "Monday, November 23, 2026, 6:30\N{NARROW NO-BREAK SPACE}PM"),
        ("en_GB", "Asia/Tokyo", "Tuesday, 24 November 2026, 08:30"),
    ],
)
def test_days_and_hours_are_those_of_the_reader(
    session: Session, story: dict[str, Any], settings: Settings, locale: str, zone: str, when: str
) -> None:
    kind = EmailKind.MEETING_AGREED
    email = rendered(session, story, settings, kind, locale=locale, timezone=zone)

    assert when in email.html
    assert f'<html lang="{locale.replace("_", "-")}">' in email.html
    assert f"{zone.replace('_', ' ')} time" in email.text

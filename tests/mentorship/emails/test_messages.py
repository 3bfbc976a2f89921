"""The words of emails: approved copies, one reader each, both forms."""

from __future__ import annotations

import importlib
import os
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from stories import AT, body, compose, owe, read

from mentorship import outbox
from mentorship.emails import messages
from mentorship.models import Email, EmailKind, Pairing, Trait
from mentorship.people import sight
from mentorship.settings import Settings
from mentorship.states import PairingState

APPROVED = Path(__file__).parent / "approved"
BODIES = Path(messages.__file__).parent / "bodies"


@pytest.mark.parametrize("kind", EmailKind)
def test_the_words_are_those_that_were_approved(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    """Run with APPROVE=1 after changing words, and read the difference."""
    check_approved(compose(session, story, settings, kind), story, kind)


@pytest.mark.parametrize("kind", EmailKind)
def test_a_body_says_where_its_subject_is(kind: EmailKind) -> None:
    """People who look for a subject open the body first."""
    first, _, _ = (BODIES / f"{kind}.jinja").read_text().partition("\n")
    found = re.fullmatch(r"\{# Its subject and opening: emails/kinds/(\w+)\.py #\}", first)
    assert found
    family = importlib.import_module(f"mentorship.emails.kinds.{found[1]}")

    assert kind in family.KINDS


def test_a_mentor_is_asked_about_several_mentees_in_approved_words(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    round, mentor, second = story["round"], story["mentor"], story["left"]
    second.answers |= {"specialty_interests": ["dermatology"], "career_stage": "resident"}
    other = Pairing(
        program_id=round.program_id, round_id=round.id, mentee_id=second.id, mentor_id=mentor.id,
        mentee_person_id=second.person_id, mentor_person_id=mentor.person_id, contributions={},
        reasons=[{"criterion": "specialty", "shared": ["dermatology"]}],
    )  # fmt: skip
    for pairing, score in ((story["pairing"], 2), (other, 1)):
        pairing.state, pairing.asked_at, pairing.score = PairingState.ASKED, AT, score
    session.add(other)
    kind = EmailKind.PAIRING_QUESTION
    outbox.owe(session, kind, to=mentor.person_id, about=round.id, program_id=round.program_id)
    session.flush()
    row = session.scalars(select(Email).where(Email.kind == kind)).one()

    message = read(messages.compose(session, row.id, settings).data)

    check_approved(message, story, f"{kind}_several")


def check_approved(message: EmailMessage, story: dict[str, Any], name: str) -> None:
    """Compare both forms of an email with their approved copies."""
    said = {
        "txt": f"Subject: {message['Subject']}\n\n{body(message, 'plain')}",
        "html": body(message, "html"),
    }
    for form, text in said.items():
        text = text.replace(str(story["round"].id), "ROUND").replace(
            story["program"].slug, "harbor"
        )
        text = text.replace(sight.reference(story["helper"]), "REFERENCE")
        text = re.sub(
            r"(invitations|answers|meetings|preferences|address)/[\w.-]+", r"\1/TOKEN", text
        )
        copy = APPROVED / f"{name}.{form}"
        if os.environ.get("APPROVE"):
            copy.write_text(text)

        assert text == copy.read_text()


@pytest.mark.parametrize("kind", EmailKind)
def test_every_letter_has_one_reader_both_forms_and_exact_headers(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    message = compose(session, story, settings, kind)

    expected = messages.HEADERS
    if Trait.OPTIONAL in kind.traits:
        expected += messages.UNSUBSCRIBE_HEADERS
    assert sorted(message.keys()) == sorted(expected)
    assert len(message["To"].addresses) == 1
    assert message["Subject"] == message["Subject"].strip()
    text, html = body(message, "plain"), body(message, "html")
    assert "<" not in text.replace("<https", "")
    assert "654321" not in text + html
    assert "<script" not in html
    assert "http://" not in html.replace(settings.base_url, "")
    assert message["Message-ID"].endswith("@localhost>")


def test_the_mentee_reads_who_why_and_by_when_on_their_own_calendar(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    text = body(compose(session, story, settings, EmailKind.MENTEE_INTRODUCTION), "plain")

    assert "Bo Haddad (he/him)" in text
    assert "bo@example.org" in text
    # 23:30 UTC on 23 November is the 24th in Tokyo; seven days on is 1 December.
    assert "by Tuesday, December 1, 2026" in text


@pytest.mark.parametrize("kind", EmailKind)
def test_the_layout_rests_on_nothing_that_mail_programs_leave_out(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    html = body(compose(session, story, settings, kind), "html")

    assert "pre-line" not in html
    assert "<main" not in html
    assert "<footer" not in html
    assert "<body>" in html


def test_line_breaks_of_the_draft_and_of_own_words_are_elements(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    kind = EmailKind.MENTEE_INTRODUCTION
    story["program"].wordings = {kind: {"opening": "One\nTwo\n\nThree"}}
    html = body(compose(session, story, settings, kind), "html")

    assert re.search(r"<p [^>]*>One<br>Two</p>\s*<p [^>]*>Three</p>", html)
    (draft,) = re.findall(r"<blockquote.*?</blockquote>", html, re.DOTALL)
    lines = re.findall(r"<p[^>]*>(.*?)</p>", draft)
    assert (lines[0], lines[-1]) == ("Hello Bo Haddad,", "Thank you, Ana")


@pytest.mark.parametrize("kind", EmailKind)
def test_mail_programs_find_the_signature(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    """A line of two hyphens and a blank (RFC 3676); no raw line ends with a blank."""
    row = owe(session, story, kind)
    data = messages.compose(session, row.id, settings).data

    assert body(read(data), "plain").count("\n-- \n") == 1
    assert not re.search(rb"[ \t]\r\n", data.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("kind", EmailKind)
def test_no_line_of_text_is_long_but_for_links(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    for line in body(compose(session, story, settings, kind), "plain").splitlines():
        assert len(line) <= 78 or line.split()[-1].startswith("http")
        assert line == line.rstrip() or line == "-- "

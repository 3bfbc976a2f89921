"""The words of emails: approved copies, nothing that a reader must not see, one recipient each."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import factories
import icalendar
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from itsdangerous import BadSignature
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from stories import AT, body, compose, owe, read

from mentorship import database, links
from mentorship.coordination import roster
from mentorship.emails import contents, messages, mime, wordings
from mentorship.links import Purpose
from mentorship.models import (
    Email,
    EmailKind,
    Pairing,
    Profile,
    Question,
    Role,
    Trait,
    Unmatched,
)
from mentorship.pairings import answers, reasons, why_unmatched
from mentorship.pairings.sentences import Reader
from mentorship.people import sight
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.rounds import rounds
from mentorship.settings import Settings
from mentorship.states import Ending, PairingState, ProfileState, RoundState

APPROVED = Path(__file__).parent / "approved"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Words are the same on every database, so one will do."""
    return sqlite_url


@pytest.mark.parametrize("kind", EmailKind)
def test_the_words_are_those_that_were_approved(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    """Run with APPROVE=1 after changing words, and read the difference."""
    message = compose(session, story, settings, kind)
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
        copy = APPROVED / f"{kind}.{form}"
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


@pytest.mark.parametrize("trace", ["doubt_since", "sent_at"])
def test_what_the_relay_may_have_is_sent_as_the_same_bytes(
    session: Session, story: dict[str, Any], settings: Settings, trace: str
) -> None:
    compose(session, story, settings, EmailKind.NOT_THIS_TIME)
    row = session.scalars(select(Email)).one()
    row.message, row.message_id = b"as it was", "<1@x>"
    setattr(row, trace, database.now(session))
    session.flush()

    assert messages.compose(session, row.id, settings).data == b"as it was"


@pytest.mark.parametrize("kind", EmailKind)
def test_what_the_relay_put_off_stays_the_same_unless_something_has_changed(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    compose(session, story, settings, kind)
    row = session.scalars(select(Email)).one()
    first = messages.compose(session, row.id, settings)
    written, before = mime.date_of(first.data).encode(), mime.date(AT).encode()
    assert first.data.count(written) == 1
    first = dataclasses.replace(first, data=first.data.replace(written, before))
    row.message, row.message_id = first.data, first.message_id
    session.flush()

    assert messages.compose(session, row.id, settings) == first

    row.person.full_name = "Someone Renamed"
    own = Profile.person_id == row.person_id
    session.execute(update(Profile).where(own).values(full_name="Someone Renamed"))
    session.flush()
    again = messages.compose(session, row.id, settings)
    assert b"Someone Renamed" in again.data
    assert again.message_id == first.message_id
    assert mime.date_of(again.data) == mime.date_of(first.data)


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


def test_an_introduction_whose_pairings_have_ended_is_not_sent(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.MENTOR_INTRODUCTION)
    story["pairing"].state = PairingState.ENDED
    session.flush()

    with pytest.raises(contents.Outdated, match="has ended"):
        messages.compose(session, row.id, settings)


def test_coordinators_read_nothing_of_sensitive_goals(story: dict[str, Any]) -> None:
    told = story["pairing"].reasons

    for_mentee = reasons.of_pair(told, Reader.MENTEE, Viewer.MATCH, "Ana", "Bo")
    for_coordinator = reasons.of_pair(told, Reader.COORDINATOR, Viewer.COORDINATOR, "Ana", "Bo")

    assert "burnout and wellbeing (your first choice) and interview practice" in for_mentee[0]
    assert for_coordinator[0] == "Bo offers help with interview practice."
    only = [
        {"criterion": "help", "goals": ["burnout-wellbeing"], "experiences": [], "first_wish": True}
    ]
    assert reasons.of_pair(only, Reader.COORDINATOR, Viewer.COORDINATOR, "Ana", "Bo") == []


@pytest.mark.parametrize("reader", Reader)
@pytest.mark.parametrize(
    "reason",
    [
        {"cause": "places", "suitable": 1},
        {"cause": "places", "suitable": 2, "field": "cardiology", "asked_by": 9, "places": 3},
        {"cause": "floor", "allowed": 3},
        *[
            {"cause": "rule", "rule": rule, "would_open": count}
            for rule in (*why_unmatched._RULES, *why_unmatched._SECRET)
            for count in (2, 7)
        ],
        {"cause": "rules"},
        {"cause": "demand", "suitable": 0},
        {"cause": "no_mentees"},
    ],
    ids=json.dumps,
)
def test_every_reason_is_a_sentence_that_ranks_nobody(
    reader: Reader, reason: dict[str, Any]
) -> None:
    sentence = why_unmatched.in_words(reason, reader)

    assert sentence.endswith(".")
    assert sentence[0].isupper() or sentence[0].isdigit()
    if reader is not Reader.COORDINATOR:
        assert not any(word in sentence.lower() for word in ("score", "rank", "better", "worse"))
        assert "gender" not in sentence.lower()


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


def test_a_mentor_of_several_answers_the_coordinator(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    first, second = story["pairing"], story["left"]
    session.add(
        Pairing(
            program_id=first.program_id,
            round_id=first.round_id,
            mentee_id=second.id,
            mentor_id=first.mentor_id,
            mentee_person_id=second.person_id,
            mentor_person_id=first.mentor_person_id,
            state=PairingState.INTRODUCED,
            introduced_at=AT,
            score=1,
            contributions={},
            reasons=[],
        )  # fmt: skip
    )
    message = compose(session, story, settings, EmailKind.MENTOR_INTRODUCTION)

    assert message["Subject"] == "Your 2 new mentees in Harbor Mentoring"
    assert message["Reply-To"] == "dana@example.org"
    text = body(message, "plain")
    assert "Meet Ana Lindqvist and Cy Adeyemi." in text
    assert "This isn't the right match: Ana Lindqvist" in text
    assert "This isn't the right match: Cy Adeyemi" in text


@pytest.mark.parametrize(("bonus", "is_promised"), [(0.05, True), (0, False)])
def test_having_waited_is_said_to_count_only_where_it_does(
    session: Session, story: dict[str, Any], settings: Settings, bonus: float, is_promised: bool
) -> None:
    policy = story["round"].policy
    policy.body = {**policy.body, "waiting_bonus": bonus}
    message = compose(session, story, settings, EmailKind.NOT_THIS_TIME)

    text = " ".join(body(message, "plain").split())
    assert ("Your wait counts in your favor" in text) == is_promised
    assert "You've now waited 2 rounds." in text


@pytest.mark.parametrize(("number", "is_told"), [(0, True), (1, False)])
def test_an_introduction_says_whom_this_round_parted_one_from(
    session: Session, story: dict[str, Any], settings: Settings, number: int, is_told: bool
) -> None:
    former = factories.make_mentor(session, story["program"], full_name="Eli Former")
    mentee, round = story["mentee"], story["round"]
    session.add(
        Pairing(
            program_id=round.program_id, round_id=round.id, mentee_id=mentee.id,
            mentor_id=former.id, mentee_person_id=mentee.person_id,
            mentor_person_id=former.person_id, state=PairingState.ENDED, score=1, reasons=[],
            contributions={}, ended_reason=f"{Ending.BY_ROUND} {round.number + number}",
        )
    )  # fmt: skip
    message = compose(session, story, settings, EmailKind.MENTEE_INTRODUCTION)

    text = " ".join(body(message, "plain").split())
    assert ("replaces your pairing with Eli Former" in text) == is_told


STAGES = {"Eli Open": "resident", "Fay Answered": "fellow", "Gil Gone": "nursing-student"}


def test_one_reminder_speaks_of_all_questions_that_are_open(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    mentor, round = story["mentor"], story["round"]
    pairings = {}
    for name, state in (("Eli Open", "asked"), ("Fay Answered", "asked"), ("Gil Gone", "declined")):
        mentee = factories.make_mentee(
            session, story["program"], full_name=name, career_stage=STAGES[name]
        )
        pairings[name] = Pairing(
            program_id=round.program_id, round_id=round.id, mentee_id=mentee.id,
            mentor_id=mentor.id, mentee_person_id=mentee.person_id, asked_at=AT,
            mentor_person_id=mentor.person_id, state=PairingState(state), score=1, reasons=[],
            contributions={}, mentor_agreed_at=AT if "Answered" in name else None,
        )  # fmt: skip
    session.add_all(pairings.values())
    session.flush()
    noted = factories.make_pairing(session, story["program"], PairingState.ASKED, mentor=mentor)
    noted.mentee.full_name = "Hal Noted"
    me, ask = mentor.person_id, Question.ASK
    answers.give(session, settings, noted.id, me, ask, "no")

    reminder = compose(session, story, settings, EmailKind.PAIRING_QUESTION_REMINDER)
    question = compose(session, story, settings, EmailKind.PAIRING_QUESTION)

    text, html = body(reminder, "plain"), body(reminder, "html")
    assert "We also asked you about: Resident" in text
    assert "We also asked you about: Resident" in html
    assert text.count("We also asked you about") == 1
    for name in ("Eli", "Fay", "Gil", "Hal", "Ana"):
        assert f"{name} " not in text
    tokens = {word.split("?")[0].rsplit("/")[-1] for word in text.split() if "choice=yes" in word}
    asked = {links.read(token, [Purpose.ASK], settings).about for token in tokens}
    assert asked == {story["pairing"].id, pairings["Eli Open"].id}
    assert "Resident" not in body(question, "plain")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Ending.LEFT, "no longer takes part"),
        (Ending.FINISHED, "done what you set out to do"),
        (Ending.NOT_FIT, "It wasn't the right match"),
        (Ending.STEPPED_OUT, "It wasn't the right match"),
        (f"{Ending.BY_ROUND} 3", "A new round"),
    ],
)
def test_an_end_is_told_as_it_came_about(
    session: Session, story: dict[str, Any], settings: Settings, reason: str, said: str
) -> None:
    row = owe(session, story, EmailKind.PAIRING_ENDED)
    story["pairing"].ended_reason = reason
    session.flush()

    text = body(read(messages.compose(session, row.id, settings).data), "plain")
    assert said in " ".join(text.split())


def test_nobody_is_introduced_before_both_said_yes(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    kinds = (EmailKind.MENTEE_INTRODUCTION, EmailKind.MENTOR_INTRODUCTION)
    introductions = [owe(session, story, kind) for kind in kinds]
    question = compose(session, story, settings, EmailKind.PAIRING_QUESTION)

    assert not re.search(r"\bana@", body(question, "plain") + body(question, "html"))
    for row in introductions:
        with pytest.raises(contents.Outdated):
            messages.compose(session, row.id, settings)


@pytest.mark.parametrize("kind", [EmailKind.PAIRING_QUESTION, EmailKind.PAIRING_QUESTION_REMINDER])
def test_whoever_is_asked_reads_nothing_that_is_for_after_both_said_yes(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    story["mentee"].answers |= {"institution": "Harbor College", "city": "Kobe"}
    message = compose(session, story, settings, kind)
    asked = " ".join(f"{message['Subject']} {body(message, 'plain')}".split())

    assert "interview practice" in asked
    assert "Medical student" in asked
    for later in ("burnout", "Interviews frighten", "Lindqvist", "Ana ", "Harbor College"):
        assert later not in asked, later
    assert "Kobe" not in asked
    assert not re.search(r"\bana@", asked)

    pairing = story["pairing"]
    pairing.state, pairing.introduced_at = PairingState.ACTIVE, AT
    introduced = body(compose(session, story, settings, EmailKind.MENTOR_INTRODUCTION), "plain")
    assert "burnout and wellbeing" in introduced
    assert "Interviews frighten me" in introduced


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (EmailKind.INVITATION, ProfileState.READY),
        (EmailKind.INVITATION, ProfileState.LEFT),
        (EmailKind.UNFINISHED_PROFILE, ProfileState.READY),
        (EmailKind.UNFINISHED_PROFILE, ProfileState.LEFT),
        (EmailKind.WELCOME, ProfileState.LEFT),
        (EmailKind.NOT_THIS_TIME, ProfileState.LEFT),
        (EmailKind.PAIRING_NOT_MADE, ProfileState.LEFT),
    ],
)
@pytest.mark.parametrize("is_written", [False, True])
def test_what_the_person_has_moved_on_from_is_not_sent(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind,
    state: ProfileState, is_written: bool,
) -> None:  # fmt: skip
    row = owe(session, story, kind)
    if is_written:
        row.message, row.message_id = b"refused for now", "<1@x>"
    story["left"].state = story["mentee"].state = state
    session.flush()

    with pytest.raises(contents.Outdated):
        messages.compose(session, row.id, settings)


def test_a_round_that_was_published_is_not_announced_as_waiting(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.ROUND_FINISHED)
    story["round"].state = RoundState.PUBLISHED
    session.flush()
    text = body(read(messages.compose(session, row.id, settings).data), "plain")
    assert "before it was published" in text
    assert "before you publish" not in text

    story["round"].state = RoundState.DISCARDED
    session.flush()
    with pytest.raises(contents.Outdated, match="discarded"):
        messages.compose(session, row.id, settings)


def test_whoever_has_left_is_told_of_an_end_and_promised_nobody_new(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.PAIRING_ENDED)
    story["mentor"].state = ProfileState.LEFT
    session.flush()

    text = body(read(messages.compose(session, row.id, settings).data), "plain")
    assert "later round" not in text


def test_an_application_that_was_turned_down_is_told_so_though_it_is_closed(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.NOT_ADMITTED)
    story["left"].state = ProfileState.LEFT
    session.flush()

    assert messages.compose(session, row.id, settings).data


@pytest.mark.parametrize("kind", [EmailKind.NOT_THIS_TIME, EmailKind.NO_MENTEE_THIS_TIME])
def test_a_result_of_a_round_that_a_later_one_replaced_is_not_sent(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    row = owe(session, story, kind)
    row.message, row.message_id = b"refused for now", "<1@x>"
    story["round"].state = RoundState.CLOSED
    session.flush()
    assert messages.compose(session, row.id, settings).data, "no one else tells them"
    role = Role.MENTEE if kind is EmailKind.NOT_THIS_TIME else Role.MENTOR
    mine = select(Profile).where(Profile.person_id == row.person_id, Profile.role == role)
    profile = session.scalars(mine).one()
    later, _ = rounds.start(session, story["program"], requested_by="test")
    later.state = RoundState.PUBLISHED
    session.add(Unmatched(round_id=later.id, profile_id=profile.id, reason={}))
    session.flush()

    with pytest.raises(contents.Outdated, match="a later round"):
        messages.compose(session, row.id, settings)


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


def test_a_time_that_was_changed_since_is_not_sent(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.MEETING_AGREED)
    story["pairing"].meeting_number = 2
    session.flush()

    with pytest.raises(contents.Outdated, match="another time"):
        messages.compose(session, row.id, settings)


def test_mentors_who_offer_a_conversation_are_found_by_a_reference_and_not_named(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    left, program = story["left"], story["program"]
    avoided = factories.make_mentor(session, program, full_name="No One", one_off="both")
    left.answers = {**left.answers, "do_not_match": [avoided.listed_id]}
    factories.make_mentor(session, program, full_name="Not Offering", one_off="no")
    factories.make_mentor(
        session, program, full_name="Other Tongue", languages=["fi"], one_off="both"
    )
    for number in range(4):
        factories.make_mentor(session, program, full_name=f"Helper {number}", one_off="group")

    text = body(compose(session, story, settings, EmailKind.NOT_THIS_TIME), "plain")

    line = " ".join(text.split())
    references = re.findall(r"\(reference ([0-9a-f]{8})\)", line)
    assert len(set(references)) == 3
    assert not re.search("Helper|Okafor|No One|Not Offering|Other Tongue", text)
    assert "helper" not in text
    for reference in references:
        sought = roster.Sought(text=reference.upper())
        (mentor,) = roster.find(session, program.id, sought, 1).items
        assert mentor.full_name.startswith(("Helper", "Di Okafor"))


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


@pytest.mark.parametrize("kind", EmailKind)
def test_no_line_of_text_is_long_but_for_links(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    for line in body(compose(session, story, settings, kind), "plain").splitlines():
        assert len(line) <= 78 or line.split()[-1].startswith("http")
        assert line == line.rstrip() or line == "-- "


def test_who_becomes_a_coordinator_is_told_of_being_signed_out_only_if_they_took_part(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    added = EmailKind.COORDINATOR_ADDED
    assert "signed out" not in body(compose(session, story, settings, added), "plain")

    person = story["left"].person
    programs.add_coordinator(session, story["program"], person.email)
    row = session.scalars(select(Email).where(Email.kind == added)).one()
    row.person = person
    session.flush()
    assert "signed out" in body(read(messages.compose(session, row.id, settings).data), "plain")


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

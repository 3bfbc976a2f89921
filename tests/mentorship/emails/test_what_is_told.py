"""What emails tell whom: reasons, questions and ends, and nothing that a reader must not see."""

from __future__ import annotations

import json
import re
from typing import Any

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from stories import AT, body, compose, owe, read

from mentorship import links
from mentorship.coordination import roster
from mentorship.emails import contents, messages
from mentorship.links import Purpose
from mentorship.models import Email, EmailKind, Pairing, Question
from mentorship.pairings import answers, reasons, why_unmatched
from mentorship.pairings.sentences import Reader
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.settings import Settings
from mentorship.states import Ending, PairingState, ProfileState

STAGES = {"Eli Open": "resident", "Fay Answered": "fellow", "Gil Gone": "nursing-student"}


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
def test_every_reason_is_a_sentence_that_ranks_no_one(
    reader: Reader, reason: dict[str, Any]
) -> None:
    sentence = why_unmatched.in_words(reason, reader)

    assert sentence.endswith(".")
    assert sentence[0].isupper() or sentence[0].isdigit()
    if reader is not Reader.COORDINATOR:
        assert not any(word in sentence.lower() for word in ("score", "rank", "better", "worse"))
        assert "gender" not in sentence.lower()


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
        (Ending.LEFT, "is no longer in the program"),
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


def test_no_one_is_introduced_before_both_said_yes(
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
def test_people_who_are_asked_read_nothing_meant_for_after_both_said_yes(
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


def test_people_who_left_are_told_of_an_end_and_promised_no_one_new(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.PAIRING_ENDED)
    story["mentor"].state = ProfileState.LEFT
    session.flush()

    text = body(read(messages.compose(session, row.id, settings).data), "plain")
    assert "later round" not in text


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


def test_new_coordinators_are_told_of_being_signed_out_only_if_they_took_part(
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

"""A program and its people, told once for all tests of what emails say."""

from __future__ import annotations

import dataclasses
import datetime
import email
import email.policy
import uuid
from email.message import EmailMessage
from typing import Any

import factories
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.coordination import correspondence
from mentorship.coordination.roster import Sought
from mentorship.emails import messages
from mentorship.emails.examples import Cast, OfPairing
from mentorship.emails.kinds import KINDS
from mentorship.models import Cause, Email, EmailKind, Pairing, Role, SignInLink, Unmatched
from mentorship.programs import programs
from mentorship.rounds import rounds
from mentorship.settings import Settings
from mentorship.states import Ending, PairingState, RoundState

#: What a coordinator writes.
LETTER = """We meet on Friday at 5 in the library, and there is food.

Please tell us if you come, and bring a friend:
https://forms.example.org/friday?from=email&x=1"""
AT = datetime.datetime(2026, 11, 23, 23, 30, tzinfo=datetime.UTC)


def tell(session: Session) -> dict[str, Any]:
    """Write a published round of three people, one of whom is left without a mentor."""
    program = factories.make_program(session, next_round_on=datetime.date(2099, 2, 2))
    program.name = "Harbor Mentoring"
    mentee = factories.make_mentee(
        session, program, full_name="Ana Lindqvist", preferred_name="Ana", email="ana@example.org",
        goals=["burnout-wellbeing", "interview-practice"], modalities=["video-call"],
        statement="I hope to find my way.\nInterviews frighten me.", timezone="Asia/Tokyo",
    )  # fmt: skip
    mentor = factories.make_mentor(
        session, program, full_name="Bo Haddad", email="bo@example.org", pronouns="he/him",
        topics=["burnout-wellbeing", "interview-practice"], institution="St. Mary", city="Leeds",
        modalities=["video-call"], timezone="Europe/London",
    )  # fmt: skip
    left = factories.make_mentee(session, program, full_name="Cy Adeyemi", email="cy@example.org")
    left.rounds_waiting = 2
    coordinator = programs.coordinators(session, program.id)[0].person
    coordinator.full_name, coordinator.email = "Dana Reyes", "dana@example.org"
    helper = factories.make_mentor(
        session, program, full_name="Di Okafor", email="di@example.org", one_off="both",
        specialties=["cardiology", "internal-medicine"],
    )  # fmt: skip
    round, _ = rounds.start(session, program, requested_by="test")
    round.state = RoundState.PUBLISHED
    round.result = {
        "measures": {"matched": 1, "unmatched": 1},
        "certificate": {"is_optimal": True},
        "broken": [],
    }
    pairing = Pairing(
        program_id=program.id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
        mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id,
        state=PairingState.INTRODUCED, introduced_at=AT, score=654_321, contributions={},
        reasons=[
            {
                "criterion": "help", "goals": ["burnout-wellbeing", "interview-practice"],
                "experiences": [], "first_wish": True,
            },
            {"criterion": "specialty", "shared": ["cardiology"]},
            {"criterion": "style", "alike": 3},
        ],
        ended_reason=f"{Ending.BY_ROUND} 2", meeting_number=1, meeting_minutes=30,
        meeting_where="https://meet.example.org/ana-bo",
    )  # fmt: skip
    reason = {"cause": "places", "suitable": 4, "field": "cardiology", "asked_by": 3, "places": 2}
    unmatched = Unmatched(round_id=round.id, profile_id=left.id, reason=reason)
    nobody = Unmatched(
        round_id=round.id, profile_id=mentor.id, reason={"cause": "demand", "suitable": 0}
    )
    session.add_all([pairing, unmatched, nobody])
    session.flush()
    at = database.now(session)
    link = SignInLink(
        id=uuid.UUID(int=2026), person_id=left.person_id, token_hash="made up", is_answered=True,
        created_at=at, expires_at=at + datetime.timedelta(minutes=10),
    )  # fmt: skip
    session.add(link)
    session.flush()
    letter = correspondence.draft(
        session, program, coordinator.id, Sought(), "The workshop is on Friday", LETTER
    )
    return {
        "link": link, "letter": letter, "program": program, "round": round,
        "pairing": pairing, "mentee": mentee,
        "mentor": mentor, "left": left, "helper": helper,
        "cast": Cast(
            program, round, pairing, left, {Role.MENTEE: unmatched, Role.MENTOR: nobody},
            coordinator, AT,
        ),
    }  # fmt: skip


#: The approved copies show the mentor's side of these.
TO_THE_MENTOR = (
    EmailKind.PAIRING_ENDED, EmailKind.PAIRING_QUESTION, EmailKind.PAIRING_QUESTION_REMINDER,
)  # fmt: skip


def owe(session: Session, story: dict[str, Any], kind: EmailKind) -> Email:
    """Write an email of a kind into the outbox, and make what it says come true."""
    example = KINDS[kind].example
    is_of_program = example or kind.cause in (Cause.PROGRAM, Cause.LETTER)
    program_id = story["program"].id if is_of_program else None
    if example is None:  # Neither emails about an account nor what coordinators write.
        person = story["cast"].coordinator
        if kind is not EmailKind.COORDINATOR_ADDED:
            person = story["left"].person
        causes = {
            Cause.SIGN_IN_LINK: story["link"].id, Cause.PERSON: person.id,
            Cause.PROGRAM: story["program"].id, Cause.LETTER: story["letter"].id,
        }  # fmt: skip
        reader, cause, number = person.id, causes[kind.cause], 0
    else:
        if kind in TO_THE_MENTOR:
            assert isinstance(example, OfPairing)
            example = dataclasses.replace(example, reader=Role.MENTOR)
        posed = example.posed(story["cast"], kind)
        reader, cause, number = posed.person_id, posed.cause_id, posed.number
    outbox.owe(session, kind, to=reader, about=cause, program_id=program_id, number=number)
    session.flush()
    return session.scalars(select(Email).where(Email.kind == kind)).one()


def compose(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> EmailMessage:
    row = owe(session, story, kind)
    return read(messages.compose(session, row.id, settings).data)


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")

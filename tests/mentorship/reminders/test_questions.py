"""Asking first: who is reminded of the question, and when it is closed."""

from __future__ import annotations

import factories
from owed import DAY, make_older, owe, send_all, set_person
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.models import Email, EmailKind, Program, Question
from mentorship.pairings import answers, expiry
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState


def test_people_who_stay_silent_are_reminded_once_on_day_seven(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=6.9)
    assert owe(session) == []
    make_older(session, pairing, 0.2)
    pairing.mentee_agreed_at = database.now(session)

    assert owe(session) == [("pairing_question_reminder", "mentor", 0)]
    send_all(session, days_ago=20)
    assert owe(session) == []


def test_an_answer_that_can_still_be_undone_is_an_answer(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=8)
    mentee, ask = pairing.mentee_person_id, Question.ASK
    answers.give(session, settings, pairing.id, mentee, ask, "yes")

    assert owe(session) == [("pairing_question_reminder", "mentor", 0)]


def test_a_question_without_an_answer_is_closed_on_day_fourteen(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=13.9)
    mentor = pairing.mentor_person_id
    kind = EmailKind.PAIRING_QUESTION_REMINDER
    outbox.owe(session, kind, to=mentor, about=pairing.id, program_id=program.id)
    assert expiry.expire_unanswered(session) == 0
    make_older(session, pairing, 1.2)

    assert expiry.expire_unanswered(session) == 1
    assert expiry.expire_unanswered(session) == 0

    session.refresh(pairing)
    session.refresh(pairing.mentor)
    session.refresh(pairing.mentee)
    assert (pairing.state, pairing.ended_reason) == ("expired", "no answer")
    assert pairing.mentor.places_taken == 0
    assert pairing.mentee.rounds_waiting == 1
    found = session.scalars(select(Email).where(Email.state == EmailState.READY)).all()
    assert {(email.kind.value, email.person_id) for email in found} == {
        ("pairing_not_made", pairing.mentee_person_id),
        ("pairing_not_made", pairing.mentor_person_id),
    }


def test_the_last_day_is_open_to_its_end(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=14.01)
    hour = database.now(session).hour
    for profile in (pairing.mentee, pairing.mentor):
        set_person(session, profile.person, timezone=f"Etc/GMT{hour - 12:+d}")

    assert expiry.expire_unanswered(session) == 0
    mentee, ask = pairing.mentee_person_id, Question.ASK
    assert answers.inquiry(session, pairing.id, mentee, ask).closed is None
    answers.give(session, settings, pairing.id, mentee, ask, "yes")


def test_a_yes_in_the_last_minute_takes_effect_before_the_question_is_closed(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=13.999)
    pairing.mentor_agreed_at = database.now(session)
    mentee, ask = pairing.mentee_person_id, Question.ASK
    answer = answers.give(session, settings, pairing.id, mentee, ask, "yes")
    make_older(session, pairing, 1.1)

    assert expiry.expire_unanswered(session) == 0
    answer.effective_at = database.now(session) - DAY
    assert answers.apply_due(session) == 1
    session.refresh(pairing)
    assert pairing.state == "active"

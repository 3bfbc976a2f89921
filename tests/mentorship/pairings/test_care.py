"""What coordinators do for a pairing: resend the introduction, end it, and both are told."""

from __future__ import annotations

import uuid
from typing import Any

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.errors import Invalid, WrongState
from mentorship.models import Email, EmailKind, Lesson, Pairing, Program
from mentorship.pairings import care, reasons, verdicts
from mentorship.states import EmailState, Ending, PairingState


def emails(session: Session, *kinds: EmailKind) -> set[tuple[EmailKind, uuid.UUID]]:
    session.flush()
    rows = session.scalars(select(Email).where(Email.kind.in_(kinds)))
    return {(email.kind, email.person_id) for email in rows}


def introduced(session: Session, pairing: Pairing, **changes: Any) -> dict[EmailKind, Email]:
    """The two emails that introduce them, as sent."""
    for kind, person_id, about in (
        (EmailKind.MENTEE_INTRODUCTION, pairing.mentee_person_id, pairing.id),
        (EmailKind.MENTOR_INTRODUCTION, pairing.mentor_person_id, pairing.round_id),
    ):
        outbox.owe(session, kind, to=person_id, about=about, program_id=pairing.program_id)
    session.flush()
    found = {email.kind: email for email in session.scalars(select(Email))}
    for email in found.values():
        email.state, email.sent_at = EmailState.SENT, database.now(session)
        email.message = b"as it was"
        for name, value in changes.items():
            setattr(email, name, value)
    session.flush()
    return found


@pytest.mark.parametrize("reason", care.ENDINGS)
@pytest.mark.parametrize("state", [PairingState.INTRODUCED, PairingState.ACTIVE])
def test_both_are_told_that_it_ended_and_the_place_is_free(
    session: Session, program: Program, state: PairingState, reason: Ending
) -> None:
    pairing = factories.make_pairing(session, program, state, days=3)
    introduced(session, pairing)

    care.end(session, pairing, "dana", reason)

    assert (pairing.state, pairing.ended_reason) == (PairingState.ENDED, reason)
    assert pairing.mentor.places_taken == 0
    both = {pairing.mentee_person_id, pairing.mentor_person_id}
    told = emails(session, EmailKind.PAIRING_ENDED)
    assert told == {(EmailKind.PAIRING_ENDED, person) for person in both}
    session.refresh(pairing.mentee)
    assert pairing.mentee.rounds_waiting == (1 if reason is Ending.BY_COORDINATOR else 0)
    lesson = session.scalars(select(Lesson).where(Lesson.program_id == program.id)).one()
    assert lesson.changes > 0
    assert verdicts.of_pairing(pairing.state, pairing.ended_reason, []) is None
    with pytest.raises(WrongState):
        care.end(session, pairing, "dana", reason)


def test_each_reads_that_a_coordinator_ended_it(session: Session, program: Program) -> None:
    for reason in care.ENDINGS:
        words = reasons.of_ending(reason, "Bo")
        assert "program" in words
        assert "Bo has been told" in words


def test_those_who_have_not_heard_of_it_are_told_nothing(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program)
    introduced(session, pairing, state=EmailState.READY, sent_at=None, message=None)

    care.end(session, pairing, "dana", Ending.BY_COORDINATOR)

    assert emails(session, EmailKind.PAIRING_ENDED) == set()


def test_a_question_is_closed_with_the_email_that_says_so(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED)

    care.end(session, pairing, "dana", Ending.BY_COORDINATOR)

    assert pairing.state is PairingState.DECLINED
    both = {pairing.mentee_person_id, pairing.mentor_person_id}
    told = emails(session, EmailKind.PAIRING_NOT_MADE, EmailKind.PAIRING_ENDED)
    assert told == {(EmailKind.PAIRING_NOT_MADE, person) for person in both}


def test_a_reason_is_one_of_a_coordinators(session: Session, program: Program) -> None:
    pairing = factories.make_pairing(session, program)

    with pytest.raises(Invalid):
        care.end(session, pairing, "dana", Ending.STEPPED_OUT)

    assert pairing.state is PairingState.INTRODUCED


def test_both_introductions_are_sent_again_as_they_were(session: Session, program: Program) -> None:
    pairing = factories.make_pairing(session, program)
    found = introduced(session, pairing)

    assert care.resend_introduction(session, pairing, "dana") == 2

    for email in found.values():
        session.refresh(email)
        assert (email.state, email.message) == (EmailState.READY, b"as it was")
    with pytest.raises(WrongState):
        care.resend_introduction(session, pairing, "dana")


def test_a_mentors_introduction_that_names_a_former_mentee_is_not_resent(
    session: Session, program: Program
) -> None:
    mentor = factories.make_mentor(session, program, capacity=2)
    pairing = factories.make_pairing(session, program, mentor=mentor)
    other = factories.make_pairing(session, program, mentor=mentor)
    other.round_id = pairing.round_id
    found = introduced(session, pairing)
    care.end(session, other, "dana", Ending.BY_COORDINATOR)

    assert care.resend_introduction(session, pairing, "dana") == 1

    session.refresh(found[EmailKind.MENTOR_INTRODUCTION])
    assert found[EmailKind.MENTOR_INTRODUCTION].state is EmailState.SENT


def test_no_introduction_is_sent_to_those_who_have_parted(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program)
    introduced(session, pairing)
    care.end(session, pairing, "dana", Ending.CONCLUDED)

    with pytest.raises(WrongState):
        care.resend_introduction(session, pairing, "dana")

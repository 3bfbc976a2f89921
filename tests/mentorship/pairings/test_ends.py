"""A pairing that ends: who is told of it, and who never hears that it was."""

from __future__ import annotations

import factories
import pytest
from replies import emails, say
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.emails import messages, mime
from mentorship.models import Email, EmailKind, Pairing, Profile, Program, Question
from mentorship.pairings import pairings
from mentorship.settings import Settings
from mentorship.states import EmailState


def test_stepping_out_ends_it_and_tells_the_other_alone(
    session: Session, settings: Settings, program: Program, met: Pairing
) -> None:
    outbox.owe(
        session,
        EmailKind.MENTEE_INTRODUCTION,
        to=met.mentee_person_id,
        about=met.id,
        program_id=program.id,
    )
    session.flush()
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=database.now(session)))
    mentor, round = met.mentor_person_id, met.round_id
    outbox.owe(
        session, EmailKind.MENTOR_INTRODUCTION, to=mentor, about=round, program_id=program.id
    )

    say(session, settings, met, "mentor", Question.STEP_OUT, "step_out")

    assert (met.state, met.ended_reason) == ("ended", "stepped out")
    assert emails(session) == {("pairing_ended", "mentee")}
    assert emails(session, EmailState.SUPERSEDED) == {("mentor_introduction", "mentor")}
    session.refresh(met.mentor)
    session.refresh(met.mentee)
    assert met.mentor.places_taken == 0
    assert met.mentee.rounds_waiting == 1


def test_a_mentor_who_keeps_another_new_mentee_is_still_introduced(
    session: Session, settings: Settings, program: Program
) -> None:
    mentor = factories.make_mentor(session, program, capacity=2)
    first = factories.make_pairing(session, program, mentor=mentor)
    second = factories.make_pairing(session, program, mentor=mentor)
    second.round_id = first.round_id
    kind = EmailKind.MENTOR_INTRODUCTION
    outbox.owe(session, kind, to=mentor.person_id, about=first.round_id, program_id=program.id)

    say(session, settings, first, "mentee", Question.STEP_OUT, "step_out")

    assert ("mentor_introduction", "mentor") in emails(session)


@pytest.mark.parametrize("cause", ["round_id", "id"])
@pytest.mark.parametrize("who", ["mentee", "mentor"])
def test_people_not_introduced_yet_hear_nothing_of_the_end(
    session: Session, settings: Settings, program: Program, met: Pairing, who: str, cause: str
) -> None:
    outbox.owe(
        session,
        EmailKind.MENTEE_INTRODUCTION,
        to=met.mentee_person_id,
        about=met.id,
        program_id=program.id,
    )
    kind, mentor = EmailKind.MENTOR_INTRODUCTION, met.mentor_person_id
    outbox.owe(session, kind, to=mentor, about=getattr(met, cause), program_id=program.id)

    pairings.leave(session, getattr(met, who))

    assert emails(session) == set()


@pytest.mark.parametrize("trace", ["doubt_since", "sent_at"])
def test_people_who_may_have_been_introduced_hear_of_the_end(
    session: Session, program: Program, met: Pairing, trace: str
) -> None:
    kind, mentor = EmailKind.MENTOR_INTRODUCTION, met.mentor_person_id
    outbox.owe(session, kind, to=mentor, about=met.round_id, program_id=program.id)
    session.flush()
    session.execute(update(Email).values({trace: database.now(session)}))

    pairings.leave(session, met.mentee)

    assert ("pairing_ended", "mentor") in emails(session)


@pytest.mark.parametrize(
    ("state", "trace", "kept"),
    [
        (EmailState.READY, None, False),
        (EmailState.CLAIMED, None, False),
        (EmailState.SUBMITTING, None, False),
        (EmailState.READY, "doubt_since", True),
        (EmailState.READY, "sent_at", True),
    ],
)
def test_an_introduction_that_the_relay_put_off_is_written_again_without_who_has_gone(
    session: Session, settings: Settings, program: Program, state: EmailState, trace: str | None,
    kept: bool,
) -> None:  # fmt: skip
    mentor = factories.make_mentor(session, program, capacity=2)
    gone = factories.make_pairing(session, program, mentor=mentor)
    stays = factories.make_pairing(session, program, mentor=mentor)
    stays.round_id = gone.round_id
    kind = EmailKind.MENTOR_INTRODUCTION
    outbox.owe(session, kind, to=mentor.person_id, about=gone.round_id, program_id=program.id)
    session.flush()
    row = session.scalars(select(Email)).one()
    first = messages.compose(session, row.id, settings)
    gone_address, stays_address = (p.mentee.person.email.encode() for p in (gone, stays))
    assert gone_address in first.data
    at = database.now(session)
    row.message, row.message_id, row.state = first.data, first.message_id, state
    row.lease_until = None if state is EmailState.READY else at
    if trace:
        setattr(row, trace, at)
    session.flush()
    session.expunge_all()

    pairings.leave(session, session.get_one(Profile, gone.mentee_id))
    session.expunge_all()

    again = messages.compose(session, row.id, settings)
    assert again.message_id == first.message_id
    assert mime.date_of(again.data) == mime.date_of(first.data)
    assert (again.data == first.data) is kept
    assert (gone_address in again.data) is kept
    assert stays_address in again.data

"""What is looked at once more before an email leaves."""

from __future__ import annotations

import datetime

import factories
import pytest
import servers
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery import sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.models import Email, EmailKind, Pairing, Person
from mentorship.pairings import pairings
from mentorship.rounds import rounds
from mentorship.settings import Settings
from mentorship.states import EmailState, Ending, PairingState


def a_pairing(session: Session) -> Pairing:
    program = factories.make_program(session)
    mentee = factories.make_mentee(session, program)
    mentor = factories.make_mentor(session, program)
    round, _ = rounds.start(session, program, requested_by="test")
    pairing = Pairing(
        program_id=program.id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
        mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id, score=1,
        state=PairingState.INTRODUCED, introduced_at=database.now(session), contributions={},
        reasons=[],
    )  # fmt: skip
    mentor.places_taken = 1
    session.add(pairing)
    session.flush()
    return pairing


def zone_where_it_is(hour: int, now: datetime.datetime) -> str:
    """A zone in which it is about this hour now; the signs of these zones are turned round."""
    ahead = (hour - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@pytest.mark.parametrize(("hour", "leaves"), [(3, False), (22, False), (12, True)])
def test_a_reminder_that_was_held_up_into_the_night_waits_for_the_day(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, hour: int,
    leaves: bool,
) -> None:  # fmt: skip
    with database.transaction(engine) as session:
        pairing = a_pairing(session)
        now = database.now(session)
        session.get_one(Person, pairing.mentee_person_id).timezone = zone_where_it_is(hour, now)
        kind, person = EmailKind.FIRST_MEETING, pairing.mentee_person_id
        outbox.owe(
            session, kind, to=person, about=pairing.id, program_id=pairing.program_id, number=1
        )
        session.flush()
        email = session.scalars(select(Email)).one()

    sending.deliver(engine, sender, email.id, settings)

    with database.reading(engine) as session:
        found = session.get_one(Email, email.id)
    assert bool(relay.taken) == leaves
    if not leaves:
        assert (found.state, found.attempts) == (EmailState.READY, 0)
        hours_to_wait = (found.due_at - now).total_seconds() / 3600
        assert (8 - hour) % 24 - 1 <= hours_to_wait <= (18 - hour) % 24 + 1


def test_an_introduction_that_the_relay_put_off_is_not_sent_once_the_pairing_has_ended(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay
) -> None:
    with database.transaction(engine) as session:
        pairing = a_pairing(session)
        kind = EmailKind.MENTEE_INTRODUCTION
        outbox.owe(
            session,
            kind,
            to=pairing.mentee_person_id,
            about=pairing.id,
            program_id=pairing.program_id,
        )
        session.flush()
        email = session.scalars(select(Email)).one()
    relay.text_answers.append("451 later")
    sending.deliver(engine, sender, email.id, settings)
    with database.transaction(engine) as session:
        # A worker holds it at this moment, so that ending the pairing does not reach it.
        row = session.get_one(Email, email.id)
        assert row.message is not None
        row.due_at = database.now(session)
        pairings.end(session, session.get_one(Pairing, pairing.id), Ending.NOT_FIT)

    sending.deliver(engine, sender, email.id, settings)

    with database.reading(engine) as session:
        assert session.get_one(Email, email.id).state is EmailState.SUPERSEDED
    assert relay.taken == []

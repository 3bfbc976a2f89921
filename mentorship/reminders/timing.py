"""Whether and when a reminder that was owed may still leave."""

from __future__ import annotations

import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.coordination import digest
from mentorship.models import (
    Coordinator,
    Email,
    EmailKind,
    Pairing,
    Person,
    Program,
    Trait,
)
from mentorship.pairings import answers
from mentorship.people import clock
from mentorship.reminders import candidates
from mentorship.states import MET_PAIRING, PairingState


def still_wanted(session: Session, email: Email) -> bool:
    """Return whether an email that is about to be sent is still of use to whoever gets it.

    Results and answers always are. A reminder is not where it has become pointless, or where the
    person turned reminders off, or got another one meanwhile; nor is a digest in quiet weeks.
    """
    if Trait.OPTIONAL not in email.kind.traits:
        return True
    person = session.get_one(Person, email.person_id)
    if not person.wants_reminders:
        return False
    if Trait.REMINDER not in email.kind.traits:
        return True
    at = database.now(session)
    zone = clock.Zones(session).look_up(person, email.program_id)
    if person.address_problem is not None:
        return False
    # The next week brings another; other reminders are put off.
    if Trait.WEEKLY in email.kind.traits and clock.is_quiet(person, at, zone):
        return False
    others = exists().where(
        Email.person_id == person.id,
        Email.id != email.id,
        Email.kind.in_(candidates.SPACED),
        candidates.came_lately(at),
    )
    # One that was written already is on its way, or is sent once more because somebody asked.
    if email.kind in candidates.SPACED and email.message is None and session.scalar(select(others)):
        return False
    return _has_point(session, email)


def put_off(session: Session, email: Email) -> datetime.datetime | None:
    """Return until when a reminder waits that meets the night or quiet weeks, None if it can go."""
    if Trait.REMINDER not in email.kind.traits:
        return None
    at = database.now(session)
    person = session.get_one(Person, email.person_id)
    zone = clock.Zones(session).look_up(person, email.program_id)
    if person.quiet_until is not None and clock.is_quiet(person, at, zone):
        after = person.quiet_until + datetime.timedelta(days=1)
        at = datetime.datetime.combine(after, datetime.time(), tzinfo=zone)
    return None if clock.is_day(at, zone) else clock.daytime(at, zone, person.id)


def _has_point(session: Session, email: Email) -> bool:
    """Return whether what a reminder is about is still so."""
    if email.kind is EmailKind.COORDINATOR_DIGEST:
        program = session.get_one(Program, email.cause_id)
        runs = exists().where(
            Coordinator.program_id == program.id, Coordinator.person_id == email.person_id
        )
        return bool(session.scalar(select(runs)) and digest.of_program(session, program))
    if email.kind is EmailKind.MENTOR_PULSE:
        meets = exists().where(Pairing.mentor_id == email.cause_id, Pairing.state.in_(MET_PAIRING))
        return bool(session.scalar(select(meets)))
    pairing = session.get_one(Pairing, email.cause_id)
    if email.kind is EmailKind.PAIRING_QUESTION_REMINDER:
        agreed_at = pairing.agreed_at(pairing.side(email.person_id).role)
        answered = session.scalar(select(answers.is_pending(pairing.id, email.person_id)))
        return pairing.state is PairingState.ASKED and agreed_at is None and not answered
    if pairing.state not in MET_PAIRING:
        return False
    return email.kind is EmailKind.MENTEE_PULSE or pairing.met_at is None

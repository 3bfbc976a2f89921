"""Reminders by a coordinator's click: what is open is asked, and the usual limits hold."""

from __future__ import annotations

import datetime
from typing import Any

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.errors import WrongState
from mentorship.models import AuditEntry, Email, EmailKind, Pairing, Program
from mentorship.pairings import care
from mentorship.people import persons
from mentorship.reminders import by_hand, schedule
from mentorship.states import EmailState, PairingState

DAY = datetime.timedelta(days=1)


def owed(session: Session) -> dict[EmailKind, Email]:
    session.flush()
    return {email.kind: email for email in session.scalars(select(Email))}


def reminded(session: Session, pairing: Pairing) -> dict[EmailKind, tuple[Any, int]]:
    by_hand.remind(session, pairing, "dana")
    return {kind: (email.person_id, email.number) for kind, email in owed(session).items()}


def test_before_they_met_the_mentee_is_asked_whether_and_the_mentor_how_it_goes(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)

    assert reminded(session, pairing) == {
        EmailKind.FIRST_MEETING: (pairing.mentee_person_id, 1),
        EmailKind.MENTOR_PULSE: (pairing.mentor_person_id, 1),
    }
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == pairing.id))
    assert list(actions) == [care.REMINDED]


def test_a_mentor_of_whom_the_mentee_has_not_heard_is_told_so(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=40)
    pairing.no_contact_at = database.now(session) - DAY

    assert reminded(session, pairing) == {
        # The words of the first would say that it was a week ago.
        EmailKind.FIRST_MEETING: (pairing.mentee_person_id, 2),
        EmailKind.NO_CONTACT_YET: (pairing.mentor_person_id, 1),
    }


def test_those_who_met_are_both_asked_how_it_goes(session: Session, program: Program) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ACTIVE, days=40)
    pairing.met_at = database.now(session) - 20 * DAY

    assert reminded(session, pairing) == {
        EmailKind.MENTEE_PULSE: (pairing.mentee_person_id, 1),
        EmailKind.MENTOR_PULSE: (pairing.mentor_person_id, 1),
    }


def test_of_those_who_are_asked_the_one_who_has_not_answered_is_reminded(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=8)
    pairing.mentee_agreed_at = database.now(session) - DAY

    assert reminded(session, pairing) == {
        EmailKind.PAIRING_QUESTION_REMINDER: (pairing.mentor_person_id, 1)
    }


def test_no_one_is_reminded_twice_in_two_weeks_or_against_their_will(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=20)
    pairing.mentee.person.wants_reminders = False
    assert by_hand.remind(session, pairing, "dana") == 1
    assert by_hand.remind(session, pairing, "dana") == 0
    now = database.now(session)
    for email in owed(session).values():
        email.state, email.sent_at = EmailState.SENT, now - 13 * DAY
    assert by_hand.remind(session, pairing, "dana") == 0
    for email in owed(session).values():
        email.sent_at = database.now(session) - 15 * DAY
    persons.flag_address(session, pairing.mentor_person_id, "550 5.1.1 unknown")
    session.expire_all()
    assert by_hand.remind(session, pairing, "dana") == 0


def test_quiet_weeks_are_kept(session: Session, program: Program) -> None:
    pairing = factories.make_pairing(session, program, days=20)
    today = database.now(session).date()
    for person in (pairing.mentee.person, pairing.mentor.person):
        person.quiet_from, person.quiet_until = today - 2 * DAY, today + 9 * DAY
    session.flush()

    assert by_hand.remind(session, pairing, "dana") == 0


def test_not_in_the_first_days_nor_after_the_end(session: Session, program: Program) -> None:
    new = factories.make_pairing(session, program, days=6)
    ended = factories.make_pairing(session, program, PairingState.ENDED, days=60)

    for pairing in (new, ended):
        with pytest.raises(WrongState):
            by_hand.remind(session, pairing, "dana")
    assert owed(session) == {}


def test_a_question_by_hand_does_not_take_the_place_of_a_later_one(
    session: Session, program: Program
) -> None:
    """On day 40 by hand; the one of day 90 comes all the same."""
    pairing = factories.make_pairing(session, program, PairingState.ACTIVE, days=91)
    pairing.met_at = pairing.introduced_at
    by_hand.remind(session, pairing, "dana")
    then = database.now(session) - 51 * DAY
    for email in owed(session).values():
        email.created_at = email.sent_at = then
        email.state = EmailState.SENT
    session.flush()

    schedule.owe_due(session)

    pulses = select(Email).where(Email.kind.in_([EmailKind.MENTEE_PULSE, EmailKind.MENTOR_PULSE]))
    found = sorted((email.kind.value, email.number) for email in session.scalars(pulses))
    assert found == [("mentee_pulse", 1), ("mentee_pulse", 2), ("mentor_pulse", 1),
                     ("mentor_pulse", 2)]  # fmt: skip

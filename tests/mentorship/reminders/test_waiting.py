"""Whether a reminder that waited is still of use."""

from __future__ import annotations

import zoneinfo

import factories
import pytest
from owed import DAY, owe, set_person, the_email, wanted
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.models import Email, EmailKind, Profile, Program
from mentorship.people import preferences
from mentorship.reminders import timing
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState


def test_a_reminder_is_wanted_until_something_changes(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    owe(session)
    email = the_email(session)
    person = pairing.mentee.person
    assert wanted(session, settings, email)

    for change, back in (
        ({"wants_reminders": False}, {"wants_reminders": True}),
        ({"address_problem": "550"}, {"address_problem": None}),
    ):
        set_person(session, person, **change)
        assert not wanted(session, settings, email)
        set_person(session, person, **back)
        assert wanted(session, settings, email)

    other = factories.make_pairing(session, program, mentee=pairing.mentee)
    outbox.owe(session, EmailKind.MENTEE_PULSE, to=person.id, about=other.id, program_id=program.id)
    session.flush()
    pulse = update(Email).where(Email.kind == EmailKind.MENTEE_PULSE)
    session.execute(pulse.values(state=EmailState.SENT, sent_at=database.now(session)))
    assert not wanted(session, settings, email)
    session.execute(pulse.values(state=EmailState.FAILED, sent_at=None, doubt_since=None))
    assert wanted(session, settings, email)
    session.execute(pulse.values(doubt_since=database.now(session)))
    assert not wanted(session, settings, email)
    # What the relay may have had is sent to its end.
    email.message = b"written"
    assert wanted(session, settings, email)
    pairing.met_at = database.now(session)
    assert not wanted(session, settings, email)


def test_a_reminder_that_meets_quiet_weeks_waits_for_their_end(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=3)
    pairing.no_contact_at = database.now(session)
    owe(session)
    email = the_email(session)
    today = database.now(session).date()
    quiet = {"quiet_from": today - DAY, "quiet_until": today + 3 * DAY, "timezone": "UTC"}
    set_person(session, pairing.mentor.person, **quiet)

    assert wanted(session, settings, email)
    until = timing.put_off(session, email)
    assert until is not None
    assert (until.date(), until.hour) == (today + 4 * DAY, 8)


def test_a_reminder_that_may_have_arrived_counts_like_one_that_did(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    factories.make_pairing(session, program, mentee=pairing.mentee, days=31)
    assert "mentee" in {who for _, who, _ in owe(session)}
    at = database.now(session)
    session.execute(update(Email).values(state=EmailState.SUPERSEDED, doubt_since=at))
    pairing.met_at = at

    assert "mentee" not in {who for _, who, _ in owe(session)}
    session.execute(update(Email).values(doubt_since=at - 15 * DAY))
    assert "mentee" in {who for _, who, _ in owe(session)}


def test_a_reminder_that_was_held_up_into_the_night_waits_for_the_morning(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    owe(session)
    email = the_email(session)
    hour = database.now(session).hour
    # Zones in which it is about noon now, and about midnight; they count the other way round.
    noon, midnight = f"Etc/GMT{hour - 12:+d}", f"Etc/GMT{hour - 24 if hour > 11 else hour:+d}"
    set_person(session, pairing.mentee.person, timezone=noon)
    assert timing.put_off(session, email) is None

    set_person(session, pairing.mentee.person, timezone=midnight)
    until = timing.put_off(session, email)
    assert until is not None
    assert until.astimezone(zoneinfo.ZoneInfo(midnight)).hour == 8
    email.kind = EmailKind.PAIRING_ENDED
    assert timing.put_off(session, email) is None


def test_results_always_go_out_and_invitations_only_if_wanted(
    session: Session, program: Program
) -> None:
    mentee = factories.make_mentee(session, program)
    mentee.person.wants_reminders = False
    for kind in (EmailKind.NOT_THIS_TIME, EmailKind.INVITATION):
        outbox.owe(session, kind, to=mentee.person_id, about=mentee.id, program_id=program.id)
    session.flush()

    emails = session.scalars(select(Email))
    assert {email.kind: timing.still_wanted(session, email) for email in emails} == {
        EmailKind.NOT_THIS_TIME: True,
        EmailKind.INVITATION: False,
    }


@pytest.mark.parametrize("kind", ["mentee_pulse", "mentor_pulse", "pairing_question_reminder"])
def test_a_reminder_about_a_pairing_that_is_over_is_not_wanted(
    session: Session, settings: Settings, program: Program, kind: str
) -> None:
    state = PairingState.ASKED if "question" in kind else PairingState.ACTIVE
    pairing = factories.make_pairing(session, program, state, days=31)
    pulse = kind == "mentor_pulse"
    cause, person = (
        (pairing.mentor_id, pairing.mentor_person_id)
        if pulse
        else (pairing.id, pairing.mentee_person_id)
    )
    outbox.owe(session, EmailKind(kind), to=person, about=cause, program_id=program.id, number=1)
    session.flush()
    email = the_email(session)
    assert wanted(session, settings, email)

    pairing.state = PairingState.ENDED
    assert not wanted(session, settings, email)


def test_no_one_is_reminded_after_unsubscribing(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    owe(session)
    email = the_email(session)

    preferences.unsubscribe(session, pairing.mentee.person)

    assert not wanted(session, settings, email)
    profile = session.get_one(Profile, pairing.mentee_id)
    assert not profile.person.wants_reminders
    assert owe(session) == []

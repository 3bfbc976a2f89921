"""What coordinators read of what happened to someone, and what they do not."""

from __future__ import annotations

import factories
import pytest
from sqlalchemy.orm import Session

from mentorship import audit, database
from mentorship.coordination import history
from mentorship.models import Person, Profile, Program
from mentorship.pairings import care, pairings
from mentorship.people import joining, notes, on_behalf, persons, profiles
from mentorship.programs import programs
from mentorship.states import Ending, PairingState, ProfileState


@pytest.fixture
def dana(session: Session, program: Program) -> Person:
    person = programs.coordinators(session, program.id)[0].person
    person.full_name = "Dana Reyes"
    return person


def told(session: Session, profile: Profile) -> set[str]:
    session.flush()
    events = history.of_profile(session, profile, pairings.known_of(session, profile))
    assert [e.at for e in events] == sorted((e.at for e in events), reverse=True)
    return {f"{event.words} by {event.by}" if event.by else event.words for event in events}


def test_it_says_what_happened_and_which_coordinator_did_it(
    session: Session, program: Program, dana: Person
) -> None:
    mentor = factories.make_mentor(session, program, capacity=3)
    on_behalf.change(session, mentor, str(dana.id), ["city", "capacity"], {"capacity": 1})
    on_behalf.pause(session, mentor, str(dana.id))
    notes.write(session, mentor, dana.id, "Away until May")
    persons.flag_address(session, mentor.person_id, "550")
    session.refresh(mentor.person)
    persons.clear_address(session, mentor.person, str(dana.id))

    found = told(session, mentor)

    assert found >= {
        "Changed for them: Number of mentees by Dana Reyes",
        "Changed for them: paused by Dana Reyes",
        "Note written by Dana Reyes",
        "Bounce flag cleared by Dana Reyes",
    }
    assert "Away until May" not in str(found)


def test_what_a_coordinator_did_is_said_once(
    session: Session, program: Program, dana: Person
) -> None:
    mentee = factories.make_mentee(session, program)
    mentee.state = ProfileState.AWAITING_APPROVAL
    session.flush()
    with database.one_moment(session):
        joining.admit(session, mentee, str(dana.id))
    events = history.of_profile(session, mentee, [])

    newest = [event.words for event in events if event.at == events[0].at]
    assert "Approved" in newest
    assert "Taking part" not in newest


def test_pairings_are_told_with_their_end_and_accuse_no_one(
    session: Session, program: Program, dana: Person
) -> None:
    mentee = factories.make_mentee(session, program)
    endings = {
        Ending.STEPPED_OUT: "it wasn't the right match",
        Ending.NOT_FIT: "it wasn't the right match",
        Ending.FINISHED: "finished as planned",
        f"{Ending.BY_ROUND} 4": "changed by round 4",
    }
    for reason, words in endings.items():
        pairing = factories.make_pairing(session, program, mentee=mentee)
        pairings.end(session, pairing, reason)
        name = pairing.mentor.full_name
        assert told(session, mentee) >= {
            f"Introduced to {name}", f"Pairing with {name} ended: {words}",
        }  # fmt: skip
    by_hand = factories.make_pairing(session, program, mentee=mentee)
    care.end(session, by_hand, str(dana.id), Ending.BY_COORDINATOR)
    name = by_hand.mentor.full_name
    ended = {words for words in told(session, mentee) if f"{name} ended" in words}
    assert ended == {f"Pairing with {name} ended by Dana Reyes"}


def test_what_is_no_coordinators_business_is_left_out(
    session: Session, program: Program, dana: Person
) -> None:
    mentee = factories.make_mentee(session, program)
    before = told(session, mentee)
    pairing = factories.make_pairing(session, program, PairingState.PROPOSED, mentee=mentee)
    for action in ("answer given", "answer undone", "meeting agreed", "meeting called off"):
        audit.record(
            session, str(mentee.person_id), action, program_id=program.id, subject_id=pairing.id
        )
    for action in ("unsubscribed", "new address asked for", "access ended"):
        audit.record(session, str(mentee.person_id), action, subject_id=mentee.person_id)
    elsewhere = factories.make_program(session)
    other = profiles.draft(
        session, elsewhere.id, mentee.person, mentee.role, "x", factories.mentee_answers()
    )
    profiles.leave(session, other)
    audit.record(
        session, "service", "address cleared", program_id=elsewhere.id,
        subject_id=mentee.person_id,
    )  # fmt: skip

    assert told(session, mentee) == before

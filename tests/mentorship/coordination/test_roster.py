"""The people of a program, as its coordinators search and count them."""

from __future__ import annotations

import factories
from sqlalchemy.orm import Session

from mentorship.coordination import roster
from mentorship.coordination.roster import Need, Sought, Supply
from mentorship.models import Program, Role
from mentorship.people import persons, profiles
from mentorship.states import PairingState, ProfileState


def names(session: Session, program: Program, sought: Sought) -> list[str]:
    return [profile.full_name for profile in roster.find(session, program.id, sought, 1).items]


def test_people_are_found_by_role_name_and_state_together(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, full_name="Bea Both")
    factories.make_mentee(session, program, full_name="Ana Only")
    factories.make_mentor(session, program, full_name="Bea Both")
    paused = factories.make_mentor(session, program, full_name="Cem Caller")
    paused.state = ProfileState.PAUSED
    other = factories.make_program(session)
    factories.make_mentor(session, other, full_name="Bea Elsewhere")
    session.flush()

    assert names(session, program, Sought()) == ["Ana Only", "Bea Both", "Bea Both", "Cem Caller"]
    assert names(session, program, Sought(role=Role.MENTEE)) == ["Ana Only", "Bea Both"]
    assert names(session, program, Sought(role=Role.MENTOR)) == ["Bea Both", "Cem Caller"]
    assert names(session, program, Sought("bea", Role.MENTOR)) == ["Bea Both"]
    assert names(session, program, Sought(role=Role.MENTOR, state=ProfileState.PAUSED)) == [
        "Cem Caller"
    ]
    assert names(session, program, Sought("ana", Role.MENTOR)) == []


def test_people_are_counted_by_role_and_state(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    factories.make_mentee(session, program).state = ProfileState.PAUSED
    factories.make_mentor(session, program)
    factories.make_mentor(session, program)
    factories.make_mentor(session, factories.make_program(session))
    session.flush()

    assert roster.counts(session, program.id) == {
        (Role.MENTEE, ProfileState.READY): 1,
        (Role.MENTEE, ProfileState.PAUSED): 1,
        (Role.MENTOR, ProfileState.READY): 2,
    }


def needing(session: Session, program: Program, need: Need) -> list[str]:
    found = names(session, program, Sought(need=need))
    assert len(found) == roster.count(session, program.id, need)
    return found


def test_people_are_found_by_what_they_need(session: Session, program: Program) -> None:
    waits = factories.make_mentee(session, program, full_name="Wanda Waits")
    factories.make_mentee(session, program, full_name="Paul Paused").state = ProfileState.PAUSED
    factories.make_mentor(session, program, full_name="Fred Free", capacity=2)
    full = factories.make_mentor(session, program, full_name="Fay Full")
    factories.make_pairing(session, program, mentor=full)
    lately = factories.make_pairing(session, program, days=13)
    over = factories.make_mentor(session, program, full_name="Over Full")
    talks = factories.make_pairing(session, program, days=30, mentor=over)
    talks.met_at = talks.introduced_at
    ended = factories.make_pairing(session, program, PairingState.ENDED)
    profiles.change_answers(session, over, over.answers | {"capacity": 0})
    persons.flag_address(session, waits.person_id, "550 5.1.1 unknown")
    elsewhere = factories.make_program(session)
    factories.make_pairing(session, elsewhere, days=30)
    factories.make_mentee(session, elsewhere)
    session.flush()

    assert needing(session, program, Need.WAITING) == sorted(
        ["Wanda Waits", ended.mentee.full_name]
    )
    assert needing(session, program, Need.FREE) == ["Fred Free", ended.mentor.full_name]
    assert needing(session, program, Need.OVER) == ["Over Full"]
    assert needing(session, program, Need.UNREACHED) == ["Wanda Waits"]
    offered = 2 + 1 + lately.mentor.places_taken + 0 + 1
    supply = roster.supply(session, program.id)
    assert (supply.offered, supply.free, supply.over) == (offered, 2 + 1, 1)
    assert roster.supply(session, factories.make_program(session).id) == Supply(0, 0, 0, 0)

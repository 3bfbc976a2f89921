"""The people of a program, as its coordinators search and count them."""

from __future__ import annotations

import factories
from sqlalchemy.orm import Session

from mentorship.coordination import roster
from mentorship.coordination.roster import Sought
from mentorship.models import Program, Role
from mentorship.states import ProfileState


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

"""Notes about someone: for coordinators, whose own they can delete, and gone with the person."""

from __future__ import annotations

import factories
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mentorship.errors import Invalid, NotFound
from mentorship.models import AuditEntry, Note, Person, Profile, Program
from mentorship.people import notes, profiles
from mentorship.programs import programs


@pytest.fixture
def dana(session: Session, program: Program) -> Person:
    return programs.coordinators(session, program.id)[0].person


def test_the_newest_comes_first_and_only_its_author_deletes_it(
    session: Session, program: Program, dana: Person
) -> None:
    mentee = factories.make_mentee(session, program)
    other = programs.add_coordinator(session, program, "other@example.org")
    notes.write(session, mentee, dana.id, " Called on Monday.\n")
    (note,) = notes.of_profile(session, mentee, other.id)
    assert note.text == "Called on Monday."
    with pytest.raises(NotFound):
        notes.delete(session, mentee, other.id, note.id)
    with pytest.raises(NotFound):
        notes.delete(session, factories.make_mentee(session, program), dana.id, note.id)

    notes.delete(session, mentee, dana.id, note.id)

    assert notes.of_profile(session, mentee, dana.id) == []
    with pytest.raises(NotFound):
        notes.delete(session, mentee, dana.id, note.id)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == mentee.id)).all()
    assert "Monday" not in str([entry.details for entry in entries])


@pytest.mark.parametrize("text", ["", "  \n", "x" * (notes.LONGEST + 1)])
def test_a_note_says_something_and_not_too_much(
    session: Session, program: Program, dana: Person, text: str
) -> None:
    mentee = factories.make_mentee(session, program)

    with pytest.raises(Invalid) as refused:
        notes.write(session, mentee, dana.id, text)

    assert set(refused.value.fields) == {"text"}


def test_no_one_reads_notes_about_themselves_or_about_someone_who_left(
    session: Session, program: Program, dana: Person
) -> None:
    mentor = factories.make_mentor(session, program)
    notes.write(session, mentor, dana.id, "Rarely answers")
    programs.add_coordinator(session, program, mentor.person.email)

    assert notes.of_profile(session, mentor, mentor.person_id) == []
    with pytest.raises(NotFound):
        notes.write(session, mentor, mentor.person_id, "I do")
    profiles.leave(session, mentor)
    assert notes.of_profile(session, mentor, dana.id) == []


def test_notes_go_with_the_profile(session: Session, program: Program, dana: Person) -> None:
    mentee = factories.make_mentee(session, program)
    notes.write(session, mentee, dana.id, "Called on Monday.")

    session.execute(delete(Profile).where(Profile.id == mentee.id))

    assert session.scalars(select(Note)).all() == []

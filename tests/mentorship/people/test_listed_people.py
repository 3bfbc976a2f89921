"""Who is meant by a row of a list, and what becomes of people who are here already."""

from __future__ import annotations

import re

import factories
import pytest
from listed import table, take
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship.models import Email, EmailKind, Person, Profile, Program, Role
from mentorship.pairings import pairings
from mentorship.people import joining, persons, profiles
from mentorship.states import ProfileState


def test_people_are_known_by_their_address(session: Session, program: Program) -> None:
    take(session, program, table({}))
    report = take(
        session,
        program,
        table({"email": "ANA@example.org", "full_name": "Ana Two", "mentee_id": "p-2"}),
    )

    assert (report.added, report.updated) == (0, 1)
    profile = session.scalars(select(Profile)).one()
    assert (profile.listed_id, profile.person.full_name) == ("p-2", "Ana Two")


def test_one_person_may_be_mentee_and_mentor(session: Session, program: Program) -> None:
    take(session, program, table({}))
    report = take(session, program, table({"capacity": "3"}, role="mentor"), Role.MENTOR)

    assert any("is also a mentee here" in str(w) for w in report.warnings)
    assert session.scalar(select(func.count(Person.id))) == 2  # Ana, and the coordinator
    assert {p.role for p in session.scalars(select(Profile))} == {Role.MENTEE, Role.MENTOR}


def test_an_id_of_someone_else_is_a_problem(session: Session, program: Program) -> None:
    take(session, program, table({}))
    report = take(session, program, table({"email": "ben@example.org"}))

    assert [str(p) for p in report.problems] == [
        "row 2, mentee_id: p-1 already belongs to someone else in this program"
    ]


def test_someone_who_left_is_not_brought_back_by_a_list(session: Session, program: Program) -> None:
    take(session, program, table({}))
    profile = session.scalars(select(Profile)).one()
    pairings.leave(session, profile)

    report = take(session, program, table({"full_name": "Ana Two"}))

    assert (report.updated, report.unchanged, profile.state) == (0, 1, ProfileState.LEFT)
    assert any("has left this program" in str(warning) for warning in report.warnings)


def test_an_address_in_a_list_is_compared_as_it_is_stored(
    session: Session, program: Program
) -> None:
    take(session, program, table({"do_not_match": "BO@Bücher.example;mr-1"}))
    assert session.scalars(select(Profile)).one().answers["do_not_match"] == [
        "bo@xn--bcher-kva.example",
        "mr-1",
    ]

    report = take(session, program, table({"do_not_match": "bo@@example.org"}))
    assert [problem.column for problem in report.problems] == ["do_not_match"]


def test_an_id_that_changes_is_worth_a_warning(session: Session, program: Program) -> None:
    take(session, program, table({}))
    report = take(session, program, table({"mentee_id": "p-2"}))

    assert "was p-1; lists that use it no longer find" in str(report.warnings[0])


def registered(session: Session, program: Program) -> Profile:
    """Someone who began to register with the address of `table`."""
    person = persons.know(session, "ana@example.org", "Ana Own")
    return joining.begin(session, program, person, Role.MENTEE)


@pytest.mark.parametrize("consented", [None, "a form"])
def test_someone_at_the_door_is_let_in_by_being_listed(
    session: Session, program: Program, consented: str | None
) -> None:
    draft = registered(session, program)
    written = {"statement": "Not sent in yet.", "do_not_match": ["x@example.org"]}
    joining.save(session, draft, set(written), written)
    report = take(session, program, table({"email": "ana@example.org"}), consented=consented)

    # That there was a draft is its person's alone, and so is what stood in it.
    assert (report.added, report.updated, report.warnings) == (1, 0, [])
    session.refresh(draft)
    assert draft.state is (ProfileState.READY if consented else ProfileState.UNCONFIRMED)
    assert "statement" not in draft.answers
    assert draft.answers["do_not_match"] == ["x@example.org"]
    told = session.scalars(select(Email.kind)).all()
    assert told == ([EmailKind.ENROLLED] if consented else [EmailKind.INVITATION])


def test_someone_waiting_for_approval_is_approved_by_being_listed(
    session: Session, program: Program
) -> None:
    profile = registered(session, program)
    profiles.submit(session, profile)
    profiles.await_approval(session, profile, "joined")
    take(session, program, table({"email": "ana@example.org"}))
    take(session, program, table({"email": "ana@example.org"}))

    session.refresh(profile)
    assert profile.state is ProfileState.READY
    assert session.scalars(select(Email.kind)).all() == [EmailKind.WELCOME]


def test_a_list_of_one_program_renames_no_one_in_another(
    session: Session, program: Program
) -> None:
    profile = registered(session, factories.make_program(session))
    take(session, program, table({"email": "ana@example.org", "full_name": "Ana Renamed"}))

    assert profile.person.full_name == "Ana Own"
    for name in ("Bo", "Bo Renamed"):
        row = {"mentee_id": "p-2", "email": "bo@example.org", "full_name": name}
        take(session, program, table(row))
    renamed = persons.find(session, "bo@example.org")
    assert renamed is not None
    assert renamed.full_name == "Bo Renamed"


@pytest.mark.parametrize(
    "addresses",
    [("ana+x@example.org", "ana@example.org"), ("ana+x@example.org", "Ana+y@example.org")],
)
def test_addresses_that_differ_in_a_tag_are_named_in_any_order(
    session: Session, program: Program, addresses: tuple[str, str]
) -> None:
    rows = [{"mentee_id": f"me-{n}", "email": address} for n, address in enumerate(addresses)]

    first = take(session, program, table(*rows))
    again = take(session, program, table({"mentee_id": "me-9", "email": "ana+z@example.org"}))

    assert [(w.row, w.message) for w in first.warnings if w.column == "email"] == [
        (3, "may be the same person as row 2")
    ]
    (alike,) = (w.message for w in again.warnings if w.column == "email")
    assert re.fullmatch(r"may be the same person as ana(\+[xy])?@example.org, who is here", alike)


def test_an_id_that_names_no_one_is_told_whom_it_may_mean(
    session: Session, program: Program
) -> None:
    factories.make_mentor(session, program, mentor_id="mr-0012", email="bo+work@example.org")

    report = take(session, program, table({"do_not_match": "mr-12; bo@example.org; x-1"}))

    (told,) = (w.message for w in report.warnings if w.column == "do_not_match")
    assert told == (
        "mr-12 (did you mean mr-0012?), bo@example.org (did you mean bo+work@example.org?), x-1: "
        "not a mentor in this program yet; kept for later"
    )


def test_each_program_calls_a_person_as_its_list_does_until_they_answer_there(
    session: Session, program: Program
) -> None:
    other = factories.make_program(session)
    own = registered(session, other)
    joining.save(session, own, {"full_name", "pronouns"}, {"full_name": "Ana", "pronouns": "she"})
    row = table({"email": "ana@example.org", "full_name": "Guess"})
    take(session, program, row, consented=None)
    (listed,) = (p for p in joining.profiles_of(session, own.person_id) if p is not own)

    assert (listed.full_name, listed.called) == ("Guess", "Guess")
    assert "pronouns" not in listed.answers
    joining.save(session, own, {"full_name"}, {"full_name": "Ana New"})
    assert (listed.full_name, own.full_name) == ("Guess", "Ana New")

    joining.accept(session, listed, "said yes", is_adult=True)
    assert listed.full_name == "Guess"
    joining.save(session, own, {"preferred_name"}, {"preferred_name": "Annie"})
    joining.save(session, own, {"full_name"}, {"full_name": "Ana Newer"})
    assert (listed.full_name, listed.called) == ("Ana Newer", "Annie")
    joining.save(session, own, {"preferred_name"}, {})
    assert listed.called == "Ana Newer"

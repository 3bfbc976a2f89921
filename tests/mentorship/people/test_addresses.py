"""Addresses: what is one, what is the same one, and what only looks like it."""

from __future__ import annotations

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.errors import Invalid
from mentorship.models import AuditEntry, Program
from mentorship.people import addresses, conflicts, persons


@pytest.mark.parametrize(
    "coat",
    [
        "ana@example.org",
        " Ana@Example.ORG ",
        "ａｎａ@example.org",
        "ana@example.org.",
        "ANA@EXAMPLE.ORG",
    ],
)
def test_one_address_in_many_coats(coat: str) -> None:
    assert addresses.address_key(addresses.read_address(coat)) == "ana@example.org"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("аna@example.org", "look-alike letters"),
        ("ana@exаmple.org", "look-alike letters"),
        ("ana", "must have an @-sign"),
        ("ana@", "that can be reached"),
        ("ana@@example.org", "that can be reached"),
        ("a@example.org, b@example.org", "that can be reached"),
        ("ana@example.org\nBcc: x@example.org", "that can be reached"),
        ("bjørn@example.org", "that can be reached"),
        ("", "that can be reached"),
    ],
)
def test_what_is_no_address_is_refused(address: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        addresses.read_address(address)


def test_excluding_an_address_excludes_the_one_that_takes_its_place(
    session: Session, program: Program
) -> None:
    mentor = factories.make_mentor(session, program, email="old@example.org")
    lists = {"do_not_match": ["x-1", "old@example.org"], "mentor_picks": ["y-2"]}
    mentee = factories.make_mentee(session, program, **lists)
    other = factories.make_mentee(session, program)
    persons.flag_address(session, mentor.person_id, "550 no such user")
    session.expire_all()
    before = dict(other.answers)

    persons.change_address(session, "old@example.org", "New@example.org", "command")

    session.expire_all()
    assert (mentor.person.email, mentor.person.email_key) == ("New@example.org", "new@example.org")
    assert mentor.person.address_problem is None
    assert mentor.answers["email"] == "New@example.org"
    assert conflicts.excludes(mentee, mentor)
    assert mentee.answers["do_not_match"] == ["x-1", "new@example.org"]
    assert mentee.answers["mentor_picks"] == ["y-2"]
    assert other.answers == before
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "address changed")).one()
    assert entry.subject_id == mentor.person_id
    assert "example.org" not in repr(entry.details)

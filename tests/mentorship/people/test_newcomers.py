"""New people of a list are written together: counted in statements, never timed."""

from __future__ import annotations

from typing import Any

import pytest
import sheets
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from mentorship.models import AuditEntry, Email, EmailKind, Person, Profile, Program, Role
from mentorship.people import enrollment, imports, newcomers
from mentorship.states import ProfileState


def take(session: Session, program: Program, numbers: range, **options: Any) -> None:
    rows = ([*sheets.person(k), "St Mary's"] for k in numbers)
    data = sheets.text([*sheets.HEADER, "institution"], *rows)
    report = imports.read(data, Role.MENTEE, "people.csv")
    enrollment.apply(session, program, report, **{"actor": "test", "consented": "form"} | options)


def statements(session: Session, program: Program, numbers: range) -> int:
    """How many statements taking these people in comes to."""
    seen = []
    connection = session.connection()

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", count)
    try:
        take(session, program, numbers)
    finally:
        event.remove(connection, "before_cursor_execute", count)
    return len(seen)


def test_a_long_list_takes_no_more_statements_than_a_short_one(
    session: Session, program: Program
) -> None:
    few = statements(session, program, range(5))
    many = statements(session, program, range(5, 405))

    assert many <= few + 4, "the rows of a statement may be sent in a few batches"
    assert len(session.scalars(select(Profile)).all()) == 405


def test_people_of_every_batch_are_complete(
    session: Session, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "AT_ONCE", 2)
    take(session, program, range(5))

    profiles = session.scalars(select(Profile)).all()
    assert {profile.state for profile in profiles} == {ProfileState.READY}
    assert {profile.consent for profile in profiles} == {"form"}
    assert {profile.person.full_name for profile in profiles} == {
        f"Mina Example {number}" for number in range(5)
    }
    assert {profile.person.timezone for profile in profiles} == {"Europe/Madrid"}
    told = session.scalars(select(Email)).all()
    assert {email.kind for email in told} == {EmailKind.ENROLLED}
    assert {email.cause_id for email in told} == {profile.id for profile in profiles}
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "profile ready"))
    assert {entry.subject_id for entry in entries} == {profile.id for profile in profiles}


def test_without_consent_they_are_invited(session: Session, program: Program) -> None:
    take(session, program, range(3), consented=None)

    states = {profile.state for profile in session.scalars(select(Profile))}
    assert states == {ProfileState.UNCONFIRMED}
    assert {e.kind for e in session.scalars(select(Email))} == {EmailKind.INVITATION}
    assert len(session.scalars(select(Person)).all()) >= 3

"""People of a list who are new to a program: thousands are written in a few statements.

Others cannot write to an SQLite database meanwhile, so what takes long is kept out: no row is read
back, and no arrow is taken one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from mentorship import audit, database, outbox
from mentorship.models import AuditEntry, Email, EmailKind, Person, Profile, Program
from mentorship.people import addresses, persons, profiles
from mentorship.people.enrolled import Enrolled
from mentorship.people.import_report import Entry
from mentorship.states import ProfileState

#: People whose rows are made, then written, so that no more of them are held in memory.
AT_ONCE = 1_000


def add(
    session: Session,
    program: Program,
    known: Enrolled,
    entries: list[Entry],
    *,
    consent: str | None,
    told: EmailKind | None,
) -> None:
    """Write the people of entries who have no profile of the list's role in a program yet.

    `consent` says where they agreed to take part: they are ready then, or paused where the list
    says so, and unconfirmed without it. Each gets an email of the kind `told`, if there is one.
    """
    with database.one_moment(session):
        for start in range(0, len(entries), AT_ONCE):
            some = entries[start : start + AT_ONCE]
            people: list[dict[str, Any]] = []
            written = list(_profiles(session, program, known, some, people, consent))
            _insert(session, Person, people)
            _insert(session, Profile, written)
            _insert(
                session, AuditEntry,
                (
                    audit.row(
                        session, "service", f"profile {profile['state']}", program_id=program.id,
                        subject_id=profile["id"],
                    )
                    for profile in written
                ),
            )  # fmt: skip
            if told is not None:
                _insert(
                    session, Email,
                    (
                        outbox.row(session, told, profile["person_id"], profile["id"], program.id)
                        for profile in written
                    ),
                )  # fmt: skip


def _profiles(
    session: Session,
    program: Program,
    known: Enrolled,
    entries: Iterable[Entry],
    people: list[dict[str, Any]],
    consent: str | None,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of profiles; those of people whom no program knows are added to `people`."""
    for entry in entries:
        answers = entry.answers
        person = known.people.get(addresses.address_key(entry.address))
        if person is None:
            named = {name: answers.get(name) for name in (*persons.NAMES, "timezone")}
            people.append(persons.row(session, entry.address, answers["full_name"]) | named)
        elif person.id not in known.elsewhere:
            # What someone is called in other programs is not for this one's list to change.
            persons.call(person, {}, answers)
        person_id = people[-1]["id"] if person is None else person.id
        listed_id = answers[f"{known.role}_id"]
        profile = profiles.row(session, program.id, person_id, known.role, listed_id, answers)
        yield profile | {"state": _state(answers, consent), "consent": consent}


def _state(answers: dict[str, Any], consent: str | None) -> ProfileState:
    if consent is None:
        return ProfileState.UNCONFIRMED
    return ProfileState.PAUSED if answers.get("status") == "paused" else ProfileState.READY


def _insert(session: Session, model: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    if rows := list(rows):
        session.execute(insert(model), rows)

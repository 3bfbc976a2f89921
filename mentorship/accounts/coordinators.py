"""Coordinators, added and removed: their permissions change, so they sign in again."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from mentorship import audit, outbox
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Person, Program
from mentorship.people import addresses, persons
from mentorship.programs import programs
from mentorship.programs.programs import Settings


def appoint(session: Session, program: Program, address: str, actor: str) -> Person:
    """Return the person with this address, who coordinates the program from now on, and tell them.

    Doing so twice changes nothing. Raises `Invalid` for an invalid address.
    """
    before = {each.person_id for each in programs.coordinators(session, program.id)}
    person = programs.add_coordinator(session, program, address, actor)
    if person.id not in before:
        _change(session, program, person, EmailKind.COORDINATOR_ADDED, actor)
    return person


def create_program(session: Session, person_id: uuid.UUID, settings: Settings) -> Program:
    """Return a new program, which the person who creates it coordinates.

    They stay signed in: they gain nothing over anyone who is here.
    """
    slug = programs.free_slug(session, settings.name)
    program = programs.add(session, slug, settings, actor=str(person_id))
    person = session.get_one(Person, person_id)
    programs.add_coordinator(session, program, person.email, actor=str(person_id))
    return program


def let_create(session: Session, address: str) -> Person:
    """Return the person with this address, who may create programs from now on.

    Raises `Invalid` for an invalid address.
    """
    address = addresses.read_address(address)
    person = persons.know(session, address, full_name=address.split("@")[0])
    person.creates_programs = True
    session.flush()
    audit.record(session, "command", "may create programs", subject_id=person.id)
    return person


def dismiss(session: Session, program: Program, person_id: uuid.UUID, actor: str) -> None:
    """Remove a person from the program's coordinators, and tell them.

    Their sessions and mailed links end (`persons.end_access`), and a round whose publication they
    scheduled is not published (`rounds.publishing_times`).

    Raises `NotFound` for someone who does not coordinate it, and `WrongState` for the only one
    who does.
    """
    for coordinator in programs.coordinators(session, program.id):
        if coordinator.person_id == person_id:
            person = coordinator.person
            programs.remove_coordinator(session, coordinator, actor)
            _change(session, program, person, EmailKind.COORDINATOR_REMOVED, actor)
            return
    raise NotFound(_("this person does not coordinate the program"))


def _change(
    session: Session, program: Program, person: Person, kind: EmailKind, actor: str
) -> None:
    persons.end_access(session, person, actor)
    outbox.owe(
        session, kind, to=person.id, about=program.id, program_id=program.id,
        number=person.access_revision,
    )  # fmt: skip

"""Coordinators, appointed and dismissed: what they may do changes, so they sign in anew."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from mentorship import outbox
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Person, Program
from mentorship.people import persons
from mentorship.programs import programs


def appoint(session: Session, program: Program, address: str, actor: str) -> Person:
    """Return the person with this address, who coordinates the program from now on, and tell them.

    Doing so twice changes nothing. Raises `Invalid` for what is no address.
    """
    before = {each.person_id for each in programs.coordinators(session, program.id)}
    person = programs.add_coordinator(session, program, address, actor)
    if person.id not in before:
        _change(session, program, person, EmailKind.COORDINATOR_ADDED, actor)
    return person


def dismiss(session: Session, program: Program, person_id: uuid.UUID, actor: str) -> None:
    """Let a person no longer coordinate the program, and tell them.

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

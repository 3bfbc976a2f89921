"""Who may do what to which object: one table, and what it does not allow is refused.

Pages and commands of a signed-in person reach people's and programs' data through `find`, which
answers the same for what does not exist and what they may not see.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import (
    Base,
    BrowserSession,
    Coordinator,
    Email,
    Letter,
    Pairing,
    Person,
    Profile,
    Program,
    Round,
    Upload,
)
from mentorship.states import ProfileState


class Relation(enum.StrEnum):
    """How a person relates to an object; one person may relate in several ways."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed in"
    OWNER = "the person it is about"
    COORDINATOR = "coordinator of its program"
    CREATOR = "someone who may create programs"


class Action(enum.StrEnum):
    """What can be done on the site."""

    PROBE = "ask whether the service lives"
    VISIT = "visit a public page"
    USE_ACCOUNT = "use their own account"
    END_DEVICE = "sign a browser out"
    READ_FRONT = "read what a program is"
    JOIN = "begin a profile in a program"
    ANSWER = "read and change a profile as the person it is about"
    CREATE = "create a program"
    COORDINATE = "run a program"
    ADMIT = "read a profile, approve or decline, and look after its person"
    FOLLOW_PAIRING = "look after a pairing"
    RUN_ROUND = "follow, review and publish a round"
    IMPORT = "decide about an upload"
    WRITE = "preview a message in their own words, and send it"
    FOLLOW_EMAIL = "read an email's history, and resend it"


@dataclass(frozen=True)
class Rule:
    """What an action needs: the person's relation, the kind of object, and its name in the URL."""

    relation: Relation
    model: type[Base] | None = None
    argument: str = ""


TABLE: Mapping[Action, Rule] = {
    Action.PROBE: Rule(Relation.ANYBODY),
    Action.VISIT: Rule(Relation.ANYBODY),
    Action.USE_ACCOUNT: Rule(Relation.SIGNED_IN),
    Action.END_DEVICE: Rule(Relation.OWNER, BrowserSession, "device_id"),
    Action.READ_FRONT: Rule(Relation.ANYBODY, Program, "slug"),
    Action.JOIN: Rule(Relation.SIGNED_IN, Program, "slug"),
    Action.ANSWER: Rule(Relation.OWNER, Profile, "profile_id"),
    Action.CREATE: Rule(Relation.CREATOR),
    Action.COORDINATE: Rule(Relation.COORDINATOR, Program, "slug"),
    Action.ADMIT: Rule(Relation.COORDINATOR, Profile, "profile_id"),
    Action.FOLLOW_PAIRING: Rule(Relation.COORDINATOR, Pairing, "pairing_id"),
    Action.RUN_ROUND: Rule(Relation.COORDINATOR, Round, "round_id"),
    Action.IMPORT: Rule(Relation.COORDINATOR, Upload, "upload_id"),
    Action.WRITE: Rule(Relation.COORDINATOR, Letter, "letter_id"),
    Action.FOLLOW_EMAIL: Rule(Relation.COORDINATOR, Email, "email_id"),
}


def find(
    session: Session, person_id: uuid.UUID | None, action: Action, address: Mapping[str, Any]
) -> Any:
    """Return the object that an address names, if this person may do this to it.

    None for an action without an object.

    `address` holds the named parts of the page's address; a `slug` in it must be that of the
    object's program. Raises `NotFound` for what is not there and for what is not theirs, alike.
    """
    rule = TABLE[action]
    if rule.model is None:
        if rule.relation in relations_of(session, person_id, None):
            return None
        raise _not_found()
    object: Any
    if rule.model is Program:
        object = session.scalar(select(Program).where(Program.slug == address["slug"]))
    else:
        object = session.get(rule.model, address[rule.argument])
    if object is None or rule.relation not in relations_of(session, person_id, object):
        raise _not_found()
    if rule.model is not Program and "slug" in address:
        program = session.get_one(Program, object.program_id)
        if program.slug != address["slug"]:
            raise _not_found()
    return object


def may_create(session: Session, person_id: uuid.UUID) -> bool:
    """Return whether a person may create programs: they were given the right, or coordinate one."""
    may = select(Person.id).where(Person.id == person_id, Person.creates_programs)
    runs_one = select(Coordinator.id).where(Coordinator.person_id == person_id).limit(1)
    return session.scalar(may) is not None or session.scalar(runs_one) is not None


def relations_of(session: Session, person_id: uuid.UUID | None, object: Any) -> set[Relation]:
    """Return all relations of a person to an object, or to the installation for None."""
    relations = {Relation.ANYBODY}
    if person_id is None:
        return relations
    relations.add(Relation.SIGNED_IN)
    if object is None:
        return relations | ({Relation.CREATOR} if may_create(session, person_id) else set())
    if getattr(object, "person_id", None) == person_id:
        relations.add(Relation.OWNER)
    program_id = object.id if isinstance(object, Program) else getattr(object, "program_id", None)
    if program_id is not None:
        runs_it = select(Coordinator.id).where(
            Coordinator.program_id == program_id, Coordinator.person_id == person_id
        )
        # A form that was not sent in yet is its person's alone.
        is_draft = isinstance(object, Profile) and object.state is ProfileState.DRAFT
        if not is_draft and session.scalar(runs_it) is not None:
            relations.add(Relation.COORDINATOR)
    return relations


def _not_found() -> NotFound:
    return NotFound(_("there's nothing here, or you don't have access to it"))

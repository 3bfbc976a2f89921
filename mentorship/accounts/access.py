"""Who may do what to whose: one table, and everything that it does not allow is refused.

Pages and commands of a signed-in person reach people's and programs' data through `find`, which
answers alike for what is not there and what is not theirs.
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
    Profile,
    Program,
    Round,
    Upload,
)


class Role(enum.StrEnum):
    """What somebody is to an object; one person may be several."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed in"
    OWNER = "the person it is about"
    COORDINATOR = "coordinator of its program"


class Action(enum.StrEnum):
    """What can be done on the site."""

    PROBE = "ask whether the service lives"
    VISIT = "visit a public page"
    USE_ACCOUNT = "use one's own account"
    END_DEVICE = "sign a browser out"
    READ_FRONT = "read what a program is"
    JOIN = "begin a profile in a program"
    ANSWER = "read and change a profile as the person it is about"
    COORDINATE = "run a program"
    ADMIT = "read a profile, admit or turn away"
    RUN_ROUND = "follow, review and publish a round"
    IMPORT = "decide about an upload"
    FOLLOW_EMAIL = "read what became of an email, and send it again"


@dataclass(frozen=True)
class Rule:
    """Which kind of object an action is about, the part of the address that names it, and who."""

    role: Role
    model: type[Base] | None = None
    argument: str = ""


TABLE: Mapping[Action, Rule] = {
    Action.PROBE: Rule(Role.ANYBODY),
    Action.VISIT: Rule(Role.ANYBODY),
    Action.USE_ACCOUNT: Rule(Role.SIGNED_IN),
    Action.END_DEVICE: Rule(Role.OWNER, BrowserSession, "device_id"),
    Action.READ_FRONT: Rule(Role.ANYBODY, Program, "slug"),
    Action.JOIN: Rule(Role.SIGNED_IN, Program, "slug"),
    Action.ANSWER: Rule(Role.OWNER, Profile, "profile_id"),
    Action.COORDINATE: Rule(Role.COORDINATOR, Program, "slug"),
    Action.ADMIT: Rule(Role.COORDINATOR, Profile, "profile_id"),
    Action.RUN_ROUND: Rule(Role.COORDINATOR, Round, "round_id"),
    Action.IMPORT: Rule(Role.COORDINATOR, Upload, "upload_id"),
    Action.FOLLOW_EMAIL: Rule(Role.COORDINATOR, Email, "email_id"),
}


def find(
    session: Session, person_id: uuid.UUID | None, action: Action, address: Mapping[str, Any]
) -> Any:
    """Return the object that an address names, if this person may do this to it, else None.

    `address` holds the named parts of the page's address; a `slug` in it must be that of the
    object's program. Raises `NotFound` for what is not there and for what is not theirs, alike.
    """
    rule = TABLE[action]
    if rule.model is None:
        if rule.role is Role.ANYBODY or person_id is not None:
            return None
        raise _not_found()
    found: Any
    if rule.model is Program:
        found = session.scalar(select(Program).where(Program.slug == address["slug"]))
    else:
        found = session.get(rule.model, address[rule.argument])
    if found is None or rule.role not in roles(session, person_id, found):
        raise _not_found()
    if rule.model is not Program and "slug" in address:
        program = session.get_one(Program, found.program_id)
        if program.slug != address["slug"]:
            raise _not_found()
    return found


def roles(session: Session, person_id: uuid.UUID | None, object: Any) -> set[Role]:
    """Return what a person is to an object."""
    found = {Role.ANYBODY}
    if person_id is None:
        return found
    found.add(Role.SIGNED_IN)
    if getattr(object, "person_id", None) == person_id:
        found.add(Role.OWNER)
    program_id = object.id if isinstance(object, Program) else getattr(object, "program_id", None)
    if program_id is not None:
        runs_it = select(Coordinator.id).where(
            Coordinator.program_id == program_id, Coordinator.person_id == person_id
        )
        if session.scalar(runs_it) is not None:
            found.add(Role.COORDINATOR)
    return found


def _not_found() -> NotFound:
    return NotFound(_("there is nothing here, or it is not yours to see"))

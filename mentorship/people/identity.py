"""Answers about identity, which are kept only where a program asks for them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mentorship.errors import WrongState
from mentorship.language import gettext as _
from mentorship.models import Policy, Profile, Program
from mentorship.people.identity_answers import COLUMNS


def is_asked(policy: Mapping[str, Any]) -> bool:
    """Return whether a program with this body of a policy asks about identity."""
    return bool(policy["weights"].get("identity", 0) > 0)


def is_asked_in(session: Session, program: Program) -> bool:
    """Return whether a program asks about identity now."""
    newest = select(Policy.body).where(Policy.program_id == program.id)
    body = session.scalar(newest.order_by(Policy.version.desc()).limit(1))
    return body is None or is_asked(body)


def check_unchanged(session: Session, program: Program, was_asked: bool) -> None:
    """Raise `WrongState` where the policy about identity changed while a file was read."""
    if is_asked_in(session, program) != was_asked:
        raise WrongState(
            _("the program's policy was changed while the file was read; read it again")
        )


def forget(session: Session, program_id: uuid.UUID) -> None:
    """Remove what the people of a program answered about identity."""
    answered = or_(*(Profile.answers[name].as_string().is_not(None) for name in sorted(COLUMNS)))
    theirs = select(Profile).where(Profile.program_id == program_id, answered)
    for profile in session.scalars(theirs.order_by(Profile.id).with_for_update()):
        profile.answers = {n: v for n, v in profile.answers.items() if n not in COLUMNS}
    session.flush()

"""The versions of a program's policy: each is adopted once and never changed."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import matching.policy
from mentorship import database
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import Policy, Program


def adopt(session: Session, program: Program, policy: matching.policy.Policy) -> Policy:
    """Make `policy` the program's newest version; earlier versions stay as rounds used them."""
    newest = session.scalar(select(func.max(Policy.version)).where(Policy.program_id == program.id))
    version = Policy(
        program_id=program.id,
        version=(newest or 0) + 1,
        body=policy.to_dict(),
        created_at=database.now(session),
    )
    session.add(version)
    session.flush()
    return version


def current(session: Session, program_id: uuid.UUID) -> Policy:
    """Return the newest version of a program's policy."""
    return session.scalars(
        select(Policy).where(Policy.program_id == program_id).order_by(Policy.version.desc())
    ).first() or _no_policy(program_id)


def _no_policy(program_id: uuid.UUID) -> Policy:
    raise NotFound(_("program %(program_id)s has no policy", program_id=program_id))

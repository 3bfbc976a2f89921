"""The versions of a program's policy: each is adopted once and never changed."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import matching.policy
from mentorship import audit, database
from mentorship.errors import NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import Policy, Program, Round
from mentorship.people import identity, questions
from mentorship.programs import lessons


@dataclass(frozen=True)
class Version:
    """A version as it is listed; `rounds` counts all that used it."""

    number: int
    made_at: datetime.datetime
    rounds: int


def adopt(session: Session, program: Program, policy: matching.policy.Policy) -> Policy:
    """Make `policy` the program's newest version; earlier versions stay as rounds used them.

    Where it gives identity no weight any more, the answers about that are removed. Raises
    `InvalidPolicy` where it counts a question that the program does not ask.
    """
    questions.check_policy(program, policy)
    newest = session.scalar(
        select(Policy)
        .where(Policy.program_id == program.id)
        .order_by(Policy.version.desc())
        .limit(1)
    )
    # What a program asks no longer, it does not keep either.
    if newest and identity.is_asked(newest.body) and not identity.is_asked(policy.to_dict()):
        identity.forget(session, program.id)
    version = Policy(
        program_id=program.id,
        version=(newest.version if newest else 0) + 1,
        body=policy.to_dict(),
        created_at=database.now(session),
    )
    session.add(version)
    session.flush()
    if newest is None:
        lessons.add(session, program.id)
    else:
        lessons.note(session, [program.id])
    return version


def change(
    session: Session,
    program: Program,
    actor: str,
    policy: matching.policy.Policy,
    *,
    seen: int | None,
) -> Policy | None:
    """Adopt an edit of version `seen`; return None if it equals the current policy.

    Raises `WrongState` where another version was adopted since.
    """
    # Of two who save at once, the second waits here and then sees what the first adopted.
    session.refresh(program, with_for_update=True)
    newest = current(session, program.id)
    before = content(newest)
    if policy == before:
        return None
    if seen != newest.version:
        raise WrongState(
            _(
                "someone saved version %(version)s while this page was open, so nothing of yours "
                "is saved yet",
                version=newest.version,
            )
        )
    adopted = adopt(session, program, policy)
    audit.record(
        session,
        actor,
        "policy adopted",
        program_id=program.id,
        subject_id=adopted.id,
        version=adopted.version,
        entries=_differing(before.to_dict(), policy.to_dict()),
    )
    return adopted


def as_file(version: Policy) -> str:
    """Return a version as a file; one of an earlier form as it was written then."""
    if version.body["version"] == matching.policy.VERSION:
        return content(version).to_yaml()
    text: str = yaml.safe_dump(version.body, sort_keys=False)
    return text


def content(version: Policy) -> matching.policy.Policy:
    """Return what a version says. Raises `InvalidPolicy` for one of an earlier form."""
    return matching.policy.Policy.from_dict(version.body)


def get(session: Session, program_id: uuid.UUID, number: int) -> Policy:
    """Return a version of a program's policy. Raises `NotFound`."""
    found = session.scalar(
        select(Policy).where(Policy.program_id == program_id, Policy.version == number)
    )
    if found is None:
        raise NotFound(_("this program's policy has no version %(number)s", number=number))
    return found


def versions(session: Session, program_id: uuid.UUID) -> list[Version]:
    """Return all versions of a program's policy, the newest first."""
    rows = session.execute(
        select(Policy.version, Policy.created_at, func.count(Round.id))
        .outerjoin(Round, Round.policy_id == Policy.id)
        .where(Policy.program_id == program_id)
        .group_by(Policy.id, Policy.version, Policy.created_at)
        .order_by(Policy.version.desc())
    )
    return [Version(number, made_at, rounds) for number, made_at, rounds in rows]


def current(session: Session, program_id: uuid.UUID) -> Policy:
    """Return the newest version of a program's policy."""
    return session.scalars(
        select(Policy).where(Policy.program_id == program_id).order_by(Policy.version.desc())
    ).first() or _no_policy(program_id)


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of entries that differ; nested ones as `part.entry`."""
    found = []
    for name in {**before, **after}:
        one, two = before.get(name), after.get(name)
        if isinstance(one or two, dict):
            found += [f"{name}.{entry}" for entry in _differing(one or {}, two or {})]
        elif one != two:
            found.append(name)
    return found


def _no_policy(program_id: uuid.UUID) -> Policy:
    raise NotFound(_("program %(program_id)s has no policy", program_id=program_id))

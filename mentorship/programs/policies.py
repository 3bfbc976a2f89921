"""The versions of a program's policy: each is adopted once and never changed."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import matching.policy
from mentorship import audit, database
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import AuditEntry, Policy, Program, Round
from mentorship.people import identity, persons, questions
from mentorship.programs import lessons

#: What the audit log calls it.
ADOPTED = "policy adopted"
#: The most characters that a note may have.
LONGEST_NOTE = 300


@dataclass(frozen=True)
class Version:
    """A version as it is listed; `rounds` counts all that used it.

    `by` is the name of who saved it, and `note` says why in their words; both are empty where that
    is not known. `body` is what it says, of whatever form it has.
    """

    number: int
    made_at: datetime.datetime
    rounds: int
    note: str
    by: str
    body: Mapping[str, Any]


def adopt(
    session: Session, program: Program, policy: matching.policy.Policy, note: str = ""
) -> Policy:
    """Make `policy` the program's newest version; earlier versions stay as rounds used them.

    The note says why, in a coordinator's words.
    If it no longer gives identity any weight, the answers about that are removed. Raises
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
        note=note,
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
    note: str = "",
) -> Policy | None:
    """Adopt an edit of version `seen`; return None if it equals the current policy.

    Raises `Invalid` for a note that is too long, and `WrongState` where another version was adopted
    since.
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
    if len(note) > LONGEST_NOTE:
        words = _("Use at most %(most)s characters.", most=LONGEST_NOTE)
        raise Invalid(words, fields={"note": words})
    adopted = adopt(session, program, policy, note)
    audit.record(
        session,
        actor,
        ADOPTED,
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
    rounds = (
        select(func.count()).where(Round.policy_id == Policy.id).correlate(Policy).scalar_subquery()
    )
    rows = session.execute(
        select(Policy, rounds)
        .where(Policy.program_id == program_id)
        .order_by(Policy.version.desc())
    ).all()
    by = _savers(session, program_id)
    return [
        Version(each.version, each.created_at, used, each.note, by.get(each.id, ""), each.body)
        for each, used in rows
    ]


def current(session: Session, program_id: uuid.UUID) -> Policy:
    """Return the newest version of a program's policy."""
    return session.scalars(
        select(Policy).where(Policy.program_id == program_id).order_by(Policy.version.desc())
    ).first() or _no_policy(program_id)


def _savers(session: Session, program_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """Return the names of the people who saved versions of a policy, by version."""
    actors = {
        entry.subject_id: entry.actor
        for entry in session.scalars(
            select(AuditEntry).where(
                AuditEntry.program_id == program_id, AuditEntry.action == ADOPTED
            )
        )
        if entry.subject_id
    }
    names = persons.names(session, actors.values())
    return {id: names[actor] for id, actor in actors.items() if actor in names}


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

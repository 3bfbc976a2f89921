"""Rematching: what changing existing pairs would gain, and a round that changes so many at most.

A dry run that keeps pairs unless there are clearly better ones also finds the best round for each
of several numbers of changes. One of these options, once it is chosen, is the setting of a round.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import AuditEntry, Existing, Pairing, Profile, Program, Round, Scope
from mentorship.programs import policies
from mentorship.rounds import decisions, rounds
from mentorship.states import LIVE_PAIRING

_MILLION = 1_000_000
#: What changes who is paired, among what rounds write into the audit log.
_PUBLISHED = ("round published", "held pairings published")


def has_pairs(session: Session, program: Program) -> bool:
    """Return whether a program has pairings that a round could change."""
    live = (Pairing.program_id == program.id) & Pairing.state.in_(LIVE_PAIRING)
    return bool(session.scalar(select(exists().where(live))))


def is_asked(round: Round) -> bool:
    """Return whether matching a round is to find options as well."""
    return (
        round.dry_run
        and round.existing is Existing.BETTER
        and round.scope is Scope.EVERYONE
        and round.tried is None
    )


def chosen(round: Round) -> dict[str, Any]:
    """Return what an option that was chosen asks of the matching of a round, nothing without."""
    if round.keep_bonus is None:
        return {}
    return {"keep_bonus": round.keep_bonus / _MILLION, "most_changed": round.most_changed}


def options(session: Session, round: Round) -> dict[str, Any] | None:
    """Return the options that a round found, None for one that did not look for them.

    `{"points": [...], "is_complete"}`, as `matching.frontier` has them, fewest changes first.
    """
    found: dict[str, Any] | None = session.scalar(
        select(Round.result["options"]).where(Round.id == round.id)
    )
    return found


def is_outdated(session: Session, round: Round) -> bool:
    """Return whether people, pairings, settings or the policy changed since a round was started."""
    of_program = AuditEntry.program_id == round.program_id
    of_rounds = AuditEntry.subject_id.in_(
        select(Round.id).where(Round.program_id == round.program_id)
    )
    changed = or_(AuditEntry.subject_id.is_(None), ~of_rounds, AuditEntry.action.in_(_PUBLISHED))
    audited = exists().where(and_(of_program, AuditEntry.at > round.created_at, changed))
    answered = exists().where(
        Profile.program_id == round.program_id, Profile.updated_at > round.created_at
    )
    if policies.current(session, round.program_id).id != round.policy_id:
        return True
    return bool(session.scalar(select(or_(audited, answered))))


def start(
    session: Session, program: Program, trial: Round, changed: int, requested_by: str
) -> tuple[Round, bool]:
    """Start a round that changes as many existing pairs at most as an option of a dry run did.

    Return what `rounds.start` returns. Raises `NotFound` where there is no such option.
    """
    found: Mapping[str, Any] = options(session, trial) or {"points": []}
    point = next((each for each in found["points"] if each["changed"] == changed), None)
    if point is None:
        raise NotFound(_("this dry run has no option that changes that many pairs"))
    setting: dict[str, Any] = {}
    if point["keep_bonus"] is not None:
        setting = {
            "existing": Existing.BETTER,
            "keep_bonus": round(point["keep_bonus"] * _MILLION),
            "most_changed": changed,
        }
    started, is_new = rounds.start(
        session, program, requested_by=requested_by, scope=trial.scope, **setting
    )
    if is_new:
        # The options were found around these.
        around = set((trial.result or {}).get("decisions", ()))
        held = decisions.in_force(session, trial.id)
        decisions.adopt(session, started, [each for each in held if str(each.id) in around])
    return started, is_new

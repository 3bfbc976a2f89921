"""Rounds: started by a coordinator, claimed and matched by a worker."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

import matching.policy
from mentorship import audit, database, outbox
from mentorship.errors import NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import (
    Email,
    EmailKind,
    Existing,
    Pairing,
    Policy,
    Program,
    Round,
    Scope,
    Unmatched,
)
from mentorship.programs import policies, programs
from mentorship.rounds import coverage
from mentorship.states import (
    OPEN_ROUND,
    RoundState,
    move,
    move_or_refuse,
)

#: Dry runs of one program that may wait or be matched at a time: all programs share the workers.
MOST_DRY_RUNS = 3


def start(
    session: Session,
    program: Program,
    *,
    requested_by: str,
    scope: Scope = Scope.EVERYONE,
    existing: Existing = Existing.KEEP,
    dry_run: bool = False,
    tried: matching.policy.Policy | None = None,
    least_coverage: int | None = None,
    keep_bonus: int | None = None,
    most_changed: int | None = None,
) -> tuple[Round, bool]:
    """Queue a round; return it and True, or the round that is already open and False.

    A dry run may have a policy `tried` in place of the program's, to be compared with it. A round
    with a `least_coverage`, in percent of those waiting, turns into a dry run below it.
    `keep_bonus` and `most_changed` are as of `Round`. Raises `WrongState` for one dry run too many
    at a time.
    """
    # Of two who start at once, the second waits here and then sees the first one's round.
    session.refresh(program, with_for_update=True)
    open_round = session.scalar(
        select(Round).where(
            Round.program_id == program.id, Round.state.in_(OPEN_ROUND), ~Round.dry_run
        )
    )
    if open_round is not None and not dry_run:
        return open_round, False
    if dry_run:
        _check_dry_runs(session, program)
    last = session.scalar(select(func.max(Round.number)).where(Round.program_id == program.id))
    round = Round(
        program_id=program.id,
        policy_id=policies.current(session, program.id).id,
        number=(last or 0) + 1,
        state=RoundState.QUEUED,
        scope=scope,
        existing=existing,
        dry_run=dry_run,
        least_coverage=least_coverage,
        keep_bonus=keep_bonus,
        most_changed=most_changed,
        requested_by=requested_by,
        created_at=database.now(session),
    )
    # Written down only where there is one: None would be stored as JSON's null.
    if tried is not None:
        round.tried = tried.to_dict()
    session.add(round)
    session.flush()
    audit.record(
        session,
        requested_by,
        "round started",
        program_id=program.id,
        subject_id=round.id,
        scope=scope,
        existing=existing,
        dry_run=dry_run,
        **({"tries": "another policy"} if tried is not None else {}),
        **({} if least_coverage is None else {"least_coverage": least_coverage}),
        **({} if most_changed is None else {"most_changed": most_changed}),
    )
    return round, True


def _check_dry_runs(session: Session, program: Program) -> None:
    """Raise `WrongState` where a program, whose row is locked, has dry runs enough in the queue."""
    waiting = select(func.count()).where(
        Round.program_id == program.id,
        Round.dry_run,
        Round.state.in_((RoundState.QUEUED, RoundState.MATCHING)),
    )
    if (session.scalar(waiting) or 0) >= MOST_DRY_RUNS:
        raise WrongState(
            _(
                "%(most)s dry runs are being matched already; wait until one is done, or cancel "
                "one of them",
                most=MOST_DRY_RUNS,
            )
        )


def try_out(
    session: Session, program: Program, policy: matching.policy.Policy, requested_by: str
) -> Round:
    """Queue a dry run of another policy, for everyone and afresh, to be compared with today's."""
    trial, _is_new = start(
        session,
        program,
        requested_by=requested_by,
        existing=Existing.AFRESH,
        dry_run=True,
        tried=policy,
    )
    return trial


def get(session: Session, round_id: uuid.UUID) -> Round:
    """Return a round. Raises `NotFound`."""
    round = session.get(Round, round_id)
    if round is None:
        raise NotFound(_("there is no round %(round_id)s", round_id=round_id))
    return round


def of_program(session: Session, program_id: uuid.UUID) -> Sequence[Round]:
    """Return a program's rounds, the newest first."""
    return session.scalars(
        select(Round).where(Round.program_id == program_id).order_by(Round.number.desc())
    ).all()


def last_trial(session: Session, version: Policy, tried: matching.policy.Policy) -> Round | None:
    """Return the last dry run that tries a policy in place of this version, if it did not fail."""
    trials = session.scalars(
        select(Round)
        .where(Round.policy_id == version.id, Round.tried.is_not(None), Round.state.in_(OPEN_ROUND))
        .order_by(Round.number.desc())
    )
    return next((round for round in trials if round.tried == tried.to_dict()), None)


def claim(session: Session, round_id: uuid.UUID, lease: datetime.timedelta) -> Round | None:
    """queued -> matching, for one worker; None if it is not queued."""
    claimed = move(
        session,
        Round,
        round_id,
        (RoundState.QUEUED,),
        RoundState.MATCHING,
        starts=Round.starts + 1,
        fence=Round.fence + 1,
        lease_until=database.now(session) + lease,
    )
    return session.get(Round, round_id) if claimed else None


def extend_lease(
    session: Session,
    round_id: uuid.UUID,
    fence: int,
    lease: datetime.timedelta,
    progress: dict[str, Any] | None,
) -> bool:
    """Extend a worker's lease and store its progress; False if the round is no longer its own."""
    extended = session.scalar(
        update(Round)
        .where(Round.id == round_id, Round.fence == fence, Round.state == RoundState.MATCHING)
        .values(lease_until=database.now(session) + lease, progress=progress)
        .returning(Round.id)
    )
    return extended is not None


def propose(
    session: Session,
    round_id: uuid.UUID,
    fence: int,
    *,
    pairings: Sequence[Pairing],
    unmatched: Sequence[Unmatched],
    result: dict[str, Any],
    candidates: bytes | None = None,
) -> bool:
    """matching -> proposed, with its results; False if the round is no longer this worker's.

    What it proposed before, where it was matched again, goes. One that falls short of its least
    coverage turns into a dry run, and coordinators are told of that.
    """
    is_first = not was_matched(session, round_id)
    least = session.scalar(select(Round.least_coverage).where(Round.id == round_id))
    is_short = is_first and least is not None and coverage.falls_short(result["waiting"], least)
    moved = move(
        session,
        Round,
        round_id,
        (RoundState.MATCHING,),
        RoundState.PROPOSED,
        Round.fence == fence,
        lease_until=None,
        result=result,
        candidates=candidates,
        failure=None,
        progress=None,
        proposed_at=database.now(session),
        **({"dry_run": True} if is_short else {}),
    )
    if moved:
        session.execute(delete(Pairing).where(Pairing.round_id == round_id))
        session.execute(delete(Unmatched).where(Unmatched.round_id == round_id))
        session.add_all(pairings)
        session.add_all(unmatched)
        if is_first:
            _tell_coordinators(session, get(session, round_id))
    return moved


def match_again(session: Session, round: Round, actor: str) -> None:
    """proposed -> queued: what was proposed stays until there is something else.

    Raises `WrongState` for any other round, and for one dry run too many at a time.
    """
    if round.dry_run:
        session.refresh(round.program, with_for_update=True)
        _check_dry_runs(session, round.program)
    refusal = mark("the round is %(state)s, so it can't be matched again")
    move_or_refuse(
        session,
        round,
        (RoundState.PROPOSED,),
        RoundState.QUEUED,
        refusal,
        starts=0,
        rung_at=None,
        failure=None,
        publish_at=None,
        publish_by=None,
    )
    record(session, actor, "round matched again", round)


def was_matched(session: Session, round_id: uuid.UUID) -> bool:
    """Return whether a round has been matched before."""
    return session.scalar(select(Round.proposed_at).where(Round.id == round_id)) is not None


def fail(
    session: Session, round_id: uuid.UUID, fence: int, why: str, *conditions: ColumnElement[bool]
) -> bool:
    """queued or matching -> failed: `why` says what happened and what to do about it.

    `conditions` must hold as well: the round may have come back to life meanwhile. One that was
    matched before is proposed as it was.
    """
    is_first = not was_matched(session, round_id)
    moved = move(
        session,
        Round,
        round_id,
        (RoundState.QUEUED, RoundState.MATCHING),
        RoundState.FAILED if is_first else RoundState.PROPOSED,
        Round.fence == fence,
        *conditions,
        lease_until=None,
        progress=None,
        failure=why,
    )
    # Coordinators were told of a round that is matched again, and its page says what failed.
    if moved and is_first:
        _tell_coordinators(session, get(session, round_id))
    return moved


def take_back(session: Session, most_starts: int) -> None:
    """matching -> queued if its worker fell silent; failed if that happened too often."""
    at = database.now(session)
    silent = (Round.state == RoundState.MATCHING) & (Round.lease_until < at)
    for round in session.scalars(select(Round).where(silent)).all():
        if round.starts >= most_starts:
            why = (
                f"The worker stopped responding {round.starts} times while matching this "
                "round. Look at its log for the reason (often too little memory), fix it, and "
                "start another round."
            )
            fail(session, round.id, round.fence, why, Round.lease_until < at)
        else:
            move(
                session,
                Round,
                round.id,
                (RoundState.MATCHING,),
                RoundState.QUEUED,
                Round.lease_until < at,
                lease_until=None,
                rung_at=None,
                progress=None,
            )


def cancel(session: Session, round: Round, actor: str) -> None:
    """queued or matching -> cancelled, or proposed as it was where it was matched before.

    Raises `WrongState` otherwise.
    """
    move_or_refuse(
        session,
        round,
        (RoundState.QUEUED, RoundState.MATCHING),
        RoundState.PROPOSED if was_matched(session, round.id) else RoundState.CANCELLED,
        mark("the round is %(state)s, so it can't be canceled"),
        lease_until=None,
        progress=None,
    )
    record(session, actor, "round cancelled", round)


def discard(session: Session, round: Round, actor: str) -> None:
    """proposed -> discarded: no one is notified. Raises `WrongState` otherwise."""
    refusal = mark("the round is %(state)s, so it can't be discarded")
    move_or_refuse(session, round, (RoundState.PROPOSED,), RoundState.DISCARDED, refusal)
    record(session, actor, "round discarded", round)


def close(session: Session, round: Round) -> None:
    """published -> closed: a later round has been published."""
    refusal = mark("the round is %(state)s, so it can't be closed")
    move_or_refuse(session, round, (RoundState.PUBLISHED,), RoundState.CLOSED, refusal)


def _tell_coordinators(session: Session, round: Round) -> None:
    if round.dry_run and round.least_coverage is None:
        return
    _owe_coordinators(session, round, number=0)


def tell_of_failed_publication(session: Session, round: Round) -> None:
    """Owe the coordinators an email: a round was not published at its time, as it says itself."""
    told = select(func.max(Email.number)).where(
        Email.kind == EmailKind.ROUND_FINISHED, Email.cause_id == round.id
    )
    _owe_coordinators(session, round, number=(session.scalar(told) or 0) + 1)


def _owe_coordinators(session: Session, round: Round, *, number: int) -> None:
    for coordinator in programs.coordinators(session, round.program_id):
        outbox.owe(
            session,
            EmailKind.ROUND_FINISHED,
            to=coordinator.person_id,
            about=round.id,
            program_id=round.program_id,
            number=number,
        )


def record(session: Session, actor: str, action: str, round: Round, **details: object) -> None:
    audit.record(
        session, actor, action, program_id=round.program_id, subject_id=round.id, **details
    )

"""Forecasts: when one is out of date, who computes it, and what it holds.

The row is the job, as a round's is: it is claimed for a time, its worker extends the lease, and
every later write names the fence. A round goes first, so the worker gives a forecast up for it.
"""

from __future__ import annotations

import contextlib
import datetime
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from mentorship import database
from mentorship.models import (
    AuditEntry,
    Existing,
    Forecast,
    Profile,
    Program,
    Role,
    Round,
    Scope,
)
from mentorship.people import gaps, sight
from mentorship.programs import policies
from mentorship.rounds import snapshots
from mentorship.states import ProfileState, RoundState

#: After a change there are often more: so long they are waited for.
SETTLES = datetime.timedelta(seconds=5)
#: Computing them takes no more than a fifth of a worker's time, but none waits longer than this.
_RESTS, _LONGEST_REST = 4, datetime.timedelta(minutes=30)
#: A change is dated when it is made and seen once it is committed. No transaction is open longer.
_COMMITS = datetime.timedelta(minutes=3)
#: Clocks are put forward and back, so a forecast is renewed without any change, too.
_LASTS = datetime.timedelta(days=1)
#: How many of those whom rules keep from every mentor are kept by name, and how many of the pairs
#: below the minimum of today, the lowest first; all are counted.
MOST_RULED_OUT, MOST_LOW_PAIRS = 200, 50
#: How many of those who could join are kept.
MOST_JOINING = 8
#: Kinds of advice that say whether a rule or the score decides: not where few mentors take part.
_TELLING = ("floor", "rule")
_KINDS = ("floor", "rule", "places", "mentor")


@dataclass(frozen=True)
class Problem:
    """What a worker computes a forecast from, as plain data, and what is counted already.

    `answer` is what comes out where there is no one to be matched, None where it is to be computed.
    """

    taken_at: datetime.datetime
    data: dict[str, Any]
    counted: dict[str, Any]
    answer: dict[str, Any] | None


def of_program(session: Session, program_id: uuid.UUID) -> Forecast | None:
    """Return a program's forecast, None before its first was asked for."""
    return session.scalar(select(Forecast).where(Forecast.program_id == program_id))


def note_changes(session: Session) -> int:
    """Make forecasts due that changes have put out of date, and return how many."""
    at = database.now(session)
    audited = (
        select(func.max(AuditEntry.at)).where(AuditEntry.program_id == Program.id).scalar_subquery()
    )
    answered = (
        select(func.max(Profile.updated_at))
        .where(Profile.program_id == Program.id)
        .scalar_subquery()
    )
    found = session.execute(
        select(Program.id, Forecast, audited, answered)
        .outerjoin(Forecast, Forecast.program_id == Program.id)
        .where(
            Forecast.due_at.is_(None),
            or_(Forecast.id.is_not(None), _has_ready(Role.MENTEE) & _has_ready(Role.MENTOR)),
        )
    ).all()
    due = 0
    for program_id, forecast, *changed in found:
        latest = max((time for time in changed if time is not None), default=at)
        if forecast is None:
            # Another sweep may add it at the same moment.
            with contextlib.suppress(IntegrityError), session.begin_nested():
                session.add(Forecast(program_id=program_id, due_at=at + SETTLES))
            due += 1
            continue
        if not _is_outdated(forecast, latest, at):
            continue
        rest = datetime.timedelta(seconds=_RESTS * forecast.seconds)
        forecast.due_at = at + min(max(SETTLES, rest), _LONGEST_REST)
        due += 1
    session.flush()
    return due


def _has_ready(role: Role) -> ColumnElement[bool]:
    return exists().where(
        Profile.program_id == Program.id,
        Profile.role == role,
        Profile.state == ProfileState.READY,
    )


def _is_outdated(forecast: Forecast, latest: datetime.datetime, at: datetime.datetime) -> bool:
    taken_at = forecast.taken_at
    if taken_at is None or latest > taken_at or at - taken_at > _LASTS:
        return True
    # Dated before, and committed perhaps after it was read: looked at once more, when it is sure.
    return latest > taken_at - _COMMITS and at > latest + _COMMITS


def is_due(at: datetime.datetime) -> ColumnElement[bool]:
    """Match forecasts that a worker may claim: none beside a round or another forecast."""
    a_round = exists().where(Round.state.in_((RoundState.QUEUED, RoundState.MATCHING)))
    other = aliased(Forecast)
    return (Forecast.due_at <= at) & ~a_round & ~exists().where(other.lease_until.is_not(None))


def claim(session: Session, forecast_id: uuid.UUID, lease: datetime.timedelta) -> int | None:
    """Claim a forecast for one worker; return the fence, None if it is not there to be claimed."""
    at = database.now(session)
    return session.scalar(
        update(Forecast)
        .where(Forecast.id == forecast_id, is_due(at))
        .values(starts=Forecast.starts + 1, fence=Forecast.fence + 1, lease_until=at + lease)
        .returning(Forecast.fence)
    )


def extend_lease(
    session: Session, forecast_id: uuid.UUID, fence: int, lease: datetime.timedelta
) -> bool:
    """Extend a worker's lease; False if the forecast is no longer its own, or a round waits."""
    waits = exists().where(Round.state == RoundState.QUEUED)
    extended = session.scalar(
        update(Forecast)
        .where(_held(forecast_id, fence), ~waits)
        .values(lease_until=database.now(session) + lease)
        .returning(Forecast.id)
    )
    return extended is not None


def give_way(session: Session, forecast_id: uuid.UUID, fence: int) -> None:
    """Give a forecast up for now, as if it had not been claimed."""
    session.execute(
        update(Forecast)
        .where(_held(forecast_id, fence))
        .values(lease_until=None, rung_at=None, starts=Forecast.starts - 1)
    )


def take(session: Session, forecast_id: uuid.UUID) -> Problem:
    """Return what to compute: a round for the unmatched, under the policy of now."""
    # Read first: of what changes from now on, the next forecast tells.
    taken_at = database.now(session)
    forecast = session.get_one(Forecast, forecast_id)
    program = session.get_one(Program, forecast.program_id)
    policy = policies.current(session, program.id)
    plan = snapshots.Plan(program, policy.body, Scope.UNMATCHED, Existing.KEEP, str(program.id))
    data = snapshots.of_plan(session, plan)
    has_one = {mentee for mentee, _mentor in data["existing"]}
    waiting = [row for row in data["mentees"] if row["mentee_id"] not in has_one]
    active = [row for row in data["mentors"] if row["status"] == "active"]
    held = Counter(mentor for _mentee, mentor in data["existing"])
    free = [(row, max(0, row["capacity"] - held[row["mentor_id"]])) for row in active]
    few = len(active) < sight.FEW
    mentors = session.execute(
        select(Profile.id, Profile.capacity, Profile.excess).where(
            Profile.program_id == program.id,
            Profile.role == Role.MENTOR,
            Profile.state == ProfileState.READY,
        )
    ).all()
    data["kinds"] = [kind for kind in _KINDS if not (few and kind in _TELLING)]
    # To someone who has too many mentees, one more place would bring none.
    data["askable"] = [str(id) for id, _capacity, excess in mentors if not excess]
    data["joining"] = _joining(session, plan)
    offered = sorted(capacity or 0 for _id, capacity, _excess in mentors)
    data["new_places"] = max(1, offered[len(offered) // 2]) if offered else None
    counted = {
        "few": few,
        "floor": policy.body["floor"],
        "gaps": {
            dimension.value: {id: list(both) for id, both in counts.items()}
            for dimension, counts in gaps.count(waiting, free).items()
        },
    }
    nothing = {"waiting": len(waiting), "matched": 0, "ruled_out": [], "advice": []}
    return Problem(taken_at, data, counted, None if waiting and active else nothing)


def _joining(session: Session, plan: snapshots.Plan) -> dict[str, Any]:
    """Return who could join by a word, by kind of advice: their ids, and the problem with them."""
    could = {
        "approve": Profile.state == ProfileState.AWAITING_APPROVAL,
        "resume": (Profile.state == ProfileState.PAUSED) & (Profile.role == Role.MENTOR),
    }
    found = {}
    for kind, condition in could.items():
        here = Profile.program_id == plan.program.id
        query = select(Profile.id).where(here, condition)
        ids = session.scalars(query.order_by(Profile.full_name, Profile.id)).all()
        if not ids:
            continue
        problem = snapshots.of_plan(session, replace(plan, joining=set(ids)))
        people = [str(id) for id in ids]
        for mentor in problem["mentors"]:
            if mentor["mentor_id"] in people:
                mentor["status"] = "active"
        found[kind] = {"people": people, "problem": problem}
    return found


def record(
    session: Session,
    forecast_id: uuid.UUID,
    fence: int,
    problem: Problem,
    answer: Mapping[str, Any],
    seconds: float,
) -> bool:
    """Write a forecast; return False if it is no longer this worker's."""
    result = {
        **problem.counted,
        **answer,
        "advice": [_shortened(advice) for advice in answer["advice"]],
        "ruled_out": answer["ruled_out"][:MOST_RULED_OUT],
        "kept_from_all": len(answer["ruled_out"]),
    }
    return _finish(
        session, forecast_id, fence, taken_at=problem.taken_at, seconds=seconds, result=result,
        failure=None,
    )  # fmt: skip


def _shortened(advice: Mapping[str, Any]) -> dict[str, Any]:
    """Return an advice with the pairs that worry most, or some people, and how many there are."""
    change = advice["change"]
    if "people" in change:
        change = {"people": change["people"][:MOST_JOINING], "number": len(change["people"])}
    if "pairs" in change:
        lowest = sorted(change["pairs"], key=lambda pair: pair[2])[:MOST_LOW_PAIRS]
        change = {**change, "pairs": lowest, "number": len(change["pairs"])}
    return {**advice, "change": change}


def fail(
    session: Session, forecast_id: uuid.UUID, fence: int, taken_at: datetime.datetime, why: str
) -> bool:
    """Set a forecast aside until the next change; `why` says what happened and what to do."""
    return _finish(session, forecast_id, fence, taken_at=taken_at, failure=why)


def take_back(session: Session, most_starts: int) -> None:
    """Let others claim what a silent worker held; set it aside if that happened too often."""
    at = database.now(session)
    silent = Forecast.lease_until < at
    for forecast in session.scalars(select(Forecast).where(silent)).all():
        if forecast.starts >= most_starts:
            why = (
                f"The worker stopped responding {forecast.starts} times while computing this "
                "forecast. Look at its log for the reason (often too little memory)."
            )
            fail(session, forecast.id, forecast.fence, at, why)
        else:
            session.execute(
                update(Forecast)
                .where(_held(forecast.id, forecast.fence), silent)
                .values(lease_until=None, rung_at=None)
            )


def _held(forecast_id: uuid.UUID, fence: int) -> ColumnElement[bool]:
    return (
        (Forecast.id == forecast_id) & (Forecast.fence == fence) & Forecast.lease_until.is_not(None)
    )


def _finish(session: Session, forecast_id: uuid.UUID, fence: int, **changes: Any) -> bool:
    finished = session.scalar(
        update(Forecast)
        .where(_held(forecast_id, fence))
        .values(due_at=None, lease_until=None, rung_at=None, starts=0, **changes)
        .returning(Forecast.id)
    )
    return finished is not None

"""Pulses: both are asked how it is going, for as long as a pairing is meant to last."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from mentorship.models import (
    Email,
    EmailKind,
    Pairing,
    Program,
    Role,
)
from mentorship.people import clock
from mentorship.reminders import candidates
from mentorship.states import MET_PAIRING

#: Days after the introduction of the first question how it goes, and between that and the next.
PULSE_DAYS = 30
PULSE_AGAIN_DAYS = 60


def of_mentees(session: Session, at: datetime.datetime) -> Iterator[candidates.Due]:
    kind = EmailKind.MENTEE_PULSE
    for row in session.execute(_pulses(kind, Role.MENTEE, Pairing.id, at)):
        pairing = row.Pairing
        if timed := _due(pairing.introduced_at, row, at):
            # Of those that were missed only the newest comes; one by hand may have its number.
            number = max(timed, (row.last or 0) + 1)
            yield candidates.due_from(kind, row, number, pairing.introduced_at)


def of_mentors(session: Session, at: datetime.datetime) -> Iterator[candidates.Due]:
    """Yield one pulse for all mentees of a mentor in a program, timed by the oldest pairing.

    That pairing can end and another become the oldest, so they are numbered in sequence.
    """
    kind = EmailKind.MENTOR_PULSE
    rows = _pulses(kind, Role.MENTOR, Pairing.mentor_id, at).order_by(Pairing.introduced_at)
    asked: set[uuid.UUID] = set()
    for row in session.execute(rows):
        pairing = row.Pairing
        if pairing.mentor_id in asked:
            continue
        if _pulse_number(pairing.introduced_at, row.length_months, at):
            asked.add(pairing.mentor_id)
        if _due(pairing.introduced_at, row, at):
            number = (row.last or 0) + 1
            yield candidates.due_from(kind, row, number, pairing.introduced_at, pairing.mentor_id)


def _pulses(
    kind: EmailKind, role: Role, cause: InstrumentedAttribute[uuid.UUID], at: datetime.datetime
) -> Select[Any]:
    # The exact days are counted afterwards; this leaves most rows out beforehand.
    lately = at - datetime.timedelta(days=PULSE_AGAIN_DAYS - candidates.DAYS_APART)
    return (
        candidates.query(kind, role, at, cause)
        .add_columns(Program.length_months)
        .join(Program, Pairing.program_id == Program.id)
        .where(
            Pairing.state.in_(MET_PAIRING),
            Pairing.introduced_at <= at - datetime.timedelta(days=PULSE_DAYS),
            ~candidates.is_owed(kind, cause, Email.created_at > lately),
        )
    )


def _due(introduced_at: datetime.datetime, row: Row[Any], at: datetime.datetime) -> int:
    """Return how many pulses the timing has come to, 0 if none is due now.

    One is due if none has been owed since the latest day of the timing: coordinators can have one
    sent at any other time.
    """
    timed = _pulse_number(introduced_at, row.length_months, at)
    is_due = row.last_at is None or row.last_at < introduced_at + _pulse_after(timed)
    return timed if is_due else 0


def _pulse_number(
    introduced_at: datetime.datetime, length_months: int, at: datetime.datetime
) -> int:
    """Return how many pulses the timing has come to, 0 if none is due anymore.

    The last one comes on or after the planned end; pairs that go on after that are not asked.
    """
    number = (at - introduced_at - datetime.timedelta(days=PULSE_DAYS)) // datetime.timedelta(
        days=PULSE_AGAIN_DAYS
    ) + 1
    is_over = number > 1 and _pulse_after(number - 1).days >= length_months * clock.DAYS_A_MONTH
    return 0 if is_over else max(number, 0)


def _pulse_after(number: int) -> datetime.timedelta:
    return datetime.timedelta(days=PULSE_DAYS + PULSE_AGAIN_DAYS * (number - 1))

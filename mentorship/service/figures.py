"""Counts and waiting times by which a service is monitored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Email, EmailKind, MailboxHealth, Person, Round
from mentorship.service import alarms, heartbeats
from mentorship.settings import Settings
from mentorship.states import EmailState, RoundState


@dataclass(frozen=True)
class Figures:
    """What the database says about the whole service at one moment; it names no one."""

    emails: Mapping[tuple[EmailState, EmailKind], int]
    emails_in_doubt: int
    #: Emails that were sent, and of which a report says that they did not arrive.
    emails_returned: int
    #: Seconds since the email that has waited longest was due, 0 where none is.
    oldest_due: float
    rounds: Mapping[RoundState, int]
    #: Seconds since the last sign of life by kind of process, infinite where there was none: a
    #: value that is missing raises no alarm.
    silences: Mapping[str, float]
    is_relay_paused: bool
    #: Whether the mailbox for returned emails cannot be read, and how many reports in it could not
    #: be understood.
    is_mailbox_failing: bool
    reports_not_understood: int
    #: People whose address emails do not reach.
    unreachable: int


def count(session: Session, settings: Settings) -> Figures:
    """Return the figures of this moment."""
    at = database.now(session)
    emails = session.execute(
        select(Email.state, Email.kind, func.count()).group_by(Email.state, Email.kind)
    )
    rounds = dict.fromkeys(RoundState, 0)
    for state, number in session.execute(select(Round.state, func.count()).group_by(Round.state)):
        rounds[state] = number
    returned = (Email.state == EmailState.SENT) & Email.came_back_at.is_not(None)
    failing = MailboxHealth.failing_since.is_not(None)
    due = alarms.oldest_due(session)
    seen = heartbeats.last_seen(session)
    return Figures(
        emails={(state, kind): number for state, kind, number in emails},
        emails_in_doubt=_number(session, select(Email.id).where(Email.doubt_since.is_not(None))),
        emails_returned=_number(session, select(Email.id).where(returned)),
        oldest_due=(at - due).total_seconds() if due else 0.0,
        rounds=rounds,
        silences={
            kind: (at - seen[kind]).total_seconds() if kind in seen else math.inf
            for kind in heartbeats.KINDS
        },
        is_relay_paused=alarms.paused_relay(session, settings) is not None,
        is_mailbox_failing=_number(session, select(MailboxHealth.name).where(failing)) > 0,
        reports_not_understood=session.scalar(select(func.sum(MailboxHealth.not_understood))) or 0,
        unreachable=_number(session, select(Person.id).where(Person.address_problem.is_not(None))),
    )


def _number(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0

"""Alarms: parts that gave no sign of life, mail servers that fail, and emails that wait."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.coordination.digest import MAILBOX_FAILS
from mentorship.delivery import relays
from mentorship.models import Email, MailboxHealth, Relay
from mentorship.service import heartbeats
from mentorship.settings import Settings
from mentorship.states import EmailState

#: An email that has been due for this long is late if none has been sent since: workers may give
#: signs of life and send nothing. In a big round some wait longer while others leave.
LATE = datetime.timedelta(seconds=45)
#: The same where the number of emails a minute is limited, so that pauses are intended.
LATE_WITH_LIMITS = datetime.timedelta(minutes=5)


class Part(enum.StrEnum):
    """What can stop; the first three are `heartbeats.KINDS`."""

    MATCHING = "matching"
    MAIL = "mail"
    BEAT = "beat"
    RELAY = "relay"
    BOUNCES = "bounces"  # the mailbox for emails that come back
    EMAILS = "emails"  # everything seems to run, and still emails wait


@dataclass(frozen=True)
class Alarm:
    """One part that has stopped."""

    part: Part
    #: None if it never gave a sign of life.
    since: datetime.datetime | None
    #: What the relay says of it.
    words: str = ""


def raised(session: Session, settings: Settings) -> list[Alarm]:
    """Return what has stopped, with one query for each table."""
    at = database.now(session)
    seen = heartbeats.last_seen(session)
    alarms = [
        Alarm(Part(kind), seen.get(kind))
        for kind in heartbeats.KINDS
        if kind not in seen or at - seen[kind] >= heartbeats.SILENT
    ]
    relay = paused_relay(session, settings)
    if relay is not None:
        alarms.append(Alarm(Part.RELAY, relay.down_since, relay.reason))
    failing = session.scalar(
        select(MailboxHealth).where(MailboxHealth.failing_since < at - MAILBOX_FAILS)
    )
    if failing is not None:
        alarms.append(Alarm(Part.BOUNCES, failing.failing_since, failing.reason))
    if not {Part.MAIL, Part.RELAY} & {alarm.part for alarm in alarms}:
        late = oldest_due(session)
        span = LATE_WITH_LIMITS if settings.limits_mail else LATE
        if late is not None and at - late >= span and not _any_sent(session, at - span):
            alarms.append(Alarm(Part.EMAILS, late))
    return alarms


def paused_relay(session: Session, settings: Settings) -> Relay | None:
    """Return the relay if it is down."""
    relay = relays.find(session, settings)
    return relay if relay is not None and relay.down_since is not None else None


def oldest_due(session: Session) -> datetime.datetime | None:
    """Return since when the longest waiting email has been due."""
    at = database.now(session)
    has_turn = or_(Email.slot_at.is_(None), Email.slot_at <= at)
    return session.scalar(
        select(func.min(Email.due_at)).where(
            Email.state == EmailState.READY, Email.due_at <= at, has_turn
        )
    )


def _any_sent(session: Session, since: datetime.datetime) -> bool:
    return session.scalar(select(Email.id).where(Email.sent_at > since).limit(1)) is not None

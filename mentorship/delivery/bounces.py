"""Undeliverable emails that come back, and what is recorded about them.

Anyone can write a report, and Message-IDs are known to readers. So a report flags an address only
if it came to that email's own return path (`return_paths`), which only servers on the way and the
reader know; any other one about an email of ours is listed and flags no one.
"""

from __future__ import annotations

import contextlib
import logging
import re
import uuid
from collections.abc import Iterator

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from mentorship import database, logs, outbox
from mentorship.delivery import refusals, reports, return_paths
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.delivery.reports import Failure, read_report
from mentorship.errors import Invalid, Unavailable
from mentorship.models import Email, EmailEvent, EmailEventKind, MailboxHealth
from mentorship.people import addresses, persons
from mentorship.settings import Settings

log = logging.getLogger(__name__)


def run(engine: Engine, mailbox: BounceMailbox, settings: Settings) -> int:
    """Read the new messages of the bounce mailbox; return how many failures were recorded.

    Each message has a transaction of its own. What cannot be understood stays unread and is
    counted, and so is since when the mailbox could not be read. Raises `Unavailable`.
    """
    if not mailbox.name:
        return 0
    noted = 0

    def handle(data: bytes) -> bool:
        nonlocal noted
        email_id = return_paths.find(reports.headers_of(data), settings)
        try:
            failures = read_report(data)
        except reports.NotUnderstood as error:
            log.warning("a report in the bounce mailbox cannot be parsed: %s", error)
            return False
        with database.transaction(engine) as session:
            noted += sum(note(session, failure, email_id) for failure in failures)
        # One that does not say which email it is about is for a person to read.
        return email_id is not None or not failures or _names_email(failures)

    try:
        left = mailbox.read(handle)
    except Unavailable as error:
        with database.transaction(engine) as session:
            _record_health(session, mailbox.name, str(error))
        raise
    with database.transaction(engine) as session:
        _record_health(session, mailbox.name, "", left)
    return noted


def note(session: Session, failure: Failure, email_id: uuid.UUID | None = None) -> bool:
    """Record what a report says on its email; return whether it was new.

    `email_id` is the email to whose own return path it came: only then the address is flagged, if
    it is at fault. Without one, reports about emails that are not ours, or that went to someone
    else, are ignored.
    """
    is_ours = Email.id == email_id if email_id else Email.message_id == failure.message_id
    if email_id is None and failure.message_id is None:
        return False
    row = session.scalars(
        # Locked, so that a report that is read twice at once is noted once.
        select(Email).where(is_ours).limit(1).with_for_update()
    ).one_or_none()
    if row is None:
        return False
    is_reader = row.person.email_key in map(addresses.address_key, _written(failure.recipient))
    if email_id is None and not is_reader:
        return False
    words = (
        failure.words if failure.status in failure.words else f"{failure.status} {failure.words}"
    )
    noted = select(EmailEvent.id).where(
        EmailEvent.email_id == row.id,
        EmailEvent.kind == EmailEventKind.BOUNCED,
        EmailEvent.words == words,
    )
    if session.scalars(noted.limit(1)).one_or_none() is not None:
        return False
    # An email may be forwarded: then the address that failed is not the reader's.
    if email_id is not None and is_reader and failure.is_permanent:
        persons.flag_address(session, row.person_id, words)
    row.came_back_at = database.now(session)
    # The code alone: other words may be anyone's.
    row.failure = f"{refusals.CAME_BACK}{failure.status}"
    outbox.note(session, row.id, EmailEventKind.BOUNCED, words)
    return True


def _written(recipient: str) -> Iterator[str]:
    """Yield an address as it stands, decoded from `+2B` (RFC 3461), and with an ASCII domain."""
    yield recipient
    yield re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), recipient)
    with contextlib.suppress(Invalid):
        yield addresses.read_address(recipient)


def _names_email(failures: list[Failure]) -> bool:
    return any(failure.message_id is not None for failure in failures)


def _record_health(session: Session, name: str, problem: str, not_understood: int = 0) -> None:
    """Write how the mailbox is doing; what was known about another one is deleted."""
    session.execute(delete(MailboxHealth).where(MailboxHealth.name != name))
    health = session.get(MailboxHealth, name)
    if health is None:
        health = MailboxHealth(name=name, not_understood=0)
        session.add(health)
    health.reason = logs.discreet(problem)
    at = database.now(session)
    if problem:
        health.failing_since = health.failing_since or at
    else:
        health.failing_since, health.read_at, health.not_understood = None, at, not_understood

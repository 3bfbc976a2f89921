"""Undeliverable emails that come back, and what their reports say of addresses.

Reports are those of RFC 3464, which all common mail servers write. Anyone can write one, so it
counts only with the Message-ID of an email of ours, and for the person that email was for.
"""

from __future__ import annotations

import contextlib
import email
import logging
import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery.bounce_mailbox import MOST_BYTES, BounceMailbox
from mentorship.delivery.smtp import printable
from mentorship.models import Email, EmailEvent, EmailEventKind
from mentorship.people import addresses, persons

log = logging.getLogger(__name__)

_MOST_FAILURES = 50
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,253}>")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")


@dataclass(frozen=True)
class Failure:
    """What a report says of one recipient who will never get an email."""

    #: Of the email; None if the report does not tell.
    message_id: str | None
    recipient: str
    #: As in RFC 3463, such as `5.1.1`.
    status: str
    words: str

    @property
    def is_permanent(self) -> bool:
        """Whether the address is at fault, not a server that could not be reached for days."""
        return self.status.startswith("5")


def run(engine: Engine, mailbox: BounceMailbox) -> int:
    """Read the new messages of the bounce mailbox; return how many failures were noted.

    Each message has a transaction of its own. Raises `Unavailable`.
    """
    noted = 0
    with contextlib.closing(mailbox.unread()) as messages:
        for data in messages:
            if failures := read_report(data):
                with database.transaction(engine) as session:
                    noted += sum(note(session, failure) for failure in failures)
    return noted


def note(session: Session, failure: Failure) -> bool:
    """Record what a report says on its email and person; return whether it was new.

    The address is flagged if it is at fault. Reports about emails that are not ours, or that went
    to someone else, are ignored.
    """
    if failure.message_id is None:
        return False
    row = session.scalars(
        # Locked, so that a report that is read twice at once is noted once.
        select(Email).where(Email.message_id == failure.message_id).limit(1).with_for_update()
    ).one_or_none()
    if row is None or addresses.address_key(failure.recipient) != row.person.email_key:
        return False
    noted = select(EmailEvent.id).where(
        EmailEvent.email_id == row.id,
        EmailEvent.kind == EmailEventKind.BOUNCED,
        EmailEvent.words == failure.words,
    )
    if session.scalars(noted.limit(1)).one_or_none() is not None:
        return False
    if failure.is_permanent:
        persons.flag_address(session, row.person_id, failure.words)
    outbox.note(session, row.id, EmailEventKind.BOUNCED, failure.words)
    return True


def read_report(data: bytes) -> list[Failure]:
    """Return the failures that a message reports: none if it is no report, or a broken one."""
    try:
        return _failures(email.message_from_bytes(data[:MOST_BYTES]))
    except Exception as error:
        # The parser raises all kinds of errors for broken or hostile messages, and a message from a
        # stranger must not stop anything.
        log.warning("a message in the bounce mailbox is broken: %s", type(error).__name__)
        return []


def _failures(report: Message) -> list[Failure]:
    if report.get_content_type() != "multipart/report" or not report.is_multipart():
        return []
    parts: Any = report.get_payload()
    statuses = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    if not statuses or not statuses[0].is_multipart():
        return []
    original = _original_id(parts) or _id(report["In-Reply-To"])
    failures = []
    for fields in statuses[0].get_payload():
        if _plain(fields["Action"]).lower() != "failed":
            continue
        # If an email was forwarded, we do not know its final recipient.
        recipient = _value(fields["Original-Recipient"]) or _value(fields["Final-Recipient"])
        diagnosis = _value(fields["Diagnostic-Code"])
        status = _STATUS.search(_plain(fields["Status"])) or _STATUS.search(diagnosis)
        if recipient:
            code = status[0] if status else "5.0.0"
            words = diagnosis or f"undeliverable, {code}"
            failures.append(Failure(original, recipient.strip("<>"), code, words))
    return failures[:_MOST_FAILURES]


def _original_id(parts: list[Message]) -> str | None:
    """Return the Message-ID of the email that came back, whole or only its headers."""
    for part in parts:
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            returned: Any = part.get_payload(0)
            return _id(returned["Message-ID"])
        if part.get_content_type() == "text/rfc822-headers":
            content: Any = part.get_payload(decode=True)
            return _id(HeaderParser().parsestr(content.decode("utf-8", "replace"))["Message-ID"])
    return None


def _id(value: object) -> str | None:
    match = _MESSAGE_ID.search(_plain(value))
    return match[0] if match else None


def _value(value: object) -> str:
    """Return a field such as `rfc822; ana@example.org` without its type."""
    kind, _, rest = _plain(value).partition(";")
    return (rest or kind).strip()


def _plain(value: object) -> str:
    return "" if value is None else printable(str(value))

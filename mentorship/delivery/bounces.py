"""The mailbox in which undeliverable emails come back, and what their reports say of addresses.

Reports are those of RFC 3464, which all common mail servers write. Anybody can write one, so it
counts only with the Message-ID of an email of ours, and for the person who was to get that email.
"""

from __future__ import annotations

import contextlib
import email
import imaplib
import logging
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery.smtp import printable, trusted
from mentorship.errors import Unavailable
from mentorship.models import Email, EmailEvent, EmailEventKind
from mentorship.people import addresses, persons
from mentorship.settings import Settings

log = logging.getLogger(__name__)

#: A report comes first in its message and the email that it is about last, so that this is enough.
_MOST_BYTES = 262_144
_MOST_FAILURES = 50
#: So many messages are read at a time; the rest is left for the next.
_MOST_MESSAGES = 500
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,253}>")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")


@dataclass(frozen=True)
class Failure:
    """What a report says of one recipient who did not get an email, and never will."""

    #: Of the email; None where the report does not tell.
    message_id: str | None
    recipient: str
    #: As in RFC 3463, such as `5.1.1`.
    status: str
    words: str

    @property
    def is_permanent(self) -> bool:
        """Whether the address is at fault, not a server that could not be reached for days."""
        return self.status.startswith("5")


def run(engine: Engine, settings: Settings) -> int:
    """Read the new messages of the bounce mailbox; return how many failures were noted.

    Each message has a transaction of its own. Raises `Unavailable`.
    """
    if not settings.bounces_url:
        return 0
    noted = 0
    with contextlib.closing(collect(settings)) as messages:
        for data in messages:
            if failures := read_report(data):
                with database.transaction(engine) as session:
                    noted += sum(note(session, failure) for failure in failures)
    return noted


def note(session: Session, failure: Failure) -> bool:
    """Write what a report says to its email and its person; return whether it was news.

    The address is flagged if it is at fault. Nothing is written of emails that are not ours or went
    to somebody else.
    """
    if failure.message_id is None:
        return False
    row = session.scalars(
        # Locked, so that a report that is read twice at once is noted once.
        select(Email).where(Email.message_id == failure.message_id).limit(1).with_for_update()
    ).one_or_none()
    if row is None or addresses.address_key(failure.recipient) != row.person.email_key:
        return False
    known = select(EmailEvent.id).where(
        EmailEvent.email_id == row.id,
        EmailEvent.kind == EmailEventKind.BOUNCED,
        EmailEvent.words == failure.words,
    )
    if session.scalars(known.limit(1)).one_or_none() is not None:
        return False
    if failure.is_permanent:
        persons.flag_address(session, row.person_id, failure.words)
    outbox.note(session, row.id, EmailEventKind.BOUNCED, failure.words)
    return True


def read_report(data: bytes) -> list[Failure]:
    """Return the failures that a message reports: none where it is no report, or a broken one."""
    try:
        return _failures(email.message_from_bytes(data[:_MOST_BYTES]))
    except Exception as error:
        # The parser raises all kinds of things for what is broken or meant to break it, and there
        # is nothing that a message from a stranger may stop.
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
    found = []
    for fields in statuses[0].get_payload():
        if _plain(fields["Action"]).lower() != "failed":
            continue
        # Where an email was sent on, the last recipient is somebody whom we do not know.
        recipient = _value(fields["Original-Recipient"]) or _value(fields["Final-Recipient"])
        diagnosis = _value(fields["Diagnostic-Code"])
        status = _STATUS.search(_plain(fields["Status"])) or _STATUS.search(diagnosis)
        if recipient:
            code = status[0] if status else "5.0.0"
            words = diagnosis or f"undeliverable, {code}"
            found.append(Failure(original, recipient.strip("<>"), code, words))
    return found[:_MOST_FAILURES]


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
    found = _MESSAGE_ID.search(_plain(value))
    return found[0] if found else None


def _value(value: object) -> str:
    """Return a field such as `rfc822; ana@example.org` without its type."""
    kind, _, rest = _plain(value).partition(";")
    return (rest or kind).strip()


def _plain(value: object) -> str:
    return "" if value is None else printable(str(value))


def collect(settings: Settings) -> Generator[bytes]:
    """Yield the unread messages of the bounce mailbox, at most the first 256 KB of each.

    A message is marked as read when the next one is asked for: whoever stops before has not handled
    it, and gets it again. Raises `Unavailable`.
    """
    url = urlsplit(settings.bounces_url)
    try:
        if url.scheme == "maildir":
            yield from _from_maildir(Path(url.path))
        else:
            yield from _from_imap(settings)
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        said = printable(str(error))
        raise Unavailable(f"the bounce mailbox cannot be read: {said}") from None


def _from_maildir(folder: Path) -> Iterator[bytes]:
    # A mail program that looked into it may have moved some to `cur` without marking them.
    files = [*(folder / "new").iterdir(), *(folder / "cur").iterdir()]
    unread = [file for file in files if "S" not in file.name.partition(":2,")[2]]
    for file in sorted(unread, key=lambda file: file.name)[:_MOST_MESSAGES]:
        with contextlib.suppress(FileNotFoundError):  # Another worker or program had it first.
            with file.open("rb") as opened:
                data = opened.read(_MOST_BYTES)
            yield data
            name, _, flags = file.name.partition(":2,")
            file.rename(folder / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")


def _from_imap(settings: Settings) -> Iterator[bytes]:
    url = urlsplit(settings.bounces_url)
    host, timeout, context = url.hostname or "", settings.smtp_seconds, trusted(settings)
    if url.scheme == "imaps":
        box: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            host, url.port or 993, timeout=timeout, ssl_context=context
        )
    else:
        box = imaplib.IMAP4(host, url.port or 143, timeout=timeout)
    try:
        if url.scheme == "imap+starttls":
            box.starttls(context)
        box.login(_quoted(unquote(url.username or "")), unquote(url.password or ""))
        _check(box.select(_quoted(unquote(url.path[1:]) or "INBOX")))
        (found,) = _check(box.uid("SEARCH", "UNSEEN"))
        for uid in (found or b"").decode().split()[:_MOST_MESSAGES]:
            # PEEK, as reading alone would mark it.
            answer = _check(box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{_MOST_BYTES}>)"))
            if isinstance(answer[0], tuple):  # Otherwise it was removed meanwhile.
                yield answer[0][1]
                _check(box.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen)"))
    finally:
        with contextlib.suppress(OSError):  # It is closed already where encrypting it failed.
            box.shutdown()


def _check(answer: tuple[str, Any]) -> Any:
    """Return what a command gave. Raises `IMAP4.error` where the server refused it."""
    result, data = answer
    if result != "OK":
        raise imaplib.IMAP4.error(f"{result} {data}")
    return data


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

"""Reports of undeliverable emails, as servers of all kinds write them.

Most write those of RFC 3464 (`message/delivery-status`, in whatever multipart); some still write
plain text. Anyone can write one, so what is read here is only what a message says.
"""

from __future__ import annotations

import base64
import binascii
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from mentorship.delivery import plain_reports, refusals
from mentorship.delivery.bounce_mailbox import MOST_BYTES
from mentorship.delivery.refusals import Fault
from mentorship.delivery.smtp import printable

_MOST_FAILURES = 50
_MOST_PARTS = 200
_MOST_TEXT = 40_000
_DEEPEST = 10
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,253}>")
_COMMENT = re.compile(r"\([^()]*\)")
#: As RFC 6533 writes what is not ASCII.
_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL_TYPES = ("message/rfc822", "message/global")
_HEADER_TYPES = ("text/rfc822-headers", "message/global-headers", "text/rfc822-header")
#: What a report says of a recipient whose email is not lost.
_OTHER_ACTIONS = ("delayed", "delivered", "relayed", "expanded")
#: Other reports that look alike: read receipts (RFC 8098), complaints (RFC 5965).
_OTHER_REPORTS = ("disposition-notification", "feedback-report")


class NotUnderstood(Exception):
    """A message that looks like a report, from which nothing can be read."""


@dataclass(frozen=True)
class Failure:
    """What a report says about one recipient who will never get an email."""

    #: Of the email; None if the report does not tell.
    message_id: str | None
    recipient: str
    #: As in RFC 3463, such as `5.1.1`.
    status: str
    words: str

    @property
    def is_permanent(self) -> bool:
        """Whether the address is at fault, so that no email will ever reach it."""
        return refusals.fault_of(f"{self.status} {self.words}") is Fault.ADDRESS


def read_report(data: bytes) -> list[Failure]:
    """Return the failures that a message reports, [] if it reports none.

    Raises `NotUnderstood` for a report of which nothing can be read, and for a message that no
    parser can read.
    """
    try:
        failures = _understood(email.message_from_bytes(data[:MOST_BYTES]))
    except Exception as error:
        # The parser raises all kinds of errors for broken or hostile messages, and a message from a
        # stranger must not stop anything.
        raise NotUnderstood(type(error).__name__) from None
    if failures is None:
        raise NotUnderstood("it names no failure")
    return failures


def headers_of(data: bytes) -> str:
    """Return the header of a message as text, folded lines joined; "" if it cannot be read."""
    head = re.split(rb"\r?\n\r?\n", data[:MOST_BYTES], maxsplit=1)[0]
    return re.sub(r"\r?\n(?=[ \t])", "", head.decode("utf-8", "replace"))


def _understood(report: Message) -> list[Failure] | None:
    """Return what failed; None for a report that does not tell."""
    parts = list(_parts(report))
    original = _original_id(parts) or _id(report["In-Reply-To"]) or _id(report["References"])
    said = "\n".join(map(plain_reports.text_of, parts))[:_MOST_TEXT]
    statuses = [part for part in parts if part.get_content_type() in _STATUS_TYPES]
    failures: list[Failure] = []
    is_read = False
    for fields in (block for part in statuses for block in _blocks(part)):
        action = _uncommented(fields["Action"]).lower()
        is_read |= action in _OTHER_ACTIONS
        if action in ("failed", "failure") and len(failures) < _MOST_FAILURES:
            # If an email was forwarded, we do not know its final recipient.
            recipient = _address(fields["Original-Recipient"]) or _address(
                fields["Final-Recipient"]
            )
            if recipient:
                failures.append(_failure(fields, recipient, original, said))
    if failures or is_read:
        return failures
    if not statuses and not _is_report(report):
        return []
    failed = _plain(report["X-Failed-Recipients"])
    if not failed and plain_reports.is_warning(f"{_plain(report['Subject'])}\n{said}"):
        return []
    original = original or _id(plain_reports.original_id(said))
    return [
        Failure(original, recipient, refusals.status_of(words) or "5.0.0", printable(words))
        for recipient, words in plain_reports.read(said, failed)[:_MOST_FAILURES]
    ] or None


def _failure(fields: Message, recipient: str, original: str | None, said: str) -> Failure:
    diagnosis = _value(fields["Diagnostic-Code"])
    status = refusals.status_of(_uncommented(fields["Status"]))
    diagnosed = refusals.status_of(diagnosis)
    # Some servers write 5.0.0 whatever happened, also where they gave up on a temporary failure.
    if not status or (diagnosed and (status.endswith(".0.0") or diagnosed.startswith("4"))):
        status = diagnosed or "5.0.0"
    if not diagnosis and status.endswith(".0.0"):
        diagnosis = printable(plain_reports.words_about(recipient, said))
    return Failure(original, recipient, status, diagnosis or f"undeliverable, {status}")


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """Yield the parts of a message that is no part of a returned one, at most 200."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    if depth < _DEEPEST:
        inner: Any = message.get_payload()
        for part in inner[:_MOST_PARTS]:
            yield from _parts(part, depth + 1)


def _blocks(part: Message) -> Iterator[Message]:
    """Yield the groups of fields of a delivery status, about the message and each recipient."""
    if not part.is_multipart():
        return
    groups: Any = part.get_payload()
    encoding = _plain(part["Content-Transfer-Encoding"]).lower()
    for group in groups:
        if group.keys():
            yield group
        content = group.get_payload()
        if not isinstance(content, str) or not content.strip():
            continue
        # The parser splits only `message/delivery-status` that is not encoded.
        if encoding == "base64":
            try:
                content = base64.b64decode(content).decode("utf-8", "replace")
            except binascii.Error:
                continue
        for block in re.split(r"\r?\n[ \t]*\r?\n", content):
            yield HeaderParser().parsestr(block.lstrip())


def _original_id(parts: list[Message]) -> str | None:
    """Return the Message-ID of the email that came back, whole or only its headers."""
    for part in parts:
        if part.get_content_type() in _ORIGINAL_TYPES and part.is_multipart():
            returned: Any = part.get_payload(0)
            if found := _id(returned["Message-ID"]):
                return found
        if part.get_content_type() in _HEADER_TYPES:
            content: Any = part.get_payload(decode=True)
            if content is None:  # A message/* part, which the parser has read already.
                inner: Any = part.get_payload(0)
                return _id(inner["Message-ID"])
            text = content.decode("utf-8", "replace").lstrip()
            if found := _id(HeaderParser().parsestr(text)["Message-ID"]):
                return found
    return None


def _is_report(message: Message) -> bool:
    """Return whether a message looks like a report of failure, even one that cannot be read."""
    kind = _plain(message.get_param("report-type")).lower()
    if kind in _OTHER_REPORTS:
        return False
    if kind or message["X-Failed-Recipients"] is not None:
        return True
    sender = _plain(message["From"]).lower()
    if re.search(r"mailer-?daemon|postmaster|mail delivery (sub)?system", sender):
        return True
    is_automatic = re.match("auto-(replied|notified)", _plain(message["Auto-Submitted"]).lower())
    return _plain(message["Return-Path"]) == "<>" and not is_automatic


def _id(value: object) -> str | None:
    match = _MESSAGE_ID.search(_plain(value))
    return match[0] if match else None


def _address(value: object) -> str:
    """Return the address in a field such as `rfc822; <ana@example.org> (Ana)`."""
    plain = _uncommented(_value(value)).strip("<>")
    return printable(_ESCAPE.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), plain))


def _value(value: object) -> str:
    """Return a field such as `rfc822; ana@example.org` without its type."""
    kind, _, rest = _plain(value).partition(";")
    return (rest or kind).strip()


def _uncommented(value: object) -> str:
    return " ".join(_COMMENT.sub(" ", _plain(value)).split())


def _plain(value: object) -> str:
    return "" if value is None else printable(str(value))

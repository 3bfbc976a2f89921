"""The return path of each email: an address that only its handlers can know.

It marks the mailbox for returned emails with the email's id and a keyed hash of it, such as
`bounces+…@example.org`. A report that comes to it is believed: an id alone would not do, since
readers' answers name it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import uuid

from mentorship.settings import Settings

_HASH_BYTES = 10
_TOKEN_LETTERS = 42
#: The longest first part of an address that servers must take (RFC 5321).
_LONGEST_LOCAL_PART = 64


def of_email(email_id: uuid.UUID, settings: Settings) -> tuple[str, ...]:
    """Return the return paths of an email, the best first; the last one is every email's.

    There is one of its own only where the service reads what comes back, and its mailbox takes
    marked addresses (MAIL_RETURN_TAG).
    """
    local, _, domain = _mailbox(settings).rpartition("@")
    if _are_marked(settings):
        marked = f"{local}{settings.mail_return_tag}{_token(email_id, settings.secret_key)}"
        if len(marked) <= _LONGEST_LOCAL_PART:
            return f"{marked}@{domain}", _mailbox(settings)
    return (_mailbox(settings),)


def find(text: str, settings: Settings) -> uuid.UUID | None:
    """Return the email whose own return path stands in a text; None if there is none.

    Servers may change capitals, so these do not matter.
    """
    if not _are_marked(settings):
        return None
    local, _, domain = _mailbox(settings).rpartition("@")
    marked = re.compile(
        rf"(?<![\w.]){re.escape(local)}{re.escape(settings.mail_return_tag)}"
        rf"([a-z2-7]{{{_TOKEN_LETTERS}}})@{re.escape(domain)}(?![\w.-]*\w)",
        re.IGNORECASE,
    )
    for match in marked.finditer(text):
        token = match[1].lower()
        try:
            data = base64.b32decode(f"{token.upper()}======")
        except binascii.Error:
            continue
        email_id = uuid.UUID(bytes=data[:16])
        # Earlier keys too: what comes back may have left before the key was replaced.
        if any(hmac.compare_digest(token, _token(email_id, key)) for key in settings.secret_keys):
            return email_id
    return None


def _mailbox(settings: Settings) -> str:
    return settings.mail_return_path or settings.mail_from


def _are_marked(settings: Settings) -> bool:
    has_secret = bool(settings.bounces_url and settings.secret_key)
    return has_secret and settings.mail_return_tag != "none"


def _token(email_id: uuid.UUID, key: str) -> str:
    proof = hmac.digest(key.encode(), b"return path " + email_id.bytes, "sha256")
    return base64.b32encode(email_id.bytes + proof[:_HASH_BYTES]).decode().rstrip("=").lower()

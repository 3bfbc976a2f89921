"""The links in emails: their secrets are derived from the installation's key, so none is stored.

A mailed link is for one person and one purpose, about one thing, and ends: by its age, and when
that person's access ends (`Person.access_revision`).
"""

from __future__ import annotations

import datetime
import enum
import hmac
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from itsdangerous import BadData, BadSignature, URLSafeSerializer

from mentorship.models import Person
from mentorship.settings import Settings

#: Without letters and digits that look alike; 8 of them are 39 bits, with 5 tries.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class Purpose(enum.StrEnum):
    """What a mailed link is for; those of a question have its value."""

    ASK = "ask"
    STEP_OUT = "step_out"
    FIRST_MEETING = "first_meeting"
    PULSE = "pulse"
    MEETING = "meeting"
    INVITATION = "invitation"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    ADDRESS = "address"


#: How old a link may be. What it is about may close it earlier.
LONGEST_AGE = {
    Purpose.ASK: datetime.timedelta(days=60),
    Purpose.STEP_OUT: datetime.timedelta(days=60),
    Purpose.FIRST_MEETING: datetime.timedelta(days=180),
    Purpose.PULSE: datetime.timedelta(days=180),
    # A meeting may lie a year ahead.
    Purpose.MEETING: datetime.timedelta(days=400),
    Purpose.INVITATION: datetime.timedelta(days=180),
    Purpose.PREFERENCES: datetime.timedelta(days=365),
    Purpose.UNSUBSCRIBE: datetime.timedelta(days=365),
    # Its request is asked to the hour: `accounts.own_address`.
    Purpose.ADDRESS: datetime.timedelta(days=1),
}
#: Links of version 0.1 hold no date; they count as if they had been made when links got one.
DATED_SINCE = datetime.date(2026, 12, 1)


@dataclass(frozen=True)
class Mailed:
    """What a mailed link says."""

    purpose: Purpose
    #: None for an invitation of version 0.1, which named the profile alone.
    person_id: uuid.UUID | None
    #: The pairing or the profile; the person themself for links about their emails, and that very
    #: email for the link that confirms its address.
    about: uuid.UUID
    access_revision: int
    made_on: datetime.date

    def is_current(self, person: Person, today: datetime.date) -> bool:
        """Return whether it is young enough and the person's access has not ended since."""
        return (
            person.access_revision == self.access_revision
            and today - self.made_on <= LONGEST_AGE[self.purpose]
        )


_PERSONAL = re.compile(
    r"(/(?:account/address|answers|invitations|meetings|preferences|sign-in|unsubscribe)/)"
    r"[\w.~-]{8,}"
)


def to(path: str, settings: Settings) -> str:
    """Return the full address of a page of this site; `path` has no leading slash."""
    return f"{settings.base_url.rstrip('/')}/{path}"


def mail_to(address: str, **fields: str) -> str:
    """Return a `mailto:` link with a subject, a body and the like (RFC 6068).

    The "@" stays plain, since some mail programs do not read it encoded. All else is encoded that
    could end the address, so that none of it adds readers or words.
    """
    filled = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
    return f"mailto:{quote(address, safe='@')}{'?' if filled else ''}{filled}"


def hidden(text: str) -> str:
    """Return `text` without the secrets of links: anyone who has one could act with it."""
    return _PERSONAL.sub(r"\1…", text)


def sign_in_secrets(link_id: uuid.UUID, settings: Settings) -> tuple[str, str]:
    """Return the secret of the link and the code in the email for a request to sign in."""
    key = settings.require("secret_key").secret_key.encode()
    made = hmac.digest(key, b"sign-in " + link_id.bytes, "sha512")
    number = int.from_bytes(made[32:])
    code = "".join(
        CODE_LETTERS[number // len(CODE_LETTERS) ** k % len(CODE_LETTERS)] for k in range(8)
    )
    return made[:32].hex(), code


def token(
    purpose: Purpose, person: Person, about: uuid.UUID, at: datetime.datetime, settings: Settings
) -> str:
    """Return the signed part of a mailed link.

    `at` is when its email was queued, so that an email that is rewritten holds the same link.
    """
    made_on = at.astimezone(datetime.UTC).date()
    payload = [person.id.hex, about.hex, person.access_revision, made_on.toordinal()]
    return str(_signer(f"mailed {purpose}", settings).dumps(payload))


def read(token: str, purposes: Iterable[Purpose], settings: Settings) -> Mailed:
    """Return what a mailed link of one of these purposes says; it may have ended since.

    Raises `itsdangerous.BadSignature` for what this installation did not sign for any of them.
    """
    for purpose in purposes:
        for read_one in (_read, _read_undated):
            try:
                return read_one(token, purpose, settings)
            except (BadData, ValueError, TypeError, AttributeError, OverflowError):
                continue
    raise BadSignature("not a link for this")


def _read(token: str, purpose: Purpose, settings: Settings) -> Mailed:
    signer = _signer(f"mailed {purpose}", settings)
    person_id, about, access_revision, made_on = signer.loads(token)
    return Mailed(
        purpose, uuid.UUID(person_id), uuid.UUID(about), int(access_revision),
        datetime.date.fromordinal(made_on),
    )  # fmt: skip


def _read_undated(token: str, purpose: Purpose, settings: Settings) -> Mailed:
    """Return what a link of version 0.1 says, which held neither a date nor a revision."""
    if purpose in (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE):
        # One link was for both.
        person_id = uuid.UUID(_signer("unsubscribe", settings).loads(token))
        return Mailed(purpose, person_id, person_id, 0, DATED_SINCE)
    if purpose is Purpose.INVITATION:
        profile_id = uuid.UUID(_signer("invitation", settings).loads(token))
        return Mailed(purpose, None, profile_id, 0, DATED_SINCE)
    pairing_id, person_id, question = _signer("answer", settings).loads(token)
    if question != purpose:
        raise BadSignature("a link for another question")
    return Mailed(purpose, uuid.UUID(person_id), uuid.UUID(pairing_id), 0, DATED_SINCE)


def _signer(salt: str, settings: Settings) -> URLSafeSerializer:
    """Return what signs one sort of link, so that none can be taken for another sort."""
    return URLSafeSerializer(settings.require("secret_key").secret_keys, salt=salt)

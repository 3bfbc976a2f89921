"""The links in emails: their secrets are derived from the installation's key, so none is stored."""

from __future__ import annotations

import hmac
import re
import uuid

from itsdangerous import BadData, BadSignature, URLSafeSerializer

from mentorship.models import Question
from mentorship.settings import Settings

#: Without letters and digits that look alike; 8 of them are 39 bits, with 5 tries.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

_PERSONAL = re.compile(
    r"(/(?:answers|invitations|meetings|preferences|sign-in|unsubscribe)/)[\w.~-]{8,}"
)


def to(path: str, settings: Settings) -> str:
    """Return the full address of a page of this site; `path` has no leading slash."""
    return f"{settings.base_url.rstrip('/')}/{path}"


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


def invitation_token(profile_id: uuid.UUID, settings: Settings) -> str:
    """Return the signed part of the link with which an invited person answers."""
    return str(_signer("invitation", settings).dumps(str(profile_id)))


def read_invitation_token(token: str, settings: Settings) -> uuid.UUID:
    """Return the profile that an invitation is about.

    Raises `itsdangerous.BadSignature` for a token that this installation did not sign.
    """
    return uuid.UUID(_signer("invitation", settings).loads(token))


def answer_token(
    pairing_id: uuid.UUID, person_id: uuid.UUID, question: Question, settings: Settings
) -> str:
    """Return the signed part of the link with which one person answers about one pairing."""
    payload = [pairing_id.hex, person_id.hex, question.value]
    return str(_signer("answer", settings).dumps(payload))


def answer(
    pairing_id: uuid.UUID, person_id: uuid.UUID, question: Question, settings: Settings
) -> str:
    """Return the address of the page on which one person answers about one pairing."""
    return to(f"answers/{answer_token(pairing_id, person_id, question, settings)}", settings)


def read_answer_token(token: str, settings: Settings) -> tuple[uuid.UUID, uuid.UUID, Question]:
    """Return the pairing, the person and the question that an answer is about.

    Raises `itsdangerous.BadSignature` for a token that this installation did not make.
    """
    try:
        pairing_id, person_id, question = _signer("answer", settings).loads(token)
        return uuid.UUID(pairing_id), uuid.UUID(person_id), Question(question)
    except (BadData, ValueError, TypeError, AttributeError):
        raise BadSignature("not a token for an answer") from None


def meeting(pairing_id: uuid.UUID, person_id: uuid.UUID, settings: Settings) -> str:
    """Return the address of the page on which one person sets or calls off a meeting."""
    token = answer_token(pairing_id, person_id, Question.FIRST_MEETING, settings)
    return to(f"meetings/{token}", settings)


def unsubscribe_token(person_id: uuid.UUID, settings: Settings) -> str:
    """Return the signed part of the links with which a person turns reminders off, or on again."""
    return str(_signer("unsubscribe", settings).dumps(person_id.hex))


def read_unsubscribe_token(token: str, settings: Settings) -> uuid.UUID:
    """Return the person whose reminders a link is about.

    Raises `itsdangerous.BadSignature` for a token that this installation did not make.
    """
    try:
        return uuid.UUID(_signer("unsubscribe", settings).loads(token))
    except (BadData, ValueError, TypeError, AttributeError):
        raise BadSignature("not a token for preferences") from None


def _signer(salt: str, settings: Settings) -> URLSafeSerializer:
    """Return what signs one sort of link, so that none can be taken for another sort."""
    return URLSafeSerializer(settings.require("secret_key").secret_key, salt=salt)

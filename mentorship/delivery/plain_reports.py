"""Reports in plain text: addresses, each with what is said of it, above a copy of the email."""

from __future__ import annotations

import re
from email.message import Message
from typing import Any

from mentorship.delivery import refusals
from mentorship.delivery.refusals import Fault

_MOST_CHARACTERS = 20_000
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
#: Above the copy of the email that came back, in the words of qmail, Exim, sendmail and others.
_COPY = re.compile(
    r"^[-=* >]*(?:below this line is a copy|this is a copy of|original message|"
    r"(?:unsent )?message (?:header )?follows|returned message|(?:the|your) message that came back|"
    r"message[- ]?id:|received: |return-path: )",
    re.IGNORECASE | re.MULTILINE,
)
_ID = re.compile(r"^[ >]*message-id:\s*(<[^<>\s]{1,253}>)", re.IGNORECASE | re.MULTILINE)
_WARNING = re.compile(
    r"not yet been delivered|will (be |keep |continue )?(re)?try|still (being )?(try|tried)|"
    r"(do|does) not need to (resend|send it again)|no action is required|delivery (is )?delayed|"
    r"warning: (message|could not send)|delayed mail|\(delay(ed)?\)",
    re.IGNORECASE,
)
_MOST_LINES = 6
_MOST_WORDS = 1_000
_MOST_ADDRESSES = 50


def text_of(part: Message) -> str:
    """Return the plain text of a part, "" if it has none."""
    if part.get_content_type() != "text/plain" or part.is_multipart():
        return ""
    content: Any = part.get_payload(decode=True)
    text: str = content[: 4 * _MOST_CHARACTERS].decode("utf-8", "replace")
    return text[:_MOST_CHARACTERS]


def read(text: str, failed: str) -> list[tuple[str, str]]:
    """Return the addresses that failed, each with what is said of it.

    `failed` lists them where the report has a header for that; otherwise they are those of which a
    failure is told.
    """
    if listed := _ADDRESS.findall(failed):
        return [(address, words_about(address, text)) for address in dict.fromkeys(listed)]
    named = dict.fromkeys(_ADDRESS.findall(_above_copy(text)))
    told = [(address, words_about(address, text)) for address in list(named)[:_MOST_ADDRESSES]]
    return [(address, words) for address, words in told if _tells_failure(words)]


def words_about(address: str, text: str) -> str:
    """Return what a report says below an address, up to the next one; "" if nothing."""
    lines = _above_copy(text).splitlines()
    for at, line in enumerate(lines):
        if address.casefold() not in line.casefold():
            continue
        said = [line]
        for following in lines[at + 1 : at + 1 + _MOST_LINES]:
            other = _ADDRESS.search(following)
            if other is not None and other[0].casefold() != address.casefold():
                break
            said.append(following)
        words = " ".join(" ".join(said).split())
        bare = re.sub(rf"<?{re.escape(address)}>?:?", " ", words, flags=re.IGNORECASE).strip()
        if bare:
            return bare[:_MOST_WORDS]
    return ""


def original_id(text: str) -> str:
    """Return the Message-ID in the copy of the email; "" if there is none."""
    match = _ID.search(text)
    return match[1] if match else ""


def is_warning(text: str) -> bool:
    """Return whether a report says that delivery is tried on."""
    return _WARNING.search(_above_copy(text)) is not None


def _tells_failure(words: str) -> bool:
    has_code = refusals.status_of(words) != ""
    return has_code or refusals.fault_of(f"5.0.0 {words}") is not Fault.EMAIL


def _above_copy(text: str) -> str:
    copy = _COPY.search(text)
    return text[: copy.start()] if copy else text

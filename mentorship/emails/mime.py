"""The bytes of one message: headers, both forms of the text, attachments, and the guard over them.

Python's own writer is slow, and some versions of it let a crafted name break a header
(cpython#121650). Here each header is written as plain or encoded words, and what came out is read
again before it may leave.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import email.policy
import email.utils
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser

#: A name of these needs no encoding, only quotation marks.
_QUOTABLE = re.compile(r"[A-Za-z0-9 .'-]{1,60}")
_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
#: The longest line that holds an encoded word, and with it the word itself (RFC 2047).
_WIDTH = 76
#: A longer word has no place on a line with the name of its header, so it is encoded.
_LONGEST_WORD = 60
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
#: The longest line that any relay has to take (RFC 5322).
_LONGEST_LINE = 998


@dataclass(frozen=True)
class Attachment:
    """A small file of text that goes with a message."""

    name: str
    content_type: str
    content: str


def written(
    headers: Mapping[str, str], text: str, html: str, attachments: Sequence[Attachment], mark: str
) -> bytes:
    """Return a whole message; `mark` is unique to it and separates its parts."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = _multipart(
        "alternative", f"a{mark}", [_part("text/plain", text), _part("text/html", html)]
    )
    if attachments:
        files = [
            _part(
                attachment.content_type,
                attachment.content,
                f'Content-Disposition: attachment; filename="{attachment.name}"\r\n',
            )
            for attachment in attachments
        ]
        body = _multipart("mixed", f"m{mark}", [body, *files])
    return f"{lines}MIME-Version: 1.0\r\n".encode("ascii") + body


def words(header: str, text: str) -> str:
    """Return free text as a header of that name holds it, folded; what is not plain is encoded."""
    text = plain(text)
    start = f"{header}: "
    if text.isascii() and max(map(len, text.split()), default=0) <= _LONGEST_WORD:
        whole = textwrap.wrap(start + text, _WIDTH, subsequent_indent=" ", break_on_hyphens=False)
        return "\r\n".join(whole)[len(start) :]
    return _encoded(text, _WIDTH - len(start))


def address(name: str, spec: str) -> str:
    """Return a name with its address for a header. Raises `ValueError` for no plain address."""
    if not _ADDRESS.fullmatch(spec):
        raise ValueError("not a plain address")
    name = plain(name)
    if not name:
        return spec
    if _QUOTABLE.fullmatch(name):
        return f'"{name}"\r\n <{spec}>'
    # Room is left for the longest name of a header that holds an address.
    return f"{_encoded(name, _WIDTH - len('Reply-To: '))}\r\n <{spec}>"


def _encoded(text: str, room: int) -> str:
    """Return text as encoded words, each on a line, the first of which has `room` (RFC 2047).

    The standard library's writer exceeds the limits of words and lines by a few characters.
    """
    words, piece = [], b""
    for char in text:
        letter = char.encode()
        if piece and len(piece) + len(letter) > (room - len("=?utf-8?b??=")) // 4 * 3:
            words.append(piece)
            piece, room = b"", _WIDTH - 1
        piece += letter
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)


def date(at: datetime.datetime) -> str:
    """Return a time as the Date header wants it."""
    return email.utils.format_datetime(at)


def date_of(data: bytes) -> str:
    """Return the Date header of a message that `written` returned."""
    return str(BytesHeaderParser(policy=email.policy.compat32).parsebytes(data)["Date"])


def plain(text: str) -> str:
    """Return text on one line, without sequences that some readers would decode."""
    return _CONTROLS.sub(" ", text).strip().replace("=?", "= ?")


def is_exact(data: bytes, names: Sequence[str], recipient: str) -> bool:
    """Return whether a relay would read exactly these headers, once each, and this recipient."""
    head, blank, _ = data.partition(b"\r\n\r\n")
    if not blank or re.search(rb"\r(?!\n)|(?<!\r)\n", head):
        return False
    if max(len(line) for line in head.split(b"\r\n")) > _LONGEST_LINE:
        return False
    headers = BytesHeaderParser(policy=email.policy.compat32).parsebytes(head)
    if sorted(headers.keys()) != sorted(names):
        return False
    try:
        to = email.policy.SMTP.header_fetch_parse("To", headers["To"])
        return [each.addr_spec for each in to.addresses] == [recipient]
    except (ValueError, LookupError, AttributeError):
        return False


def _multipart(kind: str, mark: str, parts: Sequence[bytes]) -> bytes:
    # Encoded text never holds "=_", so no line of it can be taken for the end of a part.
    boundary = f"=_{mark}"
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'
    start = f"--{boundary}\r\n".encode("ascii")
    return head.encode("ascii") + b"".join(
        [*(start + part for part in parts), f"--{boundary}--\r\n".encode("ascii")]
    )


def _part(content_type: str, text: str, more: str = "") -> bytes:
    """Return one part in quoted-printable: short, plain lines, whatever relay it passes through."""
    head = (
        f'Content-Type: {content_type}; charset="utf-8"\r\n{more}'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = _LINE_BREAK.sub("\r\n", text).encode()
    return head.encode("ascii") + binascii.b2a_qp(lines, istext=True) + b"\r\n"

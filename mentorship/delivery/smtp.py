"""Handing an email to a relay over SMTP, and the outcomes."""

from __future__ import annotations

import contextlib
import datetime
import re
import smtplib
import ssl
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from mentorship.delivery.oauth_tokens import AccessToken
from mentorship.errors import Unavailable
from mentorship.settings import Settings

#: How far the clocks of the database and of the journal's disk may be apart.
_SKEW = datetime.timedelta(seconds=60)
_MOST_WORDS = 500
#: Replies to a recipient that are about us: sign in first (RFC 4954), too many sent today (5.4.5),
#: not allowed to use this relay. Every other email would get the same.
_ABOUT_US = (530, 534, 535, 538)
_ABOUT_US_IN_WORDS = re.compile(
    r"\b[45]\.4\.5\b|unable to relay|"
    r"relay(ing)? (access )?(is )?(denied|not permitted|not allowed)",
    re.IGNORECASE,
)
_MOST_HEADER_BYTES = 65_536
#: How many times `smtp_seconds` DATA and the text may take; then comes `smtp_final_seconds`.
FINISH_STEPS = 2


class TemporaryFailure(Exception):
    """The relay did not accept the email and may accept it later."""


class RelayDown(TemporaryFailure):
    """The reason is not this email: any other would fail as well, so all of them can wait."""


class PermanentFailure(Exception):
    """The relay will never accept this email."""


class InDoubt(Exception):
    """The relay may have the whole email, and did not say whether it accepted it."""


class Sender(Protocol):
    """Sends in two steps, to tell what happens before the relay has the text from what follows.

    Exceptions carry the relay's own words.
    """

    def begin(self, sender: str, recipient: str) -> None:
        """Announce an email. Raises `RelayDown`, `TemporaryFailure` or `PermanentFailure`."""
        ...

    def finish(self, message: bytes) -> str:
        """Hand the message over and return the words with which the relay accepted it.

        Raises `RelayDown`, `TemporaryFailure`, `PermanentFailure` or `InDoubt`.
        """
        ...

    def abandon(self) -> None:
        """Cancel an announced email before its text is handed over."""
        ...

    def took(self, message_id: str, since: datetime.datetime) -> bool:
        """Return whether the relay's journal holds this email; it cannot be older than `since`.

        False without a journal. Raises `TemporaryFailure` if the journal cannot be read.
        """
        ...


class SMTPSender:
    """Sends over SMTP, and keeps its connection for the next email."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = AccessToken(settings.smtp_oauth_refresh_token, settings)
        self._relay: smtplib.SMTP | None = None

    def connect(self) -> None:
        """Connect and sign in, unless a connection is kept. Raises `RelayDown`."""
        if self._relay is not None:
            return
        with self._closing_on_errors():
            try:
                self._connect()
            except smtplib.SMTPAuthenticationError as error:
                # A token may expire early; a new one is requested once.
                if error.smtp_code != 535 or not self._token.forget():
                    raise
                self.close()
                self._connect()

    def begin(self, sender: str, recipient: str) -> None:
        """Announce an email, connecting first if need be."""
        kept = self._relay is not None
        try:
            self._announce(sender, recipient)
        except RelayDown:
            if not kept:
                raise
            # Relays close connections that were idle for long or have carried many emails. That is
            # no failure: only what happens on a new connection says something about the relay.
            self._announce(sender, recipient)

    def finish(self, message: bytes) -> str:
        """Hand the message over and read the relay's verdict."""
        with self._closing_on_errors():
            relay = self._connected()
            code, text = _understood(relay.docmd("DATA"))
            if 200 <= code < 300 or code == 421:
                raise smtplib.SMTPResponseException(code, text)
        if code >= 400:
            self.abandon()
            raise _verdict(code, text)
        try:
            # From the first byte on, any failure is a doubt: there is no way to know how much had
            # been sent when a connection broke, the final dot included.
            relay.send(re.sub(rb"(?m)^\.", b"..", message.removesuffix(b"\r\n")) + b"\r\n.\r\n")
            _set_timeout(relay, self._settings.smtp_final_seconds)
            code, text = _understood(relay.getreply())
            if 300 <= code < 400:
                raise smtplib.SMTPResponseException(code, text)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise InDoubt(
                f"the connection broke while the relay had the email: {printable(str(error))}"
            ) from None
        _set_timeout(relay, self._settings.smtp_seconds)
        if code == 421:
            self.close()
        elif code >= 400:
            self.abandon()
        if code >= 400:
            raise _verdict(code, text)
        return printable(f"{code} {_decoded(text)}")

    def abandon(self) -> None:
        """Reset the SMTP transaction; close the connection if that fails."""
        try:
            if self._relay is not None:
                self._relay.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def took(self, message_id: str, since: datetime.datetime) -> bool:
        """Look for an email in the journal, among the files that are not older than `since`."""
        if not self._settings.mail_journal:
            return False
        oldest = (since - _SKEW).timestamp()
        try:
            # In this order: a file that is moved from `new` to `cur` is still seen in one of them.
            return any(
                _is_that(file, message_id, oldest)
                for part in ("new", "cur")
                for file in (Path(self._settings.mail_journal) / part).iterdir()
            )
        except OSError as error:
            # Guessing "no" would send a second copy. Emails that are not in doubt go on.
            raise TemporaryFailure(f"the journal cannot be read: {error.strerror}") from None

    def close(self) -> None:
        """Close the connection."""
        if self._relay is not None:
            self._relay.close()
        self._relay = None

    def _announce(self, sender: str, recipient: str) -> None:
        self.connect()
        with self._closing_on_errors():
            relay = self._connected()
            _expect(relay.mail(sender))
            code, text = _understood(relay.rcpt(recipient))
            if code == 421 or 300 <= code < 400:
                raise smtplib.SMTPResponseException(code, text)
        if code >= 400:
            self.abandon()
            raise _verdict(code, text)

    def _connected(self) -> smtplib.SMTP:
        if self._relay is None:
            raise smtplib.SMTPServerDisconnected("the connection is gone")
        return self._relay

    def _connect(self) -> None:
        settings = self._settings
        url = urlsplit(settings.smtp_url)
        host, timeout, context = url.hostname or "", settings.smtp_seconds, trusted(settings)
        if url.scheme == "smtps":
            relay: smtplib.SMTP = smtplib.SMTP_SSL(
                host, url.port or 465, timeout=timeout, context=context
            )
        else:
            relay = smtplib.SMTP(host, url.port or 25, timeout=timeout)
        self._relay = relay
        _expect(relay.ehlo())
        if url.scheme == "smtp+starttls":
            # Raises if the relay does not offer it: no email is sent unencrypted.
            relay.starttls(context=context)
            _expect(relay.ehlo())
        if not url.username:
            return
        user = unquote(url.username)
        if not settings.smtp_oauth_token_url:
            relay.login(user, unquote(url.password or ""))
            return
        words = f"user={user}\x01auth=Bearer {self._token.value(context)}\x01\x01"
        # A challenge holds the reason of a refusal here, and expects an empty answer.
        relay.auth("XOAUTH2", lambda challenge=None: words if challenge is None else "")

    @contextlib.contextmanager
    def _closing_on_errors(self) -> Iterator[None]:
        """Close the connection and raise `RelayDown` on any error."""
        try:
            yield
        except smtplib.SMTPResponseException as error:
            self.close()
            raise RelayDown(_said(error.smtp_code, error.smtp_error)) from None
        except (OSError, smtplib.SMTPException, ValueError, Unavailable) as error:
            self.close()
            raise RelayDown(f"the relay cannot be reached: {printable(str(error))}") from None


def trusted(settings: Settings) -> ssl.SSLContext:
    """Return the TLS context of this installation, which checks certificates and their names.

    Raises `OSError` if the file of SMTP_CA cannot be read.
    """
    context = ssl.create_default_context()
    if settings.smtp_ca:
        context.load_verify_locations(settings.smtp_ca)
    return context


def printable(text: str) -> str:
    """Return a server's words as one line of at most 500 characters, fit for pages and logs."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(plain.split())[:_MOST_WORDS]


def _is_that(file: Path, message_id: str, oldest: float) -> bool:
    try:
        if file.stat().st_mtime < oldest:
            return False
        with file.open("rb") as opened:
            head = opened.read(_MOST_HEADER_BYTES)
    except FileNotFoundError:
        return False  # A mail program has moved or removed it.
    # Parsing is slow, and hardly ever needed.
    if message_id.encode() not in head:
        return False
    return str(BytesHeaderParser().parsebytes(head)["Message-ID"]).strip() == message_id


def _understood(reply: tuple[int, bytes]) -> tuple[int, bytes]:
    """Return a reply. Raises `SMTPException` if it is none."""
    code, text = reply
    if not 200 <= code < 600:
        raise smtplib.SMTPException(f"it answered what is no reply: {code} {_decoded(text)}")
    return reply


def _expect(reply: tuple[int, bytes]) -> None:
    code, text = _understood(reply)
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, text)


def _set_timeout(relay: smtplib.SMTP, seconds: float) -> None:
    if relay.sock is not None:
        relay.sock.settimeout(seconds)


def _verdict(code: int, text: bytes) -> TemporaryFailure | PermanentFailure:
    if code in _ABOUT_US or _ABOUT_US_IN_WORDS.search(_decoded(text)):
        return RelayDown(_said(code, text))
    kind = PermanentFailure if code >= 500 else TemporaryFailure
    return kind(_said(code, text))


def _said(code: int, text: bytes | str) -> str:
    return f"the relay said {printable(f'{code} {_decoded(text)}')}"


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text

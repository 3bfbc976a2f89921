"""Handing an email to a relay over SMTP, and the outcomes."""

from __future__ import annotations

import contextlib
import datetime
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from mentorship.delivery import refusals
from mentorship.delivery.oauth_tokens import AccessToken
from mentorship.delivery.refusals import Fault
from mentorship.errors import Unavailable
from mentorship.settings import Settings

#: How far the clocks of the database and of the journal's disk may be apart.
_SKEW = datetime.timedelta(seconds=60)
_MOST_WORDS = 500
_MOST_HEADER_BYTES = 65_536
_TOO_MANY = re.compile(r"(too many|concurrent|number of) .{0,20}connections|thread limit", re.I)
#: How long a connection is kept for the next email.
IDLE_SECONDS = 5.0


class TemporaryFailure(Exception):
    """The relay did not accept the email and may accept it later."""


class RelayDown(TemporaryFailure):
    """The reason is not this email: any other would fail as well, so all of them can wait."""


class Unwelcome(RelayDown):
    """The relay refuses us: the sender, this machine, or its login. Its words say which."""


class RelayBusy(RelayDown):
    """The relay takes no further connection just now; others of ours may be using theirs."""


class PermanentFailure(Exception):
    """The relay will never accept this email; `fault` is whose fault that is, never ours."""

    def __init__(self, words: str, fault: Fault = Fault.EMAIL) -> None:
        super().__init__(words)
        self.fault = fault


class InDoubt(Exception):
    """The relay may have the whole email, and did not say whether it accepted it."""


class Sender(Protocol):
    """Sends in two steps, to tell what happens before the relay has the text from what follows.

    Exceptions carry the relay's own words.
    """

    def begin(self, return_paths: Sequence[str], recipient: str) -> None:
        """Announce an email, with the first of the return paths that the relay accepts.

        Raises `RelayDown`, `TemporaryFailure` or `PermanentFailure`.
        """
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
        #: Whether the relay refuses return paths with a mark.
        self._takes_last_only = False
        #: Since when the connection has had nothing to do; None while it has. Another thread may
        #: close it then, which takes it away under the lock.
        self._idle_since: float | None = None
        self._lock = threading.Lock()

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

    def begin(self, return_paths: Sequence[str], recipient: str) -> None:
        """Announce an email, connecting first if need be."""
        with self._lock:
            self._idle_since = None
        kept = self._relay is not None
        try:
            self._announce_by(return_paths, recipient)
        except RelayDown as error:
            if not kept or isinstance(error, Unwelcome):
                raise
            # Relays close connections that were idle for long or have carried many emails. That is
            # no failure: only what happens on a new connection says something about the relay.
            self.close()
            self._announce_by(return_paths, recipient)

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
        self._idle_since = time.monotonic()
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
        self._idle_since = time.monotonic()

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

    def give_back(self) -> None:
        """Close a connection that was idle for seconds: a relay may allow only a few at a time."""
        with self._lock:
            if self._idle_since is None or time.monotonic() - self._idle_since < IDLE_SECONDS:
                return
            relay, self._relay, self._idle_since = self._relay, None, None
        if relay is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                relay.quit()
            relay.close()

    def close(self) -> None:
        """Close the connection."""
        if self._relay is not None:
            self._relay.close()
        self._relay = None

    def _announce_by(self, return_paths: Sequence[str], recipient: str) -> None:
        *marked, last = return_paths
        for return_path in () if self._takes_last_only else marked:
            try:
                self._announce(return_path, recipient)
            except Unwelcome:
                # It may be the mark that it does not take; servers may say so only at RCPT.
                self._announce(last, recipient)
                self._takes_last_only = True
            return
        self._announce(last, recipient)

    def _announce(self, sender: str, recipient: str) -> None:
        self.connect()
        with self._closing_on_errors():
            relay = self._connected()
            code, text = _understood(relay.mail(sender))
            is_sender_refused = code >= 500
            if not is_sender_refused:
                _expect((code, text))
                code, text = _understood(relay.rcpt(recipient))
            if code == 421 or 300 <= code < 400:
                raise smtplib.SMTPResponseException(code, text)
        if code >= 400:
            self.abandon()
            raise Unwelcome(_said(code, text)) if is_sender_refused else _verdict(code, text)

    def _connected(self) -> smtplib.SMTP:
        if self._relay is None:
            raise smtplib.SMTPServerDisconnected("the connection was closed")
        return self._relay

    def _connect(self) -> None:
        settings = self._settings
        url = urlsplit(settings.smtp_url)
        # Reading what this machine trusts takes longer than an email, so only where it is needed.
        host, timeout, name = url.hostname or "", settings.smtp_seconds, settings.smtp_helo or None
        if url.scheme == "smtps":
            relay: smtplib.SMTP = smtplib.SMTP_SSL(
                host, url.port or 465, name, timeout=timeout, context=trusted(settings)
            )
        else:
            relay = smtplib.SMTP(host, url.port or 25, name, timeout=timeout)
        self._relay = relay
        _expect(relay.ehlo())
        if url.scheme == "smtp+starttls":
            # Raises if the relay does not offer it: no email is sent unencrypted.
            relay.starttls(context=trusted(settings))
            _expect(relay.ehlo())
        if not url.username:
            return
        user = unquote(url.username)
        if not settings.smtp_oauth_token_url:
            relay.login(user, unquote(url.password or ""))
            return
        words = f"user={user}\x01auth=Bearer {self._token.value(lambda: trusted(settings))}\x01\x01"
        # A challenge holds the reason of a refusal here, and expects an empty answer.
        relay.auth("XOAUTH2", lambda challenge=None: words if challenge is None else "")

    @contextlib.contextmanager
    def _closing_on_errors(self) -> Iterator[None]:
        """Close the connection and raise `RelayDown` on any error."""
        try:
            yield
        except smtplib.SMTPResponseException as error:
            self.close()
            words = _said(error.smtp_code, error.smtp_error)
            is_greeting = isinstance(error, smtplib.SMTPConnectError)
            is_busy = is_greeting and 400 <= error.smtp_code < 500 or _TOO_MANY.search(words)
            raise (RelayBusy if is_busy else RelayDown)(words) from None
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
        raise smtplib.SMTPException(f"it sent an invalid reply: {code} {_decoded(text)}")
    return reply


def _expect(reply: tuple[int, bytes]) -> None:
    code, text = _understood(reply)
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, text)


def _set_timeout(relay: smtplib.SMTP, seconds: float) -> None:
    if relay.sock is not None:
        relay.sock.settimeout(seconds)


def _verdict(code: int, text: bytes) -> TemporaryFailure | PermanentFailure:
    words = _said(code, text)
    fault = refusals.fault_of(words, code)
    if fault is Fault.US:
        return Unwelcome(words)
    return PermanentFailure(words, fault) if code >= 500 else TemporaryFailure(words)


def _said(code: int, text: bytes | str) -> str:
    return f"the relay said {printable(f'{code} {_decoded(text)}')}"


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text

"""What hands an email to a relay, and what can come of it."""

from __future__ import annotations

import datetime
import mailbox
import smtplib
import ssl
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from mentorship.settings import Settings

BEGIN_STEPS = 14
FINISH_STEPS = 2


class TemporaryFailure(Exception):
    """The relay did not take the email and may take it later."""


class RelayDown(TemporaryFailure):
    """No word about this email: every other one would meet the same, so all of them may wait."""


class PermanentFailure(Exception):
    """The relay will never take this email."""


class InDoubt(Exception):
    """The relay got the whole email and never said whether it took it."""


class Sender(Protocol):
    """Two steps, so that what happens before the relay has the text is told from what follows."""

    def begin(self, sender: str, recipient: str) -> None:
        """Announce an email. Raises `TemporaryFailure` or `PermanentFailure`."""
        ...

    def finish(self, message: bytes) -> str:
        """Hand its text over. Raises `TemporaryFailure`, `PermanentFailure` or `InDoubt`."""
        ...

    def abandon(self) -> None:
        """Take an announced email back before its text is handed over."""
        ...

    def took(self, message_id: str, since: datetime.datetime) -> bool:
        """Return whether the relay's journal holds this email; False where nobody can say."""
        ...


class SMTPSender:
    """Sends over SMTP, and keeps its connection for the next email."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._relay: smtplib.SMTP | None = None

    def begin(self, sender: str, recipient: str) -> None:
        """Announce an email, connecting first if need be."""
        try:
            self._announce(sender, recipient)
        except smtplib.SMTPRecipientsRefused as error:
            self.abandon()
            ((code, text),) = error.recipients.values()
            raise _failure(code, text) from None
        except smtplib.SMTPResponseException as error:
            self.close()
            # What the relay says of itself or of its login is no verdict on this email.
            raise RelayDown(_said(error.smtp_code, error.smtp_error)) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise RelayDown(f"the relay cannot be reached: {error}") from None

    def finish(self, message: bytes) -> str:
        """Hand the text over and read the relay's verdict."""
        if self._relay is None or self._relay.sock is None:
            raise TemporaryFailure("the connection to the relay is gone")
        self._relay.sock.settimeout(self._settings.smtp_final_seconds)
        try:
            code, text = self._relay.data(message)
        except smtplib.SMTPDataError as error:
            self.abandon()
            raise _failure(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise InDoubt(f"the connection broke while the relay had the email: {error}") from None
        self._relay.sock.settimeout(self._settings.smtp_seconds)
        if code != 250:
            self.abandon()
            raise _failure(code, text)
        return _said(code, text)

    def took(self, message_id: str, since: datetime.datetime) -> bool:
        """Look for an email in the journal."""
        journal = self._settings.mail_journal
        if not journal or not Path(journal).is_dir():
            return False
        box = mailbox.Maildir(journal, create=False)
        return any(message["Message-ID"] == message_id for message in box)

    def close(self) -> None:
        """Leave the relay."""
        if self._relay is not None:
            self._relay.close()
        self._relay = None

    def _announce(self, sender: str, recipient: str) -> None:
        for attempt in (1, 2):
            kept = self._relay is not None
            relay = self._relay = self._relay or connect(self._settings)
            try:
                code, text = relay.mail(sender)
            except smtplib.SMTPServerDisconnected:
                # A relay closes connections that were quiet for long; a new one is no failure.
                self.close()
                if kept and attempt == 1:
                    continue
                raise
            if code != 250:
                raise smtplib.SMTPSenderRefused(code, text, sender)
            code, text = relay.rcpt(recipient)
            if code not in (250, 251):
                raise smtplib.SMTPRecipientsRefused({recipient: (code, text)})
            return

    def abandon(self) -> None:
        """Ready the connection for the next email, or leave it."""
        try:
            if self._relay is not None:
                self._relay.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def connect(settings: Settings) -> smtplib.SMTP:
    """Return a connection to the relay, greeted and signed in.

    Raises `OSError` or `smtplib.SMTPException`.
    """
    url = urlsplit(settings.smtp_url)
    host, timeout = url.hostname or "", settings.smtp_seconds
    relay: smtplib.SMTP
    if url.scheme == "smtps":
        context = ssl.create_default_context()
        relay = smtplib.SMTP_SSL(host, url.port or 465, timeout=timeout, context=context)
    else:
        relay = smtplib.SMTP(host, url.port or 25, timeout=timeout)
    relay.ehlo_or_helo_if_needed()
    if url.scheme == "smtp+starttls":
        relay.starttls(context=ssl.create_default_context())
    if url.username:
        relay.login(unquote(url.username), unquote(url.password or ""))
    return relay


def _failure(code: int, text: bytes | str) -> TemporaryFailure | PermanentFailure:
    kind = PermanentFailure if 500 <= code < 600 else TemporaryFailure
    return kind(_said(code, text))


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"the relay said {code} {words}"

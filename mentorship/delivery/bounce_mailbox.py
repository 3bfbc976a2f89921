"""The mailbox that undeliverable emails are returned to: a Maildir, or a folder behind IMAP."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from mentorship.delivery.oauth_tokens import AccessToken
from mentorship.delivery.smtp import printable, trusted
from mentorship.errors import Unavailable
from mentorship.settings import Settings

#: A report comes first in its message and the email that it is about last, so that this is enough.
MOST_BYTES = 262_144
#: The most messages read at a time; the rest is left for the next run.
_MOST_MESSAGES = 500
_BODY = f"BODY.PEEK[]<0.{MOST_BYTES}>"  # PEEK, as reading alone would mark it


class BounceMailbox:
    """The mailbox of BOUNCES_URL, and the token that opens it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        refresh_token = settings.bounces_oauth_refresh_token or settings.smtp_oauth_refresh_token
        self._token = AccessToken(refresh_token, settings)

    def unread(self) -> Generator[bytes]:
        """Yield the unread messages, at most the first 256 KB of each; none without a mailbox.

        A message is marked as read when the next one is asked for: until then it counts as not
        handled, and comes again. Raises `Unavailable`.
        """
        url = urlsplit(self._settings.bounces_url)
        try:
            if url.scheme == "maildir":
                yield from _from_maildir(Path(url.path))
            elif url.scheme:
                yield from self._from_imap()
        except (IMAPClientError, OSError, ValueError) as error:
            reason = printable(str(error))
            raise Unavailable(f"the bounce mailbox cannot be read: {reason}") from None

    def _from_imap(self) -> Iterator[bytes]:
        url = urlsplit(self._settings.bounces_url)
        context = trusted(self._settings)
        client = IMAPClient(
            url.hostname or "",
            url.port,
            ssl=url.scheme == "imaps",
            ssl_context=context,
            timeout=self._settings.smtp_seconds,
        )
        try:
            if url.scheme == "imap+starttls":
                # Raises if the server does not offer it: nothing is read unencrypted.
                client.starttls(context)
            self._sign_in(client)
            client.select_folder(unquote(url.path[1:]) or "INBOX")
            for uid in client.search("UNSEEN")[:_MOST_MESSAGES]:
                items = client.fetch([uid], [_BODY]).get(uid, {})
                bodies = [
                    data for name, data in items.items() if name.startswith(b"BODY[]") and data
                ]
                if bodies:  # Otherwise it was removed meanwhile, or only its flags were told.
                    yield bodies[0]
                    client.add_flags([uid], [b"\\Seen"], silent=True)
        finally:
            with contextlib.suppress(OSError):  # It is closed already where encrypting it failed.
                client.shutdown()

    def _sign_in(self, client: IMAPClient) -> None:
        url = urlsplit(self._settings.bounces_url)
        user, password = unquote(url.username or ""), unquote(url.password or "")
        if not password:
            try:
                client.oauth2_login(user, self._token.value(trusted(self._settings)))
            except LoginError:
                # A token may end before its time; the next attempt asks for a new one.
                self._token.forget()
                raise
        elif client.has_capability("AUTH=PLAIN"):
            # LOGIN is for ASCII only.
            client.plain_login(user, password)
        else:
            client.login(user, password)


def _from_maildir(folder: Path) -> Iterator[bytes]:
    # A mail program that looked into it may have moved some to `cur` without marking them.
    files = [*(folder / "new").iterdir(), *(folder / "cur").iterdir()]
    unread = [file for file in files if "S" not in file.name.partition(":2,")[2]]
    for file in sorted(unread, key=lambda file: file.name)[:_MOST_MESSAGES]:
        with contextlib.suppress(FileNotFoundError):  # Another worker or program had it first.
            with file.open("rb") as opened:
                data = opened.read(MOST_BYTES)
            yield data
            name, _, flags = file.name.partition(":2,")
            file.rename(folder / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")

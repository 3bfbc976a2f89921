"""The mailbox that undeliverable emails are returned to: a Maildir, or a folder behind IMAP."""

from __future__ import annotations

import abc
import contextlib
import functools
import re
from collections.abc import Callable, Iterator
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
    """The mailbox of BOUNCES_URL, the token that opens it, and which messages were left in it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        refresh_token = settings.bounces_oauth_refresh_token or settings.smtp_oauth_refresh_token
        self._token = AccessToken(refresh_token, settings)
        #: Messages that were looked at and left unread; not looked at again by this object, so that
        #: they never keep it from newer ones.
        self._left: set[str] = set()

    @property
    def name(self) -> str:
        """Its host and folder; "" without a mailbox."""
        url = urlsplit(self._settings.bounces_url)
        return f"{url.hostname or ''}{url.path}"[:255] if url.scheme else ""

    def read(self, handle: Callable[[bytes], bool]) -> int:
        """Let `handle` see each unread message, at most its first 256 KB.

        Those for which it returns true are marked as read afterwards, so that one whose handling
        broke off comes again. Returns how many it left unread. Raises `Unavailable`.
        """
        if not self._settings.bounces_url:
            return 0
        with self._opened() as messages:
            seen = set()
            for name, data, mark in messages(self._left):
                if handle(data):
                    mark()
                else:
                    seen.add(name)
            self._left = (self._left & set(messages.names)) | seen
            return len(self._left)

    def count(self) -> int:
        """Return the number of unread messages, which stay so. Raises `Unavailable`."""
        if not self._settings.bounces_url:
            return 0
        with self._opened() as messages:
            return len(messages.names)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[_Messages]:
        url = urlsplit(self._settings.bounces_url)
        try:
            if url.scheme == "maildir":
                yield _InMaildir(Path(url.path))
            else:
                with self._signed_in() as client:
                    yield _BehindIMAP(client)
        except (IMAPClientError, OSError, ValueError) as error:
            reason = printable(_decoded(error))
            raise Unavailable(f"the bounce mailbox cannot be read: {reason}") from None

    @contextlib.contextmanager
    def _signed_in(self) -> Iterator[IMAPClient]:
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
            yield client
            with contextlib.suppress(IMAPClientError, OSError):  # All was done by then.
                client.logout()
        finally:
            with contextlib.suppress(OSError):  # It is closed already where encrypting it failed.
                client.shutdown()

    def _sign_in(self, client: IMAPClient) -> None:
        url = urlsplit(self._settings.bounces_url)
        user, password = unquote(url.username or ""), unquote(url.password or "")
        if not password:
            try:
                client.oauth2_login(user, self._token.value(lambda: trusted(self._settings)))
            except LoginError:
                # A token may end before its time; the next attempt asks for a new one.
                self._token.forget()
                raise
        elif client.has_capability("AUTH=PLAIN"):
            # LOGIN is for ASCII only.
            client.plain_login(user, password)
        else:
            client.login(user, password)


class _Messages(abc.ABC):
    """The unread messages of a mailbox, wherever it is."""

    def __init__(self, names: list[str]) -> None:
        #: A name for each that stays the same as long as the message is there.
        self.names = names

    def __call__(self, left: set[str]) -> Iterator[tuple[str, bytes, Callable[[], None]]]:
        """Yield the name and bytes of each but those `left`, and what marks it as read."""
        for name in [name for name in self.names if name not in left][:_MOST_MESSAGES]:
            data = self._data(name)
            if data is not None:
                yield name, data, functools.partial(self._mark, name)

    @abc.abstractmethod
    def _data(self, name: str) -> bytes | None:
        """Return a message; None if it was removed meanwhile."""

    @abc.abstractmethod
    def _mark(self, name: str) -> None:
        """Mark a message as read."""


class _BehindIMAP(_Messages):
    def __init__(self, client: IMAPClient) -> None:
        self._client = client
        super().__init__([str(uid) for uid in client.search("UNSEEN")])

    def _data(self, name: str) -> bytes | None:
        items = self._client.fetch([int(name)], [_BODY]).get(int(name), {})
        # Otherwise it was removed meanwhile, or only its flags were told.
        bodies = [data for item, data in items.items() if item.startswith(b"BODY[]") and data]
        return bodies[0] if bodies else None

    def _mark(self, name: str) -> None:
        self._client.add_flags([int(name)], [b"\\Seen"], silent=True)


class _InMaildir(_Messages):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # A mail program that looked into it may have moved some to `cur` without marking them.
        files = [*(folder / "new").iterdir(), *(folder / "cur").iterdir()]
        unread = [file for file in files if "S" not in file.name.partition(":2,")[2]]
        self._files = {file.name: file for file in unread}
        super().__init__(sorted(self._files))

    def _data(self, name: str) -> bytes | None:
        try:
            with self._files[name].open("rb") as opened:
                return opened.read(MOST_BYTES)
        except FileNotFoundError:  # Another worker or program had it first.
            return None

    def _mark(self, name: str) -> None:
        start, _, flags = name.partition(":2,")
        marked = f"{start}:2,{''.join(sorted({*flags, 'S'}))}"
        with contextlib.suppress(FileNotFoundError):
            self._files[name].rename(self._folder / "cur" / marked)


def _decoded(error: Exception) -> str:
    """Return the words of an error; IMAP's are bytes in other words."""
    words = error.args[0] if error.args else ""
    if isinstance(words, bytes):
        return words.decode("utf-8", "replace")
    return re.sub(r"\bb(['\"])(.*)\1", r"\2", str(error))

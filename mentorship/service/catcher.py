"""A mail server for trying things out: takes every email and keeps it in a Maildir.

Run as `python -m mentorship.service.catcher PORT MAILDIR [HOST]`. It sends nothing on, so it is no
relay.
"""

from __future__ import annotations

import mailbox
import signal
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MaildirHandler:
    """Keeps each email as one file, written aside and moved into place when it is complete."""

    def __init__(self, folder: Path) -> None:
        # Maildir itself would trust that a folder that exists has all three.
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._box = mailbox.Maildir(folder, create=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer 250 only once the email is on disk."""
        content = envelope.content
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogateescape")
        try:
            self._box.add(mailbox.MaildirMessage(content))
        except OSError as error:
            # A full disk is no fault of the email: ask for it again later.
            return f"451 It cannot be kept now: {error.strerror}"
        return "250 Kept"


def main(port: str, folder: str, host: str = "127.0.0.1") -> None:
    """Serve until told to stop."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    controller = Controller(MaildirHandler(Path(folder)), hostname=host, port=int(port))
    controller.start()
    stopping.wait()
    controller.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A mailbox behind IMAP, on a real server of our own."""

from __future__ import annotations

import contextlib
import imaplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import encryption
from patience import patient, wait_until

USER, PASSWORD = "bounces@example.org", 'pass "wörd" \\'
#: As people write it.
FOLDER = "Re türns"


class IMAPMailbox:
    """The folder FOLDER on a server that speaks STARTTLS."""

    #: As IMAP writes it (RFC 3501, 5.1.3).
    _FOLDER = '"Re t&APw-rns"'

    def __init__(self, certificate: encryption.Certificate, folder: Path) -> None:
        self.port = encryption.free_port()
        self._certificate = certificate
        self._log = folder / "imap.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [Path(sys.executable).parent / "pymap", "--host", "127.0.0.1"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port), "--cert", self._certificate.file,
                 "--key", self._certificate.key, "dict", "--demo-data", "--demo-user", USER,
                 "--demo-password", PASSWORD],
                stdout=log, stderr=log,
            )  # fmt: skip
        wait_until("IMAP", self._answers)
        with self._signed_in() as box:
            box.create(self._FOLDER)
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(patient(30))

    def add(self, message: bytes) -> None:
        with self._signed_in() as box:
            assert box.append(self._FOLDER, "", "", message)[0] == "OK"

    def count(self, criterion: str) -> int:
        with self._signed_in() as box:
            box.select(self._FOLDER, readonly=True)
            return len((box.uid("SEARCH", criterion)[1][0] or b"").split())

    @contextlib.contextmanager
    def _signed_in(self) -> Iterator[imaplib.IMAP4]:
        box = imaplib.IMAP4("127.0.0.1", self.port, timeout=patient(30))
        try:
            box.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            yield box
        finally:
            box.shutdown()

    def _answers(self) -> bool:
        try:
            imaplib.IMAP4("127.0.0.1", self.port, timeout=patient(30)).shutdown()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True

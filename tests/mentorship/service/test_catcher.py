"""The mail server of `preceptor up`: what it takes is on disk, or it asks for it again."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mentorship.service.catcher import MaildirHandler


def hand_over(handler: MaildirHandler, content: bytes) -> str:
    envelope: Any = SimpleNamespace(content=content)
    nobody: Any = None
    # In a thread of its own: the browser of other tests may keep a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(
            lambda: asyncio.run(handler.handle_DATA(nobody, nobody, envelope))
        ).result()


def test_an_email_is_kept_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()  # a folder that is there already, as a volume is
    handler = MaildirHandler(tmp_path / "box")

    assert hand_over(handler, b"Subject: x\r\n\r\ny\r\n").startswith("250")

    (file,) = (tmp_path / "box" / "new").iterdir()
    assert file.read_bytes().replace(b"\r\n", b"\n") == b"Subject: x\n\ny\n"


def test_what_cannot_be_kept_is_asked_for_again(tmp_path: Path) -> None:
    handler = MaildirHandler(tmp_path / "box")
    shutil.rmtree(tmp_path / "box")

    assert hand_over(handler, b"Subject: x\r\n\r\ny\r\n").startswith("451")

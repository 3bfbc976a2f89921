"""A journal of what the relay took, in which an email is looked up."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from offers import MESSAGE
from patience import patient

from mentorship.delivery.smtp import RelayDown, SMTPSender, TemporaryFailure


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "journal" / part).mkdir(parents=True)
    return tmp_path / "journal"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@pytest.mark.parametrize("part", ["new", "cur", "tmp"])
def test_a_journal_is_looked_up_by_headers(
    make_sender: Callable[..., SMTPSender], journal: Path, part: str
) -> None:
    sender = make_sender("smtp://x", mail_journal=str(journal))
    (journal / "cur" / "0").write_bytes(b"Subject: x\r\n\r\nMessage-ID: <1@x.org>\r\n")
    (journal / "cur" / "1").write_bytes(b"References: <1@x.org>\r\nMessage-ID: <2@x.org>\r\n\r\n")
    assert not sender.took("<1@x.org>", now())

    (journal / part / "2:2,S").write_bytes(b"Received: y\r\nmessage-id:\r\n <1@x.org>\r\n\r\nz")
    # What is still being written in `tmp` is not taken yet.
    assert sender.took("<1@x.org>", now()) is (part != "tmp")
    assert not sender.took("<1@x.org", now())
    os.utime(journal / part / "2:2,S", (time.time() - 100, time.time() - 100))
    assert not sender.took("<1@x.org>", now())


def test_a_journal_from_which_files_vanish_is_read(
    make_sender: Callable[..., SMTPSender], journal: Path
) -> None:
    (journal / "new" / "gone").symlink_to(journal / "nowhere")
    (journal / "new" / "here").write_bytes(MESSAGE)

    assert make_sender("smtp://x", mail_journal=str(journal)).took("<1@x.org>", now())


def test_a_journal_that_cannot_be_read_does_not_say_no(
    make_sender: Callable[..., SMTPSender], tmp_path: Path
) -> None:
    sender = make_sender("smtp://x", mail_journal=str(tmp_path / "none"))

    with pytest.raises(TemporaryFailure, match="journal cannot be read: No such file") as raised:
        sender.took("<1@x.org>", now())
    assert raised.type is not RelayDown, "emails without a doubt can go on"
    assert not make_sender("smtp://x").took("<1@x.org>", now())


@pytest.mark.timeout(patient(120))
def test_a_journal_of_ten_thousand_is_read_to_its_end(
    make_sender: Callable[..., SMTPSender], journal: Path
) -> None:
    for number in range(10_000):
        (journal / "new" / str(number)).write_bytes(
            b"Message-ID: <%d@y>\r\n\r\n" % number + MESSAGE
        )
    sender = make_sender("smtp://x", mail_journal=str(journal))

    assert sender.took("<9999@y>", now())
    assert not sender.took("<10000@y>", now())

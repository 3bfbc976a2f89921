"""The relay fails as its plan says, and its record is the truth about what it took."""

from __future__ import annotations

import smtplib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import encryption
import faults
import pytest
from patience import patient, wait_for_port

MESSAGE = b"Message-ID: <1@example.org>\r\nTo: ana@example.org\r\n\r\n.a line\r\n..two\r\n"


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Callable[[dict[str, float]], tuple[int, faults.Record]]]:
    """Starts a relay; its port and record."""
    started: list[subprocess.Popen[bytes]] = []

    def start(rates: dict[str, float]) -> tuple[int, faults.Record]:
        port = encryption.free_port()
        started.append(subprocess.Popen(faults.relay_command(port, tmp_path, 1, rates)))
        wait_for_port(port)
        return port, faults.Record(tmp_path)

    yield start
    for process in started:
        process.kill()
        process.wait()


def limit(fault: str) -> float:
    """Return how long to wait for an answer: whatever hangs is waited for."""
    return patient(1 if "hang" in fault else 30)


def send(port: int, fault: str = "") -> None:
    client = smtplib.SMTP("127.0.0.1", port, timeout=limit(fault))
    try:
        client.sendmail("preceptor@localhost", ["ana@example.org"], MESSAGE)
        client.noop()
    finally:
        client.close()


def test_without_faults_it_keeps_the_bytes_that_were_sent(
    relay: Callable[[dict[str, float]], tuple[int, faults.Record]],
) -> None:
    port, record = relay({})
    send(port)

    ((file,),) = [list((record.folder / "new").iterdir())]
    assert file.read_bytes() == MESSAGE
    (copy,) = record.copies()
    assert (copy.recipient, copy.message_id) == ("ana@example.org", "<1@example.org>")


@pytest.mark.parametrize("fault", faults.FAULTS)
def test_each_fault_is_what_it_says(
    relay: Callable[[dict[str, float]], tuple[int, faults.Record]], fault: str
) -> None:
    port, record = relay({fault: 1.0})
    step, _, what = fault.partition(":")

    if fault == "text:cut-after-250":
        client = smtplib.SMTP("127.0.0.1", port, timeout=limit(fault))
        client.sendmail("preceptor@localhost", ["ana@example.org"], MESSAGE)
        with pytest.raises((OSError, smtplib.SMTPException)):
            client.noop()
        client.close()
    else:
        with pytest.raises((OSError, smtplib.SMTPException)) as caught:
            send(port, fault)
        if what.isdigit() and step != "ehlo":
            assert what in str(caught.value)

    assert record.count() == (1 if what in ("cut-kept", "hang-kept", "cut-after-250") else 0)
    is_no = what.startswith("5") and step in ("rcpt", "data", "text")
    assert record.refused() == ({"ana@example.org"} if is_no else set())

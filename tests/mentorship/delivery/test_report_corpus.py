"""Reports of many servers, made by chance: the right address is flagged, and no other."""

from __future__ import annotations

import functools
import random

import pytest
import returned as corpus
from patience import patient

from mentorship.delivery.reports import Failure, NotUnderstood, read_report

MESSAGE_ID, READER = "<0b9c@mentoring.example.org>", "ana.maria@clinic.example.org"
RETURN_PATH = f"bounces+{'a2' * 21}@example.org"


@functools.cache
def write(seed: int) -> corpus.Written:
    """Return a report that is as the seed decides; every test reads the same ones."""
    return corpus.write(random.Random(seed), MESSAGE_ID, READER, RETURN_PATH)


@pytest.mark.parametrize("server", corpus.SERVERS)
def test_a_report_of_any_server_flags_who_is_at_fault_and_no_one_else(server: str) -> None:
    written = [report for seed in range(1200) if (report := write(seed)).server == server]
    assert len(written) > 60

    for report in written:
        (failure,) = read_report(report.data)
        assert failure.message_id == MESSAGE_ID
        assert failure.recipient.lower() == READER
        assert failure.is_permanent is report.is_addresses_fault, report.data.decode()


def test_a_report_of_several_recipients_tells_them_apart() -> None:
    blocks = "\n\n".join(
        f"Final-Recipient: rfc822; {who}@x.org\nAction: {action}\nStatus: {status}"
        for who, action, status in (
            ("one", "failed", "5.1.1"), ("two", "delayed", "4.4.1"), ("three", "failed", "5.2.2"),
        )
    )  # fmt: skip
    data = (
        "From: MAILER-DAEMON@x.org\nContent-Type: multipart/report; boundary=b\n\n--b\n"
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n{blocks}\n\n--b--\n"
    )

    found = [(failure.recipient, failure.is_permanent) for failure in read_report(data.encode())]
    assert found == [("one@x.org", True), ("three@x.org", False)]


@pytest.mark.parametrize(
    "text",
    [
        "Your message to ana@x.org has not yet been delivered. You do not need to resend it.",
        "Warning: message 1abc delayed 24 hours. Delivery attempts will continue.\n<ana@x.org>",
        "The message will be retried for 3 more days.\n  ana@x.org\n    451 4.3.0 busy",
    ],
)
def test_a_warning_that_delivery_is_tried_on_is_no_failure(text: str) -> None:
    assert read_report(f"From: MAILER-DAEMON@x.org\r\n\r\n{text}\r\n".encode()) == []


@pytest.mark.timeout(patient(300))
def test_damaged_reports_are_read_or_left_and_none_takes_for_ever() -> None:
    chance = random.Random(15)
    understood = 0
    for seed in range(3000):
        data = corpus.damage(chance, write(seed).data)
        try:
            failures = read_report(data)
        except NotUnderstood:
            continue
        understood += 1
        assert all(isinstance(failure, Failure) for failure in failures)
    assert understood > 1000

"""Bounces: reports as mail servers write them, and what is noted of them."""

from __future__ import annotations

import time
from pathlib import Path

import factories
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import patient
from sqlalchemy import Engine, select, update

from mentorship import database, outbox
from mentorship.delivery import bounces
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.delivery.bounces import Failure, read_report
from mentorship.models import Email, EmailEvent, EmailKind, Person
from mentorship.settings import Settings

OURS = "<0b9c4ad2-5f5e-4d7c-9d0c-1f3f6d4f5a11@mentoring.example.org>"


def report(status: str, original: str, headers: str = "", kind: str = "message/rfc822") -> bytes:
    """A report with the fields of its recipients, and what came back of the email."""
    words = f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: bounces@mentoring.example.org
Subject: Undelivered Mail Returned to Sender
{headers}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain; charset=us-ascii

Action: failed
Final-Recipient: rfc822; nobody@example.net
Your email did not arrive.

--=_b
Content-Type: message/delivery-status

{status.strip()}

--=_b
Content-Type: {kind}

{original}
--=_b--
"""
    return words.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


ORIGINAL = f"""\
Received: from web by mx.example.net
Message-ID: {OURS}
From: Program <preceptor@mentoring.example.org>
To: Ana <ana@example.org>
Subject: Your mentor

Dear Ana
Message-ID: <forged@example.org>
"""
POSTFIX = """\
Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4F2B01C0
Arrival-Date: Mon, 23 Nov 2026 08:00:00 +0000 (UTC)

Final-Recipient: rfc822; ana@example.org
Original-Recipient: rfc822;ana@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 5.1.1 <ana@example.org>: Recipient address rejected:
    User unknown in local recipient table
"""
EXIM = """\
Reporting-MTA: dns; exim.example.net

Action: failed
Final-Recipient: rfc822;ana@example.org
Status: 5.0.0
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 No such person at this address
"""
EXCHANGE = """\
Reporting-MTA: dns;EX01.example.net
Received-From-MTA: dns;mx.example.net
Arrival-Date: Mon, 23 Nov 2026 08:00:00 +0000

Original-Recipient: rfc822;Ana@Example.org
Final-Recipient: rfc822;ana.new@other.example.org
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: Ana
"""  # noqa: E501
GMAIL = """\
Reporting-MTA: dns; mail.example.net
Arrival-Date: Sun, 22 Nov 2026 23:59:59 -0800 (PST)
X-Original-Message-ID: <other@example.net>

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.2.1
Remote-MTA: dns; mail.example.org. (192.0.2.7, the server for the domain example.org.)
Diagnostic-Code: smtp; 550-5.2.1 The email account that you tried to reach is inactive.
 550 5.2.1 Learn more - gsmtp
Last-Attempt-Date: Mon, 23 Nov 2026 00:00:00 -0800 (PST)
"""


@pytest.mark.parametrize(
    ("status", "recipient", "code", "words"),
    [
        (POSTFIX, "ana@example.org", "5.1.1", "550 5.1.1 <ana@example.org>: Recipient address "
         "rejected: User unknown in local recipient table"),
        (EXIM, "ana@example.org", "5.0.0", "550 No such person at this address"),
        (EXCHANGE, "Ana@Example.org", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; "
         "Recipient not found by SMTP address lookup"),
        (GMAIL, "ana@example.org", "5.2.1", "550-5.2.1 The email account that you tried to reach "
         "is inactive. 550 5.2.1 Learn more - gsmtp"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_reports_of_common_servers_are_understood(
    status: str, recipient: str, code: str, words: str, kind: str
) -> None:
    (found,) = read_report(report(status, ORIGINAL, kind=kind))

    assert found == Failure(OURS, recipient, code, words)
    assert found.is_permanent


def test_a_report_that_returns_nothing_says_what_it_answers() -> None:
    data = report(EXCHANGE, "", f"In-Reply-To: {OURS}\n", kind="text/plain")
    assert [failure.message_id for failure in read_report(data)] == [OURS]
    assert [failure.message_id for failure in read_report(report(EXIM, "", kind="a/b"))] == [None]


def test_an_email_that_was_tried_for_days_is_no_fault_of_the_address() -> None:
    late = POSTFIX.replace("5.1.1", "4.4.7")
    (found,) = read_report(report(late, ORIGINAL))

    assert (found.status, found.is_permanent) == ("4.4.7", False)


def test_the_code_is_looked_for_where_it_may_be() -> None:
    for given_status, code in (("bad", "5.1.1"), ("", "5.1.1"), ("12.1.1", "5.1.1")):
        data = report(POSTFIX.replace("Status: 5.1.1", f"Status: {given_status}"), ORIGINAL)
        assert [failure.status for failure in read_report(data)] == [code]
    bare = "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; <ana@example.org>\nAction: failed"
    assert read_report(report(bare, ORIGINAL)) == [
        Failure(OURS, "ana@example.org", "5.0.0", "undeliverable, 5.0.0")
    ]


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded", "", "fail"])
def test_what_is_no_failure_is_none(action: str) -> None:
    data = report(POSTFIX.replace("Action: failed", f"Action: {action}"), ORIGINAL)

    assert read_report(data) == []


def test_one_report_may_be_about_several_recipients() -> None:
    second = POSTFIX.partition("\n\n")[2].replace("ana@", "ben@").replace("failed", "delayed")
    third = POSTFIX.partition("\n\n")[2].replace("ana@", "cem@")
    found = read_report(report("\n".join((POSTFIX, second, third)), ORIGINAL))

    assert [failure.recipient for failure in found] == ["ana@example.org", "cem@example.org"]


def test_ordinary_mail_and_auto_replies_are_no_reports() -> None:
    whole = report(POSTFIX, ORIGINAL)
    reply = b"Auto-Submitted: auto-replied\r\nIn-Reply-To: <1@x>\r\n\r\nI am away. Status: 5.1.1"
    forwarded = b"Content-Type: message/rfc822\r\n\r\n" + whole
    mixed = whole.replace(b"multipart/report", b"multipart/mixed", 1)
    read_receipt = whole.replace(b"delivery-status", b"disposition-notification")
    for data in (b"", reply, forwarded, mixed, read_receipt, ORIGINAL.encode()):
        assert read_report(data) == []


def check(found: list[Failure]) -> None:
    assert len(found) <= 50
    for failure in found:
        assert failure.words.isprintable()
        assert 0 < len(failure.words) <= 500
        assert failure.recipient.isprintable()
        assert len(failure.recipient) <= 500
        assert failure.status[0] in "245"


@given(data=st.binary(max_size=500))
def test_binary_junk_is_harmless(data: bytes) -> None:
    check(read_report(data))


@given(
    at=st.integers(0, 2000),
    length=st.integers(0, 60),
    junk=st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [
                b'Content-Type: text/plain; charset="no-such"\r\n', b"=?utf-8?b?/////w==?=",
                b"Content-Type: multipart/mixed; boundary*0*=x'y'%FF\r\n", b"\0\0", b"\r\n\r\n",
                b"--=_b\r\n", b"Content-Transfer-Encoding: base64\r\n", b"\xed\xa0\x80", b"; =;*;",
            ]
        ),
    ),
)  # fmt: skip
def test_a_damaged_report_is_harmless(at: int, length: int, junk: bytes) -> None:
    whole = report(POSTFIX, ORIGINAL)

    check(read_report(whole[:at] + junk + whole[at + length :]))


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Type: message/rfc822\r\n\r\n" * 100_000,
        b"".join(b"Content-Type: multipart/report; boundary=%d\r\n\r\n--%d\r\n" % (n, n)
                 for n in range(20_000)),
        report("Action: failed\nFinal-Recipient: rfc822; a@b.org\n\n" * 100_000, ORIGINAL),
        report(POSTFIX.replace("User unknown", "x" * 10_000_000), ORIGINAL),
        report(POSTFIX.replace("User unknown", "\n ".join("xy" * 50_000)), ORIGINAL),
        report(POSTFIX, "Message-ID: " + "<" * 200_000),
        report(POSTFIX, "x: y\n" * 100_000),
        b"a" * 5_000_000,
    ],
    ids=["nested", "parts", "recipients", "line", "folded", "id", "headers", "long"],
)  # fmt: skip
def test_a_huge_message_costs_little(data: bytes) -> None:
    begun = time.process_time()

    check(read_report(data))
    assert time.process_time() - begun < patient(3)


@pytest.fixture
def sent(engine: Engine) -> Email:
    """An email that was sent to Ana."""
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        mentee = factories.make_mentee(session, program, email="Ana@example.org")
        outbox.owe(
            session, EmailKind.WELCOME, to=mentee.person_id, about=mentee.id, program_id=program.id
        )
        session.flush()
        session.execute(update(Email).values(message_id=OURS))
        return session.scalars(select(Email).where(Email.message_id == OURS)).one()


def flagged(engine: Engine) -> dict[str, str]:
    """The addresses that are flagged, and why."""
    with database.reading(engine) as session:
        found = session.scalars(select(Person).where(Person.address_problem.is_not(None)))
        return {
            person.email: str(person.address_problem)
            for person in found
            if person.address_problem_at is not None
        }


def ledger(engine: Engine) -> list[tuple[str, str]]:
    with database.reading(engine) as session:
        return [(event.kind.value, event.words) for event in session.scalars(select(EmailEvent))]


def note(engine: Engine, **changes: str | None) -> bool:
    values = {"message_id": OURS, "recipient": "ana@example.org", "status": "5.1.1", "words": "no"}
    with database.transaction(engine) as session:
        return bounces.note(session, Failure(**(values | changes)))  # type: ignore[arg-type]


def test_a_bounce_flags_the_address_and_is_noted_once(engine: Engine, sent: Email) -> None:
    assert note(engine)
    assert not note(engine), "the same report came again"
    assert flagged(engine) == {"Ana@example.org": "no"}
    assert ledger(engine) == [("bounced", "no")]


def test_a_bounce_of_a_server_that_was_away_is_noted_only(engine: Engine, sent: Email) -> None:
    assert note(engine, status="4.4.7")
    assert flagged(engine) == {}
    assert ledger(engine) == [("bounced", "no")]


@pytest.mark.parametrize(
    "changes",
    [{"message_id": "<other@example.org>"}, {"message_id": None}, {"recipient": "ben@example.org"}],
)
def test_a_forged_report_does_nothing(
    engine: Engine, sent: Email, changes: dict[str, str | None]
) -> None:
    assert not note(engine, **changes)
    assert flagged(engine) == {}
    assert ledger(engine) == []


def test_a_mailbox_is_read_to_its_end_whatever_is_in_it(
    engine: Engine, sent: Email, tmp_path: Path
) -> None:
    for part in ("new", "cur"):
        (tmp_path / part).mkdir()
    mailbox = BounceMailbox(Settings(bounces_url=f"maildir://{tmp_path}"))
    (tmp_path / "new" / "1").write_bytes(report(POSTFIX, ORIGINAL))
    (tmp_path / "new" / "2").write_bytes(b"Subject: away\r\n\r\nI am on leave.")
    (tmp_path / "cur" / "3:2,F").write_bytes(report(EXIM, ORIGINAL))

    assert bounces.run(engine, mailbox) == 2
    assert bounces.run(engine, mailbox) == 0

    assert len(ledger(engine)) == 2
    assert flagged(engine) == {"Ana@example.org": "550 No such person at this address"}

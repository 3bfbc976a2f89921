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
from mentorship.delivery import bounces, return_paths
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.delivery.reports import Failure, NotUnderstood, read_report
from mentorship.errors import Unavailable
from mentorship.models import Email, EmailEvent, EmailKind, MailboxHealth, Person
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
    # Some servers write another type of multipart around it.
    whole = report(status, ORIGINAL, kind=kind)
    assert read_report(whole.replace(b"multipart/report", b"multipart/mixed", 1)) == [found]


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


@pytest.mark.parametrize("action", ["delayed", "relayed", "Delivered (to a list)", "expanded"])
def test_what_is_no_failure_is_none(action: str) -> None:
    data = report(POSTFIX.replace("Action: failed", f"Action: {action}"), ORIGINAL)

    assert read_report(data) == []


@pytest.mark.parametrize("action", ["", "fail", "lost (somewhere)"])
def test_a_report_that_does_not_tell_what_happened_is_not_understood(action: str) -> None:
    data = report(POSTFIX.replace("Action: failed", f"Action: {action}"), ORIGINAL)

    with pytest.raises(NotUnderstood):
        read_report(data)


def test_one_report_may_be_about_several_recipients() -> None:
    second = POSTFIX.partition("\n\n")[2].replace("ana@", "ben@").replace("failed", "delayed")
    third = POSTFIX.partition("\n\n")[2].replace("ana@", "cem@")
    found = read_report(report("\n".join((POSTFIX, second, third)), ORIGINAL))

    assert [failure.recipient for failure in found] == ["ana@example.org", "cem@example.org"]


def test_ordinary_mail_and_auto_replies_are_no_reports() -> None:
    whole = report(POSTFIX, ORIGINAL)
    reply = b"Auto-Submitted: auto-replied\r\nIn-Reply-To: <1@x>\r\n\r\nI am away. Status: 5.1.1"
    forwarded = b"Content-Type: message/rfc822\r\n\r\n" + whole
    read_receipt = whole.replace(b"delivery-status", b"disposition-notification")
    for data in (b"", reply, forwarded, read_receipt, ORIGINAL.encode()):
        assert read_report(data) == []


def check(data: bytes) -> None:
    """Read a message, which either tells something fit to be stored or is not understood."""
    try:
        found = read_report(data)
    except NotUnderstood:
        return
    assert len(found) <= 50
    for failure in found:
        assert failure.words.isprintable()
        assert 0 < len(failure.words) <= 500
        assert failure.recipient.isprintable()
        assert len(failure.recipient) <= 500
        assert failure.status[0] in "245"


@given(data=st.binary(max_size=500))
def test_binary_junk_is_harmless(data: bytes) -> None:
    check(data)


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

    check(whole[:at] + junk + whole[at + length :])


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

    check(data)
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


def note(engine: Engine, to: Email | None = None, **changes: str | None) -> bool:
    """Note a failure, from a report to the own return path of an email if that is given."""
    values = {"message_id": OURS, "recipient": "ana@example.org", "status": "5.1.1", "words": "no"}
    failure = Failure(**(values | changes))  # type: ignore[arg-type]
    with database.transaction(engine) as session:
        return bounces.note(session, failure, to.id if to else None)


def came_back(engine: Engine) -> list[str | None]:
    """Why emails came back."""
    with database.reading(engine) as session:
        return list(session.scalars(select(Email.failure).where(Email.came_back_at.is_not(None))))


def test_a_bounce_to_its_own_return_path_flags_the_address_and_is_noted_once(
    engine: Engine, sent: Email
) -> None:
    assert note(engine, sent)
    assert not note(engine, sent), "the same report came again"
    assert flagged(engine) == {"Ana@example.org": "5.1.1 no"}
    assert ledger(engine) == [("bounced", "5.1.1 no")]
    assert came_back(engine) == ["came back, 5.1.1"]


@pytest.mark.parametrize(
    ("status", "words"),
    [("4.4.7", "expired"), ("5.7.26", "unauthenticated"), ("5.2.2", "full"), ("5.0.0", "x")],
)
def test_a_bounce_that_is_not_the_addresses_fault_is_listed_and_flags_no_one(
    engine: Engine, sent: Email, status: str, words: str
) -> None:
    assert note(engine, sent, status=status, words=words)
    assert flagged(engine) == {}
    assert ledger(engine) == [("bounced", f"{status} {words}")]
    assert came_back(engine) == [f"came back, {status}"]


def test_a_report_that_anyone_could_have_written_is_listed_and_flags_no_one(
    engine: Engine, sent: Email
) -> None:
    assert note(engine, words="550 5.1.1 Confirm the new address at https://evil.example")
    assert flagged(engine) == {}
    assert came_back(engine) == ["came back, 5.1.1"], "no words of a stranger"


def test_a_report_about_where_an_email_was_forwarded_to_flags_no_one(
    engine: Engine, sent: Email
) -> None:
    assert note(engine, sent, recipient="ana@elsewhere.example")
    assert flagged(engine) == {}
    assert came_back(engine) == ["came back, 5.1.1"]


@pytest.mark.parametrize("recipient", ["ANA@EXAMPLE.ORG", "ana@Example.org", "ana+40example.org"])
def test_the_reader_is_recognized_however_the_address_is_written(
    engine: Engine, sent: Email, recipient: str
) -> None:
    assert note(engine, sent, recipient=recipient)
    assert list(flagged(engine)) == ["Ana@example.org"]


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


@pytest.fixture
def box(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a Maildir for what comes back."""
    for part in ("new", "cur"):
        (tmp_path / part).mkdir()
    return settings.replace(
        bounces_url=f"maildir://{tmp_path}", mail_return_path="bounces@mentoring.example.org"
    )


def drop(settings: Settings, name: str, data: bytes) -> None:
    folder = Path(settings.bounces_url.removeprefix("maildir://"))
    (folder / "new" / name).write_bytes(data)


def own_path(email: Email, settings: Settings) -> bytes:
    return return_paths.of_email(email.id, settings)[0].encode()


def health(engine: Engine) -> tuple[bool, str, int]:
    """Whether the mailbox fails, why, and how many reports in it were not understood."""
    with database.reading(engine) as session:
        found = session.scalars(select(MailboxHealth)).one()
        return found.failing_since is not None, found.reason, found.not_understood


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_a_report_to_the_own_return_path_of_an_email_is_believed(
    engine: Engine, sent: Email, box: Settings, header: str
) -> None:
    mailbox = BounceMailbox(box)
    plain = report(EXIM, ORIGINAL)
    marked = header.encode() + b": <" + own_path(sent, box).upper() + b">\r\n"
    drop(box, "1", marked + plain.replace(OURS.encode(), b"<lost@x.org>"))

    assert bounces.run(engine, mailbox, box) == 1
    assert list(flagged(engine)) == ["Ana@example.org"]
    assert health(engine) == (False, "", 0)


def test_a_mark_that_this_service_did_not_make_proves_nothing(
    engine: Engine, sent: Email, box: Settings
) -> None:
    own = own_path(sent, box)
    other = own_path(sent, box.replace(secret_key="k" * 40))
    assert other != own
    for number, path in enumerate((other, own[:20] + b"aaaa" + own[24:], b"x" + own, own + b".x")):
        drop(box, str(number), b"Delivered-To: " + path + b"\r\n" + report(EXIM, ORIGINAL))
    # What a report quotes is not where it went to.
    drop(box, "9", report(POSTFIX, "Return-Path: <" + own.decode() + ">\n" + ORIGINAL))

    assert bounces.run(engine, BounceMailbox(box), box) == 2, "the same words are noted once"
    assert flagged(engine) == {}


def test_what_is_not_understood_stays_unread_and_is_counted(
    engine: Engine, sent: Email, box: Settings
) -> None:
    drop(box, "1", report(POSTFIX.replace("Action: failed", "Action: ?"), ORIGINAL))
    drop(box, "2", b"From: MAILER-DAEMON@x.org\r\nSubject: oh\r\n\r\nSomething went wrong.")
    drop(box, "3", report(EXIM, "", kind="a/b"))
    drop(box, "4", b"Return-Path: <>\r\nFrom: ana@example.org\r\n\r\nWhat is this?")
    drop(box, "5", b"Return-Path: <>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.")
    drop(box, "6", b"From: ana@example.org\r\nSubject: Re: your mentor\r\n\r\nThank you!")
    drop(box, "7", report(POSTFIX.replace("failed", "delayed"), ORIGINAL))
    mailbox = BounceMailbox(box)

    for _ in range(2):
        assert bounces.run(engine, mailbox, box) == 0
        assert health(engine) == (False, "", 4)
    assert mailbox.count() == 4


def test_a_mailbox_that_fails_is_noted_until_it_works(engine: Engine, box: Settings) -> None:
    gone = BounceMailbox(box.replace(bounces_url=f"{box.bounces_url}/none"))
    for _ in range(2):
        with pytest.raises(Unavailable):
            bounces.run(engine, gone, box)
        fails, reason, _ = health(engine)
        assert fails
        assert "No such file" in reason

    assert bounces.run(engine, BounceMailbox(box), box) == 0
    assert health(engine) == (False, "", 0)
    assert bounces.run(engine, BounceMailbox(Settings()), box) == 0, "there is none to read"


def test_a_mailbox_is_read_to_its_end_whatever_is_in_it(
    engine: Engine, sent: Email, box: Settings, tmp_path: Path
) -> None:
    own = b"Delivered-To: " + own_path(sent, box) + b"\r\n"
    drop(box, "1", own + report(POSTFIX, ORIGINAL))
    drop(box, "2", b"Subject: away\r\n\r\nI am on leave.")
    (tmp_path / "cur" / "3:2,F").write_bytes(own + report(EXIM, ORIGINAL))
    mailbox = BounceMailbox(box)

    assert bounces.run(engine, mailbox, box) == 2
    assert bounces.run(engine, mailbox, box) == 0

    assert len(ledger(engine)) == 2
    assert flagged(engine) == {"Ana@example.org": "5.0.0 550 No such person at this address"}

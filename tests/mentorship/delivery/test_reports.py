"""Reports of undeliverable emails: which are understood, and what is read from them."""

from __future__ import annotations

import pytest
from bounce_reports import EXCHANGE, EXIM, GMAIL, ORIGINAL, OURS, POSTFIX, report
from hypothesis import given
from hypothesis import strategies as st
from patience import patient

from mentorship.delivery.reports import Failure, NotUnderstood, read_report


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
@pytest.mark.timeout(patient(120))
def test_a_huge_message_is_read_to_its_end(data: bytes) -> None:
    check(data)

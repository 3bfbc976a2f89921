"""Refusals: whose fault each is, in the words of servers that are in use."""

# ruff: noqa: E501 - servers write long lines

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorship.delivery.refusals import Fault, cause_of, fault_of, status_of

#: Replies to a recipient or to the text, by whose fault they are.
REPLIES = {
    Fault.ADDRESS: """
        550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in local recipient table
        550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual mailbox table
        550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in relay recipient table
        550 5.1.1 <ana@example.org>: Recipient address rejected: undeliverable address: host mx said no
        550 5.1.2 <ana@example.invalid>: Recipient address rejected: Domain not found
        550 5.4.4 <ana@example.invalid>: Host or domain name not found. Name service error for example.invalid
        501 5.1.3 Bad recipient address syntax
        553 5.1.3 <ana@ex ample.org>: invalid address
        556 5.1.10 <ana@example.org>: Recipient address rejected: Domain example.org does not accept mail (nullMX)
        550-5.1.1 The email account that you tried to reach does not exist. Please try 550 5.1.1 double-checking - gsmtp
        550-5.2.1 The email account that you tried to reach is inactive. 550 5.2.1 Learn more - gsmtp
        550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ana@example.org not found by SMTP address lookup
        550 5.1.351 Remote server returned unknown recipient or mailbox unavailable
        550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR03FT033.eop]
        550 5.4.310 DNS domain example.invalid does not exist [Message=InfoDomainNonexistent]
        550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)
        550 Requested action not taken: mailbox unavailable
        550 Unrouteable address
        550 No Such User Here
        550 no such address here
        550 <ana@example.org> unknown user account
        550 Unknown user
        554 delivery error: dd This user doesn't have a yahoo.com account (ana@example.org) [0] - mta1
        552 1 Requested mail action aborted, mailbox not found
        550 5.1.6 Recipient no longer on server: ana@example.org
        551 User not local; please try <forward@example.org>
        551 5.1.6 ana has moved to another address
        550 5.2.1 <ana@example.org>: mailbox disabled, not accepting messages
        550 sorry, no mailbox here by that name (#5.1.1 - chkuser)
        553 5.3.0 <ana@example.org>... No such user here
        550 5.0.0 <ana@example.org>... User unknown
        550 Invalid recipient: <ana@example.org>
        550 Mailbox not found
        521 5.1.10 no mail here
        550 #5.1.0 Address rejected.
        550 5.1.1 User has left the organization
        550 Invalid recipient
        511 5.1.1 unknown address
        550 ana@example.org No such domain at this location
        550 This recipient does not exist
        550 Mailbox is inactive
        550 The account has been discontinued
        550 5.1.1 User unknown; message from 192.0.2.1 rejected
        550 5.1.1 <ana@example.org>: mail from 192.0.2.1 refused: no such user
        550 User unknown; message from 192.0.2.1 rejected
        550 5.2.1 mailbox closed; messages from [192.0.2.1] rejected
    """,
    Fault.US: """
        553 5.7.1 <bounces@example.org>: Sender address rejected: not owned by user mentoring@example.org
        553 5.7.1 <bounces@example.org>: Sender address rejected: not logged in
        554 5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied
        554 5.7.1 <x>: Helo command rejected: Host not found
        504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname
        550 5.1.8 <bounces@nowhere.invalid>: Sender address rejected: Domain not found
        550 5.1.0 <bounces@example.org>: Sender address rejected: User unknown in virtual mailbox table
        550 5.1.1 <bounces@example.org>: Sender address rejected: User unknown in local recipient table
        550 5.1.7 <bounces@example.org>: Sender address rejected: undeliverable address
        450 4.1.8 <bounces@example.org>: Sender address rejected: Domain not found
        450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]
        450 4.7.25 Client host rejected: cannot find your hostname
        550-Verification failed for <bounces@example.org> 550-No Such User Here 550 Sender verify failed
        550 Sender verify failed
        550 Administrative prohibition: sender rejected
        554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org
        550 5.7.606 Access denied, banned sending IP [192.0.2.1]
        553 5.7.2 [TSS09] All messages from 192.0.2.1 will be permanently deferred; Retrying will NOT succeed.
        550 csi.mimecast.org Poor Reputation Sender. - https://example.org/docs/DOC-1369#550
        554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1
        554 Relay rejected for policy reasons.
        550 5.7.1 mail from 192.0.2.1 refused
        554 5.7.1 messages from [192.0.2.1] rejected
        554 5.7.1 The sending address has a poor reputation
        550 5.7.60 SMTP; Client does not have permissions to send as this sender
        554 5.2.252 SendAsDenied; mentoring@example.org not allowed to send as bounces@example.org
        530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM
        530 5.7.0 Must issue a STARTTLS command first
        530 Authentication required
        535 5.7.8 Error: authentication failed
        550 5.7.1 Authentication required
        550-5.7.26 This mail has been blocked because the sender is unauthenticated.
        550 5.7.25 The IP address sending this message does not have a PTR record
        550 5.7.23 SPF validation failed
        550 5.7.20 No passing DKIM signature found
        554 5.7.1 <ana@example.org>: Relay access denied
        550 relay not permitted
        550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
        553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
        550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits
        550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients
        550 your IP 192.0.2.1 is not allowed to send
        550 Bad HELO - Host impersonating us
        501 5.1.7 Bad sender address syntax
        550 Your server has been rejected because of its reputation
    """,
    Fault.EMAIL: """
        550 5.7.1 message looks like spam
        554 5.7.1 The message contains a link with poor reputation
        554 5.7.1 Message rejected: URL with poor reputation in its text
        554 5.7.1 poor reputation of an attachment
        554 5.7.1 poor reputation of the content
        554 5.7.1 Spam message rejected
        552 5.3.4 Error: message file too big
        552 5.3.4 Message size exceeds fixed limit
        552 message size limit exceeded
        550 5.6.1 Eight-bit data is not supported
        552 5.2.2 <ana@example.org>: Recipient address rejected: Mailbox is full
        552 5.2.2 mailbox is over quota
        552-5.2.2 The email account that you tried to reach is over quota
        552 1 Requested mail action aborted: exceeded storage allocation
        552 RCPT TO:<ana@example.org> Mailbox disk quota exceeded
        550 User's mailbox is full: <ana@example.org>
        550 5.1.1 user is over quota
        552 5.2.3 Message length exceeds administrative limit
        554 5.7.1 <ana@example.org>: Recipient address rejected: Access denied
        550 5.7.1 <ana@example.org>... User unknown, or so we say
        550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; this group takes none
        550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction
        550 5.7.1 RESOLVER.RST.AuthRequired; authentication required [Stage: CreateMessage]
        550 5.7.520 Access denied, Your organization does not allow external forwarding. AS(7555)
        550-Requested action not taken: mailbox unavailable 550 Reject due to policy restrictions
        550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents
        450 4.1.1 <ana@example.org>: Recipient address rejected: unverified address
        450 4.2.0 <ana@example.org>: Recipient address rejected: Greylisted, see http://postgrey.invalid
        450 4.7.1 <x>: Client host rejected: Greylisted, come back later
        450 4.1.1 no such user
        452 4.2.2 mailbox full
        451 4.3.0 later
        554 5.7.1 never
        554 Transaction failed
        550 go away
        550 5.4.6 Hop count exceeded - possible mail loop
        550 5.0.0 Message expired, too long in queue
        450 4.7.1 Error: too much mail from 192.0.2.1
        452 4.5.3 Error: too many recipients
    """,
}  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (fault, line.strip())
        for fault, lines in REPLIES.items()
        for line in lines.strip().splitlines()
    ],
)
def test_the_one_at_fault_is_found_in_a_servers_own_words(fault: Fault, reply: str) -> None:
    assert fault_of(reply, int(reply[:3])) is fault
    # A report quotes it, with the protocol before it and without telling the code apart.
    if reply[0] != "4" and int(reply[:3]) not in (521, 530, 535):
        assert fault_of(f"smtp; {reply}") is fault


@pytest.mark.parametrize("subject", range(8))
@pytest.mark.parametrize("detail", [*range(30), 57, 133, 310, 606, 999])
def test_a_code_alone_marks_an_address_only_where_it_is_about_one(
    subject: int, detail: int
) -> None:
    status = f"{subject}.{detail}"
    of_address = {"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "1.11", "1.12", "2.1", "4.310"}

    assert (fault_of(f"550 5.{status} no") is Fault.ADDRESS) == (status in of_address)
    assert fault_of(f"450 4.{status} no") is not Fault.ADDRESS
    assert fault_of(f"5.{status} undeliverable") is fault_of(f"550 5.{status} undeliverable", 550)


def test_the_code_of_a_reply_goes_before_others_in_its_words() -> None:
    for words, code in (
        ("the relay said 550 5.7.1 see 5.1.1", "5.7.1"),
        ("550-5.1.1 no", "5.1.1"),
        ("no mailbox (#5.1.2)", "5.1.2"),
        ("no. See 5.1.1.", "5.1.1"),
        ("550 no such user", "5.0.0"),
        ("host 5.1.1.9 said 451 later", "4.0.0"),
        ("nothing", ""),
    ):
        assert status_of(words) == code


def test_failures_of_one_cause_are_told_alike() -> None:
    alike = [
        (
            "the relay said 553 5.7.1 <b@x.org>: Sender address rejected: not owned by user a@x.org",
            "the relay said 553 5.7.1 <c+1@x.org>: Sender address rejected: not owned by user a@x.org",
        ),
        (
            "the relay said 550-5.7.26 blocked 550 5.7.26 a640c23a62f3a-a69si12 - gsmtp",
            "the relay said 550-5.7.26 blocked 550 5.7.26 ffacd0b85a97d-38f3 - gsmtp",
        ),
        ("550 5.4.1 denied [AM7PR04MB 2026-11-28T10:00]", "550 5.4.1 denied [DB5EUR03 2026]"),
    ]  # fmt: skip
    for one, other in alike:
        assert cause_of(one) == cause_of(other)
        assert "@x.org" not in cause_of(one)
    assert cause_of("550 5.7.1 spam") != cause_of("550 5.7.0 spam")
    assert cause_of("550 5.7.1 <a@x.org> 4F2 9A1 no") == "550 5.7.1 <…@…> … no"


@given(words=st.text(max_size=300), code=st.none() | st.integers(400, 599))
def test_any_words_are_read(words: str, code: int | None) -> None:
    assert fault_of(words, code) in Fault
    assert len(cause_of(words)) <= 200

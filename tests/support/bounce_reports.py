"""Reports of undeliverable emails, as mail servers write them."""

from __future__ import annotations

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

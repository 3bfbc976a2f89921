"""Delivery reports as mail servers write them, made by chance from RFC 3464 and their habits."""

# ruff: noqa: E501 - servers write long lines

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

#: What servers say of a mailbox that is not there, and of others: a status code and words.
OF_ADDRESS = (
    ("5.1.1", "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. - gsmtp"),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
    ("5.2.1", "550-5.2.1 The email account that you tried to reach is inactive."),
    ("5.1.2", "550 5.1.2 <{to}>: Recipient address rejected: Domain not found"),
    ("5.1.6", "551 5.1.6 Recipient no longer on server"),
    ("5.0.0", "550 No such person at this address"),
    ("5.0.0", "550 Unrouteable address"),
    ("5.0.0", "550 5.1.1 <{to}>... User unknown"),
    ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable"),
)  # fmt: skip
OF_OTHERS = (
    ("5.2.2", "552 5.2.2 <{to}> Quota exceeded (mailbox for user is full)"),
    ("5.7.26", "550-5.7.26 This mail has been blocked because the sender is unauthenticated."),
    ("5.7.1", "550 5.7.1 Message rejected as spam"),
    ("5.7.1", "554 5.7.1 <relay[192.0.2.1]>: Client host rejected: Access denied"),
    ("5.7.1", "553 5.7.1 <bounces@example.org>: Sender address rejected: not owned by user"),
    ("5.1.8", "550 5.1.8 <bounces@example.org>: Sender address rejected: Domain not found"),
    ("5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
    ("4.4.1", "connect to mx.example.org[192.0.2.9]:25: Connection timed out"),
    ("4.4.7", "450 4.2.0 <{to}>: Recipient address rejected: Greylisted"),
    ("5.0.0", "450 4.2.1 <{to}>: try again later: retry timeout exceeded"),
    ("5.0.0", "550 go away"),
    ("5.4.6", "554 5.4.6 Too many hops"),
    ("5.1.1", "552 5.1.1 user is over quota"),
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A report, and what is true of it."""

    server: str
    data: bytes
    #: Who did not get the email.
    recipient: str
    is_addresses_fault: bool


def write(chance: random.Random, message_id: str, to: str, return_path: str) -> Written:
    """Return one report about an email, of a server and with a reason that chance chose."""
    is_addresses_fault = chance.random() < 0.5
    status, words = chance.choice(OF_ADDRESS if is_addresses_fault else OF_OTHERS)
    server = chance.choice(list(SERVERS))
    case = _Case(chance, message_id, to, return_path, status, words.format(to=to))
    return Written(server, SERVERS[server](case), to, is_addresses_fault)


def damage(chance: random.Random, data: bytes) -> bytes:
    """Return a report with bytes cut out, doubled, swapped or made up."""
    for _ in range(chance.randint(1, 8)):
        at, length = chance.randrange(len(data) + 1), chance.choice((1, 2, 8, 60, 500))
        piece = data[at : at + length]
        made_up = chance.choice(
            (b"", piece * 3, piece[::-1], chance.randbytes(length), b"\r\n\r\n", b"\0", b"--b--\r\n",
             b"Content-Type: message/delivery-status\r\n", b"=?x?b?//?=", b"<" * 300, b"(" * 300)
        )  # fmt: skip
        data = data[:at] + made_up + data[at + length :]
    return data


@dataclass(frozen=True)
class _Case:
    chance: random.Random
    message_id: str
    to: str
    return_path: str
    status: str
    words: str

    def any(self, *choices: str) -> str:
        return self.chance.choice(choices)

    @property
    def spelled(self) -> str:
        """The address as servers may write it."""
        return self.any(self.to, self.to.upper(), f"<{self.to}>", f"{self.to} (the reader)")

    @property
    def original(self) -> str:
        return (
            f"Received: from site by relay\r\nMessage-ID: {self.message_id}\r\n"
            f"From: Program <program@example.org>\r\nTo: {self.to}\r\nSubject: Your mentor\r\n"
        )

    def header(self, sender: str, subject: str, more: str = "") -> str:
        arrived = self.any("Delivered-To", "X-Original-To", "To", "Envelope-To")
        to = "" if arrived == "To" else "To: undisclosed-recipients:;\r\n"
        path = self.any(self.return_path, self.return_path.upper())
        return (
            f"Return-Path: <>\r\n{arrived}: {path}\r\n{to}From: {sender}\r\n"
            f"Subject: {subject}\r\n{more}"
        )

    def fields(self, *, has_original: bool, type: str = "rfc822") -> str:
        """The fields of the recipient, in the order and with the comments that RFC 3464 allows."""
        lines = [
            f"Final-Recipient: {type};{self.any('', ' ')}{self.spelled}",
            f"Action: {self.any('failed', 'Failed', 'failed (undeliverable)')}",
            f"Status: {self.status}{self.any('', ' (' + self.words[:20].strip('()') + ')')}",
            f"Diagnostic-Code: {self.any('smtp', 'SMTP', 'X-Local')}; " + self._folded(),
            "Remote-MTA: dns; mx.example.org (192.0.2.9)",
        ]
        if has_original:
            lines.append(f"Original-Recipient: {type};{self.spelled}")
        self.chance.shuffle(lines)
        return "\r\n".join(lines) + "\r\n"

    def _folded(self) -> str:
        return self.words.replace(" ", self.any(" ", "\r\n    "), self.chance.randint(0, 2))

    def report(self, header: str, fields: str, kind: str = "report") -> bytes:
        """A multipart message of a text, the status, and the email or its header."""
        returned = self.any("message/rfc822", "text/rfc822-headers")
        body = "\r\nDear reader\r\n" if returned == "message/rfc822" else ""
        report_type = "; report-type=delivery-status" if kind == "report" else ""
        return (
            f"{header}MIME-Version: 1.0\r\n"
            f'Content-Type: multipart/{kind}{report_type}; boundary="b"\r\n\r\n'
            f"--b\r\nContent-Type: text/plain\r\n\r\nYour email did not arrive.\r\n\r\n"
            f"<{self.to}>: {self.words}\r\n\r\n"
            f"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            f"Reporting-MTA: dns; relay.example.net\r\nArrival-Date: Mon, 23 Nov 2026 08:00:00 +0000"
            f"\r\n\r\n{fields}\r\n--b\r\nContent-Type: {returned}\r\n\r\n{self.original}{body}\r\n"
            f"--b--\r\n"
        ).encode()


def _postfix(case: _Case) -> bytes:
    header = case.header(
        "MAILER-DAEMON@relay.example.net (Mail Delivery System)",
        "Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied\r\n",
    )  # fmt: skip
    return case.report(header, case.fields(has_original=True))


def _exim(case: _Case) -> bytes:
    header = case.header(
        "Mail Delivery System <Mailer-Daemon@relay.example.net>",
        "Mail delivery failed: returning message to sender",
        f"X-Failed-Recipients: {case.to}\r\nAuto-Submitted: auto-replied\r\n",
    )
    # Exim writes 5.0.0 whatever happened, and no diagnosis where it refused the address itself.
    fields = f"Action: failed\r\nFinal-Recipient: rfc822;{case.to}\r\nStatus: 5.0.0\r\n"
    if case.words[:1] in "45" and case.chance.random() < 0.7:
        fields += f"Diagnostic-Code: smtp; {case.words}\r\n"
    return case.report(header, fields)


def _opensmtpd(case: _Case) -> bytes:
    header = case.header(
        "Mailer Daemon <MAILER-DAEMON@relay.example.net>", "Delivery status notification: error"
    )
    return case.report(header, case.fields(has_original=False), kind="mixed")


def _microsoft(case: _Case) -> bytes:
    header = case.header(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.net>",
        "Undeliverable: Your mentor", f"In-Reply-To: {case.message_id}\r\n",
    )  # fmt: skip
    return case.report(header, case.fields(has_original=True) + "X-Display-Name: Reader\r\n")


def _gmail(case: _Case) -> bytes:
    header = case.header(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        f"X-Failed-Recipients: {case.to}\r\nAuto-Submitted: auto-replied\r\n",
    )
    return case.report(header, case.fields(has_original=False))


def _sendmail(case: _Case) -> bytes:
    header = case.header(
        "Mail Delivery Subsystem <MAILER-DAEMON@relay.example.net>",
        "Returned mail: see transcript for details",
        "Auto-Submitted: auto-generated (failure)\r\n",
    )
    return case.report(header, case.fields(has_original=False, type="RFC822"))


def _internationalized(case: _Case) -> bytes:
    whole = _postfix(case).replace(b"Final-Recipient: rfc822", b"Final-Recipient: utf-8")
    return whole.replace(b"message/delivery-status", b"message/global-delivery-status")


def _qmail(case: _Case) -> bytes:
    return (
        case.header("MAILER-DAEMON@relay.example.net", "failure notice")
        + "\r\nHi. This is the qmail-send program at relay.example.net.\r\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        f"<{case.to}>:\r\n192.0.2.9 does not like recipient.\r\nRemote host said: {case.words}\r\n"
        "Giving up on 192.0.2.9.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
        f"Return-Path: <{case.return_path}>\r\n{case.original}\r\nDear reader\r\n"
    ).encode()


def _exim_in_plain_text(case: _Case) -> bytes:
    return (
        case.header(
            "Mail Delivery System <Mailer-Daemon@relay.example.net>",
            "Mail delivery failed: returning message to sender",
            f"X-Failed-Recipients: {case.to}\r\nAuto-Submitted: auto-replied\r\n",
        )
        + "\r\nThis message was created automatically by mail delivery software.\r\n\r\n"
        "A message that you sent could not be delivered to one or more of its\r\n"
        "recipients. This is a permanent error. The following address(es) failed:\r\n\r\n"
        f"  {case.to}\r\n    SMTP error from remote mail server after RCPT TO:<{case.to}>:\r\n"
        f"    host mx.example.org [192.0.2.9]: {case.words}\r\n\r\n"
        "------ This is a copy of the message, including all the headers. ------\r\n\r\n"
        f"{case.original}\r\nDear reader\r\n"
    ).encode()


def _sendmail_in_plain_text(case: _Case) -> bytes:
    return (
        case.header("Mail Delivery Subsystem <MAILER-DAEMON@relay.example.net>", "Returned mail")
        + "\r\n   ----- The following addresses had permanent fatal errors -----\r\n"
        f"<{case.to}>\r\n    (reason: {case.words})\r\n\r\n"
        "   ----- Transcript of session follows -----\r\n... while talking to mx.example.org.:\r\n"
        f">>> DATA\r\n<<< {case.words}\r\n\r\n   ----- Original message follows -----\r\n\r\n"
        f"{case.original}\r\nDear reader\r\n"
    ).encode()


SERVERS: dict[str, Callable[[_Case], bytes]] = {
    "Postfix": _postfix, "Exim": _exim, "OpenSMTPD": _opensmtpd, "Microsoft 365": _microsoft,
    "Gmail": _gmail, "Sendmail": _sendmail, "RFC 6533": _internationalized, "qmail": _qmail,
    "Exim in plain text": _exim_in_plain_text, "Sendmail in plain text": _sendmail_in_plain_text,
}  # fmt: skip

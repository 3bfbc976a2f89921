"""One email, and a relay that does not take it from everyone."""

from __future__ import annotations

from typing import Any

import servers

from mentorship.delivery.smtp import SMTPSender

MESSAGE = b"Message-ID: <1@x.org>\r\nSubject: x\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n"
ANA, BEN = "ana@example.org", "ben@example.org"


def send(sender: SMTPSender) -> str:
    """Send the email, and return what the relay says."""
    sender.begin([ANA], BEN)
    return sender.finish(MESSAGE)


class PickyRelay(servers.Relay):
    """Takes emails only from some return paths, and says so at a step."""

    def __init__(self, allowed: str, step: str) -> None:
        super().__init__()
        self.allowed, self.step = allowed, step
        self.offered: list[str] = []
        self.greeted_as = ""

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greeted_as = session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.offered.append(address)
        envelope.mail_from = address
        if self.step == "MAIL" and address != self.allowed:
            return "550 5.7.60 not allowed to send as this sender"
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.step == "RCPT" and envelope.mail_from != self.allowed:
            return f"553 5.7.1 <{envelope.mail_from}>: Sender address rejected: not owned by user"
        return await super().handle_RCPT(server, session, envelope, address, options)

"""A relay that emails are delivered to, and a sender that is connected to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import servers

from mentorship.delivery.smtp import SMTPSender
from mentorship.settings import Settings


@pytest.fixture
def settings(settings: Settings, relay: servers.Relay) -> Settings:
    return settings.replace(smtp_url=relay.url)


@pytest.fixture
def sender(settings: Settings) -> Iterator[SMTPSender]:
    sender = SMTPSender(settings)
    yield sender
    sender.close()

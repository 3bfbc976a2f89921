"""Emails that may have arrived: sent once more at most, or looked up in a journal."""

from __future__ import annotations

import datetime
import mailbox
from collections.abc import Sequence
from pathlib import Path

import pytest
import servers
from deliveries import clock, deliver
from sqlalchemy import Engine, update

from mentorship import database
from mentorship.delivery.smtp import InDoubt, SMTPSender, TemporaryFailure
from mentorship.models import Email, EmailEvent, EmailEventKind
from mentorship.settings import Settings
from mentorship.states import EmailState


def test_a_cut_after_the_text_is_a_doubt_that_waits_and_is_settled_once_more(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    relay.cuts = 1
    found = deliver(engine, sender, settings, email)
    assert found.state is EmailState.READY
    assert found.doubt_since is not None
    with database.reading(engine) as session:
        assert found.due_at > database.now(session) + datetime.timedelta(seconds=800)

    found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.SENT
    assert found.doubt_since is not None, "a doubt stays listed"
    assert len({content for _, content in relay.taken}) == 1, "both copies are the same bytes"


def test_a_second_doubt_is_not_sent_a_third_time(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    relay.cuts = 5
    for _ in range(4):
        found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.FAILED
    assert "may have arrived" in (found.last_error or "")
    assert len(relay.taken) == 2


def test_a_journal_settles_a_doubt_without_a_second_copy(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, tmp_path: Path
) -> None:
    settings = settings.replace(mail_journal=str(tmp_path / "journal"))
    sender = SMTPSender(settings)
    relay.cuts = 1
    found = deliver(engine, sender, settings, email)
    mailbox.Maildir(tmp_path / "journal", create=True).add(relay.taken[0][1])

    found = deliver(engine, sender, settings, email)

    assert found.state is EmailState.SENT
    assert found.doubt_since is not None
    assert len(relay.taken) == 1
    sender.close()


def test_a_journal_that_lags_is_asked_until_it_has_had_its_time(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, tmp_path: Path
) -> None:
    settings = settings.replace(mail_journal=str(tmp_path / "journal"))
    sender = SMTPSender(settings)
    relay.cuts = 1
    deliver(engine, sender, settings, email)
    journal = mailbox.Maildir(tmp_path / "journal", create=True)

    for waited in (0, 10, 100, 800):
        doubted_before(engine, waited)
        found = deliver(engine, sender, settings, email)
        pause = (found.due_at - clock(engine)).total_seconds()
        assert found.state is EmailState.READY
        assert found.attempts == 1, "looking is no attempt"
        assert min(waited, 60) - 10 < pause <= max(2, min(waited + 10, 60))
    journal.add(relay.taken[0][1])

    assert deliver(engine, sender, settings, email).state is EmailState.SENT
    assert len(relay.taken) == 1
    sender.close()


def doubted_before(engine: Engine, seconds: float) -> None:
    """Let the doubt be this old."""
    at = clock(engine) - datetime.timedelta(seconds=seconds)
    doubted = EmailEvent.kind == EmailEventKind.IN_DOUBT
    with database.transaction(engine) as session:
        session.execute(update(EmailEvent).where(doubted).values(at=at))


def test_a_journal_without_it_for_so_long_lets_it_be_sent(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, tmp_path: Path
) -> None:
    settings = settings.replace(mail_journal=str(tmp_path / "journal"))
    sender = SMTPSender(settings)
    relay.cuts = 1
    deliver(engine, sender, settings, email)
    mailbox.Maildir(tmp_path / "journal", create=True)
    doubted_before(engine, settings.doubt_seconds + 1)

    assert deliver(engine, sender, settings, email).state is EmailState.SENT
    assert len(relay.taken) == 2
    sender.close()


def test_a_sender_is_in_doubt_only_after_the_text(settings: Settings, relay: servers.Relay) -> None:
    relay.cuts = 1
    sender = SMTPSender(settings)
    sender.begin(["a@example.org"], "b@example.org")

    with pytest.raises(InDoubt):
        sender.finish(b"Subject: x\r\n\r\ny")
    with pytest.raises(TemporaryFailure, match="was closed"):
        sender.finish(b"Subject: x\r\n\r\ny")


def test_the_journal_is_asked_only_once_the_relay_greets_again(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, tmp_path: Path
) -> None:
    settings = settings.replace(mail_journal=str(tmp_path / "journal"))
    relay.cuts = 1
    sender = SMTPSender(settings)
    deliver(engine, sender, settings, email)

    class Hung(SMTPSender):
        """Reaches a relay that has been writing the first copy until it greets."""

        def begin(self, return_paths: Sequence[str], recipient: str) -> None:
            mailbox.Maildir(tmp_path / "journal", create=True).add(relay.taken[0][1])
            super().begin(return_paths, recipient)

    hung = Hung(settings)
    assert deliver(engine, hung, settings, email).state is EmailState.SENT
    assert len(relay.taken) == 1
    hung.close()
    sender.close()


def test_a_doubt_on_the_last_attempt_is_listed_too(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    impatient = settings.replace(mail_give_up_seconds=1.0)
    relay.cuts = 1
    sender = SMTPSender(impatient)
    found = deliver(engine, sender, impatient, email)
    sender.close()

    assert found.state is EmailState.FAILED
    assert "may have arrived" in (found.last_error or "")
    assert found.doubt_since is not None
    assert found.message is not None

"""Sending one email: the three committed phases, around what the relay says."""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable

from sqlalchemy import Engine

from mentorship import database
from mentorship.delivery import claims, leases, outcomes, relays, return_paths
from mentorship.delivery.smtp import (
    InDoubt,
    PermanentFailure,
    RelayBusy,
    RelayDown,
    Sender,
    SMTPSender,
    TemporaryFailure,
)
from mentorship.emails import messages
from mentorship.emails.contents import Outdated
from mentorship.models import Email
from mentorship.reminders import timing
from mentorship.settings import Settings

log = logging.getLogger(__name__)


def deliver(engine: Engine, sender: Sender, email_id: uuid.UUID, settings: Settings) -> None:
    """Send one email if it can be claimed; the outcome is written to its row."""
    with database.transaction(engine) as session:
        email = claims.claim(session, email_id, settings)
    if email is None:
        log.debug("email %s cannot be claimed", email_id)
        return
    with leases.kept(engine, email, settings):
        _deliver(engine, sender, email, settings)


def _deliver(engine: Engine, sender: Sender, email: Email, settings: Settings) -> None:
    try:
        with database.reading(engine) as session:
            if not timing.still_wanted(session, email):
                raise Outdated("they no longer need it")
            # Written before it is put off, so that one that is outdated is withdrawn at once.
            message = messages.compose(session, email.id, settings)
            if until := timing.put_off(session, email):
                _record(engine, settings, email, outcomes.wait, until)
                return
    except Outdated as error:
        _record(engine, settings, email, outcomes.withdraw, str(error))
        return
    except messages.Unsendable as error:
        _record(engine, settings, email, outcomes.give_up, str(error))
        return
    try:
        sender.begin(return_paths.of_email(email.id, settings), message.recipient)
        # Only now: a relay that hung on the first copy has finished with it before it greets again.
        if _may_be_there(engine, sender, email, message, settings):
            sender.abandon()
            return
        with database.transaction(engine) as session:
            is_ours = claims.submit(session, email, message.data, message.message_id, settings)
        if not is_ours:
            sender.abandon()
            return
        words = sender.finish(message.data)
    except RelayBusy as error:
        _record(engine, settings, email, outcomes.step_aside, str(error), settings)
    except RelayDown as error:
        _record(engine, settings, email, outcomes.rest, str(error), settings)
    except TemporaryFailure as error:
        _record(engine, settings, email, outcomes.try_again, str(error), settings)
    except PermanentFailure as error:
        _record(engine, settings, email, outcomes.refuse, str(error), error.fault, settings)
    except InDoubt as error:
        _record(engine, settings, email, outcomes.doubt, str(error), settings)
    else:
        _record(engine, settings, email, outcomes.sent, words)


def _may_be_there(
    engine: Engine, sender: Sender, email: Email, message: messages.Message, settings: Settings
) -> bool:
    """Return whether the journal has an email in doubt, or may have it later; this is noted.

    Raises `TemporaryFailure` if the journal cannot be read.
    """
    # The relay cannot have had it before the row was there; a doubt may be noticed late.
    if email.doubt_since is None or not outcomes.in_journal_once(email):
        return False
    try:
        is_there = sender.took(message.message_id, since=email.created_at)
    except TemporaryFailure:
        sender.abandon()
        raise
    if is_there:
        _record(engine, settings, email, outcomes.found_sent)
        return True
    return bool(_record(engine, settings, email, outcomes.look_again, settings))


def try_relay(engine: Engine, settings: Settings) -> None:
    """Connect to a relay that was down, after its pause, if no email is due that would try it.

    Otherwise it would count as down until the next email, perhaps days after it came back.
    """
    with database.transaction(engine) as session:
        if not relays.begin_trial(session, settings):
            return
    try:
        with contextlib.closing(SMTPSender(settings)) as sender:
            sender.connect()
    except RelayDown as error:
        log.warning("the relay is still down: %s", error)
        return
    with database.transaction(engine) as session:
        relays.resume(session, settings)


def _record(
    engine: Engine,
    settings: Settings,
    email: Email,
    outcome: Callable[..., object],
    *details: object,
) -> object:
    """Write a known outcome, even if the database is restarting now; return what it returns."""
    return database.persist(
        engine, settings.smtp_final_seconds, lambda session: outcome(session, email, *details)
    )

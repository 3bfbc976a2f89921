"""Sending one email: the three committed phases, around what the relay says."""

from __future__ import annotations

import contextlib
import datetime
import logging
import uuid
from collections.abc import Callable

from sqlalchemy import Engine

from mentorship import database
from mentorship.delivery import claims, outcomes, relays
from mentorship.delivery.smtp import (
    FINISH_STEPS,
    InDoubt,
    PermanentFailure,
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

#: How many times `SMTP_SECONDS` a worker may take until it submits an email: connecting, greeting,
#: sender, recipient, and one to spare. A slower one is overtaken, which does no harm.
BEGIN_STEPS = 5


def deliver(engine: Engine, sender: Sender, email_id: uuid.UUID, settings: Settings) -> None:
    """Send one email if it can be claimed; the outcome is written to its row."""
    step = datetime.timedelta(seconds=settings.smtp_seconds)
    with database.transaction(engine) as session:
        email = claims.claim(session, email_id, BEGIN_STEPS * step, settings)
    if email is None:
        log.debug("email %s cannot be claimed", email_id)
        return
    try:
        with database.reading(engine) as session:
            if not timing.still_wanted(session, email):
                raise Outdated("it is of no use to them any more")
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
        sender.begin(message.sender, message.recipient)
        # Only now: a relay that hung on the first copy has finished with it before it greets again.
        # It cannot have had it before the row was there; a doubt may be noticed late.
        may_be_there = email.doubt_since is not None and outcomes.in_journal_once(email)
        if may_be_there and sender.took(message.message_id, since=email.created_at):
            sender.abandon()
            _record(engine, settings, email, outcomes.found_sent)
            return
        lease = FINISH_STEPS * step + datetime.timedelta(seconds=settings.smtp_final_seconds)
        with database.transaction(engine) as session:
            is_ours = claims.submit(session, email, message.data, message.message_id, lease=lease)
        if not is_ours:
            sender.abandon()
            return
        words = sender.finish(message.data)
    except RelayDown as error:
        _record(engine, settings, email, outcomes.rest, str(error), settings)
    except TemporaryFailure as error:
        _record(engine, settings, email, outcomes.try_again, str(error), settings)
    except PermanentFailure as error:
        _record(engine, settings, email, outcomes.refuse, str(error), settings)
    except InDoubt as error:
        _record(engine, settings, email, outcomes.doubt, str(error), settings)
    else:
        _record(engine, settings, email, outcomes.sent, words)


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
) -> None:
    """Write a known outcome, even if the database is restarting just now."""
    database.persist(
        engine, settings.smtp_final_seconds, lambda session: outcome(session, email, *details)
    )

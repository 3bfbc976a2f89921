"""How much the relay is asked: nothing while it is down, and no more than it and a domain allow."""

from __future__ import annotations

import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mentorship import database, logs
from mentorship.models import Email, MailSlot, Relay
from mentorship.settings import Settings
from mentorship.states import EmailState

Row = TypeVar("Row", Relay, MailSlot)

#: However often the relay failed, one email tries again after so long.
LONGEST_PAUSE = datetime.timedelta(minutes=5)
#: The name of the relay's own slot, beside those of domains.
EVERYBODY = "*"


def name(settings: Settings) -> str:
    """Return what an installation's relay is called in the database: its host and port."""
    url = urlsplit(settings.smtp_url)
    return f"{url.hostname}:{url.port}" if url.port else str(url.hostname)


def standing(session: Session, settings: Settings) -> Relay | None:
    """Return how the relay does; None while it has never failed."""
    return session.get(Relay, name(settings))


def is_resting(session: Session, settings: Settings) -> ColumnElement[bool]:
    """Return the condition that no email is to be tried now."""
    rests = (Relay.name == name(settings)) & (Relay.paused_until > database.clock(session))
    return select(Relay.name).where(rests).exists()


def pause(session: Session, why: str, settings: Settings) -> datetime.datetime:
    """Note a failure that says nothing about any one email; return when one is tried again.

    Workers that meet the same failure at once lengthen the pause only once.
    """
    at = database.now(session)
    relay = _locked(session, Relay(name=name(settings), failures=0, reason=""))
    if relay.paused_until is not None and relay.paused_until > at:
        return relay.paused_until
    first = datetime.timedelta(seconds=settings.relay_pause_seconds)
    wait = min(LONGEST_PAUSE, first * 2 ** min(relay.failures, 16))
    relay.failures += 1
    relay.down_since = relay.down_since or at
    # Every coordinator reads it, and a relay may repeat whom the email was for.
    relay.reason = logs.discreet(why)
    relay.paused_until = at + wait
    return relay.paused_until


def resume(session: Session, settings: Settings) -> None:
    """Note that the relay answers: whatever it said of one email, it is not down."""
    session.execute(
        update(Relay)
        .where(Relay.name == name(settings), Relay.failures > 0)
        .values(failures=0, paused_until=None, down_since=None, reason="")
    )


def is_down(session: Session, settings: Settings) -> bool:
    """Return whether the relay failed and has not been seen to work since."""
    relay = standing(session, settings)
    return relay is not None and relay.paused_until is not None


def most_to_try(session: Session, most: int, settings: Settings) -> int:
    """Return how many emails may be rung for now: none while it rests, one to see if it is back.

    One that it took since shows that it is, and all the others follow.
    """
    relay = standing(session, settings)
    if relay is None or relay.paused_until is None:
        return most
    if relay.paused_until > database.now(session):
        return 0
    taken = (Email.state == EmailState.SENT) & (Email.sent_at >= relay.paused_until)
    if session.scalar(select(Email.id).where(taken).limit(1)) is None:
        return min(1, most)
    resume(session, settings)
    return most


def begin_trial(session: Session, settings: Settings) -> bool:
    """Return whether to see now if a relay that has rested is back, which one worker alone does.

    Not where an email is due or on its way: it shows as much. Until the relay has answered, this
    counts as one more failure.
    """
    if not is_down(session, settings):
        return False
    at = database.now(session)
    relay = _locked(session, Relay(name=name(settings), failures=0, reason=""))
    tries = Email.state.in_((EmailState.CLAIMED, EmailState.SUBMITTING)) | (
        (Email.state == EmailState.READY) & (Email.due_at <= at)
    )
    if relay.paused_until is None or relay.paused_until > at:
        return False
    if session.scalar(select(Email.id).where(tries).limit(1)) is not None:
        return False
    pause(session, relay.reason, settings)
    return True


def turn(session: Session, address: str, settings: Settings) -> datetime.datetime:
    """Return when an email to an address may leave, and keep that moment for it alone."""
    at = found = database.now(session)
    # In one order, so that two workers cannot wait for each other.
    if settings.mail_per_domain_minute:
        domain = address.rpartition("@")[2].lower()
        theirs = _locked(session, MailSlot(name=domain, next_at=at))
        found = max(found, theirs.next_at)
    if settings.mail_per_minute:
        apart = datetime.timedelta(seconds=60 / settings.mail_per_minute)
        ours = _locked(session, MailSlot(name=EVERYBODY, next_at=at))
        # One that waits for its domain leaves the moments before to others.
        is_late = found > max(at, ours.next_at)
        found = _first_free(session, max(found, ours.next_at), apart)
        if not is_late:
            ours.next_at = found + apart
    if settings.mail_per_domain_minute:
        theirs.next_at = found + datetime.timedelta(seconds=60 / settings.mail_per_domain_minute)
    session.flush()
    return found


def _first_free(
    session: Session, earliest: datetime.datetime, apart: datetime.timedelta
) -> datetime.datetime:
    """Return the first moment that is so far apart from those kept for emails that wait."""
    kept = select(Email.slot_at).where(Email.slot_at > earliest - apart).order_by(Email.slot_at)
    for taken in session.scalars(kept):
        if taken is None or taken - earliest >= apart:
            break
        earliest = taken + apart
    return earliest


def _locked(session: Session, first: Row) -> Row:
    """Return the row of this name, locked; `first` itself where there was none yet."""
    kind = type(first)
    if session.get(kind, first.name) is None:
        try:
            with session.begin_nested():
                session.add(first)
        except IntegrityError:
            pass  # Another worker met it for the first time just now.
    return session.get_one(kind, first.name, with_for_update=True, populate_existing=True)

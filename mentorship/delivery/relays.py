"""The relay's health and rate: no email while it is down, and no more than it and domains allow."""

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

#: The longest pause: however often the relay failed, one email is tried after this long.
LONGEST_PAUSE = datetime.timedelta(minutes=5)
#: The name of the relay's own slot, beside those of domains.
EVERYBODY = "*"


def name(settings: Settings) -> str:
    """Return the name of the relay in the database: its host and port."""
    url = urlsplit(settings.smtp_url)
    return f"{url.hostname}:{url.port}" if url.port else str(url.hostname)


def find(session: Session, settings: Settings) -> Relay | None:
    """Return the row of the relay; None while it has never failed."""
    return session.get(Relay, name(settings))


def is_resting(session: Session, settings: Settings) -> ColumnElement[bool]:
    """Return the condition that the relay is paused, so that no email is tried now."""
    rests = (Relay.name == name(settings)) & (Relay.paused_until > database.clock(session))
    return select(Relay.name).where(rests).exists()


def pause(session: Session, why: str, settings: Settings) -> datetime.datetime:
    """Record a failure that is not about one email; return when the next one is tried.

    Workers that see the same failure at once lengthen the pause only once.
    """
    at = database.now(session)
    relay = _locked(session, Relay(name=name(settings), failures=0, reason=""))
    if relay.paused_until is not None and relay.paused_until > at:
        return relay.paused_until
    first = datetime.timedelta(seconds=settings.relay_pause_seconds)
    wait = min(LONGEST_PAUSE, first * 2 ** min(relay.failures, 16))
    relay.failures += 1
    relay.down_since = relay.down_since or at
    # Coordinators read it, and a relay may repeat the recipient's address.
    relay.reason = logs.discreet(why)
    relay.paused_until = at + wait
    return relay.paused_until


def resume(session: Session, settings: Settings) -> None:
    """Record that the relay answers: even if it refused one email, it is not down."""
    session.execute(
        update(Relay)
        .where(Relay.name == name(settings), Relay.failures > 0)
        .values(failures=0, paused_until=None, down_since=None, reason="")
    )


def is_down(session: Session, settings: Settings) -> bool:
    """Return whether the relay failed and has not worked since."""
    relay = find(session, settings)
    return relay is not None and relay.paused_until is not None


def most_to_try(session: Session, most: int, settings: Settings) -> int:
    """Return how many emails may be tried now: none in a pause, one to see if the relay is back.

    Once it has accepted one since, all the others follow.
    """
    relay = find(session, settings)
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
    """Return whether to test now if a paused relay is back, which only one worker does.

    Not if an email is due or being sent, which tests it as well. Until the relay has answered, this
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
    """Return when an email to an address may be sent, and reserve that moment for it."""
    at = moment = database.now(session)
    # In one order, so that two workers cannot wait for each other.
    if settings.mail_per_domain_minute:
        domain = address.rpartition("@")[2].lower()
        theirs = _locked(session, MailSlot(name=domain, next_at=at))
        moment = max(moment, theirs.next_at)
    if settings.mail_per_minute:
        apart = datetime.timedelta(seconds=60 / settings.mail_per_minute)
        ours = _locked(session, MailSlot(name=EVERYBODY, next_at=at))
        # One that waits for its domain leaves earlier moments to others.
        is_late = moment > max(at, ours.next_at)
        moment = _first_free(session, max(moment, ours.next_at), apart)
        if not is_late:
            ours.next_at = moment + apart
    if settings.mail_per_domain_minute:
        theirs.next_at = moment + datetime.timedelta(seconds=60 / settings.mail_per_domain_minute)
    session.flush()
    return moment


def _first_free(
    session: Session, earliest: datetime.datetime, apart: datetime.timedelta
) -> datetime.datetime:
    """Return the first moment at least `apart` from those reserved for waiting emails."""
    kept = select(Email.slot_at).where(Email.slot_at > earliest - apart).order_by(Email.slot_at)
    for taken in session.scalars(kept):
        if taken is None or taken - earliest >= apart:
            break
        earliest = taken + apart
    return earliest


def _locked(session: Session, first: Row) -> Row:
    """Return the row of this name, locked; it is `first` if there was none yet."""
    kind = type(first)
    if session.get(kind, first.name) is None:
        try:
            with session.begin_nested():
                session.add(first)
        except IntegrityError:
            pass  # Another worker met it for the first time just now.
    return session.get_one(kind, first.name, with_for_update=True, populate_existing=True)

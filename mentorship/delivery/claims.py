"""Which worker has an email, from the claim until the relay gets the text.

Sending has three committed phases: claimed, submitting (just before the relay gets the text) and
sent. A worker that dies in the first leaves an email that is simply sent again; one that dies in
the second leaves it in doubt.
"""

from __future__ import annotations

import datetime
import uuid

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery import outcomes, relays
from mentorship.models import Email, EmailEventKind, Trait
from mentorship.settings import Settings
from mentorship.states import EmailState, moving

#: How many emails of silent workers one sweep takes back.
MOST_TAKEN_BACK = 1_000
#: How many deaths of workers make no email suspect.
BY_CHANCE = 2
#: How long an email may use its turn, if emails a minute are limited.
TURN_LASTS = datetime.timedelta(minutes=1)


def claim(session: Session, email_id: uuid.UUID, settings: Settings) -> Email | None:
    """ready -> claimed, for one worker; return the email as it is then.

    None if it is not due, another worker has it, the relay is paused, or its turn comes later.
    """
    email = session.scalar(
        moving(
            Email,
            email_id,
            (EmailState.READY,),
            EmailState.CLAIMED,
            Email.due_at <= database.clock(session),
            ~relays.is_resting(session, settings),
            fence=Email.fence + 1,
            attempts=Email.attempts + 1,
            lease_until=_lease(session, settings),
        ).returning(Email),
        execution_options={"populate_existing": True},
    )
    if email is not None and settings.limits_mail and not _has_turn(session, email, settings):
        return None
    return email


def _has_turn(session: Session, email: Email, settings: Settings) -> bool:
    """claimed -> ready if an email's turn comes later, which it keeps. True if it is its turn."""
    if Trait.AWAITED in email.kind.traits:
        return True
    # A missed turn is lost: after a pause all of them would leave at once.
    if email.slot_at is not None and database.now(session) - email.slot_at < TURN_LASTS:
        return True
    mine = relays.turn(session, email.recipient, settings)
    if mine <= database.now(session):
        return True
    outbox.put_back(session, email, due_at=mine, slot_at=mine)
    return False


def extend_lease(session: Session, email: Email, settings: Settings) -> bool:
    """Extend the lease of the worker that claimed an email; False if it is no longer its own."""
    extended = session.execute(
        update(Email)
        .where(Email.id == email.id, Email.fence == email.fence, Email.state.in_(outbox.HELD))
        .values(lease_until=_lease(session, settings))
        .execution_options(synchronize_session=False)
    )
    assert isinstance(extended, CursorResult)  # noqa: S101 - an update has a row count
    return extended.rowcount == 1


def _lease(session: Session, settings: Settings) -> ColumnElement[datetime.datetime]:
    return database.clock(session, datetime.timedelta(seconds=settings.lease_seconds))


def submit(
    session: Session, email: Email, message: bytes, message_id: str, settings: Settings
) -> bool:
    """claimed -> submitting: from here on the relay may have it. False if it was taken back."""
    return outbox.advance(
        session,
        email,
        (EmailState.CLAIMED,),
        EmailState.SUBMITTING,
        message=message,
        message_id=message_id,
        lease_until=_lease(session, settings),
        # What was known of an earlier copy; a report about this one may come before its outcome.
        came_back_at=None,
        failure=None,
    )


def take_back(session: Session, settings: Settings) -> None:
    """claimed -> ready, and submitting -> ready in doubt, for emails of silent workers."""
    silent = Email.state.in_(outbox.HELD) & (Email.lease_until < database.clock(session))
    # Locked, so that a worker that goes on just now either comes first or finds it taken back.
    held = select(Email).where(silent).order_by(Email.id).limit(MOST_TAKEN_BACK)
    # While the relay is down, it is hardly an email that ends workers.
    is_down = relays.is_down(session, settings)
    for email in session.scalars(
        held.with_for_update(skip_locked=True), execution_options={"populate_existing": True}
    ).all():
        if email.state is EmailState.SUBMITTING:
            outcomes.doubt(session, email, "the worker stopped while the relay had it", settings)
            continue
        crashes = email.crashes + int(not is_down)
        # The email itself may kill them, so it waits longer each time and others come first; but
        # where many workers die, one may be hit a few times by chance.
        suspect = max(1, crashes - BY_CHANCE)
        delay = outcomes.delay_of(suspect, settings) if crashes else datetime.timedelta()
        if delay is None:
            outcomes.give_up(session, email, f"{crashes} workers stopped while they wrote it")
        elif outbox.put_back(
            session, email, crashes=crashes, due_at=database.clock(session, delay)
        ):
            outbox.note(session, email.id, EmailEventKind.TAKEN_BACK)

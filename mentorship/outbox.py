"""The outbox: emails that are queued, taken back, or sent again.

One row is one message to one person for one cause. How it leaves is in `delivery`.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from mentorship import audit, database
from mentorship.errors import Invalid, WrongState
from mentorship.language import gettext as _
from mentorship.models import Email, EmailEvent, EmailEventKind, EmailKind
from mentorship.states import EmailState, move

#: States in which a worker has it.
HELD = (EmailState.CLAIMED, EmailState.SUBMITTING)
#: States in which a coordinator may send an email again.
RESENDABLE = (EmailState.FAILED, EmailState.SENT)


def owe(
    session: Session,
    kind: EmailKind,
    *,
    to: uuid.UUID,
    about: uuid.UUID,
    program_id: uuid.UUID | None,
    number: int = 0,
    due_at: datetime.datetime | None = None,
    address: str | None = None,
) -> None:
    """Queue one email of a kind to the person `to`, for the cause `about`; see `EmailKind`.

    `program_id` is None for an email about the person's account. `number` tells repeated ones
    apart. Without `due_at` it is due now. It goes to the person's address of that time, unless
    `address` is given.
    """
    values = row(session, kind, to, about, program_id)
    if due_at is not None:
        values["due_at"] = due_at
    session.add(Email(**values | {"number": number, "address": address}))


def row(
    session: Session,
    kind: EmailKind,
    to: uuid.UUID,
    about: uuid.UUID,
    program_id: uuid.UUID | None,
) -> dict[str, Any]:
    """Return the values of the row of an email that is due now; see `owe`."""
    at = database.now(session)
    return {
        "kind": kind,
        "program_id": program_id,
        "person_id": to,
        "cause_id": about,
        "number": 0,
        "state": EmailState.READY,
        "due_at": at,
        "created_at": at,
    }


def note(session: Session, email_id: uuid.UUID, kind: EmailEventKind, words: str = "") -> None:
    """Write into the ledger what happened to an email."""
    session.execute(
        insert(EmailEvent).values(
            id=uuid.uuid4(), email_id=email_id, at=database.clock(session), kind=kind, words=words
        )
    )


def of_program(session: Session, program_id: uuid.UUID) -> Sequence[Email]:
    """Return a program's emails, the oldest first."""
    return session.scalars(
        select(Email).where(Email.program_id == program_id).order_by(Email.created_at, Email.id)
    ).all()


def supersede(
    session: Session,
    cause_ids: Collection[uuid.UUID],
    *kinds: EmailKind,
    readers: ColumnElement[bool] | None = None,
) -> list[Email]:
    """ready or claimed -> superseded: what these emails would say is no longer so.

    Only those to `readers`, if that condition is given. A worker that holds one
    finds that it may not submit it. Returns them.
    """
    unsent = (EmailState.READY, EmailState.CLAIMED)
    superseded = []
    for email in _locked(session, unsent, cause_ids, kinds, readers):
        if advance(session, email, unsent, EmailState.SUPERSEDED, lease_until=None):
            note(session, email.id, EmailEventKind.SUPERSEDED)
            superseded.append(email)
    return superseded


def hold_back(
    session: Session,
    cause_ids: Collection[uuid.UUID],
    *kinds: EmailKind,
    readers: ColumnElement[bool] | None = None,
) -> None:
    """claimed -> ready: what these emails say has changed, and a worker may have written them.

    Chosen as `supersede` chooses. That worker finds that it may not submit what it wrote.
    """
    for email in _locked(session, (EmailState.CLAIMED,), cause_ids, kinds, readers):
        put_back(session, email)


def hold_back_all(session: Session, person_id: uuid.UUID) -> None:
    """claimed -> ready: what workers may have written to a person must be rewritten."""
    claimed = Email.person_id == person_id, Email.state == EmailState.CLAIMED
    query = select(Email).where(*claimed).order_by(Email.id).with_for_update()
    for email in session.scalars(query, execution_options={"populate_existing": True}).all():
        put_back(session, email)


def _locked(
    session: Session,
    states: tuple[EmailState, ...],
    cause_ids: Collection[uuid.UUID],
    kinds: Collection[EmailKind],
    readers: ColumnElement[bool] | None,
) -> Sequence[Email]:
    query = select(Email).where(
        Email.kind.in_(kinds), Email.state.in_(states), Email.cause_id.in_(cause_ids)
    )
    if readers is not None:
        query = query.where(readers)
    # Locked in one order, so that two transactions cannot wait for each other.
    query = query.order_by(Email.id).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).all()


def resend(session: Session, email: Email, actor: str, reason: str) -> None:
    """failed or sent -> ready: a coordinator wants it sent again, and says why.

    What the relay has, or may have, leaves as the same bytes; what it refused is written again,
    since the address may have been corrected. Raises `WrongState` if it is on its way already,
    and `Invalid` without a reason.
    """
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 500 or not reason.isprintable():
        raise Invalid(_("enter why you're resending it, in 3 to 500 characters"))
    again: dict[str, Any] = {
        "attempts": 0,
        "crashes": 0,
        "rung_at": None,
        "slot_at": None,
        "due_at": database.clock(session),
        "came_back_at": None,
        "failure": None,
    }
    if email.state is EmailState.FAILED and email.doubt_since is None:
        again["message"] = None
    if not advance(session, email, RESENDABLE, EmailState.READY, **again):
        raise WrongState(_("it's already on its way; check again in a minute"))
    note(session, email.id, EmailEventKind.RESENT, reason)
    audit.record(
        session, actor, "email sent again", program_id=email.program_id, subject_id=email.id
    )


def resend_alike(
    session: Session, program_id: uuid.UUID, failure: str, actor: str, reason: str
) -> int:
    """Send all of a program's emails again that failed or came back for one cause; return how many.

    Raises as `resend` does, and `WrongState` if there are none by now.
    """
    alike = select(Email).where(
        Email.program_id == program_id, is_undelivered(), Email.failure == failure
    )
    found = session.scalars(alike.order_by(Email.id).with_for_update()).all()
    if not found:
        raise WrongState(_("none of these are left to resend; check the list"))
    for email in found:
        resend(session, email, actor, reason)
    return len(found)


def is_undelivered() -> ColumnElement[bool]:
    """Return the condition that an email failed, or came back after it was sent."""
    came_back = (Email.state == EmailState.SENT) & Email.came_back_at.is_not(None)
    return (Email.state == EmailState.FAILED) | came_back


def put_back(session: Session, email: Email, **changes: Any) -> bool:
    """claimed or submitting -> ready, as if the relay had never been asked."""
    as_before: dict[str, Any] = {"lease_until": None, "rung_at": None, "slot_at": None}
    as_before["attempts"] = Email.attempts - 1
    return advance(session, email, HELD, EmailState.READY, **(as_before | changes))


def advance(
    session: Session,
    email: Email,
    sources: tuple[EmailState, ...],
    target: EmailState,
    **changes: Any,
) -> bool:
    return move(session, Email, email.id, sources, target, Email.fence == email.fence, **changes)

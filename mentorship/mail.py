"""The outbox: what is owed to whom, and how it gets to the relay once.

Sending has three committed phases: claimed, submitting (just before the relay gets the text) and
sent. A worker that dies in the first leaves an email that is simply sent again. One that dies in
the second leaves it in doubt: the relay's journal is asked, if there is one; without an answer it
waits, and is sent once more with the same bytes. An email once in doubt stays listed.
"""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mentorship import audit, database, letters
from mentorship.errors import WrongState
from mentorship.language import gettext as _
from mentorship.models import Email, EmailEvent, EmailEventKind, EmailKind
from mentorship.senders import InDoubt, PermanentFailure, Sender, TemporaryFailure
from mentorship.settings import Settings
from mentorship.states import EmailState, move

log = logging.getLogger(__name__)

#: When to try again after the relay could not take an email; the last one passes after 3 days.
DELAYS = [
    datetime.timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, *[4 * 3600] * 17)
]

_HELD = (EmailState.CLAIMED, EmailState.SUBMITTING)
#: Whoever runs the program may ask for such an email once more.
RESENDABLE = (EmailState.FAILED, EmailState.SENT)


def owe(
    session: Session,
    kind: EmailKind,
    program_id: uuid.UUID | None,
    person_id: uuid.UUID,
    cause_id: uuid.UUID,
    *,
    number: int = 0,
    due_at: datetime.datetime | None = None,
) -> None:
    """Write that a person is owed an email for a cause; `number` tells repeated ones apart."""
    at = database.now(session)
    session.add(
        Email(
            kind=kind,
            program_id=program_id,
            person_id=person_id,
            cause_id=cause_id,
            number=number,
            state=EmailState.READY,
            due_at=due_at or at,
            created_at=at,
        )
    )


def note(session: Session, email: Email, kind: EmailEventKind, words: str = "") -> None:
    """Write into the ledger what happened to an email."""
    at = database.now(session)
    session.add(EmailEvent(email_id=email.id, at=at, kind=kind, words=words))


def of_program(session: Session, program_id: uuid.UUID) -> Sequence[Email]:
    """Return a program's emails, the oldest first."""
    return session.scalars(
        select(Email).where(Email.program_id == program_id).order_by(Email.created_at, Email.id)
    ).all()


def deliver(engine: Engine, sender: Sender, settings: Settings, email_id: uuid.UUID) -> None:
    """Send one email if it is there to be sent; whatever happens is written in its row."""
    step = datetime.timedelta(seconds=settings.smtp_seconds)
    with database.transaction(engine) as session:
        # Connecting, greeting, sender and recipient are four steps, each with its own time.
        email = claim(session, email_id, lease=5 * step)
    if email is None:
        log.debug("email %s is not there to be claimed", email_id)
        return

    def record(outcome: Callable[..., object], *details: object) -> None:
        # What came of it is known, and a database that restarts must not make us forget it.
        database.persist(
            engine, settings.smtp_seconds, lambda session: outcome(session, email, *details)
        )

    try:
        letter = _letter(engine, settings, email)
    except letters.Unsendable as error:
        record(give_up, str(error))
        return
    try:
        sender.begin(letter.sender, letter.recipient)
    except TemporaryFailure as error:
        record(try_again, str(error))
        return
    except PermanentFailure as error:
        record(give_up, str(error))
        return
    # Asked only now: a relay that hung with the first copy has finished it before it greets again.
    if email.doubt_since and sender.took(letter.message_id):
        sender.abandon()
        record(found_sent)
        return
    final = datetime.timedelta(seconds=settings.smtp_final_seconds)
    with database.transaction(engine) as session:
        is_ours = submit(session, email, letter, lease=step + final)
    if not is_ours:
        sender.abandon()
        return
    try:
        sender.finish(letter.message)
    except TemporaryFailure as error:
        record(try_again, str(error))
    except PermanentFailure as error:
        record(give_up, str(error))
    except InDoubt as error:
        record(doubt, settings, str(error))
    else:
        record(sent)


def claim(session: Session, email_id: uuid.UUID, lease: datetime.timedelta) -> Email | None:
    """ready -> claimed, for one worker; None where it is not due or somebody else has it."""
    at = database.now(session)
    claimed = move(
        session,
        Email,
        email_id,
        (EmailState.READY,),
        EmailState.CLAIMED,
        Email.due_at <= at,
        fence=Email.fence + 1,
        attempts=Email.attempts + 1,
        lease_until=at + lease,
    )
    return session.get(Email, email_id) if claimed else None


def submit(
    session: Session, email: Email, letter: letters.Letter, lease: datetime.timedelta
) -> bool:
    """claimed -> submitting: from here on the relay may have it. False where it was taken back."""
    return _moved(
        session,
        email,
        (EmailState.CLAIMED,),
        EmailState.SUBMITTING,
        message=letter.message,
        message_id=letter.message_id,
        lease_until=database.now(session) + lease,
    )


def sent(session: Session, email: Email) -> None:
    """submitting -> sent: the relay said that it has it."""
    at = database.now(session)
    changes = {"sent_at": at, "lease_until": None, "last_error": None} | _forgotten(email)
    _moved(session, email, (EmailState.SUBMITTING,), EmailState.SENT, **changes)


def found_sent(session: Session, email: Email) -> None:
    """claimed -> sent: it was in doubt, and the relay's journal has it."""
    at = database.now(session)
    changes = {"sent_at": at, "lease_until": None} | _forgotten(email)
    _moved(session, email, (EmailState.CLAIMED,), EmailState.SENT, **changes)


def try_again(session: Session, email: Email, why: str) -> None:
    """claimed or submitting -> ready: the relay did not take it and may take it later."""
    if _is_worn_out(email):
        give_up(session, email, f"{why} (given up after {email.attempts} attempts)")
        return
    changes = {
        "lease_until": None,
        "rung_at": None,
        "last_error": why,
        "due_at": database.now(session) + DELAYS[email.attempts - 1],
    }
    _moved(session, email, _HELD, EmailState.READY, **changes)


def give_up(session: Session, email: Email, why: str) -> None:
    """claimed or submitting -> failed: the relay will never take it."""
    changes = {"lease_until": None, "last_error": why} | _forgotten(email)
    _moved(session, email, _HELD, EmailState.FAILED, **changes)


def doubt(session: Session, email: Email, settings: Settings, why: str) -> None:
    """submitting -> ready, in doubt: whether the relay has it is not known.

    Without a journal to ask, it waits and is sent once more; a second doubt ends in `give_up`.
    """
    at = database.now(session)
    if _is_worn_out(email) or (email.doubt_since is not None and not settings.mail_journal):
        give_up(session, email, f"{why}; it may have arrived, and is not sent a third time")
        return
    # With a journal to ask, no long wait is needed: only that the relay has finished writing.
    wait = min(settings.doubt_seconds, 2.0) if settings.mail_journal else settings.doubt_seconds
    changes = {
        "lease_until": None,
        "rung_at": None,
        "last_error": why,
        "doubt_since": email.doubt_since or at,
        "due_at": at + datetime.timedelta(seconds=wait),
    }
    _moved(session, email, (EmailState.SUBMITTING,), EmailState.READY, **changes)


def supersede(session: Session, cause_ids: Collection[uuid.UUID], *kinds: EmailKind) -> None:
    """ready -> superseded: what these emails would say of their causes is no longer so."""
    waiting = select(Email).where(
        Email.kind.in_(kinds), Email.state == EmailState.READY, Email.cause_id.in_(cause_ids)
    )
    for email in session.scalars(waiting).all():
        _moved(session, email, (EmailState.READY,), EmailState.SUPERSEDED)


def resend(session: Session, email: Email, actor: str, reason: str) -> None:
    """failed or sent -> ready: a coordinator asks for it once more, and says why.

    It is the same message, but for one that surely never arrived: that is written anew.
    Raises `WrongState` for an email that is under way, or is not needed any more.
    """
    changes: dict[str, Any] = {
        "due_at": database.now(session), "rung_at": None, "attempts": 0, "crashes": 0,
        "first_tried_at": None, "slot_at": None, "last_error": None,
    }  # fmt: skip
    if email.state is EmailState.FAILED and email.doubt_since is None:
        changes |= {"message": None, "message_id": None}
    if not _moved(session, email, RESENDABLE, EmailState.READY, **changes):
        raise WrongState(_("only an email that was sent or has failed can be sent again"))
    note(session, email, EmailEventKind.RESENT, reason)
    audit.record(session, actor, "email resent", program_id=email.program_id, subject_id=email.id)


def take_back(session: Session, settings: Settings) -> None:
    """claimed -> ready and submitting -> ready in doubt, where a worker fell silent."""
    at = database.now(session)
    silent = Email.state.in_(_HELD) & (Email.lease_until < at)
    for email in session.scalars(select(Email).where(silent)).all():
        if email.state is EmailState.SUBMITTING:
            doubt(session, email, settings, "the worker stopped while the relay had it")
        elif _is_worn_out(email):
            give_up(session, email, f"{email.attempts} workers stopped while they wrote it")
        else:
            changes = {"lease_until": None, "rung_at": None}
            _moved(session, email, (EmailState.CLAIMED,), EmailState.READY, **changes)


def _forgotten(email: Email) -> dict[str, Any]:
    """Return what is not kept of an email that will not be sent again: the secrets in it."""
    return {"message": None} if email.kind is EmailKind.SIGN_IN else {}


def _is_worn_out(email: Email) -> bool:
    return email.attempts > len(DELAYS)


def _letter(engine: Engine, settings: Settings, email: Email) -> letters.Letter:
    """Return what is to be sent: the stored bytes if there are any, else rendered now."""
    with database.reading(engine) as session:
        return letters.compose(session, email.id, settings)


def _moved(
    session: Session,
    email: Email,
    sources: tuple[EmailState, ...],
    target: EmailState,
    **changes: Any,
) -> bool:
    return move(session, Email, email.id, sources, target, Email.fence == email.fence, **changes)

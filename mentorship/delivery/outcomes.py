"""The outcomes of an attempt to send an email: sent, tried again, put off, given up, or in doubt.

A 4xx answer is tried again later, and a 5xx one is final; the address is flagged if it is at fault
(`refusals`). What is about us, or is said to one recipient after another, pauses the relay. Where
the connection broke while the relay had the text, the email is in doubt: it is looked up in the
relay's journal, if there is one; otherwise it waits and is sent once more with the same bytes. An
email once in doubt stays listed.
"""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery import refusals, relays
from mentorship.delivery.refusals import Fault
from mentorship.models import Email, EmailEvent, EmailEventKind, EmailKind
from mentorship.people import persons
from mentorship.settings import Settings
from mentorship.states import EmailState

#: From this many recipients in a row who are refused alike, it is about us.
ALIKE = 3
#: An email that was sent within this time shows that a process of ours has a connection.
IN_USE = datetime.timedelta(seconds=30)
#: How long an email leaves the relay's few connections to others.
ASIDE = datetime.timedelta(seconds=3)

#: How many seconds pass before the journal is asked, and at most between two times.
FIRST_LOOK, LONGEST_LOOK = 2.0, 60.0


def sent(session: Session, email: Email, words: str) -> None:
    """submitting -> sent: the relay accepted it.

    Also ready -> sent, if it was taken back from a slow worker and not claimed since.
    """
    changes = _of_sent(session, email) | {"last_error": None}
    sources = (EmailState.SUBMITTING, EmailState.READY)
    if outbox.advance(session, email, sources, EmailState.SENT, **changes):
        outbox.note(session, email.id, EmailEventKind.SENT, words)
        _lift_flag(session, email)


def found_sent(session: Session, email: Email) -> None:
    """claimed -> sent: it was in doubt, and the relay's journal has it."""
    changes = _of_sent(session, email)
    if outbox.advance(session, email, (EmailState.CLAIMED,), EmailState.SENT, **changes):
        outbox.note(session, email.id, EmailEventKind.FOUND_SENT)
        _lift_flag(session, email)


def _lift_flag(session: Session, email: Email) -> None:
    """Clear the flag of an address, unless a report about this email was quicker than we are."""
    came_back = select(Email.came_back_at).where(Email.id == email.id)
    if session.scalar(came_back) is None:
        persons.lift_flag(session, email.person_id)


def try_again(session: Session, email: Email, why: str, settings: Settings) -> None:
    """claimed or submitting -> ready: the relay did not accept it and may accept it later."""
    relays.resume(session, settings)
    delay = delay_of(email.attempts, settings)
    if delay is None:
        give_up(session, email, f"{why} (given up after {email.attempts} attempts)")
        return
    changes = {
        "lease_until": None,
        "rung_at": None,
        "slot_at": None,
        "last_error": why,
        "due_at": database.clock(session, delay),
    }
    if outbox.advance(session, email, outbox.HELD, EmailState.READY, **changes):
        outbox.note(session, email.id, EmailEventKind.PUT_OFF, why)


def wait(session: Session, email: Email, until: datetime.datetime) -> None:
    """claimed -> ready: it would arrive at night."""
    outbox.put_back(session, email, due_at=until)


def step_aside(session: Session, email: Email, why: str, settings: Settings) -> None:
    """claimed -> ready: the relay takes no more connections while others of ours use theirs.

    If none of them has sent anything recently, it is someone else's, and the relay is paused.
    """
    lately = Email.sent_at > database.clock(session, -IN_USE)
    if session.scalar(select(Email.id).where(lately).limit(1)) is None:
        rest(session, email, why, settings)
        return
    outbox.put_back(session, email, due_at=database.clock(session, ASIDE), last_error=why)


def rest(session: Session, email: Email, why: str, settings: Settings) -> None:
    """claimed or submitting -> ready: the relay is down, which says nothing about this email."""
    if _others_were_taken_since(session, email):
        # This email makes the relay hang up.
        try_again(session, email, why, settings)
        return
    until = relays.pause(session, why, settings)
    if outbox.put_back(session, email, due_at=until, last_error=why):
        outbox.note(session, email.id, EmailEventKind.PUT_OFF, why)


def _others_were_taken_since(session: Session, email: Email) -> bool:
    """Return whether the relay accepted other emails since it last hung up on this one."""
    rested_at = session.scalar(
        select(func.max(EmailEvent.at)).where(
            EmailEvent.email_id == email.id, EmailEvent.kind == EmailEventKind.PUT_OFF
        )
    )
    if rested_at is None:
        return False
    taken = (Email.state == EmailState.SENT) & (Email.sent_at > rested_at)
    return session.scalar(select(Email.id).where(taken).limit(1)) is not None


def give_up(session: Session, email: Email, why: str, **more: Any) -> bool:
    """claimed or submitting -> failed: nothing more is tried.

    Also ready -> failed, if it was taken back from a slow worker. False if another worker has it by
    now. `more` holds further columns to write.
    """
    changes = {
        "lease_until": None,
        "last_error": why,
        "failure": refusals.cause_of(why),
        **_forgotten(email),
        **more,
    }
    if not outbox.advance(
        session, email, (*outbox.HELD, EmailState.READY), EmailState.FAILED, **changes
    ):
        return False
    outbox.note(session, email.id, EmailEventKind.FAILED, why)
    return True


def refuse(session: Session, email: Email, why: str, fault: Fault, settings: Settings) -> None:
    """claimed or submitting -> failed: the relay will never accept it.

    The address is flagged if it is at fault. If not, and the relay said the same of others since it
    last took an email, it is about us, whatever its words: then it is paused.
    """
    is_about_address = fault is Fault.ADDRESS
    if not is_about_address and _refused_alike(session, email, why) >= ALIKE - 1:
        rest(session, email, why, settings)
        return
    relays.resume(session, settings)
    # One to an address that was replaced says nothing about the present one.
    if give_up(session, email, why) and is_about_address and email.address is None:
        persons.flag_address(session, email.person_id, why)


def _refused_alike(session: Session, email: Email, why: str) -> int:
    """Return how many others the relay told the same since it last accepted an email."""
    last_sent = select(func.max(Email.sent_at)).scalar_subquery()
    query = (
        select(func.count(Email.person_id.distinct()))
        .join(EmailEvent, EmailEvent.email_id == Email.id)
        .where(
            Email.state == EmailState.FAILED,
            Email.failure == refusals.cause_of(why),
            Email.person_id != email.person_id,
            EmailEvent.kind == EmailEventKind.FAILED,
            or_(last_sent.is_(None), EmailEvent.at > last_sent),
        )
    )
    return session.scalar(query) or 0


def withdraw(session: Session, email: Email, why: str) -> None:
    """claimed -> superseded: what it would say is no longer true."""
    changes = {"lease_until": None, "last_error": why}
    if outbox.advance(session, email, (EmailState.CLAIMED,), EmailState.SUPERSEDED, **changes):
        outbox.note(session, email.id, EmailEventKind.SUPERSEDED, why)


def doubt(session: Session, email: Email, why: str, settings: Settings) -> None:
    """submitting -> ready, in doubt: whether the relay has it is unknown.

    Without a journal to ask, it waits and is sent once more; a second doubt ends in `give_up`.
    """
    is_worn_out = delay_of(email.attempts, settings) is None
    has_journal = bool(settings.mail_journal) and in_journal_once(email)
    since = func.coalesce(Email.doubt_since, database.clock(session))
    if is_worn_out or (email.doubt_since is not None and not has_journal):
        words = f"{why}; it may have arrived, and is not sent again"
        give_up(session, email, words, doubt_since=since)
        return
    # With a journal to look it up in, the relay often only has to finish writing.
    wait = min(settings.doubt_seconds, FIRST_LOOK) if has_journal else settings.doubt_seconds
    changes = {
        "lease_until": None,
        "rung_at": None,
        "slot_at": None,
        "last_error": why,
        "doubt_since": since,
        "due_at": database.clock(session, datetime.timedelta(seconds=wait)),
    }
    if outbox.advance(session, email, (EmailState.SUBMITTING,), EmailState.READY, **changes):
        outbox.note(session, email.id, EmailEventKind.IN_DOUBT, why)


def look_again(session: Session, email: Email, settings: Settings) -> bool:
    """claimed -> ready: the relay's journal does not have an email in doubt, and may lag behind.

    It is asked less and less often. False once it has had DOUBT_SECONDS, or where there is none.
    """
    doubted = (EmailEvent.email_id == email.id) & (EmailEvent.kind == EmailEventKind.IN_DOUBT)
    since = session.scalar(select(func.max(EmailEvent.at)).where(doubted))
    # Without one, a backup was put back: its journal has had all the time that it needs.
    if not settings.mail_journal or since is None:
        return False
    waited = (database.now(session) - since).total_seconds()
    left = settings.doubt_seconds - waited
    if left <= 0:
        return False
    pause = datetime.timedelta(seconds=min(max(waited, FIRST_LOOK), LONGEST_LOOK, left))
    return outbox.put_back(session, email, due_at=database.clock(session, pause))


def in_journal_once(email: Email) -> bool:
    """Return whether the journal can tell if an email arrived: not after one copy was accepted."""
    return email.sent_at is None


def _of_sent(session: Session, email: Email) -> dict[str, Any]:
    return {"sent_at": database.clock(session), "lease_until": None, **_forgotten(email)}


def _forgotten(email: Email) -> dict[str, Any]:
    """Return changes that drop the secrets of an email that will not be sent again."""
    return {"message": None} if email.kind is EmailKind.SIGN_IN else {}


def delay_of(attempts: int, settings: Settings) -> datetime.timedelta | None:
    """Return how long an email waits after `attempts` attempts, None if it is given up."""
    listed = settings.mail_delays
    repeats = max(0, attempts - len(listed))
    waited = sum(listed[:attempts]) + repeats * listed[-1]
    if waited > settings.mail_give_up_seconds:
        return None
    return datetime.timedelta(seconds=listed[min(attempts, len(listed)) - 1])

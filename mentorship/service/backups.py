"""Copies of the database, and what must happen once one has been restored."""

from __future__ import annotations

import os
import sqlite3
import uuid
from pathlib import Path

from sqlalchemy import make_url, select, update
from sqlalchemy.orm import Session

from mentorship import audit, database, outbox
from mentorship.errors import Invalid, Unavailable
from mentorship.models import PENDING_REPLY, Email, EmailEventKind, Reply
from mentorship.pairings import answers, expiry
from mentorship.reminders import schedule
from mentorship.settings import Settings
from mentorship.states import UNFINISHED_EMAIL, EmailState, move

HELD = (
    "a backup was restored: it may have been sent after the backup was made; if the person did "
    "not get it, resend it"
)


def copy(database_url: str, target: Path) -> None:
    """Write a consistent copy of an SQLite database into a new file, while others write to it.

    Raises `Invalid` for another kind of database or if the file exists, `Unavailable` if it cannot
    be written; no partial copy is left behind.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Invalid("this copies SQLite only; for PostgreSQL use pg_dump, see docs/operations.md")
    if target.exists():
        raise Invalid(f"{target} already exists; choose a new file")
    part = target.with_name(f"{target.name}.part")
    try:
        # It holds everything about everyone.
        part.touch(mode=0o600)
        with (
            sqlite3.connect(f"file:{url.database}?mode=ro", uri=True) as source,
            sqlite3.connect(part) as copied,
        ):
            source.backup(copied)
        source.close()
        copied.close()
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise Unavailable(f"the copy cannot be written to {target}: {error}") from None


def restored(session: Session, settings: Settings) -> int:
    """Hold back what a restored database might send a second time; return how many emails.

    If the relay's journal can tell, each email is looked up there before it is sent; otherwise they
    wait, as failed, for a coordinator. So do the emails that answers, deadlines and the calendar
    have caused since: they may have been sent after the backup under other ids, which no journal
    can tell.
    """
    held = _unfinished(session)
    for id in held:
        _hold(session, id)
        if settings.mail_journal:
            # It is looked up in the journal before it is sent.
            at = database.clock(session)
            move(session, Email, id, (EmailState.FAILED,), EmailState.READY, due_at=at, attempts=0)
    # Answers that could be undone when the backup was made have taken effect since.
    at_once = update(Reply).where(PENDING_REPLY).values(effective_at=database.now(session))
    session.execute(at_once)
    seen = set(held)
    chores = (answers.apply_due, expiry.expire_unanswered, schedule.owe_due)
    # What is held may let more be owed, which is held as well.
    while sum(chore(session) for chore in chores):
        owed = [id for id in _unfinished(session) if id not in seen]
        for id in owed:
            _hold(session, id)
        held += owed
    audit.record(session, "command", "backup put back", emails=len(held))
    return len(held)


def _unfinished(session: Session) -> list[uuid.UUID]:
    return list(session.scalars(select(Email.id).where(Email.state.in_(UNFINISHED_EMAIL))))


def _hold(session: Session, id: uuid.UUID) -> None:
    at = database.clock(session)
    changes = {"lease_until": None, "rung_at": None, "last_error": HELD, "doubt_since": at}
    move(session, Email, id, UNFINISHED_EMAIL, EmailState.FAILED, **changes)
    outbox.note(session, id, EmailEventKind.FAILED, HELD)

"""Forms that were sent: the same one sent twice is acted on once, and answered alike."""

from __future__ import annotations

import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import SentForm

FORGOTTEN = datetime.timedelta(days=1)


class AlreadyDone(Exception):
    """This very form was acted on before; `location` is the page that answered it."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def check(session: Session, digest: str) -> None:
    """Raise `AlreadyDone` where a form with this digest was acted on before."""
    sent = session.get(SentForm, digest)
    if sent is not None:
        raise AlreadyDone(sent.location)


def note(session: Session, digest: str, location: str) -> None:
    """Write, in the transaction that acts on it, that a form was acted on.

    Raises `AlreadyDone` where another transaction did so meanwhile; nothing of this one is kept.
    """
    session.add(SentForm(digest=digest, location=location[:500], at=database.now(session)))
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        check(session, digest)
        raise


def forget_old(session: Session) -> None:
    """Remove what was sent long ago."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(SentForm).where(SentForm.at < before))

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


def begin(session: Session, digest: str) -> SentForm:
    """Write, first of all in the transaction that acts on it, that a form is acted on.

    Whoever sends the same meanwhile waits here. Raises `AlreadyDone` where it was acted on before;
    nothing of this transaction is kept then.
    """
    sent = SentForm(digest=digest, location="", at=database.now(session))
    session.add(sent)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        check(session, digest)
        raise
    return sent


def forget_old(session: Session) -> None:
    """Remove what was sent long ago."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(SentForm).where(SentForm.at < before))

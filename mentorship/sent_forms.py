"""Submitted forms: one that is sent twice takes effect once, and both get the same answer."""

from __future__ import annotations

import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import SentForm

FORGOTTEN = datetime.timedelta(days=1)
#: As many characters as the column holds.
LONGEST_LOCATION = 500


class AlreadyDone(Exception):
    """This very form was acted on before; `location` is the page that answered it."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def check(session: Session, digest: str) -> None:
    """Raise `AlreadyDone` if a form with this digest was acted on before."""
    sent = session.get(SentForm, digest)
    if sent is not None:
        raise AlreadyDone(sent.location)


def begin(session: Session, digest: str) -> SentForm:
    """Return the new row of a form; call it first in the transaction that acts on the form.

    A second request with the same form waits here. Raises `AlreadyDone` if it was acted on before,
    after a rollback.
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

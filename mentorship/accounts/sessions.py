"""Sessions: the browsers in which people are signed in.

The secret of a session is 256 random bits; only its hash is stored.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, contains_eager

from mentorship import audit, database
from mentorship.models import BrowserSession, Person
from mentorship.programs import programs

#: Coordinators see other people's data, so they sign in more often.
COORDINATOR_SESSION_LIVES = datetime.timedelta(hours=12)
SESSION_LIVES = datetime.timedelta(days=30)
#: How long ended sessions are kept.
FORGOTTEN = datetime.timedelta(days=1)


def begin(session: Session, person: Person, user_agent: str) -> tuple[str, datetime.timedelta]:
    """Begin the session of a browser; return its cookie and how long it lives."""
    runs_programs = programs.coordinated_by(session, person.id)
    lives = COORDINATOR_SESSION_LIVES if runs_programs else SESSION_LIVES
    cookie = secrets.token_urlsafe(32)
    at = database.now(session)
    session.add(
        BrowserSession(
            person_id=person.id,
            token_hash=hashed(cookie),
            access_revision=person.access_revision,
            user_agent=user_agent[:200],
            created_at=at,
            expires_at=at + lives,
        )
    )
    return cookie, lives


def signed_in(session: Session, cookie: str) -> BrowserSession | None:
    """Return the session of a browser that is signed in with this cookie, with its person."""
    # Every page begins with this: the clock and the person are asked for in one statement.
    return session.scalar(
        select(BrowserSession)
        .join(BrowserSession.person)
        .options(contains_eager(BrowserSession.person))
        .where(BrowserSession.token_hash == hashed(cookie), *_lives(session))
    )


def devices(session: Session, person_id: uuid.UUID) -> Sequence[BrowserSession]:
    """Return the browsers in which a person is signed in, the newest first."""
    return session.scalars(
        select(BrowserSession)
        .join(Person, BrowserSession.person_id == Person.id)
        .where(BrowserSession.person_id == person_id, *_lives(session))
        .order_by(BrowserSession.created_at.desc(), BrowserSession.id)
    ).all()


def sign_out(session: Session, device: BrowserSession) -> None:
    """End the session of a browser."""
    if device.ended_at is None:
        device.ended_at = database.now(session)
        audit.record(session, str(device.person_id), "signed out", subject_id=device.id)


def forget_old(session: Session) -> None:
    """Remove sessions that ended long ago."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(BrowserSession).where(BrowserSession.expires_at < before))


def _lives(session: Session) -> tuple[ColumnElement[bool], ...]:
    return (
        BrowserSession.ended_at.is_(None),
        BrowserSession.expires_at > database.clock(session),
        BrowserSession.access_revision == Person.access_revision,
    )


def hashed(secret: str) -> str:
    """Return the hash that is stored of a secret."""
    # The secrets are long and random, so a plain hash cannot be reversed. The short code could
    # be, but it works only with the browser's secret, and for a few tries.
    return hashlib.sha256(secret.encode()).hexdigest()

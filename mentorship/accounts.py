"""Who is at the other end: one-time links and the browsers in which people are signed in.

Secrets are 256 random bits. They are handed out once and only their hashes are kept.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import audit, database
from mentorship.models import BrowserSession, Person, SignInLink
from mentorship.settings import Settings

#: A link printed on the terminal of whoever runs the service; emailed links will live shorter.
LINK_LIVES = datetime.timedelta(hours=1)
SESSION_LIVES = datetime.timedelta(hours=12)


def make_link(session: Session, person: Person, settings: Settings) -> str:
    """Return a link that signs a person in once, within `LINK_LIVES`."""
    secret = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            person_id=person.id,
            token_hash=_hash(secret),
            expires_at=database.now(session) + LINK_LIVES,
        )
    )
    session.flush()
    return f"{settings.base_url.rstrip('/')}/sign-in/{secret}"


def find_link(session: Session, secret: str) -> SignInLink | None:
    """Return a link that can still be used, and change nothing."""
    return session.scalar(
        select(SignInLink).where(
            SignInLink.token_hash == _hash(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > database.now(session),
        )
    )


def use_link(session: Session, secret: str, user_agent: str) -> str | None:
    """Use a link up and return the secret of a new browser session; None where it is no good."""
    at = database.now(session)
    person_id = session.scalar(
        update(SignInLink)
        .where(
            SignInLink.token_hash == _hash(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > at,
        )
        .values(used_at=at)
        .returning(SignInLink.person_id)
    )
    if person_id is None:
        return None
    cookie = secrets.token_urlsafe(32)
    session.add(
        BrowserSession(
            person_id=person_id,
            token_hash=_hash(cookie),
            user_agent=user_agent[:200],
            created_at=at,
            expires_at=at + SESSION_LIVES,
        )
    )
    audit.record(session, str(person_id), "signed in")
    return cookie


def signed_in(session: Session, cookie: str) -> Person | None:
    """Return who is signed in with this cookie."""
    return session.scalar(
        select(Person)
        .join(BrowserSession, BrowserSession.person_id == Person.id)
        .where(
            BrowserSession.token_hash == _hash(cookie),
            BrowserSession.ended_at.is_(None),
            BrowserSession.expires_at > database.now(session),
        )
    )


def sign_out(session: Session, cookie: str) -> None:
    """End the session of this cookie."""
    session.execute(
        update(BrowserSession)
        .where(BrowserSession.token_hash == _hash(cookie), BrowserSession.ended_at.is_(None))
        .values(ended_at=database.now(session))
    )


def _hash(secret: str) -> str:
    # The secret is random and long, so a plain hash cannot be turned back.
    return hashlib.sha256(secret.encode()).hexdigest()

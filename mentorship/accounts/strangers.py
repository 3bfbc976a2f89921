"""Strangers: people whose address was typed to join a program, and who never came."""

from __future__ import annotations

import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import BrowserSession, Coordinator, Email, Person, Profile, SignInLink
from mentorship.states import EmailState

#: How long an address is kept that was typed and led to nothing.
FORGOTTEN = datetime.timedelta(days=1)
#: The most that one sweep removes.
MOST_AT_ONCE = 200
_ON_ITS_WAY = (EmailState.READY, EmailState.CLAIMED, EmailState.SUBMITTING)


def forget_old(session: Session) -> None:
    """Remove people without a name or a profile who are signed in nowhere, and their emails."""
    at = database.now(session)
    gone = session.scalars(
        select(Person.id)
        .where(
            Person.full_name == "",
            Person.created_at < at - FORGOTTEN,
            ~exists().where(Profile.person_id == Person.id),
            ~exists().where(Coordinator.person_id == Person.id),
            ~exists().where(
                BrowserSession.person_id == Person.id,
                BrowserSession.ended_at.is_(None),
                BrowserSession.expires_at > at,
            ),
            ~exists().where(SignInLink.person_id == Person.id, SignInLink.expires_at > at),
            ~exists().where(Email.person_id == Person.id, Email.state.in_(_ON_ITS_WAY)),
        )
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for model in (BrowserSession, SignInLink, Email):
        session.execute(delete(model).where(model.person_id.in_(gone)))
    session.execute(delete(Person).where(Person.id.in_(gone)))

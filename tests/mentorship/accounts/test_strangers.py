"""Addresses that strangers typed are not kept forever, and everyone else stays."""

from __future__ import annotations

import datetime

import factories
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.accounts import sessions, sign_in_links, strangers
from mentorship.models import Email, EmailEvent, EmailEventKind, Person, Program, SignInLink
from mentorship.people import persons
from mentorship.settings import Settings
from mentorship.states import EmailState


def age(session: Session) -> None:
    """Let two days pass for everything that there is."""
    at = database.now(session) - datetime.timedelta(days=2)
    session.execute(update(Person).values(created_at=at))
    session.execute(update(SignInLink).values(created_at=at, expires_at=at))


def test_an_address_that_was_only_typed_is_forgotten(
    session: Session, program: Program, settings: Settings
) -> None:
    before = session.scalar(select(func.count()).select_from(Person))
    for number in range(3):
        sign_in_links.ask(
            session, f"typed{number}@example.org", settings, origin="10.0.0.1", for_joining=True
        )
    sign_in_links.answer_requests(session)
    email = session.scalars(select(Email)).first()
    assert email is not None
    outbox.note(session, email.id, EmailEventKind.SENT)
    assert strangers.forget(session) == 0
    assert session.scalar(select(func.count()).select_from(Email)) == 3, "they may still come"

    age(session)
    assert strangers.forget(session) == 0
    assert session.scalar(select(func.count()).select_from(Email)) == 3, "not sent yet"
    at = database.now(session)
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=at))
    assert strangers.forget(session) == 3

    for model in (Email, EmailEvent, SignInLink):
        assert session.scalar(select(func.count()).select_from(model)) == 0
    assert session.scalar(select(func.count()).select_from(Person)) == before


def test_no_one_else_is_forgotten(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program)
    mentee.person.full_name = ""
    named = persons.know(session, "named@example.org", "Named")
    begins = persons.know(session, "begins@example.org", "")
    sessions.begin(session, begins, "browser")
    everyone = set(session.scalars(select(Person.id)))
    age(session)

    assert strangers.forget(session) == 0

    assert set(session.scalars(select(Person.id))) == everyone
    assert named.id in everyone

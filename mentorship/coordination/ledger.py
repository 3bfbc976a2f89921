"""The ledger of emails: what became of each, and what it said.

It is for coordinators, so it leaves out what only the recipient may see: the links that act for
them, and what two people read about each other.
"""

from __future__ import annotations

import email
import email.policy
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, defer

from mentorship import links, outbox
from mentorship.coordination import paging
from mentorship.coordination.paging import Page
from mentorship.models import Email, EmailEvent, EmailKind, Person, Trait
from mentorship.states import EmailState


@dataclass(frozen=True)
class Sought:
    """Which of a program's emails to list; `text` is part of a name or an address."""

    state: EmailState | None = None
    is_doubted: bool = False
    has_come_back: bool = False
    kind: EmailKind | None = None
    text: str = ""


@dataclass(frozen=True)
class Shown:
    """What may be shown of a message."""

    subject: str
    sender: str
    recipient: str
    date: str
    text: str
    html: str
    #: It is about two people and for them alone; text and page are empty.
    is_private: bool


def counts(session: Session, program_id: uuid.UUID) -> dict[EmailState, int]:
    """Return how many of a program's emails are in each state."""
    rows = session.execute(
        select(Email.state, func.count())
        .where(Email.program_id == program_id)
        .group_by(Email.state)
    )
    return {row[0]: row[1] for row in rows}


def doubted(session: Session, program_id: uuid.UUID) -> int:
    """Return the number of a program's emails that may have been delivered unnoticed."""
    query = select(func.count()).where(
        Email.program_id == program_id, Email.doubt_since.is_not(None)
    )
    return session.scalar(query) or 0


def came_back(session: Session, program_id: uuid.UUID) -> int:
    """Return the number of a program's emails that were sent and came back."""
    query = select(func.count()).where(
        Email.program_id == program_id,
        Email.state == EmailState.SENT,
        Email.came_back_at.is_not(None),
    )
    return session.scalar(query) or 0


def causes(session: Session, program_id: uuid.UUID) -> list[tuple[str, int]]:
    """Return why emails failed or came back, and how many for each cause, the most first."""
    number = func.count().label("number")
    query = (
        select(Email.failure, number)
        .where(Email.program_id == program_id, outbox.is_undelivered(), Email.failure.is_not(None))
        .group_by(Email.failure)
        .order_by(number.desc(), Email.failure)
    )
    return [(cause, count) for cause, count in session.execute(query) if cause]


def find(session: Session, program_id: uuid.UUID, sought: Sought, number: int) -> Page[Email]:
    """Return a page of a program's emails, the newest first."""
    query = (
        select(Email)
        .join(Person, Email.person_id == Person.id)
        .where(Email.program_id == program_id)
        .options(contains_eager(Email.person), defer(Email.message))
        .order_by(Email.created_at.desc(), Email.id)
    )
    if sought.state is not None:
        query = query.where(Email.state == sought.state)
    if sought.is_doubted:
        query = query.where(Email.doubt_since.is_not(None))
    if sought.has_come_back:
        query = query.where(Email.state == EmailState.SENT, Email.came_back_at.is_not(None))
    if sought.kind is not None:
        query = query.where(Email.kind == sought.kind)
    if text := sought.text.strip():
        in_name = Person.full_name.icontains(text, autoescape=True)
        query = query.where(in_name | Person.email_key.contains(text.casefold(), autoescape=True))
    return paging.page(session, query, number)


def events(session: Session, email_id: uuid.UUID) -> Sequence[EmailEvent]:
    """Return what happened to an email, in order."""
    return session.scalars(
        select(EmailEvent)
        .where(EmailEvent.email_id == email_id)
        .order_by(EmailEvent.at, EmailEvent.id)
    ).all()


def shown(row: Email) -> Shown | None:
    """Return what coordinators may read of an email, None until it is written."""
    if row.message is None:
        return None
    message = email.message_from_bytes(row.message, policy=email.policy.default)
    text, html = (links.hidden(_part(message, part)) for part in ("plain", "html"))
    is_private = Trait.PRIVATE in row.kind.traits
    return Shown(
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        recipient=str(message["To"] or ""),
        date=str(message["Date"] or ""),
        text="" if is_private else text,
        html="" if is_private else html,
        is_private=is_private,
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""

"""The history of emails: what happened to each, and what it said.

It is for coordinators, so it leaves out what they may not read: the links that act for someone,
what two people read about each other, and the words of emails that name someone who has left.
"""

from __future__ import annotations

import email
import email.policy
import enum
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from html import unescape

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, defer

from mentorship import links, outbox
from mentorship.coordination import paging
from mentorship.coordination.paging import Page
from mentorship.models import Email, EmailEvent, EmailKind, Person, Profile, Trait
from mentorship.people import sight
from mentorship.people.sight import Viewer
from mentorship.states import EmailState


@dataclass(frozen=True)
class Sought:
    """Which of a program's emails to list; `text` is part of a name or an address."""

    states: Sequence[EmailState] = ()
    is_doubted: bool = False
    has_come_back: bool = False
    kind: EmailKind | None = None
    text: str = ""


@dataclass(frozen=True)
class Reader:
    """To whom an email goes, as coordinators may know it."""

    name: str
    address: str
    #: They have left: what servers say of them is not shown either.
    is_hidden: bool


class Withheld(enum.StrEnum):
    """Why the words of an email are not shown."""

    PRIVATE = "private"  # it is about two people and for them alone
    LEFT = "left"  # it names someone who has left


@dataclass(frozen=True)
class Shown:
    """What may be shown of a message; what is withheld is empty."""

    sender: str
    date: str
    subject: str = ""
    text: str = ""
    html: str = ""
    withheld: Withheld | None = None


def counts(session: Session, program_id: uuid.UUID) -> dict[EmailState, int]:
    """Return how many of a program's emails are in each state."""
    rows = session.execute(
        select(Email.state, func.count())
        .where(Email.program_id == program_id)
        .group_by(Email.state)
    )
    return {row[0]: row[1] for row in rows}


def failed(session: Session, program_id: uuid.UUID) -> int:
    """Return how many of a program's emails failed."""
    query = select(func.count()).where(
        Email.program_id == program_id, Email.state == EmailState.FAILED
    )
    return session.scalar(query) or 0


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
    """Return a page of the emails that a search finds; see `matching`."""
    return paging.page(session, matching(program_id, sought), number)


def matching(program_id: uuid.UUID, sought: Sought) -> Select[Email]:
    """Select a program's emails that a search finds, with their persons, the newest first."""
    query = (
        select(Email)
        .join(Person, Email.person_id == Person.id)
        .where(Email.program_id == program_id)
        .options(contains_eager(Email.person), defer(Email.message))
        .order_by(Email.created_at.desc(), Email.id)
    )
    if sought.states:
        query = query.where(Email.state.in_(sought.states))
    if sought.is_doubted:
        query = query.where(Email.doubt_since.is_not(None))
    if sought.has_come_back:
        query = query.where(Email.state == EmailState.SENT, Email.came_back_at.is_not(None))
    if sought.kind is not None:
        query = query.where(Email.kind == sought.kind)
    if text := sought.text.strip():
        found = select(Profile.person_id).where(
            Profile.program_id == program_id, sight.is_found(text)
        )
        query = query.where(
            or_(Person.id.in_(found), Person.id.in_(without_profile(program_id, text)))
        )
    return query


def without_profile(program_id: uuid.UUID, text: str) -> Select[uuid.UUID]:
    """Select the ids of a program's readers without a profile by part of a name or an address.

    Those who run the program may have none in it.
    """
    person = aliased(Person)
    return select(person.id).where(
        person.full_name.icontains(text, autoescape=True)
        | person.email_key.contains(text.casefold(), autoescape=True),
        ~exists().where(Profile.program_id == program_id, Profile.person_id == person.id),
        exists().where(Email.program_id == program_id, Email.person_id == person.id),
    )


def latest(
    session: Session, program_id: uuid.UUID, person_id: uuid.UUID, most: int
) -> Sequence[Email]:
    """Return the last emails of a program to a person, the newest first."""
    return session.scalars(
        select(Email)
        .where(Email.person_id == person_id, Email.program_id == program_id)
        .options(defer(Email.message))
        .order_by(Email.created_at.desc(), Email.id)
        .limit(most)
    ).all()


def readers(
    session: Session, program_id: uuid.UUID, emails: Sequence[Email]
) -> dict[uuid.UUID, Reader]:
    """Return to whom each of some emails of a program goes, by the email's id."""
    profiles = sight.profiles_in(session, program_id, {email.person_id for email in emails})
    return {email.id: _reader(email.person, profiles.get(email.person_id)) for email in emails}


def _reader(person: Person, profile: Profile | None) -> Reader:
    if profile is None:
        return Reader(person.full_name or person.email, person.email, is_hidden=False)
    viewer = Viewer.COORDINATOR
    return Reader(
        sight.title(profile, viewer) or person.email,
        sight.address(profile, viewer),
        is_hidden=sight.is_hidden(profile, viewer),
    )


def events(session: Session, email_id: uuid.UUID) -> Sequence[EmailEvent]:
    """Return what happened to an email, in order."""
    return session.scalars(
        select(EmailEvent)
        .where(EmailEvent.email_id == email_id)
        .order_by(EmailEvent.at, EmailEvent.id)
    ).all()


def shown(session: Session, row: Email) -> Shown | None:
    """Return what coordinators may read of an email, None until it is written."""
    if row.message is None or row.program_id is None:
        return None
    message = email.message_from_bytes(row.message, policy=email.policy.default)
    sender, date, subject = (str(message[name] or "") for name in ("From", "Date", "Subject"))
    if Trait.PRIVATE in row.kind.traits:
        return Shown(sender, date, withheld=Withheld.PRIVATE)
    text, html = (links.hidden(_part(message, part)) for part in ("plain", "html"))
    if is_about_someone_hidden(session, row.program_id, row, f"{subject}\n{text}\n{html}"):
        return Shown(sender, date, withheld=Withheld.LEFT)
    return Shown(sender, date, subject, text, html)


def is_about_someone_hidden(session: Session, program_id: uuid.UUID, row: Email, text: str) -> bool:
    """Return whether an email goes to, or names, someone of whom coordinators may not read."""
    if readers(session, program_id, [row])[row.id].is_hidden:
        return True
    hidden = session.execute(
        select(Profile.full_name, Person.email)
        .join(Person, Profile.person_id == Person.id)
        .where(
            Profile.program_id == program_id,
            ~sight.is_listed(),
            # In their other role they may take part all the same.
            ~sight.takes_part(program_id),
        )
    )
    # On one line: a text breaks long ones, and a name with it.
    line = " ".join(unescape(text).split())
    names = {" ".join(word.split()) for row in hidden for word in row if word}
    return any(
        name in line and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line) for name in names
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""

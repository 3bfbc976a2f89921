"""A person's change of their own address: asked for, then confirmed by a link sent to the new one.

The link works in a browser that is signed in as this person, so it takes both a session and the new
mailbox to change the address. A link that reaches someone else's mailbox is no use there.
"""

from __future__ import annotations

import datetime
import uuid

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from mentorship import audit, database, outbox
from mentorship.errors import Gone, Invalid
from mentorship.language import gettext as _
from mentorship.models import Email, EmailKind, Person
from mentorship.people import addresses, persons

LIVES = datetime.timedelta(hours=24)
#: Emails that a person can ask for in `LIVES`, and that one address gets: it may be a stranger's.
MOST_EMAILS = 5


def ask(session: Session, person_id: uuid.UUID, typed: str) -> str:
    """Queue an email with a link to the address that a person typed, and return that address.

    Whether anyone has the address already is not told before the link is opened. Raises `Invalid`
    for an invalid or unchanged address, and if too many emails were asked for.
    """
    # Locked, so that two requests at once are counted one after the other.
    person = session.get_one(Person, person_id, with_for_update=True)
    try:
        address = addresses.read_address(typed)
    except Invalid as error:
        raise _refused(_("this %(problem)s", problem=error)) from None
    if addresses.address_key(address) == person.email_key:
        raise _refused(_("you already have this address"))
    at = database.now(session)
    lately = select(func.count()).select_from(Email)
    lately = lately.where(
        Email.kind == EmailKind.ADDRESS_CONFIRMATION, Email.created_at > at - LIVES
    )
    for whose in (Email.person_id == person.id, func.lower(Email.address) == address.lower()):
        if (session.scalar(lately.where(whose)) or 0) >= MOST_EMAILS:
            raise _refused(
                _("too many emails were requested today; use the newest one, or wait a day")
            )
    outbox.supersede(session, [person.id], EmailKind.ADDRESS_CONFIRMATION)
    number = select(func.coalesce(func.max(Email.number), 0) + 1).where(_of(person.id))
    outbox.owe(
        session, EmailKind.ADDRESS_CONFIRMATION, to=person.id, about=person.id, program_id=None,
        number=session.scalar(number) or 1, address=address,
    )  # fmt: skip
    audit.record(session, str(person.id), "new address asked for", subject_id=person.id)
    session.flush()
    return address


def wanted(session: Session, person_id: uuid.UUID, email_id: uuid.UUID) -> str:
    """Return the address that a link in this email confirms. Raises `Gone` if it is too late."""
    email = session.get(Email, email_id)
    if email is None or not is_open(session, email) or email.person_id != person_id:
        raise Gone(_("it has expired, or you've asked for another address since; ask again"))
    return email.recipient


def is_open(session: Session, email: Email) -> bool:
    """Return whether this email is the newest that its person asked for, and young enough."""
    newest = session.scalar(
        select(Email.id).where(_of(email.person_id)).order_by(Email.number.desc()).limit(1)
    )
    return newest == email.id and database.now(session) - email.created_at <= LIVES


def confirm(session: Session, person_id: uuid.UUID, email_id: uuid.UUID) -> Person:
    """Change a person's address to the one that this email went to, and return the person.

    Raises `Gone` if it is too late, and `Invalid` if someone else has the address.
    """
    address = wanted(session, person_id, email_id)
    person = session.get_one(Person, person_id)
    return persons.change_address(session, person.email, address, str(person.id))


def _of(person_id: uuid.UUID) -> ColumnElement[bool]:
    return (Email.kind == EmailKind.ADDRESS_CONFIRMATION) & (Email.person_id == person_id)


def _refused(problem: str) -> Invalid:
    return Invalid(problem, fields={"email": problem})

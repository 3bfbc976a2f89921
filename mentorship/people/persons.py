"""Persons: one human with one email address, whatever their programs and roles."""

from __future__ import annotations

import functools
import uuid
import zoneinfo
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from matching.profiles import normal_forms
from mentorship import audit, database, language, outbox
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Person, Profile
from mentorship.people import addresses
from mentorship.people.conflicts import LISTS_OF_PEOPLE


def find(session: Session, address: str) -> Person | None:
    """Return the person with this address, None if there is none."""
    key = addresses.address_key(address)
    return session.scalar(select(Person).where(Person.email_key == key))


def get(session: Session, address: str) -> Person:
    """Return the person with this address. Raises `NotFound`."""
    person = find(session, address.strip())
    if person is None:
        raise NotFound(_("no one has the address %(address)s", address=address))
    return person


def know(session: Session, address: str, full_name: str) -> Person:
    """Return the person with this address; add them if no one has it yet."""
    person = find(session, address)
    if person is None:
        person = Person(**row(session, address, full_name))
        session.add(person)
        session.flush()
    return person


def row(session: Session, address: str, full_name: str) -> dict[str, Any]:
    """Return the values of a new person's row."""
    return {
        "id": uuid.uuid4(),
        "email": address,
        "email_key": addresses.address_key(address),
        "full_name": full_name,
        "created_at": database.now(session),
    }


def names(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Return the names of those who acted, by what the audit log calls them; parts have none."""
    ids = {uuid.UUID(actor) for actor in actors if len(actor) == len(str(uuid.UUID(int=0)))}
    people = session.scalars(select(Person).where(Person.id.in_(ids)))
    return {str(person.id): person.full_name or person.email for person in people}


#: What a person is called, as answers name it.
NAMES = ("full_name", "preferred_name", "pronouns")


def call(person: Person, before: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    """Set a person's name, pronouns and time zone from a profile's new answers."""
    person.full_name = answers.get("full_name", person.full_name)
    for name in ("preferred_name", "pronouns"):
        # A person's other profile may say it where this one never did.
        if name in answers or name in before:
            setattr(person, name, answers.get(name))
    if answers.get("timezone") != before.get("timezone"):
        person.timezone = answers.get("timezone", person.timezone)


def change_reading(
    session: Session, person_id: uuid.UUID, *, locale: str | None, timezone: str | None
) -> None:
    """Set the language and zone in which a person reads. Raises `Invalid` for unknown ones."""
    if locale is not None and locale not in language.offered():
        raise Invalid(_("that language isn't available; choose one from the list"))
    if timezone is not None and timezone not in zoneinfo.available_timezones():
        raise Invalid(_("that time zone isn't recognized; choose one from the list"))
    person = session.get_one(Person, person_id)
    person.locale, person.timezone = locale, timezone


def flag_address(session: Session, person_id: uuid.UUID, words: str) -> None:
    """Flag a person's address as unreachable, in the words of the server that refused it."""
    session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(address_problem=words[:500], address_problem_at=database.clock(session))
    )


def lift_flag(session: Session, person_id: uuid.UUID) -> None:
    """Clear the flag of an address, if it has one: an email to it was accepted since."""
    flagged = (Person.id == person_id) & Person.address_problem.is_not(None)
    lifted = session.execute(
        update(Person)
        .where(flagged)
        .values(address_problem=None, address_problem_at=None)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(lifted, CursorResult)  # noqa: S101 - an update has a row count
    if lifted.rowcount:
        audit.record(session, "service", "address cleared", subject_id=person_id)


def clear_address(session: Session, person: Person, actor: str) -> None:
    """Clear the flag of an address that mail reaches after all; if there is none, do nothing."""
    if person.address_problem is None:
        return
    person.address_problem, person.address_problem_at = None, None
    audit.record(session, actor, "address cleared", subject_id=person.id)
    session.flush()


def end_access(session: Session, person: Person, actor: str) -> None:
    """End whatever lets a browser or a mailbox act as this person.

    Sessions, requests to sign in and links in emails hold the revision of the day they were made,
    and none of an earlier one is accepted.
    """
    session.flush()
    # Of two changes at once, the second waits here and counts on.
    session.refresh(person, with_for_update=True)
    person.access_revision += 1
    # Emails that were written a moment ago hold links that have ended, maybe an old address too.
    outbox.hold_back_all(session, person.id)
    # One that was asked for in a browser that is signed out now.
    outbox.supersede(session, [person.id], EmailKind.ADDRESS_CONFIRMATION)
    audit.record(session, actor, "access ended", subject_id=person.id)
    session.flush()


def change_address(session: Session, old: str, new: str, actor: str) -> Person:
    """Change a person's address, for mail and for signing in, and return the person.

    The owner of the old mailbox loses what it gave: all access ends, and both addresses are told.
    Lists that name them by the old address are changed too, so that no one is matched with
    someone they excluded. Raises `NotFound` if no one has the old address, and `Invalid` if the
    new one is not an address or belongs to someone else.
    """
    person = find(session, old.strip())
    if person is None:
        raise NotFound(_("no one has the old address"))
    try:
        address = addresses.read_address(new)
    except Invalid as error:
        raise Invalid(_("the new address %(problem)s", problem=error)) from None
    if find(session, address) not in (None, person):
        raise Invalid(_("the new address belongs to someone else here; nothing was changed"))
    old_address, before = person.email, person.email_key
    person.email, person.email_key = address, addresses.address_key(address)
    if person.email_key != before:
        end_access(session, person, actor)
        tell = functools.partial(
            outbox.owe, session, to=person.id, about=person.id, program_id=None,
            number=person.access_revision,
        )  # fmt: skip
        tell(EmailKind.ADDRESS_REPLACED, address=old_address)
        tell(EmailKind.ADDRESS_CHANGED)
    person.address_problem, person.address_problem_at = None, None
    listed = or_(*(Profile.answers[name].as_string().is_not(None) for name in LISTS_OF_PEOPLE))
    mine = Profile.person_id == person.id
    for profile in session.scalars(select(Profile).where(mine | listed).with_for_update()):
        changes: dict[str, Any] = {
            name: [
                person.email_key if normal_forms.person(entry) == before else entry
                for entry in entries
            ]
            for name in LISTS_OF_PEOPLE
            if (entries := profile.answers.get(name))
        }
        if profile.person_id == person.id and "email" in profile.answers:
            changes["email"] = address
        profile.answers = profile.answers | changes
    audit.record(session, actor, "address changed", subject_id=person.id)
    session.flush()
    return person

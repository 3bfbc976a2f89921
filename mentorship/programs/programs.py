"""Programs, and who coordinates them."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

import matching.policy
from matching.profiles.columns import quote
from mentorship import audit, database
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.models import Coordinator, Person, Program
from mentorship.people import addresses, persons
from mentorship.programs import policies


def add(
    session: Session,
    slug: str,
    name: str,
    *,
    next_round_on: datetime.date | None = None,
) -> Program:
    """Found a program, with the default policy as its first version."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > 64:
        raise Invalid(
            _("%(slug)s is no short name; use small letters, digits and hyphens", slug=repr(slug))
        )
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise Invalid(_("the name must have 1 to 200 characters on one line"))
    program = Program(
        slug=slug,
        name=name.strip(),
        next_round_on=next_round_on,
        created_at=database.now(session),
    )
    session.add(program)
    try:
        session.flush()
    except IntegrityError:
        raise Invalid(_("there is a program %(slug)s already", slug=slug)) from None
    policies.adopt(session, program, matching.policy.default())
    audit.record(session, "command", "program added", program_id=program.id)
    return program


def get(session: Session, slug: str) -> Program:
    """Return a program by its short name. Raises `NotFound`."""
    program = session.scalar(select(Program).where(Program.slug == slug))
    if program is None:
        raise NotFound(
            _("there is no program %(slug)s; `preceptor program add %(slug)s` makes it", slug=slug)
        )
    return program


def by_id(session: Session, program_id: uuid.UUID) -> Program:
    """Return a program that is known to be there."""
    return session.get_one(Program, program_id)


def open_ones(session: Session) -> Sequence[Program]:
    """Return the programs in which people may register themselves, by name."""
    return session.scalars(
        select(Program).where(Program.registration_open).order_by(Program.name)
    ).all()


def change(session: Session, program: Program, actor: str, **settings: object) -> None:
    """Change how a program's front page and door are set."""
    changed = [name for name, value in settings.items() if getattr(program, name) != value]
    for name, value in settings.items():
        setattr(program, name, value)
    audit.record(session, actor, "program changed", program_id=program.id, settings=changed)


def read_domains(text: str) -> list[str]:
    """Return the email domains that a text lists, by commas, spaces or lines. Raises `Invalid`."""
    found = [
        word.lower().removeprefix("@").strip(".") for word in re.split(r"[\s,;]+", text) if word
    ]
    for domain in found:
        if not re.fullmatch(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", domain):
            raise Invalid(
                _(
                    "%(domain)s is not a domain; write one such as med.example.edu",
                    domain=quote(domain),
                )
            )
    if len(found) > 100:
        raise Invalid(_("%(found)s domains; the limit is 100", found=len(found)))
    return list(dict.fromkeys(found))


def add_coordinator(session: Session, program: Program, address: str) -> Person:
    """Let the person with this address run the program; doing so twice changes nothing."""
    try:
        address = addresses.read_address(address)
    except Invalid as error:
        raise Invalid(f"{address!r} {error}") from None
    person = persons.know(session, address, full_name=address.split("@")[0])
    if person.id not in {c.person_id for c in coordinators(session, program.id)}:
        at = database.now(session)
        session.add(Coordinator(program_id=program.id, person_id=person.id, created_at=at))
        session.flush()
        audit.record(
            session, "command", "coordinator added", program_id=program.id, subject_id=person.id
        )
    return person


def coordinators(session: Session, program_id: uuid.UUID) -> Sequence[Coordinator]:
    """Return who runs a program, the first one first."""
    return session.scalars(
        select(Coordinator)
        .where(Coordinator.program_id == program_id)
        .options(joinedload(Coordinator.person))
        .order_by(Coordinator.created_at, Coordinator.id)
    ).all()


def coordinated_by(session: Session, person_id: uuid.UUID) -> Sequence[Program]:
    """Return the programs that a person runs, by name."""
    return session.scalars(
        select(Program)
        .join(Coordinator, Coordinator.program_id == Program.id)
        .where(Coordinator.person_id == person_id)
        .order_by(Program.name)
    ).all()

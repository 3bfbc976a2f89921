"""Programs, and who coordinates them."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import re
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

import matching.policy
from matching.profiles import normal_forms
from matching.profiles.columns import MOST_WANTED, quote
from mentorship import audit, database
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import Coordinator, Fill, Introduction, Person, Program
from mentorship.people import addresses, persons
from mentorship.programs import policies

#: The most characters of a program's texts, and the most email domains.
LONGEST = {"name": 200, "organizer": 200, "about": 5000}
MOST_DOMAINS = 100
#: The years in which a round can be.
YEARS = range(2000, 2101)
LONGEST_DOMAIN = 253

#: Pages of their own stand at these addresses.
_RESERVED = frozenset({"new"})
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


#: The longest that an unmatched person may go without being told so again.
MOST_DAYS = 365


@dataclass(frozen=True)
class Settings:
    """How a program presents itself, who can join it, and how people meet.

    Raises `Invalid` with the fields that cannot be used; what is made can be kept.
    """

    name: str
    organizer: str = ""
    about: str = ""
    next_round_on: datetime.date | None = None
    registration_open: bool = True
    shows_contact: bool = False
    email_domains: tuple[str, ...] = ()
    approve_mentors: bool = True
    introduction: Introduction = Introduction.AT_ONCE
    most_mentors: int = 1
    fill: Fill = Fill.FIRST
    may_override: bool = False
    days_between_results: int = 0

    def __post_init__(self) -> None:
        problems = {
            name: _("at most %(most)s characters", most=most)
            for name, most in LONGEST.items()
            if len(getattr(self, name)) > most
        }
        if not self.name.strip() or len(self.name) > LONGEST["name"] or not self.name.isprintable():
            problems["name"] = _("the name must have 1 to 200 characters on one line")
        if self.next_round_on and self.next_round_on.year not in YEARS:
            problems["next_round_on"] = _(
                "choose a day from %(first)s to %(last)s", first=YEARS[0], last=YEARS[-1]
            )
        if len(self.email_domains) > MOST_DOMAINS:
            problems["email_domains"] = _(
                "%(count)s domains; the limit is %(most)s",
                count=len(self.email_domains),
                most=MOST_DOMAINS,
            )
        elif wrong := [each for each in self.email_domains if not _is_domain(each)]:
            problems["email_domains"] = _(
                "%(domain)s is not a domain; enter one like med.example.edu",
                domain=quote(wrong[0]),
            )
        if self.most_mentors not in range(1, MOST_WANTED + 1):
            problems["most_mentors"] = _("choose a number from 1 to %(most)s", most=MOST_WANTED)
        if self.days_between_results not in range(MOST_DAYS + 1):
            problems["days_between_results"] = _(
                "choose a number from 0 to %(most)s", most=MOST_DAYS
            )
        if problems:
            raise Invalid("; ".join(problems.values()), fields=problems)


def _is_domain(text: str) -> bool:
    return len(text) <= LONGEST_DOMAIN and _DOMAIN.fullmatch(text) is not None


def add(session: Session, slug: str, settings: Settings, actor: str = "command") -> Program:
    """Return a new program, with the default policy as its first version.

    Raises `Invalid` for a short name that cannot be used or is taken.
    """
    if not _SLUG.fullmatch(slug) or len(slug) > 64 or slug in _RESERVED:
        raise Invalid(
            _(
                "%(slug)s is not a short name; use lowercase letters, digits, and hyphens",
                slug=repr(slug),
            )
        )
    program = Program(slug=slug, created_at=database.now(session), **_columns(settings))
    session.add(program)
    try:
        session.flush()
    except IntegrityError:
        raise Invalid(_("there is already a program %(slug)s", slug=slug)) from None
    policies.adopt(session, program, matching.policy.default())
    audit.record(session, actor, "program added", program_id=program.id)
    return program


def free_slug(session: Session, name: str) -> str:
    """Return a short name for a program of this name that no program has yet."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:56].rstrip("-") or "program"
    taken = set(session.scalars(select(Program.slug).where(Program.slug.startswith(base))))
    numbered = (f"{base}-{number}" for number in itertools.count(2))
    free = itertools.chain([base], numbered)
    return next(slug for slug in free if slug not in taken | _RESERVED)


def get(session: Session, slug: str) -> Program:
    """Return a program by its short name. Raises `NotFound`."""
    program = session.scalar(select(Program).where(Program.slug == slug))
    if program is None:
        raise NotFound(
            _(
                "there is no program %(slug)s; `preceptor program add %(slug)s` creates it",
                slug=slug,
            )
        )
    return program


def by_id(session: Session, program_id: uuid.UUID) -> Program:
    """Return the program with this id, which must exist."""
    return session.get_one(Program, program_id)


def open_ones(session: Session) -> Sequence[Program]:
    """Return the programs that people can join by themselves, by name."""
    return session.scalars(
        select(Program).where(Program.registration_open).order_by(Program.name)
    ).all()


def change(session: Session, program: Program, actor: str, settings: Settings) -> None:
    """Set a program as `settings` say."""
    values = _columns(settings)
    changed = [name for name, value in values.items() if getattr(program, name) != value]
    for name, value in values.items():
        setattr(program, name, value)
    audit.record(session, actor, "program changed", program_id=program.id, settings=changed)


def read_domains(text: str) -> tuple[str, ...]:
    """Return the email domains in a text as addresses hold them, each once.

    Commas, spaces or lines separate them.
    """
    words = [word.removeprefix("@").strip(".") for word in re.split(r"[\s,;]+", text) if word]
    return tuple(dict.fromkeys(normal_forms.ascii_domain(word) for word in words))


def _columns(settings: Settings) -> dict[str, Any]:
    """Return settings as the columns of a program hold them."""
    return dataclasses.asdict(settings) | {"email_domains": list(settings.email_domains)}


def add_coordinator(
    session: Session, program: Program, address: str, actor: str = "command"
) -> Person:
    """Return the person with this address, who coordinates the program from now on.

    Doing so twice changes nothing. `accounts.coordinators` does it for people who may be signed in.
    Raises `Invalid` for an invalid address.
    """
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
            session, actor, "coordinator added", program_id=program.id, subject_id=person.id
        )
    return person


def remove_coordinator(session: Session, coordinator: Coordinator, actor: str) -> None:
    """Remove a coordinator from a program, which keeps at least one.

    Raises `WrongState` for the last one.
    """
    # Of two who are removed at once, the second waits here.
    program = session.get_one(Program, coordinator.program_id)
    session.refresh(program, with_for_update=True)
    if len(coordinators(session, program.id)) < 2:
        raise WrongState(_("this is the program's only coordinator; add another one first"))
    session.delete(coordinator)
    session.flush()
    audit.record(
        session, actor, "coordinator removed",
        program_id=program.id, subject_id=coordinator.person_id,
    )  # fmt: skip


def coordinators(session: Session, program_id: uuid.UUID) -> Sequence[Coordinator]:
    """Return the coordinators of a program, the earliest first."""
    return session.scalars(
        select(Coordinator)
        .where(Coordinator.program_id == program_id)
        .options(joinedload(Coordinator.person))
        .order_by(Coordinator.created_at, Coordinator.id)
    ).all()


def coordinated_by(session: Session, person_id: uuid.UUID) -> Sequence[Program]:
    """Return the programs that a person coordinates, by name."""
    return session.scalars(
        select(Program)
        .join(Coordinator, Coordinator.program_id == Program.id)
        .where(Coordinator.person_id == person_id)
        .order_by(Program.name)
    ).all()

"""What people want to hear beside what they asked for, and addresses that work after all."""

from __future__ import annotations

import datetime

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import links, outbox
from mentorship.accounts import sign_in_links
from mentorship.errors import Invalid
from mentorship.models import AuditEntry, Email, EmailKind, Person, Program, SignInLink
from mentorship.people import persons, preferences
from mentorship.reminders import timing
from mentorship.settings import Settings
from mentorship.states import EmailState

FIRST = datetime.date(2026, 7, 1)


@pytest.fixture
def person(session: Session, program: Program) -> Person:
    """Someone to whom one email of each sort is on its way."""
    pairing = factories.make_pairing(session, program)
    person = pairing.mentee.person
    for kind in (EmailKind.MENTEE_PULSE, EmailKind.INVITATION, EmailKind.NOT_THIS_TIME):
        outbox.owe(session, kind, to=person.id, about=pairing.id, program_id=program.id)
    session.flush()
    return person


def actions(session: Session, person: Person) -> list[str]:
    session.flush()
    mine = select(AuditEntry.action).where(AuditEntry.actor == str(person.id))
    return list(session.scalars(mine.order_by(AuditEntry.at)))


def wanted(session: Session) -> set[str]:
    """What would be sent of what waits."""
    session.flush()
    ready = session.scalars(select(Email).where(Email.state == EmailState.READY)).all()
    return {email.kind for email in ready if timing.still_wanted(session, email)}


def test_unsubscribing_leaves_results_alone_and_can_be_taken_back(
    session: Session, person: Person
) -> None:
    everything = {"mentee_pulse", "invitation", "not_this_time"}
    assert wanted(session) == everything

    preferences.unsubscribe(session, person)
    preferences.unsubscribe(session, person)

    assert not person.wants_reminders
    assert wanted(session) == {"not_this_time"}
    assert actions(session, person) == ["unsubscribed"]

    change(session, person)
    assert wanted(session) == everything


def change(session: Session, person: Person, **changes: object) -> None:
    wanted = {"wants_reminders": True, "quiet_from": None, "quiet_until": None} | changes
    preferences.change(session, person, **wanted)  # type: ignore[arg-type]


def test_preferences_are_kept_and_noted(session: Session, person: Person) -> None:
    until = FIRST + datetime.timedelta(days=26 * 7 - 1)
    change(session, person, quiet_from=FIRST, quiet_until=until)
    assert (person.quiet_from, person.quiet_until) == (FIRST, until)

    change(session, person, wants_reminders=False)
    assert (person.quiet_from, person.quiet_until) == (None, None)
    assert wanted(session) == {"not_this_time"}
    assert actions(session, person) == ["email preferences changed"] * 2


@pytest.mark.parametrize(
    ("days", "message"),
    [(-1, "swap them"), (26 * 7, "at most 26 weeks"), (None, "both the first and the last")],
)
def test_a_quiet_time_that_cannot_be_meant_is_refused(
    session: Session, person: Person, days: int | None, message: str
) -> None:
    until = None if days is None else FIRST + datetime.timedelta(days=days)
    with pytest.raises(Invalid, match=message):
        change(session, person, wants_reminders=False, quiet_from=FIRST, quiet_until=until)
    assert person.wants_reminders


def test_a_quiet_time_may_be_one_day(session: Session, person: Person) -> None:
    change(session, person, quiet_from=FIRST, quiet_until=FIRST)
    assert person.quiet_until == FIRST


@pytest.mark.parametrize("day", [datetime.date.min, datetime.date.max])
def test_quiet_days_that_no_calendar_means_are_refused(
    session: Session, person: Person, day: datetime.date
) -> None:
    with pytest.raises(Invalid, match="within two years"):
        preferences.change(session, person, wants_reminders=True, quiet_from=day, quiet_until=day)


def test_a_code_that_arrived_proves_that_the_address_works(
    session: Session, settings: Settings, person: Person
) -> None:
    persons.flag_address(session, person.id, "550 mailbox is full")
    session.refresh(person)
    assert person.address_problem_at is not None
    asked = sign_in_links.ask(session, person.email, settings, origin="::1", for_joining=False)
    sign_in_links.answer_requests(session)
    session.flush()
    assert sign_in_links.use_code(session, asked.browser, "WRONGWRO", "test") is None
    assert person.address_problem == "550 mailbox is full"

    link = session.scalars(select(SignInLink)).one()
    _, code = links.sign_in_secrets(link.id, settings)
    assert sign_in_links.use_code(session, asked.browser, code, "test") is not None

    session.refresh(person)
    assert (person.address_problem, person.address_problem_at) == (None, None)
    assert actions(session, person) == ["signed in", "address cleared"]


def test_a_link_that_was_printed_proves_nothing_of_the_address(
    session: Session, settings: Settings, person: Person
) -> None:
    persons.flag_address(session, person.id, "550 no such user")
    link = sign_in_links.make_link(session, person, settings)

    assert sign_in_links.use_link(session, link.rsplit("/", 1)[1], None, "test") is not None

    session.refresh(person)
    assert person.address_problem == "550 no such user"
    persons.clear_address(session, person, "a coordinator")
    assert person.address_problem is None

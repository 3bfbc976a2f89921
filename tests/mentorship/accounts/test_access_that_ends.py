"""Access that ends: whatever an address or a role gave is taken back when it is replaced."""

from __future__ import annotations

from collections.abc import Callable

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import links, outbox
from mentorship.accounts import coordinators, sessions, sign_in_links
from mentorship.delivery import claims, outcomes
from mentorship.delivery.refusals import Fault
from mentorship.emails import contents, messages
from mentorship.errors import NotFound, WrongState
from mentorship.models import Email, EmailKind, Person, Program, SignInLink
from mentorship.people import persons
from mentorship.programs import programs
from mentorship.settings import Settings
from mentorship.states import EmailState


def new_address(session: Session, program: Program, person: Person) -> None:
    persons.change_address(session, person.email, "new@example.org", "command")


def sign_out(session: Session, program: Program, person: Person) -> None:
    persons.end_access(session, person, "command")


def appoint(session: Session, program: Program, person: Person) -> None:
    coordinators.appoint(session, program, person.email, "command")


def dismiss(session: Session, program: Program, person: Person) -> None:
    programs.add_coordinator(session, program, person.email)
    coordinators.dismiss(session, program, person.id, "command")


ENDINGS = (new_address, sign_out, appoint, dismiss)


@pytest.fixture
def person(session: Session, program: Program) -> Person:
    return factories.make_mentee(session, program, email="old@example.org").person


def kinds_to(session: Session, address: str) -> set[EmailKind]:
    return {row.kind for row in session.scalars(select(Email)) if row.recipient == address}


@pytest.mark.parametrize("end", ENDINGS)
def test_sessions_requests_and_printed_links_end(
    session: Session, program: Program, person: Person, settings: Settings,
    end: Callable[[Session, Program, Person], None],
) -> None:  # fmt: skip
    cookie, _lives = sessions.begin(session, person, "before")
    browser = sign_in_links.ask(
        session, person.email, settings, origin="10.0.0.1", for_joining=False
    ).browser
    sign_in_links.answer_requests(session)
    asked = session.scalars(select(SignInLink)).one()
    secret, code = links.sign_in_secrets(asked.id, settings)
    printed = sign_in_links.make_link(session, person, settings).rpartition("/")[2]
    assert sessions.signed_in(session, cookie) is not None
    assert sign_in_links.find_link(session, printed) is not None

    end(session, program, person)

    assert sessions.signed_in(session, cookie) is None
    assert sessions.devices(session, person.id) == []
    assert sign_in_links.find_link(session, printed) is None
    assert sign_in_links.use_link(session, printed, None, "after") is None
    assert sign_in_links.use_link(session, secret, browser, "after") is None
    assert sign_in_links.use_code(session, browser, code, "after") is None
    email = session.scalars(select(Email).where(Email.kind == EmailKind.SIGN_IN)).one()
    with pytest.raises(contents.Outdated):
        messages.compose(session, email.id, settings)

    again, _lives = sessions.begin(session, person, "after")
    assert sessions.signed_in(session, again) is not None


def test_an_open_request_of_the_old_address_reaches_no_one(
    session: Session, person: Person, settings: Settings
) -> None:
    sign_in_links.ask(session, "old@example.org", settings, origin="10.0.0.1", for_joining=False)
    persons.change_address(session, "old@example.org", "new@example.org", "command")

    sign_in_links.answer_requests(session)

    assert EmailKind.SIGN_IN not in kinds_to(session, "old@example.org")
    assert EmailKind.SIGN_IN not in kinds_to(session, "new@example.org")


def test_both_addresses_are_told(session: Session, person: Person, settings: Settings) -> None:
    persons.change_address(session, "old@example.org", "new@example.org", "command")

    assert kinds_to(session, "old@example.org") == {EmailKind.ADDRESS_REPLACED}
    assert kinds_to(session, "new@example.org") == {EmailKind.ADDRESS_CHANGED}
    row = session.scalars(select(Email).where(Email.kind == EmailKind.ADDRESS_REPLACED)).one()
    message = messages.compose(session, row.id, settings)
    assert message.recipient == "old@example.org"
    for told in (b"new@example.org", b"preferences/", b"unsubscribe/"):
        assert told not in message.data, "a stranger may have the old mailbox"


def test_an_email_that_was_just_written_is_written_again(
    session: Session, person: Person, program: Program, settings: Settings
) -> None:
    outbox.owe(session, EmailKind.WELCOME, to=person.id, about=person.id, program_id=program.id)
    session.flush()
    row = session.scalars(select(Email)).one()
    claimed = claims.claim(session, row.id, settings)
    assert claimed is not None

    persons.change_address(session, "old@example.org", "new@example.org", "command")

    session.refresh(row)
    assert row.state is EmailState.READY
    assert not claims.submit(session, claimed, b"to the old address", "<1@x>", settings)


def test_an_old_address_that_refuses_mail_does_not_flag_the_new_one(
    session: Session, person: Person, settings: Settings
) -> None:
    persons.change_address(session, "old@example.org", "new@example.org", "command")
    row = session.scalars(select(Email).where(Email.kind == EmailKind.ADDRESS_REPLACED)).one()
    row.state = EmailState.CLAIMED
    row.lease_until = row.due_at
    session.flush()

    outcomes.refuse(session, row, "550 5.1.1 no such user", Fault.ADDRESS, settings)

    session.refresh(person)
    assert row.state is EmailState.FAILED
    assert person.address_problem is None


def test_the_same_address_in_other_letters_ends_nothing(session: Session, person: Person) -> None:
    cookie, _lives = sessions.begin(session, person, "before")

    persons.change_address(session, "old@example.org", "Old@Example.org", "command")

    assert sessions.signed_in(session, cookie) is not None
    assert session.scalars(select(Email)).all() == []


def test_someone_who_already_coordinates_is_not_signed_out(
    session: Session, program: Program
) -> None:
    person = programs.coordinators(session, program.id)[0].person
    cookie, _lives = sessions.begin(session, person, "before")

    coordinators.appoint(session, program, person.email, "command")

    assert sessions.signed_in(session, cookie) is not None
    assert kinds_to(session, person.email) == set()


def test_a_program_keeps_a_coordinator_and_others_can_go_and_come_back(
    session: Session, program: Program, person: Person
) -> None:
    only = programs.coordinators(session, program.id)[0].person
    with pytest.raises(WrongState, match="only coordinator"):
        coordinators.dismiss(session, program, only.id, "command")
    with pytest.raises(NotFound):
        coordinators.dismiss(session, program, person.id, "command")

    for _time in range(2):
        coordinators.appoint(session, program, person.email, str(only.id))
        coordinators.dismiss(session, program, person.id, str(only.id))

    assert [each.person_id for each in programs.coordinators(session, program.id)] == [only.id]
    told = session.scalars(select(Email).where(Email.person_id == person.id)).all()
    assert sorted(row.kind for row in told) == [
        EmailKind.COORDINATOR_ADDED, EmailKind.COORDINATOR_ADDED,
        EmailKind.COORDINATOR_REMOVED, EmailKind.COORDINATOR_REMOVED,
    ]  # fmt: skip


def test_a_sign_in_email_that_is_not_written_yet_is_not_sent_after_access_ended(
    session: Session, person: Person, settings: Settings
) -> None:
    link = sign_in_links.make_link(session, person, settings)
    row = session.scalars(select(SignInLink)).one()
    outbox.owe(session, EmailKind.SIGN_IN, to=person.id, about=row.id, program_id=None)
    persons.end_access(session, person, "command")
    session.flush()

    email = session.scalars(select(Email).where(Email.kind == EmailKind.SIGN_IN)).one()
    with pytest.raises(contents.Outdated):
        messages.compose(session, email.id, settings)
    assert link

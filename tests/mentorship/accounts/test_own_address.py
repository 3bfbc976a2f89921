"""A person's change of their own address: asked for, confirmed by both mailboxes, told to both."""

from __future__ import annotations

import datetime

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.accounts import own_address
from mentorship.delivery import claims
from mentorship.emails import contents, messages
from mentorship.errors import Gone, Invalid
from mentorship.models import Email, EmailKind, Person, Program
from mentorship.people import persons
from mentorship.settings import Settings
from mentorship.states import EmailState

NEW = "new@example.org"


@pytest.fixture
def person(session: Session, program: Program) -> Person:
    return factories.make_mentee(session, program, email="old@example.org").person


def requests(session: Session, person: Person) -> list[Email]:
    """The emails with a link that this person asked for, the oldest first."""
    asked = Email.kind == EmailKind.ADDRESS_CONFIRMATION, Email.person_id == person.id
    return list(session.scalars(select(Email).where(*asked).order_by(Email.number)))


def kinds_to(session: Session, address: str) -> set[EmailKind]:
    return {row.kind for row in session.scalars(select(Email)) if row.recipient == address}


def test_nothing_changes_until_the_link_in_the_new_mailbox_is_used(
    session: Session, person: Person, settings: Settings
) -> None:
    assert own_address.ask(session, person.id, f"  Ana <{NEW}> ") == NEW

    (row,) = requests(session, person)
    assert (person.email, row.recipient) == ("old@example.org", NEW)
    assert kinds_to(session, "old@example.org") == set()
    message = messages.compose(session, row.id, settings)
    assert message.recipient == NEW
    for told in (b"old@example.org", person.called.encode(), b"preferences/", b"unsubscribe/"):
        assert told not in message.data, "the mailbox may be a stranger's"

    changed = own_address.confirm(session, person.id, row.id)

    assert changed.email == NEW
    assert kinds_to(session, "old@example.org") == {EmailKind.ADDRESS_REPLACED}
    assert EmailKind.ADDRESS_CHANGED in kinds_to(session, NEW)
    with pytest.raises(Invalid, match="you already have this address"):
        own_address.ask(session, person.id, NEW.upper())


def test_only_the_newest_request_counts(
    session: Session, person: Person, settings: Settings
) -> None:
    own_address.ask(session, person.id, "wrong@example.org")
    own_address.ask(session, person.id, NEW)

    first, second = requests(session, person)
    assert first.state is EmailState.SUPERSEDED
    with pytest.raises(contents.Outdated):
        messages.compose(session, first.id, settings)
    with pytest.raises(Gone, match="asked for another address since"):
        own_address.confirm(session, person.id, first.id)
    assert own_address.wanted(session, person.id, second.id) == NEW


def test_a_request_lasts_for_a_day_and_is_its_persons_alone(
    session: Session, program: Program, person: Person
) -> None:
    own_address.ask(session, person.id, NEW)
    (row,) = requests(session, person)
    other = factories.make_mentee(session, program).person
    with pytest.raises(Gone):
        own_address.confirm(session, other.id, row.id)

    row.created_at -= own_address.LIVES + datetime.timedelta(seconds=1)
    session.flush()

    with pytest.raises(Gone):
        own_address.confirm(session, person.id, row.id)
    assert person.email == "old@example.org"


def test_an_address_of_someone_else_is_told_to_its_owner_alone(
    session: Session, program: Program, person: Person
) -> None:
    """Asking does not tell whether an address is known; opening the link there does."""
    taken = factories.make_mentee(session, program, email="taken@example.org").person

    assert own_address.ask(session, person.id, taken.email) == taken.email
    (row,) = requests(session, person)
    with pytest.raises(Invalid, match="belongs to someone else"):
        own_address.confirm(session, person.id, row.id)
    assert person.email == "old@example.org"


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "раураl@example.org", "x" * 400])
def test_what_is_no_address_is_refused_beside_the_field(
    session: Session, person: Person, typed: str
) -> None:
    with pytest.raises(Invalid) as refused:
        own_address.ask(session, person.id, typed)

    assert set(refused.value.fields) == {"email"}
    assert requests(session, person) == []


def test_no_one_is_sent_many_of_these(session: Session, program: Program, person: Person) -> None:
    for number in range(own_address.MOST_EMAILS):
        own_address.ask(session, person.id, f"a{number}@example.org")
    with pytest.raises(Invalid, match="too many emails were requested today"):
        own_address.ask(session, person.id, "another@example.org")

    victim = "victim@example.org"
    for _number in range(own_address.MOST_EMAILS):
        own_address.ask(session, factories.make_mentee(session, program).person.id, victim)
    late = factories.make_mentee(session, program).person
    with pytest.raises(Invalid, match="too many emails were requested today"):
        own_address.ask(session, late.id, "Victim@example.org")

    for row in session.scalars(select(Email)):
        row.created_at -= own_address.LIVES
    session.flush()
    assert own_address.ask(session, late.id, victim) == victim


def test_signing_out_everywhere_ends_a_request(
    session: Session, person: Person, settings: Settings
) -> None:
    """Someone with a lost device could have asked for it."""
    own_address.ask(session, person.id, NEW)

    persons.end_access(session, person, "test")

    (row,) = requests(session, person)
    session.refresh(row)
    assert row.state is EmailState.SUPERSEDED
    assert claims.claim(session, row.id, settings) is None

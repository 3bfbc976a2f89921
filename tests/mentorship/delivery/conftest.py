"""Emails that are owed, a relay to deliver them to, and senders that are connected to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import encryption
import factories
import pytest
import servers
from deliveries import owe_one
from patience import patient
from sqlalchemy import Engine, select

from mentorship import database, outbox
from mentorship.delivery.smtp import SMTPSender
from mentorship.models import Email, EmailKind, Person
from mentorship.settings import Settings


@pytest.fixture
def settings(settings: Settings, relay: servers.Relay) -> Settings:
    return settings.replace(smtp_url=relay.url)


@pytest.fixture
def sender(settings: Settings) -> Iterator[SMTPSender]:
    sender = SMTPSender(settings)
    yield sender
    sender.close()


@pytest.fixture
def owe(engine: Engine) -> Callable[..., list[Email]]:
    """Welcome emails that are owed to people with these addresses."""

    def write(*addresses: str) -> list[Email]:
        with database.transaction(engine) as session:
            program = factories.make_program(session)
            for address in addresses:
                profile = factories.make_mentee(session, program, email=address)
                person_id = profile.person_id
                outbox.owe(
                    session,
                    EmailKind.WELCOME,
                    to=person_id,
                    about=profile.id,
                    program_id=program.id,
                )
            session.flush()
            return list(session.scalars(select(Email).join(Email.person).order_by(Person.email)))

    return write


@pytest.fixture
def make_sender() -> Iterator[Callable[..., SMTPSender]]:
    """A maker of senders, which are closed at the end."""
    made: list[SMTPSender] = []

    def make(url: str, **changes: object) -> SMTPSender:
        settings = Settings(smtp_url=url, smtp_seconds=patient(10), smtp_final_seconds=patient(10))
        made.append(SMTPSender(settings.replace(**changes)))
        return made[-1]

    yield make
    for sender in made:
        sender.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> encryption.Certificate:
    if shutil.which("openssl") is None:
        servers.missing("openssl", "apt-get install openssl")
    return encryption.Certificate(tmp_path_factory.mktemp("relay"), "relay")


@pytest.fixture(scope="module")
def stranger(certificate: encryption.Certificate) -> Path:
    """The file of an authority that signed nothing of ours."""
    return encryption.Certificate(certificate.file.parent, "stranger").file


@pytest.fixture
def email(engine: Engine) -> Email:
    """An honest "not this time" that is owed to a mentee."""
    with database.transaction(engine) as session:
        return owe_one(session, "ana@example.org")

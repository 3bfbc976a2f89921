"""A round through Postfix and Dovecot: encrypted, with a login, refusals, and reports over IMAP."""

from __future__ import annotations

import contextlib
import email
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mail_servers import DOMAIN, MailServers
from patience import patient, wait_until
from services import RunningService
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import outbox
from mentorship.models import Email, EmailKind, MailboxHealth, Person, Program, Relay
from mentorship.programs import programs
from mentorship.states import EmailState

PLAIN = ("ana", "ben", "cem", "dora")
REFUSALS = {
    "nosuch": "550 5.1.1 no such user",
    "barred": "554 5.7.1 this mailbox takes nothing from outside",
}
HEADER = "{role}_id,full_name,email,career_stage,timezone,languages{more}\n"


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServers]:
    users = [*PLAIN, "mentor1", "mentor2", "mentoring", "bounces"]
    with MailServers(users, ["full"], REFUSALS) as servers:
        yield servers


@contextlib.contextmanager
def serving(mail: MailServers, folder: Path) -> Iterator[RunningService]:
    """A service on SQLite that sends and hears through them."""
    quick = {"CHORE_SECONDS": "1", "MAIL_DELAYS": "2", "RELAY_PAUSE_SECONDS": "1"}
    steps = {name: str(patient(30)) for name in ("SMTP_SECONDS", "SMTP_FINAL_SECONDS")}
    running = RunningService(folder, None, **mail.settings, **quick, **steps)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def service(mail: MailServers, tmp_path: Path) -> Iterator[RunningService]:
    """A service that knows no one yet."""
    with serving(mail, tmp_path) as service:
        yield service


@pytest.fixture(scope="module")
def shared_service(
    mail: MailServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """A service for tests that leave it with a relay that takes everything."""
    with serving(mail, tmp_path_factory.mktemp("service")) as service:
        yield service


def people(service: RunningService, slug: str) -> None:
    service.run("program", "add", slug, "--name", "Harbor Mentoring")
    names = (*PLAIN, "full", "gone", "nosuch", "barred")
    rows = {
        "mentee": [f"{name},{name.title()},{name}@{DOMAIN},resident,Europe/London,en"
                   for name in names],
        "mentor": [f"{name},{name.title()},{name}@{DOMAIN},consultant,Europe/London,en,6"
                   for name in ("mentor1", "mentor2")],
    }  # fmt: skip
    for role, lines in rows.items():
        header = HEADER.format(role=role, more=",capacity" if role == "mentor" else "")
        file = service.folder / f"{role}s.csv"
        file.write_text(header + "\n".join(lines) + "\n")
        service.run("import", str(file), "--as", role, "--program", slug, "--consented", "a test")


def states(service: RunningService, slug: str) -> dict[str, tuple[str, bool]]:
    """The state of each person's email about the round, and whether it came back."""
    rows = (
        select(Person.email, Email.state, Email.came_back_at)
        .join(Email, Email.person_id == Person.id)
        .join(Program, Email.program_id == Program.id)
        .where(Program.slug == slug)
        .where(Email.kind != EmailKind.ENROLLED)
    )
    return {
        address.partition("@")[0]: (state.value, came_back_at is not None)
        for address, state, came_back_at in service.ask(lambda s: s.execute(rows).all())
    }


def told_states(service: RunningService, slug: str) -> dict[str, tuple[str, bool]]:
    """The same, as the command line tells it."""
    return {
        row["to"].partition("@")[0]: (row["state"], row["came_back_at"] is not None)
        for row in service.run("emails", "--program", slug)["emails"]
        if row["kind"] != "enrolled"
    }


def flagged(service: RunningService) -> set[str]:
    query = select(Person.email).where(Person.address_problem.is_not(None))
    return {address.partition("@")[0] for address in service.ask(lambda s: list(s.scalars(query)))}


def copies(mail: MailServers) -> Counter[str]:
    """How often each Message-ID was delivered to those who have a mailbox."""
    users = (*PLAIN, "mentor1", "mentor2")
    found = [email.message_from_bytes(data) for user in users for data in mail.delivered(user)]
    return Counter(str(message["Message-ID"]) for message in found)


def test_a_round_through_postfix_and_dovecot(service: RunningService, mail: MailServers) -> None:
    finding = _mail_finding(service)
    assert finding["ok"], finding
    assert f"bounces@{DOMAIN}" in finding["seen"]
    slug = "harbor"
    people(service, slug)

    round_id = str(service.run("round", "start", "--program", slug, "--wait")["id"])
    service.run("round", "publish", "--held", round_id)
    came = dict.fromkeys((*PLAIN, "mentor1", "mentor2"), ("sent", False))
    came |= {"full": ("sent", True), "gone": ("sent", True)}
    came |= {"nosuch": ("failed", False), "barred": ("failed", False)}
    wait_until("the round and its reports", lambda: states(service, slug) == came)

    assert told_states(service, slug) == came
    assert flagged(service) == {"gone", "nosuch"}, "only where the address is at fault"
    # One says that they are on the list, one whom they were matched with.
    wait_until("one copy of each", lambda: list(copies(mail).values()) == [1] * 2 * 6)
    health = service.ask(lambda session: session.scalars(select(MailboxHealth)).one())
    assert (health.failing_since, health.not_understood) == (None, 0)
    for message in (email.message_from_bytes(data) for data in mail.delivered("ana")):
        assert re.fullmatch(rf"<bounces\+[a-z2-7]{{42}}@{DOMAIN}>", str(message["Return-Path"]))
        assert any(f"site.{DOMAIN}" in line for line in message.get_all("Received", []))
    # The set-up of docs/operations.md.
    assert len(list((mail.journal / "new").iterdir())) == 2 * 8

    # A relay that no longer lets us send in this name, as Postfix says it: for each recipient.
    mail.configure(
        smtpd_sender_login_maps=f"inline:{{bounces@{DOMAIN}=someone@{DOMAIN}}}",
        smtpd_sender_restrictions="reject_sender_login_mismatch",
    )
    for row in service.ask(lambda s: list(s.scalars(select(Email)))):
        if row.state == "sent" and row.came_back_at is None and row.program_id is not None:
            _send_again(service, row)
    relay = wait_until("a relay that is paused", lambda: _paused(service))
    assert "not owned by user" in relay.reason
    assert flagged(service) == {"gone", "nosuch"}
    assert "MAIL_RETURN_PATH" in _mail_finding(service)["fix"]
    assert Counter(state for state, _ in states(service, slug).values())["failed"] == 2

    mail.configure(smtpd_sender_restrictions="")
    wait_until("the round and its reports", lambda: states(service, slug) == came)
    # A coordinator sent all of them again.
    wait_until("a second copy of each", lambda: list(copies(mail).values()) == [2] * 2 * 6)


@pytest.mark.parametrize(
    ("refuse", "take", "words", "fix"),
    [
        (
            {"smtpd_helo_restrictions": f"check_helo_access inline:{{site.{DOMAIN}=REJECT}}"},
            {"smtpd_helo_restrictions": ""}, "Helo command rejected", "SMTP_HELO",
        ),
        (
            {"smtpd_client_restrictions": "check_client_access inline:{127.0.0.1=REJECT}"},
            {"smtpd_client_restrictions": ""}, "Client host rejected", "allow this machine",
        ),
        (
            {"header_checks": "regexp:{{/^Subject:/ REJECT this looks like spam}}"},
            {"header_checks": ""}, "this looks like spam", "",
        ),
        (
            {"message_size_limit": "3000"}, {"message_size_limit": "10240000"},
            "file too big", "",
        ),
    ],
    ids=["name", "machine", "words", "size"],
)  # fmt: skip
def test_a_refusal_that_is_not_about_the_recipient_marks_no_one_and_is_made_up_for(
    shared_service: RunningService, mail: MailServers, refuse: dict[str, str],
    take: dict[str, str], words: str, fix: str,
) -> None:  # fmt: skip
    """Postfix says those of name and machine for each recipient, the others after the text."""
    service, before, slug = shared_service, copies(mail), f"refused-by-{words.split()[0].lower()}"
    wait_until("a relay that works", lambda: _paused(service) is None)
    service.run("program", "add", slug, "--name", "Harbor Mentoring")
    mail.configure(**refuse)
    file = service.folder / "mentees.csv"
    lines = (f"{name},{name},{name}@{DOMAIN},resident,Europe/London,en\n" for name in PLAIN)
    file.write_text(HEADER.format(role="mentee", more="") + "".join(lines))
    service.run("import", str(file), "--as", "mentee", "--program", slug, "--consented", "a test")
    relay = wait_until("a relay that is paused", lambda: _paused(service))

    assert words in relay.reason
    failed = [row for row in service.outbox(slug) if row.state == EmailState.FAILED]
    # What is said of a text may be about this one, until it is said three times.
    assert len(failed) == (0 if fix else 2)
    assert fix in _mail_finding(service).get("fix", "")
    assert flagged(service) == set()

    mail.configure(**take)
    for cause in {row.failure for row in failed}:
        service.act(lambda session, cause=cause: _send_alike_again(session, slug, cause))
    wait_until("the others", lambda: service.all_sent(slug))
    wait_until("one copy of each", lambda: list((copies(mail) - before).values()) == [1] * 4)
    assert flagged(service) == set()


def _send_alike_again(session: Session, slug: str, cause: str) -> None:
    program = programs.get(session, slug)
    outbox.resend_alike(session, program.id, cause, "x", "the relay was corrected")


def _mail_finding(service: RunningService) -> dict[str, Any]:
    found = json.loads(service.command("doctor", "--json").stdout)["findings"]
    return next(finding for finding in found if finding["check"] == "mail")


def _paused(service: RunningService) -> Relay | None:
    """Return the relay while it is paused."""
    paused = select(Relay).where(Relay.down_since.is_not(None))
    return service.ask(lambda session: session.scalars(paused).one_or_none())


def _send_again(service: RunningService, row: Email) -> None:

    service.act(
        lambda session: outbox.resend(session, session.get_one(Email, row.id), "x", "once more")
    )

"""Bounces: what is noted of them, and the mailbox that they come to."""

from __future__ import annotations

from pathlib import Path

import factories
import pytest
from bounce_reports import EXIM, ORIGINAL, OURS, POSTFIX, report
from sqlalchemy import Engine, select, update

from mentorship import database, outbox
from mentorship.delivery import bounces, claims, outcomes, return_paths
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.delivery.reports import Failure
from mentorship.errors import Unavailable
from mentorship.models import Email, EmailEvent, EmailKind, MailboxHealth, Person
from mentorship.settings import Settings


@pytest.fixture
def sent(engine: Engine) -> Email:
    """An email that was sent to Ana."""
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        mentee = factories.make_mentee(session, program, email="Ana@example.org")
        outbox.owe(
            session, EmailKind.WELCOME, to=mentee.person_id, about=mentee.id, program_id=program.id
        )
        session.flush()
        session.execute(update(Email).values(message_id=OURS))
        return session.scalars(select(Email).where(Email.message_id == OURS)).one()


def flagged(engine: Engine) -> dict[str, str]:
    """The addresses that are flagged, and why."""
    with database.reading(engine) as session:
        found = session.scalars(select(Person).where(Person.address_problem.is_not(None)))
        return {
            person.email: str(person.address_problem)
            for person in found
            if person.address_problem_at is not None
        }


def ledger(engine: Engine) -> list[tuple[str, str]]:
    with database.reading(engine) as session:
        return [(event.kind.value, event.words) for event in session.scalars(select(EmailEvent))]


def note(engine: Engine, to: Email | None = None, **changes: str | None) -> bool:
    """Note a failure, from a report to the own return path of an email if that is given."""
    values = {"message_id": OURS, "recipient": "ana@example.org", "status": "5.1.1", "words": "no"}
    failure = Failure(**(values | changes))  # type: ignore[arg-type]
    with database.transaction(engine) as session:
        return bounces.note(session, failure, to.id if to else None)


def came_back(engine: Engine) -> list[str | None]:
    """Why emails came back."""
    with database.reading(engine) as session:
        return list(session.scalars(select(Email.failure).where(Email.came_back_at.is_not(None))))


def test_a_bounce_to_its_own_return_path_flags_the_address_and_is_noted_once(
    engine: Engine, sent: Email
) -> None:
    assert note(engine, sent)
    assert not note(engine, sent), "the same report came again"
    assert flagged(engine) == {"Ana@example.org": "5.1.1 no"}
    assert ledger(engine) == [("bounced", "5.1.1 no")]
    assert came_back(engine) == ["came back, 5.1.1"]


@pytest.mark.parametrize(
    ("status", "words"),
    [("4.4.7", "expired"), ("5.7.26", "unauthenticated"), ("5.2.2", "full"), ("5.0.0", "x")],
)
def test_a_bounce_that_is_not_the_addresses_fault_is_listed_and_flags_no_one(
    engine: Engine, sent: Email, status: str, words: str
) -> None:
    assert note(engine, sent, status=status, words=words)
    assert flagged(engine) == {}
    assert ledger(engine) == [("bounced", f"{status} {words}")]
    assert came_back(engine) == [f"came back, {status}"]


def submit(engine: Engine, email: Email, settings: Settings) -> Email:
    with database.transaction(engine) as session:
        claimed = claims.claim(session, email.id, settings)
    assert claimed is not None
    with database.transaction(engine) as session:
        assert claims.submit(session, claimed, b"text", OURS, settings)
    return claimed


def test_a_report_that_is_quicker_than_the_outcome_is_not_lost(
    engine: Engine, sent: Email, settings: Settings
) -> None:
    claimed = submit(engine, sent, settings)
    assert note(engine, sent)
    with database.transaction(engine) as session:
        outcomes.sent(session, claimed, "250 OK")

    assert list(flagged(engine)) == ["Ana@example.org"]
    assert came_back(engine) == ["came back, 5.1.1"]
    with database.transaction(engine) as session:
        outbox.resend(session, session.get_one(Email, sent.id), "somebody", "there is room again")
    again = submit(engine, sent, settings)
    with database.transaction(engine) as session:
        outcomes.sent(session, again, "250 OK")
    assert (flagged(engine), came_back(engine)) == ({}, [])


def test_a_report_that_anyone_could_have_written_is_listed_and_flags_no_one(
    engine: Engine, sent: Email
) -> None:
    assert note(engine, words="550 5.1.1 Confirm the new address at https://evil.example")
    assert flagged(engine) == {}
    assert came_back(engine) == ["came back, 5.1.1"], "no words of a stranger"


def test_a_report_about_where_an_email_was_forwarded_to_flags_no_one(
    engine: Engine, sent: Email
) -> None:
    assert note(engine, sent, recipient="ana@elsewhere.example")
    assert flagged(engine) == {}
    assert came_back(engine) == ["came back, 5.1.1"]


@pytest.mark.parametrize("recipient", ["ANA@EXAMPLE.ORG", "ana@Example.org", "ana+40example.org"])
def test_the_reader_is_recognized_however_the_address_is_written(
    engine: Engine, sent: Email, recipient: str
) -> None:
    assert note(engine, sent, recipient=recipient)
    assert list(flagged(engine)) == ["Ana@example.org"]


@pytest.mark.parametrize(
    "changes",
    [{"message_id": "<other@example.org>"}, {"message_id": None}, {"recipient": "ben@example.org"}],
)
def test_a_forged_report_does_nothing(
    engine: Engine, sent: Email, changes: dict[str, str | None]
) -> None:
    assert not note(engine, **changes)
    assert flagged(engine) == {}
    assert ledger(engine) == []


@pytest.fixture
def box(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a Maildir for what comes back."""
    for part in ("new", "cur"):
        (tmp_path / part).mkdir()
    return settings.replace(
        bounces_url=f"maildir://{tmp_path}", mail_return_path="bounces@mentoring.example.org"
    )


def drop(settings: Settings, name: str, data: bytes) -> None:
    folder = Path(settings.bounces_url.removeprefix("maildir://"))
    (folder / "new" / name).write_bytes(data)


def own_path(email: Email, settings: Settings) -> bytes:
    return return_paths.of_email(email.id, settings)[0].encode()


def health(engine: Engine) -> tuple[bool, str, int]:
    """Whether the mailbox fails, why, and how many reports in it were not understood."""
    with database.reading(engine) as session:
        found = session.scalars(select(MailboxHealth)).one()
        return found.failing_since is not None, found.reason, found.not_understood


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_a_report_to_the_own_return_path_of_an_email_is_believed(
    engine: Engine, sent: Email, box: Settings, header: str
) -> None:
    mailbox = BounceMailbox(box)
    plain = report(EXIM, ORIGINAL)
    marked = header.encode() + b": <" + own_path(sent, box).upper() + b">\r\n"
    drop(box, "1", marked + plain.replace(OURS.encode(), b"<lost@x.org>"))

    assert bounces.run(engine, mailbox, box) == 1
    assert list(flagged(engine)) == ["Ana@example.org"]
    assert health(engine) == (False, "", 0)


def test_a_mark_that_this_service_did_not_make_proves_nothing(
    engine: Engine, sent: Email, box: Settings
) -> None:
    own = own_path(sent, box)
    other = own_path(sent, box.replace(secret_key="k" * 40))
    assert other != own
    for number, path in enumerate((other, own[:20] + b"aaaa" + own[24:], b"x" + own, own + b".x")):
        drop(box, str(number), b"Delivered-To: " + path + b"\r\n" + report(EXIM, ORIGINAL))
    # What a report quotes is not where it went to.
    drop(box, "9", report(POSTFIX, "Return-Path: <" + own.decode() + ">\n" + ORIGINAL))

    assert bounces.run(engine, BounceMailbox(box), box) == 2, "the same words are noted once"
    assert flagged(engine) == {}


def test_what_is_not_understood_stays_unread_and_is_counted(
    engine: Engine, sent: Email, box: Settings
) -> None:
    drop(box, "1", report(POSTFIX.replace("Action: failed", "Action: ?"), ORIGINAL))
    drop(box, "2", b"From: MAILER-DAEMON@x.org\r\nSubject: oh\r\n\r\nSomething went wrong.")
    drop(box, "3", report(EXIM, "", kind="a/b"))
    drop(box, "4", b"Return-Path: <>\r\nFrom: ana@example.org\r\n\r\nWhat is this?")
    drop(box, "5", b"Return-Path: <>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.")
    drop(box, "6", b"From: ana@example.org\r\nSubject: Re: your mentor\r\n\r\nThank you!")
    drop(box, "7", report(POSTFIX.replace("failed", "delayed"), ORIGINAL))
    mailbox = BounceMailbox(box)

    for _ in range(2):
        assert bounces.run(engine, mailbox, box) == 0
        assert health(engine) == (False, "", 4)
    assert mailbox.count() == 4


def test_a_mailbox_that_fails_is_noted_until_it_works(engine: Engine, box: Settings) -> None:
    gone = BounceMailbox(box.replace(bounces_url=f"{box.bounces_url}/none"))
    for _ in range(2):
        with pytest.raises(Unavailable):
            bounces.run(engine, gone, box)
        fails, reason, _ = health(engine)
        assert fails
        assert "No such file" in reason

    assert bounces.run(engine, BounceMailbox(box), box) == 0
    assert health(engine) == (False, "", 0)
    assert bounces.run(engine, BounceMailbox(Settings()), box) == 0, "there is none to read"


def test_a_mailbox_is_read_to_its_end_whatever_is_in_it(
    engine: Engine, sent: Email, box: Settings, tmp_path: Path
) -> None:
    own = b"Delivered-To: " + own_path(sent, box) + b"\r\n"
    drop(box, "1", own + report(POSTFIX, ORIGINAL))
    drop(box, "2", b"Subject: away\r\n\r\nI am on leave.")
    (tmp_path / "cur" / "3:2,F").write_bytes(own + report(EXIM, ORIGINAL))
    mailbox = BounceMailbox(box)

    assert bounces.run(engine, mailbox, box) == 2
    assert bounces.run(engine, mailbox, box) == 0

    assert len(ledger(engine)) == 2
    assert flagged(engine) == {"Ana@example.org": "5.0.0 550 No such person at this address"}

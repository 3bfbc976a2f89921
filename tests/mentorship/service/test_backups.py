"""A backup that is put back sends nothing twice."""

from __future__ import annotations

import mailbox
import sqlite3
import stat
from pathlib import Path

import factories
import pytest
import servers
from sqlalchemy import Engine, delete, select, update

from mentorship import database, outbox
from mentorship.delivery import sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.errors import Invalid, Unavailable
from mentorship.models import Email, EmailKind, Pairing, Question, Trait
from mentorship.pairings import answers, expiry
from mentorship.reminders import schedule
from mentorship.service import backups
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState


@pytest.fixture(autouse=True)
def no_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """On whichever weekday the tests run."""
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", ())


def owe(engine: Engine, *addresses: str) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        for address in addresses:
            profile = factories.make_mentee(session, program, email=address)
            outbox.owe(
                session,
                EmailKind.WELCOME,
                to=profile.person_id,
                about=profile.id,
                program_id=program.id,
            )


def emails(engine: Engine) -> list[Email]:
    with database.reading(engine) as session:
        return list(session.scalars(select(Email).join(Email.person).order_by(Email.created_at)))


def test_without_a_journal_what_may_have_left_waits_for_someone_to_look(
    engine: Engine, settings: Settings, relay: servers.Relay
) -> None:
    settings = settings.replace(smtp_url=relay.url)
    owe(engine, "a@example.org", "b@example.org")
    first, second = emails(engine)
    sender = SMTPSender(settings)
    sending.deliver(engine, sender, first.id, settings)

    with database.transaction(engine) as session:
        assert backups.restored(session, settings) == 1
    sending.deliver(engine, sender, second.id, settings)

    assert [email.state for email in emails(engine)] == [EmailState.SENT, EmailState.FAILED]
    assert len(relay.taken) == 1
    assert emails(engine)[1].doubt_since is not None

    with database.transaction(engine) as session:
        outbox.resend(session, session.get_one(Email, second.id), "somebody", "they have nothing")
    sending.deliver(engine, sender, second.id, settings)
    assert len(relay.taken) == 2
    sender.close()


def test_with_a_journal_only_what_it_lacks_leaves(
    engine: Engine, settings: Settings, relay: servers.Relay, tmp_path: Path
) -> None:
    settings = settings.replace(smtp_url=relay.url, mail_journal=str(tmp_path / "journal"))
    owe(engine, "a@example.org", "b@example.org")
    sent_since, other = emails(engine)
    box = mailbox.Maildir(tmp_path / "journal", create=True)
    host = "localhost"
    box.add(f"Message-ID: <{sent_since.id}@{host}>\r\n\r\nThe backup does not know of it.\r\n")

    with database.transaction(engine) as session:
        assert backups.restored(session, settings) == 2
    sender = SMTPSender(settings)
    for email in (sent_since, other):
        sending.deliver(engine, sender, email.id, settings)
    sender.close()

    assert {email.state for email in emails(engine)} == {EmailState.SENT}
    assert [address for address, _ in relay.taken] == [
        address
        for address, email in zip(
            ("a@example.org", "b@example.org"), (sent_since, other), strict=True
        )
        if email is other
    ]


@pytest.mark.parametrize("has_journal", [False, True])
def test_reminders_that_may_have_left_since_are_not_owed_again(
    engine: Engine, settings: Settings, tmp_path: Path, has_journal: bool
) -> None:
    journal = str(tmp_path / "journal") if has_journal else ""
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        mentee = factories.make_mentee(session, program)
        factories.make_pairing(session, program, mentee=mentee, days=8)
        factories.make_pairing(
            session, program, PairingState.ASKED, mentee=mentee, days=8,
            mentor=factories.make_mentor(session, program, mentor_id="x", email="x@example.org"),
        )  # fmt: skip
    with database.transaction(engine) as session:
        backups.restored(session, settings.replace(mail_journal=journal))

    reminders = [email for email in emails(engine) if Trait.REMINDER in email.kind.traits]
    # One that may have left counts as one in 14 days, so no other can have left since.
    assert [email.kind for email in reminders if email.person_id == mentee.person_id] == [
        EmailKind.PAIRING_QUESTION_REMINDER
    ]
    assert {email.state for email in reminders} == {EmailState.FAILED}
    with database.transaction(engine) as session:
        assert schedule.owe_due(session) == 0


@pytest.mark.parametrize("has_journal", [False, True])
def test_what_answers_and_deadlines_owed_since_does_not_leave_again(
    engine: Engine, settings: Settings, tmp_path: Path, has_journal: bool
) -> None:
    journal = str(tmp_path / "journal") if has_journal else ""
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        silent = factories.make_pairing(session, program, PairingState.ASKED, days=16)
        agreed = factories.make_pairing(session, program, PairingState.ASKED, days=1)
        for pairing in (silent, agreed):
            for person_id in (pairing.mentee_person_id, pairing.mentor_person_id):
                kind = EmailKind.PAIRING_QUESTION
                outbox.owe(session, kind, to=person_id, about=pairing.id, program_id=program.id)
        session.execute(update(Email).values(state=EmailState.SENT, sent_at=database.now(session)))
        for person_id in (agreed.mentee_person_id, agreed.mentor_person_id):
            # No one could see these when the backup was made: they could still be undone.
            answers.give(session, settings, agreed.id, person_id, Question.ASK, "yes")

    with database.transaction(engine) as session:
        backups.restored(session, settings.replace(mail_journal=journal))

    with database.transaction(engine) as session:
        states = [session.get_one(Pairing, pairing.id).state for pairing in (silent, agreed)]
        assert states == [PairingState.EXPIRED, PairingState.ACTIVE]
        for chore in (answers.apply_due, expiry.expire_unanswered, schedule.owe_due):
            assert chore(session) == 0
    owed = {email.kind: email for email in emails(engine) if email.state is not EmailState.SENT}
    assert owed.keys() == {
        EmailKind.PAIRING_NOT_MADE, EmailKind.MENTEE_INTRODUCTION, EmailKind.MENTOR_INTRODUCTION,
    }  # fmt: skip
    assert {email.state for email in owed.values()} == {EmailState.FAILED}
    assert all(email.doubt_since for email in owed.values())


@pytest.fixture
def file_url(sqlite_url: str) -> str:
    return sqlite_url


def test_a_copy_is_whole_while_others_write_and_only_its_owner_reads_it(
    file_url: str, tmp_path: Path
) -> None:
    engine = database.make_engine(file_url)
    owe(engine, "a@example.org")
    target = tmp_path / "copy.db"
    with database.transaction(engine) as session:
        session.execute(delete(Email))
        backups.copy(file_url, target)

    copied = sqlite3.connect(target)
    assert copied.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert copied.execute("SELECT count(*) FROM emails").fetchone() == (1,)
    copied.close()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.glob("*.part")) == []


def test_a_copy_is_refused_where_it_would_lose_something(file_url: str, tmp_path: Path) -> None:
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    with pytest.raises(Invalid, match="choose a new file"):
        backups.copy(file_url, taken)
    assert taken.read_text() == "mine"
    with pytest.raises(Invalid, match="pg_dump"):
        backups.copy("postgresql://host/name", tmp_path / "x.db")
    with pytest.raises(Unavailable, match="cannot be written"):
        backups.copy(file_url, tmp_path / "no" / "such" / "folder.db")

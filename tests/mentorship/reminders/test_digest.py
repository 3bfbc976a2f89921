"""The coordinators' weekly digest: when it comes, and what it lists."""

from __future__ import annotations

import uuid

import factories
import pytest
from owed import DAY, owe, send_all, the_email, wanted
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.coordination import digest
from mentorship.models import Email, EmailKind, MailboxHealth, Program, Question
from mentorship.pairings import answers, pairings
from mentorship.people import persons
from mentorship.programs import programs
from mentorship.reminders import schedule
from mentorship.settings import Settings
from mentorship.states import EmailState, ProfileState


@pytest.fixture
def any_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", tuple(range(7)))


def of_coordinators(session: Session) -> list[tuple[str, str, int]]:
    return [email for email in owe(session) if email[1] == "coordinator"]


@pytest.mark.usefixtures("any_day")
def test_coordinators_hear_once_a_week_and_only_where_there_is_something(
    session: Session, program: Program
) -> None:
    programs.add_coordinator(session, program, "second@example.org")
    assert of_coordinators(session) == []

    mentee = factories.make_mentee(session, program)
    mentee.rounds_waiting = 1
    owed = of_coordinators(session)

    year, week, _ = database.now(session).isocalendar()
    assert owed == [("coordinator_digest", "coordinator", year * 100 + week)] * 2
    assert of_coordinators(session) == []
    # A week later there is a new one: reminders 14 days apart are for everyone else.
    session.execute(update(Email).values(number=Email.number - 1))
    send_all(session, days_ago=7)
    assert len(of_coordinators(session)) == 2


@pytest.mark.usefixtures("any_day")
def test_a_digest_is_not_wanted_once_all_is_well_or_they_run_the_program_no_more(
    session: Session, settings: Settings, program: Program
) -> None:
    mentee = factories.make_mentee(session, program)
    mentee.rounds_waiting = 1
    of_coordinators(session)
    email = the_email(session)
    assert wanted(session, settings, email)

    mentee.rounds_waiting = 0
    assert not wanted(session, settings, email)
    mentee.rounds_waiting = 1
    session.delete(programs.coordinators(session, program.id)[0])
    assert not wanted(session, settings, email)


def test_the_digest_comes_on_its_weekdays(
    session: Session, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_mentee(session, program).rounds_waiting = 1
    today = database.now(session).weekday()

    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", tuple(set(range(7)) - {today}))
    assert of_coordinators(session) == []
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", (today,))
    assert len(of_coordinators(session)) == 1


def titles(
    session: Session, program: Program, reader: uuid.UUID | None = None
) -> list[tuple[str, list[str]]]:
    """What a coordinator reads, one with no pairing unless named."""
    session.flush()
    sections = digest.of_program(session, program, reader or uuid.uuid4())
    return [(section.title, section.lines) for section in sections]


def test_the_digest_lists_what_needs_attention(session: Session, program: Program) -> None:
    assert titles(session, program) == []
    silent = factories.make_pairing(session, program, days=15)
    factories.make_pairing(session, program, days=13)
    met = factories.make_pairing(session, program, days=15)
    pairings.note_met(session, met)
    planned = factories.make_pairing(session, program, days=15)
    planned.meeting_at = database.now(session)
    flagged = met.mentor.person
    persons.flag_address(session, flagged.id, "550 no such user")
    outbox.owe(
        session, EmailKind.WELCOME, to=flagged.id, about=met.mentor_id, program_id=program.id
    )
    session.flush()
    session.execute(update(Email).values(state=EmailState.FAILED))
    waiting = [factories.make_mentee(session, program) for _ in range(12)]
    for number, profile in enumerate(waiting):
        profile.rounds_waiting = 20 - number
    met.mentee.rounds_waiting = 1  # has a mentor
    waits = factories.make_mentee(session, program)
    waits.state = ProfileState.AWAITING_APPROVAL

    found = titles(session, program)

    pair = f"{silent.mentee.person.full_name} with {silent.mentor.person.full_name}"
    assert found == [
        ("1 pair isn't in touch", [pair]),
        ("1 person didn't get an email", [flagged.full_name]),
        ("1 email address doesn't work", [flagged.full_name]),
        ("1 person is waiting for approval", [waits.person.full_name]),
        (
            "12 mentees have no mentor yet",
            [*(profile.person.full_name for profile in waiting[:10]), "and 2 more"],
        ),
    ]
    assert titles(session, factories.make_program(session)) == []


def test_the_digest_tells_of_emails_that_came_back_and_of_a_mailbox_that_fails(
    session: Session, program: Program
) -> None:
    at = database.now(session)
    mentee = factories.make_mentee(session, program)
    outbox.owe(
        session, EmailKind.WELCOME, to=mentee.person_id, about=mentee.id, program_id=program.id
    )
    session.flush()
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=at, came_back_at=at))
    health = MailboxHealth(name="mail.example.org", failing_since=at - DAY, reason="no")
    session.add(health)

    found = titles(session, program)
    assert [title for title, _ in found] == [
        "Bounced emails aren't being detected", "An email to 1 person bounced"
    ]  # fmt: skip
    assert found[1][1] == [mentee.person.full_name]
    health.failing_since = at
    session.execute(update(Email).values(came_back_at=at - 11 * DAY))
    assert titles(session, program) == []


def test_someone_who_said_it_goes_slowly_is_in_touch(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=31)
    mentee, pulse = pairing.mentee_person_id, Question.PULSE
    answer = answers.give(session, settings, pairing.id, mentee, pulse, "slow")
    answer.effective_at = database.now(session) - DAY
    session.flush()
    assert len(titles(session, program)) == 1

    answers.apply_due(session)
    assert titles(session, program) == []


def test_a_pair_that_email_does_not_reach_is_listed_at_once(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=1)
    assert titles(session, program) == []

    persons.flag_address(session, pairing.mentor.person_id, "550 no such user")

    names = f"{pairing.mentee.person.full_name} with {pairing.mentor.person.full_name}"
    assert titles(session, program)[0] == ("1 pair isn't in touch", [names])


def test_a_pair_whose_meeting_came_to_nothing_is_listed_like_one_that_never_agreed_on_any(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=20)
    pairing.meeting_at = database.now(session) - 4 * DAY
    assert titles(session, program) == []

    pairing.no_contact_at = database.now(session) - DAY

    names = f"{pairing.mentee.person.full_name} with {pairing.mentor.person.full_name}"
    assert titles(session, program) == [("1 pair isn't in touch", [names])]


@pytest.mark.usefixtures("any_day")
def test_what_a_mentee_says_reaches_other_coordinators_and_not_the_mentor_who_is_one(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    pairing.no_contact_at = database.now(session)
    mentor = pairing.mentor.person
    (other,) = programs.coordinators(session, program.id)
    programs.add_coordinator(session, program, mentor.email)
    assert titles(session, program, mentor.id) == []
    assert len(titles(session, program, other.person_id)) == 1

    owe(session)

    told = session.scalars(
        select(Email.person_id).where(Email.kind == EmailKind.COORDINATOR_DIGEST)
    )
    assert told.all() == [other.person_id]

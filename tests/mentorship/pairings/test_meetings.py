"""Agreeing on a meeting, and the file with which calendars take it over."""

from __future__ import annotations

import datetime
import re
import uuid
from email import message_from_bytes
from email.policy import SMTP

import factories
import pytest
from agreed import DAY, agree, calendar_file, emails
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.emails import messages
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.models import AuditEntry, Email, EmailKind, Pairing, Program, Question, Reply
from mentorship.pairings import answers, calendars, meetings
from mentorship.reminders import schedule
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState


def test_both_are_told_of_a_meeting_and_of_its_change(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    agree(session, settings, pairing)
    assert (pairing.meeting_minutes, pairing.meeting_where) == (30, "Café, 2nd floor")
    assert emails(session) == [("ready", 1)] * 2

    agree(session, settings, pairing, days=4, minutes=60)
    # What was not sent yet would have told the wrong time.
    assert emails(session) == [("ready", 2)] * 2 + [("superseded", 1)] * 2
    assert pairing.meeting_number == 2


def test_people_who_set_a_time_are_asked_only_once_it_has_passed(
    session: Session, settings: Settings, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", ())
    pairing = factories.make_pairing(session, program, days=8)
    agree(session, settings, pairing)
    assert schedule.owe_due(session) == 0

    pairing.meeting_at = database.now(session) - 2 * DAY
    assert schedule.owe_due(session) == 1
    nudge = session.scalars(select(Email).where(Email.kind == EmailKind.FIRST_MEETING)).one()
    letter = message_from_bytes(messages.compose(session, nudge.id, settings).data, policy=SMTP)
    text = letter.get_body(("plain",)).get_content()
    assert "We haven't been in touch yet:" in text
    assert "Haven't written yet?" not in text


def test_agreeing_on_a_time_takes_back_what_asks_to_write(
    session: Session, settings: Settings, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", ())
    pairing = factories.make_pairing(session, program, days=8)
    pairing.no_contact_at = database.now(session)
    assert schedule.owe_due(session) == 2

    agree(session, settings, pairing)

    waiting = select(Email.kind).where(Email.state == EmailState.READY)
    assert set(session.scalars(waiting)) == {EmailKind.MEETING_AGREED}
    assert pairing.no_contact_at is None
    assert schedule.owe_due(session) == 0


@pytest.mark.parametrize(("days", "is_noted"), [(3, False), (-1, True)])
def test_no_contact_said_before_a_time_was_agreed_is_overtaken_by_it(
    session: Session, settings: Settings, pairing: Pairing, days: int, is_noted: bool
) -> None:
    mentee, question = pairing.mentee_person_id, Question.FIRST_MEETING
    answers.give(session, settings, pairing.id, mentee, question, "no_contact")
    agree(session, settings, pairing)
    pairing.meeting_at = database.now(session) + days * DAY
    session.execute(update(Reply).values(effective_at=database.now(session)))

    assert answers.apply_due(session) == 1
    assert (pairing.no_contact_at is not None) == is_noted


def test_the_emails_wait_while_the_meeting_may_be_corrected(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    agree(session, settings, pairing)
    session.flush()

    for email in session.scalars(select(Email)):
        wait = (email.due_at - email.created_at).total_seconds()
        assert wait == pytest.approx(settings.undo_seconds, abs=5)


def test_no_one_is_flooded_by_changes(
    session: Session, settings: Settings, program: Program, pairing: Pairing
) -> None:
    for days in range(1, 1 + meetings.MOST_A_DAY):
        agree(session, settings, pairing, days=days)
    before = emails(session)
    with pytest.raises(Invalid, match="write to each other"):
        agree(session, settings, pairing, days=9)
    assert emails(session) == before
    assert pairing.meeting_number == meetings.MOST_A_DAY

    agree(session, settings, factories.make_pairing(session, program))
    for email in session.scalars(select(Email)):
        email.created_at -= DAY
    agree(session, settings, pairing, days=9)
    assert pairing.meeting_number == meetings.MOST_A_DAY + 1


def test_the_same_meeting_twice_is_told_once(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    at = database.now(session).replace(microsecond=0) + DAY
    agree(session, settings, pairing, at=at)
    agree(session, settings, pairing, at=at, where=" Café,  2nd floor ")

    assert emails(session) == [("ready", 1)] * 2
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "meeting agreed"))
    assert [entry.details for entry in entries] == [{"number": 1}]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"days": -0.1}, "that time has passed"),
        ({"days": 366}, "more than a year away"),
        ({"minutes": 9}, "10 to 240 minutes, not 9"),
        ({"minutes": 241}, "10 to 240 minutes, not 241"),
        ({"where": "x" * 501}, "shorten it to 500"),
        ({"where": "a\x00b"}, "can't be shown"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_way_on(
    session: Session, settings: Settings, pairing: Pairing, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        agree(session, settings, pairing, **changes)  # type: ignore[arg-type]
    assert emails(session) == []
    assert pairing.meeting_number == 0


@pytest.mark.parametrize("state", ["asked", "ended", "proposed"])
def test_only_those_who_know_each_other_agree(
    session: Session, settings: Settings, pairing: Pairing, state: str
) -> None:
    pairing.state = PairingState(state)
    session.flush()
    with pytest.raises(WrongState, match="while you two are paired"):
        agree(session, settings, pairing)


def test_no_one_else_agrees_for_them(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    at = database.now(session) + DAY
    with pytest.raises(NotFound):
        meetings.agree(session, settings, pairing, uuid.uuid4(), at=at, minutes=30, where="")
    with pytest.raises(NotFound, match="no meeting"):
        calendar_file(session, settings, pairing)


def test_a_calendar_takes_the_meeting_over(
    session: Session, settings: Settings, program: Program, pairing: Pairing
) -> None:
    program.name = 'Mentors, "the good; ones" ' + "ä" * 80
    pairing.mentee.full_name = "Zoë\\n, Müller; X"
    at = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + 3 * DAY
    paris = at.astimezone(datetime.timezone(2 * datetime.timedelta(hours=1)))
    agree(session, settings, pairing, at=paris, where="Room 1; left, then\\right")

    data = calendar_file(session, settings, pairing)

    lines = data.split(b"\r\n")
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(len(line) for line in lines) <= 75
    assert re.search(rb"\r\nDTSTART:\d{8}T\d{6}Z\r\n", data)
    calendar = Calendar.from_ical(data)
    assert (calendar["METHOD"], calendar["VERSION"]) == ("PUBLISH", "2.0")
    (event,) = calendar.walk("VEVENT")
    assert event["UID"] == str(pairing.id)
    assert event["SEQUENCE"] == 1
    assert event["DTSTART"].dt == at
    assert event["DTEND"].dt == at + datetime.timedelta(minutes=30)
    assert event["LOCATION"] == "Room 1; left, then\\right"
    mentor = pairing.mentor.person.called
    assert event["SUMMARY"] == f"Zoë\\n, Müller; X and {mentor}: {program.name}"
    assert "ATTENDEE" not in event
    addresses = re.findall(r"[\w.-]+@[\w.-]+", data.replace(b"\r\n ", b"").decode())
    assert addresses == [settings.mail_from]


def test_a_changed_meeting_is_the_same_event_moved(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    agree(session, settings, pairing)
    first = Calendar.from_ical(calendar_file(session, settings, pairing))
    agree(session, settings, pairing, days=5)
    second = Calendar.from_ical(calendar_file(session, settings, pairing))

    before, after = first.walk("VEVENT")[0], second.walk("VEVENT")[0]
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (1, 2)
    assert before["DTSTART"].dt < after["DTSTART"].dt


def test_a_calendar_reminds_of_the_meeting_and_says_what_it_is(
    session: Session, settings: Settings, program: Program, pairing: Pairing
) -> None:
    agree(session, settings, pairing)

    (event,) = Calendar.from_ical(calendar_file(session, settings, pairing)).walk("VEVENT")

    assert event["STATUS"] == "CONFIRMED"
    assert event["DESCRIPTION"].startswith(f"A meeting in {program.name}.")
    assert "/meetings/" not in event["DESCRIPTION"], "a shared calendar would show the link"
    (alarm,) = event.walk("VALARM")
    assert (alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", event["SUMMARY"])
    assert alarm["TRIGGER"].dt == -calendars.REMINDER

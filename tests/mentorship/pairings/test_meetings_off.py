"""Meetings that are called off: by one of the two, or by the end of their pairing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTP

import factories
import pytest
from agreed import DAY, agree, calendar_file, emails
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.emails import messages
from mentorship.errors import Gone, NotFound, WrongState
from mentorship.models import Email, EmailKind, Pairing, Program
from mentorship.pairings import meetings, pairings
from mentorship.reminders import schedule
from mentorship.settings import Settings
from mentorship.states import EmailState, Ending


def send(session: Session, kind: EmailKind = EmailKind.MEETING_AGREED) -> None:
    """Let what is owed of a kind leave."""
    session.flush()
    for email in session.scalars(select(Email).where(Email.kind == kind)):
        if email.state is EmailState.READY:
            email.state, email.sent_at = EmailState.SENT, database.now(session)
    session.flush()


def call_off(session: Session, settings: Settings, pairing: Pairing) -> None:
    meetings.call_off(session, settings, pairing, pairing.mentor_person_id)


#: How pairings end: by a person, by a round, by someone who leaves, by a coordinator.
ENDINGS: dict[str, Callable[[Session, Pairing], object]] = {
    "stepped out": lambda s, p: pairings.part(s, p, Ending.STEPPED_OUT, p.mentee_person_id),
    "finished": lambda s, p: pairings.part(s, p, Ending.FINISHED, p.mentor_person_id),
    "a round": lambda s, p: pairings.stop(s, p, f"{Ending.BY_ROUND} 2"),
    "mentor left": lambda s, p: pairings.leave(s, p.mentor),
    "mentee left": lambda s, p: pairings.leave(s, p.mentee),
    "a coordinator": lambda s, p: pairings.end(s, p, "moved away"),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_both_take_the_meeting_out_of_their_calendars_when_they_part(
    session: Session, settings: Settings, pairing: Pairing, how: str
) -> None:
    agree(session, settings, pairing)
    send(session)
    (before,) = Calendar.from_ical(calendar_file(session, settings, pairing)).walk("VEVENT")

    ENDINGS[how](session, pairing)

    called_off = EmailKind.MEETING_CALLED_OFF
    assert emails(session, called_off) == [("ready", 2)] * 2
    for row in session.scalars(select(Email).where(Email.kind == called_off)):
        message = message_from_bytes(messages.compose(session, row.id, settings).data, policy=SMTP)
        (attachment,) = message.iter_attachments()
        assert attachment["Content-Type"].params["method"] == "CANCEL"
        calendar = Calendar.from_ical(attachment.get_content())
        assert calendar["METHOD"] == "CANCEL"
        (event,) = calendar.walk("VEVENT")
        assert (event["UID"], event["STATUS"]) == (before["UID"], "CANCELLED")
        assert event["SEQUENCE"] > before["SEQUENCE"]
        assert event["DTSTART"].dt == before["DTSTART"].dt
        text = " ".join(message.get_body(("plain",)).get_content().split())
        assert "has been canceled" in text
        assert "Your pairing has ended" in text
    # The link says the same, and names no one any more.
    file = calendar_file(session, settings, pairing)
    assert b"STATUS:CANCELLED" in file
    for hidden in (pairing.mentee.person.called, pairing.mentor.person.called, "Café"):
        assert hidden.encode() not in file


def test_a_meeting_that_is_over_is_not_called_off(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    agree(session, settings, pairing)
    send(session)
    pairing.meeting_at = database.now(session) - DAY
    session.flush()
    with pytest.raises(WrongState, match="no upcoming meeting"):
        call_off(session, settings, pairing)

    pairings.end(session, pairing, "moved")

    assert emails(session, EmailKind.MEETING_CALLED_OFF) == []
    with pytest.raises(Gone, match="over"):
        calendar_file(session, settings, pairing)


def test_parting_takes_back_an_email_about_a_meeting_and_no_one_need_hear_of_it(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    agree(session, settings, pairing)
    pairings.end(session, pairing, "moved")

    assert emails(session) == [(EmailState.SUPERSEDED.value, 1)] * 2
    assert emails(session, EmailKind.MEETING_CALLED_OFF) == []


def test_a_meeting_is_called_off_once_and_another_can_be_agreed_on(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    agree(session, settings, pairing)
    send(session)
    for _click in range(2):
        call_off(session, settings, pairing)
    assert emails(session, EmailKind.MEETING_CALLED_OFF) == [("ready", 2)] * 2
    for row in session.scalars(select(Email).where(Email.kind == EmailKind.MEETING_CALLED_OFF)):
        wait = (row.due_at - row.created_at).total_seconds()
        assert wait == pytest.approx(settings.undo_seconds, abs=5)
        data = messages.compose(session, row.id, settings).data
        text = message_from_bytes(data, policy=SMTP).get_body(("plain",)).get_content()
        other = pairing.other(row.person_id).person
        assert f"To find another time, write to {other.called}: {other.email}." in text

    agree(session, settings, pairing, days=9)
    # Another time within those minutes sends one email, which moves the meeting.
    assert emails(session, EmailKind.MEETING_CALLED_OFF) == [("superseded", 2)] * 2
    assert emails(session) == [("ready", 3)] * 2 + [("sent", 1)] * 2
    (event,) = Calendar.from_ical(calendar_file(session, settings, pairing)).walk("VEVENT")
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 3)


def test_only_those_who_have_a_meeting_in_their_calendar_hear_that_it_is_off(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    agree(session, settings, pairing)
    send(session)
    call_off(session, settings, pairing)
    send(session, EmailKind.MEETING_CALLED_OFF)
    agree(session, settings, pairing, days=9)

    # The next one has reached no calendar yet.
    call_off(session, settings, pairing)

    assert emails(session, EmailKind.MEETING_CALLED_OFF) == [("sent", 2)] * 2
    assert emails(session) == [("sent", 1)] * 2 + [("superseded", 3)] * 2


def test_people_who_called_a_meeting_off_are_reminded_as_if_there_were_none(
    session: Session, settings: Settings, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", ())
    pairing = factories.make_pairing(session, program, days=8)
    agree(session, settings, pairing)
    assert schedule.owe_due(session) == 0

    call_off(session, settings, pairing)

    assert schedule.owe_due(session) == 1


def test_no_one_else_calls_a_meeting_off(
    session: Session, settings: Settings, pairing: Pairing
) -> None:
    with pytest.raises(WrongState, match="no upcoming meeting"):
        call_off(session, settings, pairing)
    agree(session, settings, pairing)
    with pytest.raises(NotFound):
        meetings.call_off(session, settings, pairing, uuid.uuid4())
    assert pairing.meeting_at is not None

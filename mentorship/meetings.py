"""Meetings that two people agreed on, and the file with which a calendar takes them over."""

from __future__ import annotations

import datetime
import uuid

from icalendar import Calendar, Event, vCalAddress
from sqlalchemy.orm import Session

from mentorship import audit, database, mail, programs
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Pairing
from mentorship.settings import Settings
from mentorship.states import PairingState

SHORTEST_MINUTES, LONGEST_MINUTES = 10, 240
LONGEST_WHERE = 500
FURTHEST = datetime.timedelta(days=365)


def agree(
    session: Session,
    pairing: Pairing,
    by: uuid.UUID,
    *,
    at: datetime.datetime,
    minutes: int,
    where: str,
) -> None:
    """Note the meeting that two people agreed on, and tell both; a later one takes its place.

    Noting the same again changes nothing. Raises `NotFound` for somebody who is not in the
    pairing, `WrongState` before they were introduced and after they parted, and `Invalid` for a
    time, a length or a place that cannot be meant.
    """
    if by not in (pairing.mentee_person_id, pairing.mentor_person_id):
        raise NotFound(_("there is no such pairing"))
    where = " ".join(where.split())
    session.refresh(pairing, with_for_update=True)
    if pairing.state not in (PairingState.INTRODUCED, PairingState.ACTIVE):
        raise WrongState(_("a meeting can be agreed on while you are introduced to each other"))
    _check(database.now(session), at, minutes, where)
    agreed = (pairing.meeting_at, pairing.meeting_minutes, pairing.meeting_where)
    if agreed == (at, minutes, where):
        return
    pairing.meeting_at, pairing.meeting_minutes, pairing.meeting_where = at, minutes, where
    pairing.meeting_number += 1
    session.flush()
    mail.supersede(session, [pairing.id], EmailKind.MEETING_AGREED)
    for person_id in (pairing.mentee_person_id, pairing.mentor_person_id):
        mail.owe(
            session,
            EmailKind.MEETING_AGREED,
            pairing.program_id,
            person_id,
            pairing.id,
            number=pairing.meeting_number,
        )
    audit.record(
        session,
        str(by),
        "meeting agreed",
        program_id=pairing.program_id,
        subject_id=pairing.id,
        number=pairing.meeting_number,
    )


def calendar_file(session: Session, settings: Settings, pairing: Pairing) -> bytes:
    """Return the meeting as an iCalendar file (RFC 5545).

    It is published, not an invitation (METHOD:PUBLISH, RFC 5546): both have agreed already, and
    nobody here reads the answers that a calendar would send to an organizer. The same meeting
    keeps its UID, so that a later file moves it. Raises `NotFound` where nothing was agreed.
    """
    if pairing.meeting_at is None or pairing.meeting_minutes is None:
        raise NotFound(_("no meeting has been agreed on"))
    program = programs.by_id(session, pairing.program_id)
    mentee, mentor = pairing.mentee.person.called, pairing.mentor.person.called
    # PUBLISH needs an organizer; the service stands there, so that no third party's address does.
    organizer = vCalAddress(f"mailto:{settings.mail_from}")
    # A parameter cannot hold a double quote, however it is written.
    organizer.params["CN"] = program.name.replace('"', "'")
    event = Event()
    event.add("uid", str(pairing.id))
    event.add("sequence", pairing.meeting_number)
    event.add("dtstamp", database.now(session))
    event.add("dtstart", pairing.meeting_at)
    event.add("dtend", pairing.meeting_at + datetime.timedelta(minutes=pairing.meeting_minutes))
    event.add("summary", f"{mentee} and {mentor}: {program.name}")
    event.add("location", pairing.meeting_where or "")
    event.add("organizer", organizer)
    calendar = Calendar()
    calendar.add("prodid", "-//Preceptor//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _check(now: datetime.datetime, at: datetime.datetime, minutes: int, where: str) -> None:
    if at < now:
        raise Invalid(_("that time is past; choose one to come"))
    if at > now + FURTHEST:
        raise Invalid(_("that is more than a year ahead; choose an earlier time"))
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise Invalid(
            _(
                "a meeting lasts %(least)s to %(most)s minutes, not %(minutes)s",
                least=SHORTEST_MINUTES,
                most=LONGEST_MINUTES,
                minutes=minutes,
            )
        )
    if len(where) > LONGEST_WHERE:
        raise Invalid(
            _(
                "the place has %(length)s characters; shorten it to %(limit)s",
                length=len(where),
                limit=LONGEST_WHERE,
            )
        )
    if not where.isprintable():
        raise Invalid(_("the place holds characters that cannot be shown; type it anew"))

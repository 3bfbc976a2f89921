"""Calendar files of agreed meetings."""

from __future__ import annotations

import datetime

from icalendar import Calendar, Event, vCalAddress

from mentorship.mime import Attachment
from mentorship.models import Pairing, Program
from mentorship.settings import Settings


def of_meeting(
    pairing: Pairing,
    program: Program,
    start: datetime.datetime,
    written_at: datetime.datetime,
    settings: Settings,
) -> Attachment:
    """Return an agreed meeting as an iCalendar file (RFC 5545).

    It is published, not an invitation (METHOD:PUBLISH, RFC 5546): both have agreed already, and
    nobody here reads the answers that a calendar would send to an organizer. The same meeting
    keeps its UID, so that a later file moves it.
    """
    mentee, mentor = pairing.mentee.person.called, pairing.mentor.person.called
    # PUBLISH needs an organizer; the service stands there, so that no third party's address does.
    organizer = vCalAddress(f"mailto:{settings.mail_from}")
    # A parameter cannot hold a double quote, however it is written.
    organizer.params["CN"] = program.name.replace('"', "'")
    event = Event()
    event.add("uid", str(pairing.id))
    event.add("sequence", pairing.meeting_number)
    event.add("dtstamp", written_at)
    event.add("dtstart", start)
    event.add("dtend", start + datetime.timedelta(minutes=minutes(pairing)))
    event.add("summary", f"{mentee} and {mentor}: {program.name}")
    event.add("location", pairing.meeting_where or "")
    event.add("organizer", organizer)
    calendar = Calendar()
    calendar.add("prodid", "-//Preceptor//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    text = calendar.to_ical().decode("utf-8")
    return Attachment("meeting.ics", "text/calendar; method=PUBLISH", text)


def minutes(pairing: Pairing) -> int:
    """Return how long the agreed meeting lasts."""
    return pairing.meeting_minutes or 30

"""Calendar files of agreed meetings."""

from __future__ import annotations

import datetime

import icalendar

from mentorship.mime import Attachment
from mentorship.models import Pairing, Program


def of_meeting(
    pairing: Pairing, program: Program, start: datetime.datetime, written_at: datetime.datetime
) -> Attachment:
    """Return an agreed meeting as a file for a calendar, where a later agreement replaces it."""
    event = icalendar.Event()
    event.add("uid", f"{pairing.id}@preceptor")
    event.add("sequence", pairing.meeting_number)
    event.add("dtstamp", written_at)
    event.add("dtstart", start)
    event.add("dtend", start + datetime.timedelta(minutes=minutes(pairing)))
    names = f"{pairing.mentee.person.called} and {pairing.mentor.person.called}"
    event.add("summary", f"{program.name}: {names}")
    if pairing.meeting_where:
        event.add("location", pairing.meeting_where)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Preceptor//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return Attachment(
        "meeting.ics", "text/calendar; method=PUBLISH", calendar.to_ical().decode("utf-8")
    )


def minutes(pairing: Pairing) -> int:
    """Return how long the agreed meeting lasts."""
    return pairing.meeting_minutes or 30

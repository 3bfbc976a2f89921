"""Calendar files of agreed meetings."""

from __future__ import annotations

import datetime

from icalendar import Calendar, Event, vCalAddress

from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import Pairing, Program
from mentorship.people import sight
from mentorship.settings import Settings


def of_meeting(
    pairing: Pairing, program: Program, settings: Settings, written_at: datetime.datetime
) -> bytes:
    """Return the meeting as an iCalendar file (RFC 5545).

    It is published, not an invitation (METHOD:PUBLISH, RFC 5546): both have agreed already, and
    no one here reads the answers that a calendar would send to an organizer. The same meeting
    keeps its UID, so that a later file moves it. Raises `NotFound` if no meeting is set.
    """
    viewer = sight.in_pairing(pairing)
    is_seen = sight.sees(viewer, sight.MEETING)
    if not is_seen or pairing.meeting_at is None or pairing.meeting_minutes is None:
        raise NotFound(_("no meeting has been set"))
    mentee, mentor = (sight.called(each, viewer) for each in (pairing.mentee, pairing.mentor))
    # PUBLISH needs an organizer; the service stands there, so that no third party's address does.
    organizer = vCalAddress(f"mailto:{settings.mail_from}")
    # A parameter cannot hold a double quote, however it is written.
    organizer.params["CN"] = program.name.replace('"', "'")
    event = Event()
    event.add("uid", str(pairing.id))
    event.add("sequence", pairing.meeting_number)
    event.add("dtstamp", written_at)
    event.add("dtstart", pairing.meeting_at)
    event.add("dtend", pairing.meeting_at + datetime.timedelta(minutes=pairing.meeting_minutes))
    event.add(
        "summary",
        _(
            "%(mentee)s and %(mentor)s: %(program)s",
            mentee=mentee,
            mentor=mentor,
            program=program.name,
        ),
    )
    event.add("location", pairing.meeting_where or "")
    event.add("organizer", organizer)
    calendar = Calendar()
    calendar.add("prodid", "-//Preceptor//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())

"""Calendar files of meetings: scheduled, moved, and canceled."""

from __future__ import annotations

import datetime

from icalendar import Alarm, Calendar, Event, vCalAddress

from mentorship import links
from mentorship.errors import Gone, NotFound
from mentorship.language import gettext as _
from mentorship.models import Pairing, Program
from mentorship.people import sight
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING

#: How long before a meeting a calendar reminds of it.
REMINDER = datetime.timedelta(minutes=30)


def of_meeting(
    pairing: Pairing, program: Program, settings: Settings, written_at: datetime.datetime
) -> bytes:
    """Return the meeting as an iCalendar file (RFC 5545), which takes it out once it is called off.

    It is published or cancelled, not an invitation (METHOD:PUBLISH and CANCEL, RFC 5546): both
    have agreed already, and no one here reads the answers that a calendar would send to an
    organizer. The same meeting keeps its UID and counts its SEQUENCE up, so that a later file moves
    it or takes it out. Raises `NotFound` where no meeting was ever set, and `Gone` where its time
    had passed when the two parted.
    """
    if pairing.called_off_meeting_at is not None:
        method, event = "CANCEL", _called_off(pairing, program)
    elif pairing.meeting_at is None or pairing.meeting_minutes is None:
        raise NotFound(_("no meeting has been set"))
    elif pairing.state not in MET_PAIRING:
        raise Gone(_("this meeting is over, and your pairing has ended"))
    else:
        method, event = "PUBLISH", _agreed(pairing, program)
    # Both methods need an organizer; the service stands there, so that no third party's address
    # does.
    organizer = vCalAddress(links.mail_to(settings.mail_from))
    # A parameter cannot hold a double quote, however it is written.
    organizer.params["CN"] = program.name.replace('"', "'")
    event.add("uid", str(pairing.id))
    event.add("sequence", pairing.meeting_number)
    event.add("dtstamp", written_at)
    event.add("organizer", organizer)
    calendar = Calendar()
    calendar.add("prodid", "-//Preceptor//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _agreed(pairing: Pairing, program: Program) -> Event:
    assert pairing.meeting_at is not None  # noqa: S101 - `of_meeting` has looked
    assert pairing.meeting_minutes is not None  # noqa: S101
    viewer = sight.in_pairing(pairing)
    summary = _(
        "%(mentee)s and %(mentor)s: %(program)s",
        mentee=sight.called(pairing.mentee, viewer),
        mentor=sight.called(pairing.mentor, viewer),
        program=program.name,
    )
    event = Event()
    event.add("status", "CONFIRMED")
    event.add("dtstart", pairing.meeting_at)
    event.add("dtend", pairing.meeting_at + datetime.timedelta(minutes=pairing.meeting_minutes))
    event.add("summary", summary)
    event.add("location", pairing.meeting_where or "")
    # Without a link that acts for its reader: calendars are shared with colleagues.
    event.add(
        "description",
        _(
            "A meeting in %(program)s. To reschedule or cancel it, open the link in the "
            "email this came with.",
            program=program.name,
        ),
    )
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -REMINDER)
    alarm.add("description", summary)
    event.add_component(alarm)
    return event


def _called_off(pairing: Pairing, program: Program) -> Event:
    # Without names and place: the two may have parted, and the link of this file outlives that.
    event = Event()
    event.add("status", "CANCELLED")
    event.add("dtstart", pairing.called_off_meeting_at)
    event.add("summary", _("Canceled: a meeting in %(program)s", program=program.name))
    return event

"""What emails say to two people who have been introduced: meetings, and how it is going."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mentorship.emails import buttons, contents, first_messages
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.mime import Attachment
from mentorship.language import listed
from mentorship.models import Email, Pairing, Question
from mentorship.pairings import calendars
from mentorship.people import cards, clock
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING


def meeting_agreed(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    if pairing.meeting_at is None or pairing.meeting_number != row.number:
        raise Outdated("the two have agreed on another time since")
    me, other = contents.sides(pairing, row)
    zone = clock.zone_of(session, me)
    start = pairing.meeting_at.astimezone(zone)
    when = f"{clock.in_words(start.date())}, {start:%H:%M}"
    program = contents.program_of(session, pairing)
    file = calendars.of_meeting(pairing, program, settings, row.created_at)
    facts = [f"{when} ({zone.key.replace('_', ' ')} time)", f"{pairing.meeting_minutes} minutes"]
    if pairing.meeting_where:
        facts.append(pairing.meeting_where)
    return Content(
        {"other": cards.of_profile(other), "facts": facts, "replaces": pairing.meeting_number > 1},
        {**contents.fields_of_other(other), "when": when},
        partner=other,
        attachments=(
            Attachment("meeting.ics", "text/calendar; method=PUBLISH", file.decode("utf-8")),
        ),
    )


def first_meeting(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    if pairing.met_at is not None:
        raise Outdated("the two have met")
    return Content(
        {
            "mentor": cards.of_profile(pairing.mentor),
            "has_agreed": pairing.meeting_at is not None,
            "draft": first_messages.of_mentee(pairing, contents.program_of(session, pairing)),
            "choices": buttons.of(pairing, row, Question.FIRST_MEETING, settings),
        },
        {
            "mentor": pairing.mentor.person.full_name,
            "weeks_ago": "A week or two ago" if row.number <= 1 else "Some weeks ago",
        },
    )


def no_contact_yet(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    if pairing.met_at is not None or pairing.no_contact_at is None:
        raise Outdated("the two are in touch")
    return Content(
        {
            "mentee": cards.of_profile(pairing.mentee),
            "draft": first_messages.of_mentor(pairing, contents.program_of(session, pairing)),
            "choices": buttons.of(pairing, row, Question.FIRST_MEETING, settings, "not_fit"),
        },
        {"mentee": pairing.mentee.person.full_name},
        partner=pairing.mentee,
    )


def mentee_pulse(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    return Content(
        {"choices": buttons.of(pairing, row, Question.PULSE, settings)},
        {"mentor": pairing.mentor.person.full_name},
    )


def mentor_pulse(session: Session, row: Email, settings: Settings) -> Content:
    found = session.scalars(
        contents.with_people()
        .where(Pairing.mentor_id == row.cause_id, Pairing.state.in_(MET_PAIRING))
        .order_by(Pairing.introduced_at, Pairing.id)
    ).all()
    if not found:
        raise Outdated("this mentor has no mentee now")
    names = [pairing.mentee.person.full_name for pairing in found]
    mentees = [
        {
            "full_name": pairing.mentee.person.full_name,
            "choices": buttons.of(pairing, row, Question.PULSE, settings),
        }
        for pairing in found
    ]
    return Content({"mentees": mentees}, {"mentees": listed(names)})

"""What emails say to two people who have been introduced: meetings, and how it is going."""

from __future__ import annotations

import datetime

from sqlalchemy.orm import Session

from mentorship import language
from mentorship.emails import buttons, contents, first_messages
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.examples import OfPairing
from mentorship.emails.kind import Kind
from mentorship.emails.mime import Attachment
from mentorship.language import gettext as _
from mentorship.language import mark, ngettext
from mentorship.links import Purpose
from mentorship.models import Email, EmailKind, Pairing, Question, Role
from mentorship.pairings import calendars
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING


def meeting_agreed(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    if pairing.meeting_at is None or pairing.meeting_number != row.number:
        raise Outdated("the two have since agreed on another time")
    other = pairing.other(row.person_id)
    when = _when(pairing.meeting_at)
    minutes = pairing.meeting_minutes or 0
    facts = [
        _("%(when)s (%(zone)s time)", when=when, zone=language.zone_name()),
        ngettext("%(n)s minute", "%(n)s minutes", minutes),
    ]
    if pairing.meeting_where:
        facts.append(pairing.meeting_where)
    return Content(
        {
            "other": contents.card(other, pairing),
            "facts": facts,
            "replaces": pairing.meeting_number > 1,
            "change": contents.link(row, Purpose.MEETING, pairing.id, settings),
        },
        {**contents.fields_of_other(other, pairing), "when": when},
        partner=other,
        attachments=(_file(session, pairing, row, settings, "PUBLISH"),),
    )


def meeting_called_off(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.pairing_of(session, row)
    if pairing.called_off_meeting_at is None or pairing.meeting_number != row.number:
        raise Outdated("the two have since agreed on another time")
    other = pairing.other(row.person_id)
    goes_on = pairing.state in MET_PAIRING
    return Content(
        {"other": contents.card(other, pairing), "goes_on": goes_on},
        {**contents.fields_of_other(other, pairing), "when": _when(pairing.called_off_meeting_at)},
        partner=other if goes_on else None,
        attachments=(_file(session, pairing, row, settings, "CANCEL"),),
    )


def _when(at: datetime.datetime) -> str:
    day = at.astimezone(language.current().zone).date()
    return f"{language.date(day)}, {language.hour(at)}"


def _file(
    session: Session, pairing: Pairing, row: Email, settings: Settings, method: str
) -> Attachment:
    program = contents.program_of(session, pairing)
    file = calendars.of_meeting(pairing, program, settings, row.created_at)
    return Attachment("meeting.ics", f"text/calendar; method={method}", file.decode("utf-8"))


def first_meeting(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    if pairing.met_at is not None:
        raise Outdated("the two have met")
    return Content(
        {
            "mentor": contents.card(pairing.mentor, pairing),
            "has_agreed": pairing.meeting_at is not None,
            "first_message": first_messages.of_mentee(
                pairing, contents.program_of(session, pairing)
            ),
            "choices": buttons.of(pairing, row, Question.FIRST_MEETING, settings),
        },
        {
            "mentor": contents.name(pairing.mentor, pairing),
            "weeks_ago": _("A week or two ago") if row.number <= 1 else _("A few weeks ago"),
        },
    )


def no_contact_yet(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    if pairing.met_at is not None or pairing.no_contact_at is None:
        raise Outdated("the two are in touch")
    return Content(
        {
            "mentee": contents.card(pairing.mentee, pairing),
            "first_message": first_messages.of_mentor(
                pairing, contents.program_of(session, pairing)
            ),
            "choices": buttons.of(pairing, row, Question.FIRST_MEETING, settings, "not_fit"),
        },
        {"mentee": contents.name(pairing.mentee, pairing)},
        partner=pairing.mentee,
    )


def mentee_pulse(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    return Content(
        {"choices": buttons.of(pairing, row, Question.PULSE, settings)},
        {"mentor": contents.name(pairing.mentor, pairing)},
    )


def mentor_pulse(session: Session, row: Email, settings: Settings) -> Content:
    met = session.scalars(
        contents.with_people()
        .where(Pairing.mentor_id == row.cause_id, Pairing.state.in_(MET_PAIRING))
        .order_by(Pairing.introduced_at, Pairing.id)
    ).all()
    if not met:
        raise Outdated("this mentor has no mentee now")
    names = [contents.name(pairing.mentee, pairing) for pairing in met]
    mentees = [
        {"name": name, "choices": buttons.of(pairing, row, Question.PULSE, settings)}
        for name, pairing in zip(names, met, strict=True)
    ]
    return Content({"mentees": mentees}, {"mentees": language.listed(names)})


KINDS: dict[EmailKind, Kind] = {
    EmailKind.MEETING_AGREED: Kind(
        meeting_agreed,
        label=mark("A meeting was scheduled"),
        subject=mark("Your meeting with {other}: {when}"),
        opening=mark("You and {other} have set a time to meet."),
        fields=("other", "other_role", "when"),
        example=OfPairing(Role.MENTEE, times=("meeting_at",)),
    ),
    EmailKind.MEETING_CALLED_OFF: Kind(
        meeting_called_off,
        label=mark("A meeting was canceled"),
        subject=mark("Canceled: your meeting with {other}, {when}"),
        opening=mark("Your meeting with {other} on {when} has been canceled."),
        fields=("other", "other_role", "when"),
        example=OfPairing(Role.MENTEE, times=("called_off_meeting_at",), no_times=("meeting_at",)),
    ),
    EmailKind.FIRST_MEETING: Kind(
        first_meeting,
        label=mark("To a mentee: have you met?"),
        subject=mark("Have you met {mentor} yet?"),
        opening=mark("{weeks_ago}, we introduced you to {mentor}. Have you two been in touch?"),
        fields=("mentor", "weeks_ago"),
        example=OfPairing(Role.MENTEE, no_times=("met_at",)),
    ),
    EmailKind.NO_CONTACT_YET: Kind(
        no_contact_yet,
        label=mark("To a mentor: your mentee hasn't heard from you"),
        subject=mark("Could you write to {mentee}?"),
        opening=mark("{mentee} tells us that you two haven't been in touch yet."),
        fields=("mentee",),
        example=OfPairing(Role.MENTOR, times=("no_contact_at",), no_times=("met_at",)),
    ),
    EmailKind.MENTEE_PULSE: Kind(
        mentee_pulse,
        label=mark("To a mentee: how is it going?"),
        subject=mark("How is it going with {mentor}?"),
        opening=mark("One question about you and {mentor}: how is it going?"),
        fields=("mentor",),
        example=OfPairing(Role.MENTEE),
    ),
    EmailKind.MENTOR_PULSE: Kind(
        mentor_pulse,
        label=mark("To a mentor: how is it going?"),
        subject=mark("How is it going with {mentees}?"),
        opening=mark("One question about your mentoring: how is it going?"),
        fields=("mentees",),
        example=OfPairing(Role.MENTOR),
    ),
}

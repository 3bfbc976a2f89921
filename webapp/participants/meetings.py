"""When two people meet next: either of them saves it, and both get it for their calendar."""

from __future__ import annotations

import datetime
import enum
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse
from wtforms import IntegerField, RadioField
from wtforms.validators import InputRequired, Optional, ValidationError

from mentorship import database, language
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.links import Purpose
from mentorship.models import Pairing
from mentorship.pairings import calendars, meetings
from mentorship.people import sight
from mentorship.programs import programs
from mentorship.states import MET_PAIRING
from webapp import gate, storage
from webapp.forms import DayField, Form, LineField, TimeField, one_of
from webapp.participants import email_links, matches

bp = Blueprint("meetings", __name__, url_prefix="/meetings/<token>")

#: Whose links lead here: from the email about a meeting, and from the question about the first one.
PURPOSES = (Purpose.MEETING, Purpose.FIRST_MEETING)
_USUAL_MINUTES = 45


class Fold(enum.StrEnum):
    """Which of two is meant, of a time that comes twice."""

    FIRST = "0"
    SECOND = "1"


class MeetingForm(Form):
    """A meeting as two people schedule it; day and time are in the reader's zone."""

    day = DayField(mark("Day"), render_kw={"class": "short", "required": True})
    time = TimeField(
        mark("Time"),
        description=mark("In your time zone, %(zone)s."),
        render_kw={"class": "short", "required": True},
    )
    #: Which of two is meant; asked only of a time that comes twice.
    fold = one_of(Fold, validate_choice=False)
    minutes = IntegerField(
        mark("Length in minutes"),
        [InputRequired()],
        render_kw={
            "class": "short",
            "inputmode": "numeric",
            "min": meetings.SHORTEST_MINUTES,
            "max": meetings.LONGEST_MINUTES,
        },
    )
    where = LineField(mark("Location or call link"), [Optional()], longest=meetings.LONGEST_WHERE)

    @property
    def at(self) -> datetime.datetime:
        """Return the moment of the meeting."""
        local = datetime.datetime.combine(self.data["day"], self.data["time"])
        return local.replace(tzinfo=language.current().zone, fold=int(self.data["fold"] or 0))

    @property
    def comes_twice(self) -> bool:
        """Return whether that time comes twice, so that it has to be said which one is meant."""
        given = self.data["day"] and self.data["time"] and not self.day.errors
        return bool(given) and language.comes_twice(self.at)

    @property
    def readings(self) -> dict[Fold, tuple[str, str]]:
        """Return what each of two that it may mean is called, by the value of `fold`."""
        first, second = (language.hour(self.at.replace(fold=int(fold))) for fold in Fold)
        return {
            Fold.FIRST: (_("Before the clocks change"), first),
            Fold.SECOND: (_("After the clocks change"), second),
        }

    def validate_day(self, field: DayField) -> None:
        """Refuse the first and the last day of the calendar, which do not exist in every zone."""
        if field.data in (datetime.date.min, datetime.date.max):
            raise ValidationError(_("Choose another day."))

    def validate_time(self, field: TimeField) -> None:
        """Refuse an hour that the clocks leave out when they are put forward."""
        if self.day.data is None or self.day.errors or field.data is None:
            return
        if language.is_left_out(self.at):
            raise ValidationError(
                _("The clocks go forward then, and that hour is skipped; choose another time.")
            )

    def validate_fold(self, field: RadioField) -> None:
        """Ask which one is meant of a time that comes twice."""
        if self.comes_twice and field.data is None:
            raise ValidationError(_("Choose one of these."))


@bp.get("")
@gate.may(Action.VISIT)
def show(token: str) -> str:
    """Show the scheduled meeting, and the form for another one."""
    with storage.reading() as session:
        pairing = email_links.opened(session, token, *PURPOSES).pairing
        return _page(session, token, MeetingForm(data=_stored(pairing)))


@bp.post("")
@gate.may(Action.VISIT)
def agree(token: str) -> WerkzeugResponse | tuple[str, int]:
    """Keep a meeting and tell both."""
    with storage.reading() as session:
        # Day and time are of the reader's zone.
        email_links.opened(session, token, *PURPOSES)
        form = MeetingForm(request.form)
        is_valid = form.validate()
    if is_valid:
        with gate.change() as change:
            inquiry = email_links.opened(change.session, token, *PURPOSES)
            try:
                meetings.agree(
                    change.session,
                    storage.settings(),
                    inquiry.pairing,
                    inquiry.person.id,
                    at=form.at,
                    minutes=form.data["minutes"],
                    where=form.data["where"],
                )
            except Invalid as error:
                form.explain(error)
            else:
                place = url_for("meetings.show", token=token)
                return change.done(
                    place, _("Saved. You'll both get it by email, for your calendars.")
                )
    with storage.reading() as session:
        return _page(session, token, form), 422


@bp.post("/call-off")
@gate.may(Action.VISIT)
def call_off(token: str) -> WerkzeugResponse:
    """Cancel the meeting and tell both."""
    with gate.change() as change:
        inquiry = email_links.opened(change.session, token, *PURPOSES)
        settings = storage.settings()
        meetings.call_off(change.session, settings, inquiry.pairing, inquiry.person.id)
        place = url_for("meetings.show", token=token)
        return change.done(place, _("Canceled."))


@bp.get("/meeting.ics")
@gate.may(Action.VISIT)
def calendar(token: str) -> Response:
    """Give the meeting as a file for a calendar; once it is called off, the file takes it out."""
    with storage.reading() as session:
        pairing = email_links.opened(session, token, *PURPOSES).pairing
        program = programs.by_id(session, pairing.program_id)
        content = calendars.of_meeting(pairing, program, storage.settings(), database.now(session))
    return Response(
        content,
        mimetype="text/calendar",
        headers={"Content-Disposition": 'attachment; filename="meeting.ics"'},
    )


def _page(session: Session, token: str, form: MeetingForm) -> str:
    inquiry = email_links.opened(session, token, *PURPOSES)
    pairing = inquiry.pairing
    return render_template(
        "meetings/show.html",
        token=token,
        pairing=pairing,
        is_open=pairing.state in MET_PAIRING,
        is_ahead=meetings.lies_ahead(session, pairing),
        program=programs.by_id(session, pairing.program_id),
        call=matches.call_in(pairing.meeting_where or ""),
        other=sight.called(pairing.other(inquiry.person.id), sight.in_pairing(pairing)),
        form=form,
    )


def _stored(pairing: Pairing) -> dict[str, Any]:
    if pairing.meeting_at is None:
        return {"minutes": _USUAL_MINUTES}
    local = pairing.meeting_at.astimezone(language.current().zone)
    return {
        "day": local.date(),
        "time": local.time(),
        "fold": Fold(str(local.fold)),
        "minutes": pairing.meeting_minutes,
        "where": pairing.meeting_where or "",
    }

"""When two people meet next: either of them saves it, and both get it for their calendar."""

from __future__ import annotations

import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse
from wtforms import IntegerField
from wtforms.validators import InputRequired, Optional, ValidationError

from mentorship import database, language
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Pairing
from mentorship.pairings import calendars, meetings
from mentorship.people import sight
from mentorship.programs import programs
from mentorship.states import MET_PAIRING
from webapp import gate, storage
from webapp.forms import DayField, Form, LineField, TimeField
from webapp.participants import email_links

bp = Blueprint("meetings", __name__, url_prefix="/meetings/<token>")

_USUAL_MINUTES = 45


class MeetingForm(Form):
    """A meeting as two people agree on it; day and time are of the reader's zone."""

    day = DayField(mark("Day"), render_kw={"class": "short", "required": True})
    time = TimeField(
        mark("Time"),
        description=mark("In your time zone, %(zone)s."),
        render_kw={"class": "short", "required": True},
    )
    minutes = IntegerField(
        mark("How many minutes"),
        [InputRequired()],
        render_kw={
            "class": "short",
            "inputmode": "numeric",
            "min": meetings.SHORTEST_MINUTES,
            "max": meetings.LONGEST_MINUTES,
        },
    )
    where = LineField(
        mark("Where, or the link of the call"), [Optional()], longest=meetings.LONGEST_WHERE
    )

    @property
    def at(self) -> datetime.datetime:
        """Return the moment of the meeting."""
        local = datetime.datetime.combine(self.data["day"], self.data["time"])
        return local.replace(tzinfo=language.current().zone)

    def validate_day(self, field: DayField) -> None:
        """Refuse the first and the last day of the calendar, which do not exist in every zone."""
        if field.data in (datetime.date.min, datetime.date.max):
            raise ValidationError(_("Choose another day."))

    def validate_time(self, field: TimeField) -> None:
        """Refuse an hour that the clocks leave out when they are put forward."""
        if self.day.data is None or self.day.errors or field.data is None:
            return
        stood = self.at.astimezone(datetime.UTC).astimezone(language.current().zone)
        if stood.replace(tzinfo=None) != self.at.replace(tzinfo=None):
            raise ValidationError(
                _("The clocks change then, and that hour is left out; choose another one.")
            )


@bp.get("")
@gate.may(Action.VISIT)
def show(token: str) -> str:
    """Show the meeting that was agreed on, and the form for another one."""
    with storage.reading() as session:
        pairing = email_links.opened(session, token).pairing
        return _page(session, token, MeetingForm(data=_stored(pairing)))


@bp.post("")
@gate.may(Action.VISIT)
def agree(token: str) -> WerkzeugResponse | tuple[str, int]:
    """Keep a meeting and tell both."""
    with gate.change() as change:
        inquiry = email_links.opened(change.session, token)
        form = MeetingForm(request.form)
        if form.validate():
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
        if form.errors:
            return _page(change.session, token, form), 422
        place = url_for("meetings.show", token=token)
        return change.done(place, _("Saved. Both of you get it by email, for your calendars."))


@bp.get("/meeting.ics")
@gate.may(Action.VISIT)
def calendar(token: str) -> Response:
    """Give the meeting as a file for a calendar."""
    with storage.reading() as session:
        pairing = email_links.opened(session, token).pairing
        program = programs.by_id(session, pairing.program_id)
        content = calendars.of_meeting(pairing, program, storage.settings(), database.now(session))
    return Response(
        content,
        mimetype="text/calendar",
        headers={"Content-Disposition": 'attachment; filename="meeting.ics"'},
    )


def _page(session: Session, token: str, form: MeetingForm) -> str:
    inquiry = email_links.opened(session, token)
    pairing = inquiry.pairing
    return render_template(
        "meetings/show.html",
        token=token,
        pairing=pairing,
        is_open=pairing.state in MET_PAIRING,
        program=programs.by_id(session, pairing.program_id),
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
        "minutes": pairing.meeting_minutes,
        "where": pairing.meeting_where or "",
    }

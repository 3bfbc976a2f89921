"""When two people meet next: either of them notes it, and both get it for their calendar."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from mentorship import database, language
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Pairing
from mentorship.pairings import calendars, meetings
from mentorship.programs import programs
from mentorship.states import MET_PAIRING
from webapp import gate, storage
from webapp.participants import answers

bp = Blueprint("meetings", __name__, url_prefix="/meetings/<token>")

_MINUTES = 45


@bp.get("")
@gate.may(Action.VISIT)
def show(token: str) -> str:
    """Show the meeting that was agreed on, and the form for another one."""
    with storage.reading() as session:
        pairing = answers.reached(session, token).pairing
        return _page(session, token, _stored(pairing))


@bp.post("")
@gate.may(Action.VISIT)
def agree(token: str) -> WerkzeugResponse | tuple[str, int]:
    """Note a meeting and tell both."""
    form = request.form
    with gate.change() as change:
        standing = answers.reached(change.session, token)
        try:
            meetings.agree(
                change.session,
                storage.settings(),
                standing.pairing,
                standing.person.id,
                at=_moment(form.get("day", ""), form.get("time", "")),
                minutes=_minutes(form.get("minutes", "")),
                where=form.get("where", ""),
            )
        except Invalid as error:
            said = language.sentence(error)
            return _page(change.session, token, form, said), 422
        place = url_for("meetings.show", token=token)
        return change.done(place, _("Noted. Both of you get it by email, for your calendars."))


@bp.get("/meeting.ics")
@gate.may(Action.VISIT)
def calendar(token: str) -> Response:
    """Give the meeting as a file for a calendar."""
    with storage.reading() as session:
        pairing = answers.reached(session, token).pairing
        program = programs.by_id(session, pairing.program_id)
        content = calendars.of_meeting(pairing, program, storage.settings(), database.now(session))
    return Response(
        content,
        mimetype="text/calendar",
        headers={"Content-Disposition": 'attachment; filename="meeting.ics"'},
    )


def _page(session: Session, token: str, typed: Mapping[str, str], error: str | None = None) -> str:
    standing = answers.reached(session, token)
    pairing = standing.pairing
    other = pairing.other(standing.person.id)
    return render_template(
        "meetings/show.html",
        token=token,
        pairing=pairing,
        is_open=pairing.state in MET_PAIRING,
        program=programs.by_id(session, pairing.program_id),
        other=other.person.called,
        typed=typed,
        error=error,
        shortest=meetings.SHORTEST_MINUTES,
        longest=meetings.LONGEST_MINUTES,
    )


def _stored(pairing: Pairing) -> dict[str, str]:
    if pairing.meeting_at is None:
        return {"minutes": str(_MINUTES)}
    local = pairing.meeting_at.astimezone(language.current().zone)
    return {
        "day": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "minutes": str(pairing.meeting_minutes),
        "where": pairing.meeting_where or "",
    }


def _moment(day: str, time: str) -> datetime.datetime:
    """Return the moment that somebody means by a day and an hour of their own zone."""
    try:
        local = datetime.datetime.combine(
            datetime.date.fromisoformat(day), datetime.time.fromisoformat(time)
        )
    except ValueError:
        raise Invalid(_("write the day as 2026-03-04 and the time as 14:30")) from None
    moment = local.replace(tzinfo=language.current().zone).astimezone(datetime.UTC)
    if moment.astimezone(language.current().zone).replace(tzinfo=None) != local:
        raise Invalid(_("the clocks change then, and that hour is left out; choose another one"))
    return moment


def _minutes(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Invalid(_("write how many minutes you meet as a number")) from None

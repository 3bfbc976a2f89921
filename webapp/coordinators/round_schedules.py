"""When rounds of a program start by themselves, as coordinators set it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields import IntegerField, RadioField
from wtforms.validators import InputRequired

from mentorship import language
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Program, Rhythm, Scope
from mentorship.programs import programs
from mentorship.rounds import schedules
from webapp import forms, gate, options, stale, storage
from webapp.forms import DayField, Form, LineField, TickField, TimeField
from webapp.stale import Difference

bp = Blueprint("round_schedules", __name__, url_prefix="/programs/<slug>/rounds/schedule")

#: What stands for no schedule among the rhythms. (Only WTForms' stubs know no plain values.)
NEVER = "never"
_RHYTHMS: Any = [NEVER, *Rhythm]


class ScheduleForm(Form):
    """When rounds start; its fields are those of `schedules.Schedule`."""

    rhythm = RadioField(mark("How often?"), choices=_RHYTHMS)
    first_on = DayField(mark("First day"), render_kw={"class": "short"})
    time = TimeField(mark("Time"), render_kw={"class": "short"})
    zone = LineField(mark("Time zone"))
    scope = forms.one_of(Scope, mark("Who is it for?"))
    least_coverage = IntegerField(
        mark("Percent of waiting mentees who must get a mentor"),
        [InputRequired()],
        description=mark(
            "Below this, the round is kept as a dry run, and you get an email that says so."
        ),
        render_kw={"class": "short", "inputmode": "numeric", "min": 1, "max": 100},
    )
    is_paused = TickField(mark("Paused: no round starts by itself until you clear this."))

    def schedule(self) -> schedules.Schedule | None:
        """Return the schedule that was sent, None for none; see `errors` for what is wrong."""
        if self.rhythm.data == NEVER or not self.validate():
            return None
        try:
            return schedules.Schedule(**self.data | {"rhythm": Rhythm(self.rhythm.data)})
        except Invalid as error:
            self.explain(error)
            return None


@bp.get("")
@gate.may(Action.COORDINATE)
def show(slug: str) -> str:
    """Show when rounds start by themselves."""
    session, program = gate.opened()
    stored = _stored(session, program)
    return _page(program, ScheduleForm(data=stored), stale.stamp(stored))


@bp.post("")
@gate.may(Action.COORDINATE)
def save(slug: str) -> Response | tuple[str, int]:
    """Have rounds start by themselves as the form says."""
    form = ScheduleForm(request.form)
    schedule = form.schedule()
    found: list[Difference] = []
    stamp = stale.sent_stamp()
    if not form.errors:
        with gate.change() as change:
            session, program = change.session, change.subject
            session.refresh(program, with_for_update=True)
            stored = _stored(session, program)
            found = stale.overtaken(form, stored)
            if found:
                stamp = stale.stamp(stored)
            else:
                try:
                    schedules.change(session, program, schedule, str(gate.my_id()))
                except Invalid as error:
                    form.explain(error)
                else:
                    return change.done(url_for("rounds.index", slug=slug), _("Saved."))
    with storage.reading() as session:
        page = _page(programs.get(session, slug), form, stamp, found)
        return page, 409 if found else 422


def _stored(session: Session, program: Program) -> dict[str, Any]:
    """Return the value of each field as it is stored, or what is offered where nothing is."""
    row = schedules.of_program(session, program.id)
    if row is None:
        return {
            "rhythm": NEVER, "first_on": None, "time": None,
            "zone": str(language.current().zone), "scope": Scope.UNMATCHED, "least_coverage": 50,
            "is_paused": False,
        }  # fmt: skip
    return {field.name: getattr(row, field.name) for field in ScheduleForm()}


def _page(
    program: Program, form: ScheduleForm, stamp: str, overtaken: Sequence[Difference] = ()
) -> str:
    return render_template(
        "rounds/schedule.html",
        program=program,
        form=form,
        stamp=stamp,
        overtaken=overtaken,
        zones=options.zones(form.zone.data),
    )

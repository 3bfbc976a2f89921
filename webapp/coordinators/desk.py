"""The coordinator's desk: where a program stands, and how it is set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields import Field, RadioField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import TextInput

from matching.profiles.columns import MOST_WANTED
from mentorship import database
from mentorship.accounts.access import Action
from mentorship.coordination import advice, health, overview
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark, ngettext
from mentorship.models import Fill, Introduction, Program
from mentorship.people import sight
from mentorship.people.gaps import Dimension
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.reminders import unfinished
from mentorship.rounds import forecasts, schedules
from webapp import forms, gate, stale, storage
from webapp.coordinators import shortages, tasks
from webapp.forms import DayField, Form, LineField, TextField, TickField
from webapp.stale import Difference

bp = Blueprint("desk", __name__, url_prefix="/programs/<slug>")


#: How many mentors there may be for a mentee. (Only WTForms' stubs know no plain values.)
_NUMBERS: Any = [str(number) for number in range(1, MOST_WANTED + 1)]
#: After how many days someone is told again that they are unmatched.
_DAYS: Any = ["0", "14", "30", "90"]


class DomainsField(Field):
    """Several email domains in one line."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        self.data = programs.read_domains(valuelist[0] if valuelist else "")

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ", ".join(self.data or ())


class SettingsForm(Form):
    """How a program is set: its fields are those of `programs.Settings`."""

    name = LineField(
        mark("Name of the program"), [InputRequired()], longest=programs.LONGEST["name"]
    )
    organizer = LineField(mark("Who runs it"), [Optional()], longest=programs.LONGEST["organizer"])
    about = TextField(
        mark("What it is, in a few sentences"), [Optional()], longest=programs.LONGEST["about"]
    )
    next_round_on = DayField(
        mark("Day of the next round"), [Optional()], render_kw={"class": "short"}
    )
    registration_open = TickField(
        mark(
            "People can register themselves, and a coordinator approves them. If this is "
            "off, only people you import or invite take part."
        )
    )
    shows_contact = TickField(
        mark(
            "Show a coordinator's email address on the front page, to anyone on the "
            "internet, as long as people can register themselves."
        )
    )
    email_domains = DomainsField(
        mark("Email domains that don't need approval"),
        [Optional()],
        description=mark(
            "For example, med.example.edu. Separate several with commas. Subdomains count too."
        ),
    )
    approve_mentors = TickField(
        mark("Mentors who register themselves need approval, whatever their address.")
    )
    introduction = forms.one_of(Introduction, mark("After a round is published"))
    most_mentors = RadioField(
        mark("How many mentors can a mentee ask for?"), choices=_NUMBERS, coerce=int
    )
    fill = forms.one_of(
        Fill, mark("If mentees ask for several mentors, what comes first in a round?")
    )
    days_between_results = RadioField(
        mark("How often are unmatched people told?"), choices=_DAYS, coerce=int
    )
    may_override = TickField(
        mark(
            "Coordinators can pair people by hand against the program's own rules. People's "
            "own requirements always apply."
        )
    )

    def settings(self) -> programs.Settings | None:
        """Return the settings that were sent, or None and say what is wrong beside each field."""
        self.validate()
        try:
            settings = programs.Settings(**self.data)
        except Invalid as error:
            self.explain(error)
            return None
        return None if self.errors else settings


@bp.get("/desk")
@gate.may(Action.COORDINATE)
def show(slug: str) -> str:
    """Show what there is to do, where places are short, and what would help."""
    session, program = gate.opened()
    found = overview.of_program(session, program)
    forecast = forecasts.of_program(session, program.id)
    by = forms.narrowed("by", Dimension) or Dimension.FIELD
    to_remind = unfinished.count(session, program) if found.invited or found.drafts else 0
    result = forecast.result if forecast else None
    mine = gate.my_id()
    pairs = tasks.Pairs(
        health.counts(session, program.id, mine), health.ended_lately(session, program.id, mine)
    )
    rows, more = shortages.rows(program, by, result) if result else ([], 0)
    return render_template(
        "desk/show.html",
        program=program,
        overview=found,
        tasks=tasks.of_overview(program, found, pairs, forecast, to_remind),
        health=pairs.counts,
        forecast=forecast,
        result=result,
        by=by,
        dimensions=shortages.WORDS,
        rows=rows,
        more=more,
        advice=advice.of_forecast(session, forecast) if forecast else [],
        ruled_out=advice.ruled_out(session, forecast) if forecast else [],
        title=lambda profile: sight.title(profile, Viewer.COORDINATOR),
        today=database.now(session).date(),
        schedule=schedules.of_program(session, program.id),
    )


@bp.get("/desk/progress")
@gate.may(Action.COORDINATE)
def progress(slug: str) -> dict[str, str]:
    """Return whether the forecast is being computed, for the script on the Overview."""
    session, program = gate.opened()
    forecast = forecasts.of_program(session, program.id)
    is_done = forecast is not None and forecast.due_at is None
    return {"state": "done" if is_done else "computing"}


@bp.post("/remind")
@gate.may(Action.COORDINATE)
def remind(slug: str) -> Response:
    """Remind everyone who has not finished a profile, within the usual limits."""
    with gate.change() as change:
        reminded = unfinished.remind(change.session, change.subject, str(gate.my_id()))
        words = ngettext(
            "%(n)s person will get a reminder, during the day where they live.",
            "%(n)s people will get a reminder, during the day where they live.",
            reminded,
        )
        return change.done(
            url_for("desk.show", slug=slug),
            words if reminded else _("No one can be reminded now; everyone got an email recently."),
        )


@bp.get("/settings")
@gate.may(Action.COORDINATE)
def settings(slug: str) -> str:
    """Show how the program is set."""
    _session, program = gate.opened()
    return _settings_page(program, SettingsForm(obj=program), stale.stamp(_stored(program)))


@bp.post("/settings")
@gate.may(Action.COORDINATE)
def save(slug: str) -> Response | tuple[str, int]:
    """Set the program as the form says."""
    with storage.reading() as session:
        program = programs.get(session, slug)
        # Radio buttons of which none is chosen send nothing: that changes nothing.
        form = SettingsForm(
            request.form,
            introduction=program.introduction,
            most_mentors=program.most_mentors,
            fill=program.fill,
            days_between_results=program.days_between_results,
        )
        settings = form.settings()
        if settings is None:
            return _settings_page(program, form, stale.sent_stamp()), 422
    with gate.change() as change:
        program = change.subject
        change.session.refresh(program, with_for_update=True)
        found = stale.overtaken(form, stored := _stored(program))
        if not found:
            programs.change(change.session, program, str(gate.my_id()), settings)
            return change.done(url_for("desk.settings", slug=slug), _("Saved."))
    with storage.reading() as session:
        program, stamp = programs.get(session, slug), stale.stamp(stored)
        return _settings_page(program, form, stamp, found), 409


def _stored(program: Program) -> dict[str, Any]:
    return {field.name: getattr(program, field.name) for field in SettingsForm()}


def _settings_page(
    program: Program, form: SettingsForm, stamp: str, overtaken: Sequence[Difference] = ()
) -> str:
    return render_template(
        "desk/settings.html", program=program, form=form, stamp=stamp, overtaken=overtaken
    )

"""The coordinator's desk: where a program stands, and how it is set."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields import Field, RadioField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import TextInput

from matching.profiles.columns import MOST_WANTED
from mentorship.accounts.access import Action
from mentorship.coordination import overview
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Fill, Introduction, Program
from mentorship.programs import programs
from webapp import forms, gate, storage
from webapp.forms import DayField, Form, LineField, TextField, TickField

bp = Blueprint("desk", __name__, url_prefix="/programs/<slug>")


#: How many mentors there may be for a mentee. (Only WTForms' stubs know no plain values.)
_NUMBERS: Any = [str(number) for number in range(1, MOST_WANTED + 1)]


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
            "People can register themselves, and a coordinator approves them. Without this, only "
            "people you import or invite take part."
        )
    )
    shows_contact = TickField(
        mark(
            "Show a coordinator's address on the front page, to everyone on the internet, as long "
            "as people can register themselves."
        )
    )
    email_domains = DomainsField(
        mark("Email domains that need no approval"),
        [Optional()],
        description=mark(
            "Such as med.example.edu; separate several with commas. Subdomains count too."
        ),
    )
    approve_mentors = TickField(
        mark("Mentors who register themselves need approval, whatever their address.")
    )
    introduction = forms.one_of(Introduction)
    most_mentors = RadioField(choices=_NUMBERS, coerce=int)
    fill = forms.one_of(Fill)

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
    """Show where the program stands and what needs a decision."""
    session, program = gate.opened()
    return render_template(
        "desk/show.html", program=program, overview=overview.of_program(session, program)
    )


@bp.get("/settings")
@gate.may(Action.COORDINATE)
def settings(slug: str) -> str:
    """Show how the program is set."""
    _session, program = gate.opened()
    return _settings_page(program, SettingsForm(obj=program))


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
        )
        settings = form.settings()
        if settings is None:
            return _settings_page(program, form), 422
    with gate.change() as change:
        programs.change(change.session, change.subject, str(gate.my_id()), settings)
        return change.done(url_for("desk.settings", slug=slug), _("Saved."))


def _settings_page(program: Program, form: SettingsForm) -> str:
    return render_template("desk/settings.html", program=program, form=form)

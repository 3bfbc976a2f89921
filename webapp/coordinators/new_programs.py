"""Creating a program: its creator coordinates it, and adds its people next."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Optional

from mentorship.accounts import coordinators
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.programs import programs
from webapp import gate
from webapp.forms import DayField, Form, LineField

bp = Blueprint("new_programs", __name__, url_prefix="/programs")


class ProgramForm(Form):
    """What a program needs at first; the rest stands under its settings."""

    name = LineField(
        mark("Name of the program"), [InputRequired()], longest=programs.LONGEST["name"]
    )
    organizer = LineField(mark("Who runs it"), [Optional()], longest=programs.LONGEST["organizer"])
    next_round_on = DayField(
        mark("Day of the next round"), [Optional()], render_kw={"class": "short"}
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


@bp.get("/new")
@gate.may(Action.CREATE)
def begin() -> str:
    """Ask what the program is called."""
    return render_template("desk/new.html", form=ProgramForm())


@bp.post("/new")
@gate.may(Action.CREATE)
def create() -> Response | tuple[str, int]:
    """Create the program, and lead to where its people come in."""
    form = ProgramForm(request.form)
    settings = form.settings()
    if settings is None:
        return render_template("desk/new.html", form=form), 422
    with gate.change() as change:
        program = coordinators.create_program(change.session, gate.my_id(), settings)
        place = url_for("uploads.choose", slug=program.slug)
        return change.done(place, _("Your program is ready. Next, add its people."))

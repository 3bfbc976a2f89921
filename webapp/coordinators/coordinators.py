"""Who coordinates a program: the list, and adding and removing coordinators."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired

from mentorship.accounts import coordinators
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Program
from mentorship.programs import programs
from webapp import gate, storage
from webapp.forms import Form, LineField

bp = Blueprint("coordinators", __name__, url_prefix="/programs/<slug>/coordinators")


class CoordinatorForm(Form):
    """The address of a new coordinator."""

    email = LineField(
        mark("Email address"), [InputRequired()], longest=320, render_kw={"type": "email"}
    )


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List the coordinators of the program."""
    session, program = gate.opened()
    return _page(session, program, CoordinatorForm())


@bp.post("")
@gate.may(Action.COORDINATE)
def add(slug: str) -> Response | tuple[str, int]:
    """Make someone a coordinator."""
    form = CoordinatorForm(request.form)
    if form.validate():
        with gate.change() as change:
            try:
                coordinators.appoint(
                    change.session, change.subject, form.data["email"], str(gate.my_id())
                )
            except Invalid as error:
                form.email.errors = [_("This %(problem)s.", problem=error)]
            else:
                place = url_for("coordinators.index", slug=slug)
                return change.done(place, _("Added. They'll get an email."))
    with storage.reading() as session:
        return _page(session, programs.get(session, slug), form), 422


@bp.post("/<uuid:person_id>/remove")
@gate.may(Action.COORDINATE)
def remove(slug: str, person_id: uuid.UUID) -> Response:
    """Let someone no longer coordinate the program; one can remove oneself."""
    mine = gate.my_id()
    with gate.change() as change:
        coordinators.dismiss(change.session, change.subject, person_id, str(mine))
        mine_ended = person_id == mine
        place = url_for("pages.home") if mine_ended else url_for("coordinators.index", slug=slug)
        message = _("Removed. They'll get an email and are signed out everywhere.")
        return change.done(place, None if mine_ended else message)


def _page(session: Session, program: Program, form: CoordinatorForm) -> str:
    return render_template(
        "coordinators/index.html",
        program=program,
        coordinators=programs.coordinators(session, program.id),
        form=form,
    )

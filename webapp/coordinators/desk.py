"""The coordinator's desk: where a program stands, and how its door and front page are set."""

from __future__ import annotations

import datetime

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.coordination import overview
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Introduction
from mentorship.programs import programs
from webapp import gate

bp = Blueprint("desk", __name__, url_prefix="/programs/<slug>")


@bp.get("/desk")
@gate.may(Action.COORDINATE)
def show(slug: str) -> str:
    """Say where the program stands and what waits for a decision."""
    session, program = gate.opened()
    return render_template(
        "desk/show.html", program=program, standing=overview.of_program(session, program)
    )


@bp.get("/settings")
@gate.may(Action.COORDINATE)
def settings(slug: str) -> str:
    """Show how the program's front page and door are set."""
    _session, program = gate.opened()
    return render_template("desk/settings.html", program=program, sent=None, errors={})


@bp.post("/settings")
@gate.may(Action.COORDINATE)
def save(slug: str) -> Response | tuple[str, int]:
    """Change the front page and the door."""
    form = request.form
    with gate.change() as change:
        errors: dict[str, str] = {}
        day = None
        if typed := form.get("next_round_on", "").strip():
            try:
                day = datetime.date.fromisoformat(typed)
            except ValueError:
                errors["next_round_on"] = _("Write the day as 2026-03-04.")
        try:
            domains = programs.read_domains(form.get("email_domains", ""))
        except Invalid as error:
            errors["email_domains"] = f"{error}."
            domains = []
        for name, most in (("name", 200), ("organizer", 200), ("about", 5000)):
            if len(form.get(name, "").replace("\r\n", "\n")) > most:
                errors[name] = _("At most %(most)s characters.", most=most)
        if not form.get("name", "").strip():
            errors["name"] = _("Please answer this.")
        elif not form["name"].strip().isprintable():
            errors["name"] = _("Write it on one line, in plain letters.")
        introduction = form.get("introduction", change.subject.introduction.value)
        if introduction not in list(Introduction):
            errors["introduction"] = _("Choose one of the two.")
        if errors:
            page = render_template(
                "desk/settings.html", program=change.subject, sent=form, errors=errors
            )
            return page, 422
        programs.change(
            change.session,
            change.subject,
            str(gate.my_id()),
            name=form["name"].strip(),
            organizer=form.get("organizer", "").strip(),
            about=form.get("about", "").strip(),
            next_round_on=day,
            registration_open=form.get("registration_open") == "yes",
            email_domains=domains,
            approve_mentors=form.get("approve_mentors") == "yes",
            introduction=Introduction(introduction),
        )
        return change.done(url_for("desk.settings", slug=slug), _("Saved."))

"""Who coordinates a program: the list, and adding and removing coordinators."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired

from mentorship.accounts import coordinators
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Person, Program
from mentorship.programs import programs
from webapp import gate, stale, storage
from webapp.forms import Form, LineField
from webapp.gate import Change
from webapp.stale import Difference

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
    overtaken: list[Difference] = []
    if form.validate():
        with gate.change() as change:
            words = _("add %(address)s", address=form.data["email"])
            found = _overtaken(change, words)
            try:
                coordinators.appoint(
                    change.session, change.subject, form.data["email"], str(gate.my_id())
                )
            except Invalid as error:
                form.email.errors = [_("This %(problem)s.", problem=error)]
            else:
                if not found:
                    place = url_for("coordinators.index", slug=slug)
                    return change.done(place, _("Added. They'll get an email."))
                # Nothing is kept of a form that is not done.
                overtaken = found
    with storage.reading() as session:
        page = _page(session, programs.get(session, slug), form, overtaken)
        return page, 409 if overtaken else 422


@bp.post("/<uuid:person_id>/remove")
@gate.may(Action.COORDINATE)
def remove(slug: str, person_id: uuid.UUID) -> Response | tuple[str, int]:
    """Remove a coordinator from the program; they can remove themselves."""
    mine = gate.my_id()
    with gate.change() as change:
        listed = programs.coordinators(change.session, change.subject.id)
        names = [_name(each.person) for each in listed if each.person_id == person_id]
        # This page may not show the name of someone who is no longer in the list.
        words = _("remove %(name)s", name=names[0] if names else _("a coordinator"))
        found = _overtaken(change, words) if names or stale.sent_stamp() else []
        if not found:
            coordinators.dismiss(change.session, change.subject, person_id, str(mine))
            if person_id == mine:
                return change.done(url_for("pages.home"), None)
            message = _("Removed. They'll get an email and are signed out everywhere.")
            return change.done(url_for("coordinators.index", slug=slug), message)
    with storage.reading() as session:
        return _page(session, programs.get(session, slug), CoordinatorForm(), found), 409


def _stored(session: Session, program: Program) -> dict[str, Any]:
    ids = [str(each.person_id) for each in programs.coordinators(session, program.id)]
    return {"coordinators": sorted(ids)}


def _overtaken(change: Change, words: str) -> list[Difference]:
    """Return that the list differs from what the sender saw, who wanted to do what `words` say."""
    session, program = change.session, change.subject
    session.refresh(program, with_for_update=True)
    if not stale.changed(_stored(session, program), {}):
        return []
    names = [_name(each.person) for each in programs.coordinators(session, program.id)]
    return [Difference(_("Coordinators"), words, stale.in_words(names), is_conflict=True)]


def _name(person: Person) -> str:
    return person.full_name or person.email


def _page(
    session: Session,
    program: Program,
    form: CoordinatorForm,
    overtaken: Sequence[Difference] = (),
) -> str:
    return render_template(
        "coordinators/index.html",
        program=program,
        coordinators=programs.coordinators(session, program.id),
        form=form,
        stamp=stale.stamp(_stored(session, program)),
        overtaken=overtaken,
    )

"""How people join a program by themselves, as a mentee or a mentor."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.models import Person, Role
from mentorship.people import joining, questionnaire
from mentorship.programs import programs
from webapp import gate, sign_in, storage
from webapp.participants import sections
from webapp.security import A_ROOM_ASKS, limiter

bp = Blueprint("join", __name__, url_prefix="/programs/<slug>/join/<any(mentee, mentor):role>")


@bp.get("")
@gate.may(Action.READ_FRONT)
def begin(slug: str, role: str) -> str | Response:
    """Ask for an address, or show the first questions to a visitor who is signed in."""
    session, program = gate.opened()
    visitor = gate.me()
    if visitor is None:
        return render_template("join/address.html", program=program, role=Role(role))
    for profile in joining.profiles_of(session, visitor.id):
        if profile.program_id == program.id and profile.role == role:
            return redirect(url_for("profiles.show", profile_id=profile.id))
    if not program.registration_open:
        return render_template("join/address.html", program=program, role=Role(role))
    person = session.get_one(Person, visitor.id)
    first = questionnaire.sections(program, Role(role))[0]
    known = joining.known(person, Role(role))
    return sections.show(session, program, Role(role), first, answers=known)


@bp.post("/address")
@gate.may(Action.READ_FRONT)
@limiter.limit(A_ROOM_ASKS)
def send(slug: str, role: str) -> Response | tuple[str, int]:
    """Send a link and a code to an address, known or new."""
    return sign_in.ask_for(
        url_for("join.begin", slug=slug, role=role),
        lambda session, **shown: render_template(
            "join/address.html", program=programs.get(session, slug), role=Role(role), **shown
        ),
    )


@bp.post("")
@gate.may(Action.JOIN)
def save(slug: str, role: str) -> Response | tuple[str, int]:
    """Keep the first answers, in a profile that is begun with them."""
    with storage.reading() as session:
        program = programs.get(session, slug)
        first = questionnaire.sections(program, Role(role))[0]
        sent = sections.read(session, program, Role(role), first)
        page = sections.show_again(program, Role(role), sent)
    if page is not None:
        return page
    with gate.change() as change:
        person = change.session.get_one(Person, gate.my_id())
        profile = joining.begin(change.session, change.subject, person, Role(role))
        return sections.keep(change, profile, sent)

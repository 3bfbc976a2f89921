"""The first page, and the front page of a program."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import database
from mentorship.accounts import access
from mentorship.accounts.access import Action
from mentorship.pairings import pairings
from mentorship.people import joining
from mentorship.programs import programs
from mentorship.rounds import results
from mentorship.states import ProfileState
from webapp import gate, storage
from webapp.participants import matches

bp = Blueprint("pages", __name__)


@bp.get("/")
@gate.may(Action.VISIT)
def home() -> str | Response:
    """Show what this is, or to a visitor who is signed in where they stand.

    People who do nothing here but coordinate one program are led to its desk.
    """
    visitor = gate.me()
    if visitor is None:
        with storage.reading() as session:
            return _welcome(session)
    session, _home = gate.opened()
    mine = joining.profiles_of(session, visitor.id)
    coordinated = gate.coordinated()
    if not mine and not coordinated and access.may_create(session, visitor.id):
        return redirect(url_for("new_programs.begin"))
    if not mine and not coordinated:
        return _welcome(session)
    if not mine and len(coordinated) == 1:
        slug, _name = coordinated[0]
        return redirect(url_for("desk.show", slug=slug))
    named = {profile.id: programs.by_id(session, profile.program_id) for profile in mine}
    found = {
        profile.id: [
            matches.of_pairing(session, pairing, named[profile.id], profile)
            for pairing in pairings.of_profile(session, profile)
        ]
        for profile in mine
    }
    why_unmatched = {profile.id: results.last_reason(session, profile) for profile in mine}
    return render_template(
        "pages/home.html",
        profiles=mine,
        matches=found,
        reasons=why_unmatched,
        programs=named,
        today=database.now(session).date(),
        State=ProfileState,
    )


@bp.get("/programs/<slug>")
@gate.may(Action.READ_FRONT)
def front(slug: str) -> str:
    """Show what a program is, and how to join it as a mentee or a mentor."""
    session, program = gate.opened()
    contacts: list[str] = []
    if program.has_public_contact:
        contacts = [c.person.email for c in programs.coordinators(session, program.id)][:1]
    today = database.now(session).date()
    return render_template("pages/front.html", program=program, contacts=contacts, today=today)


def _welcome(session: Session) -> str:
    today = database.now(session).date()
    return render_template("pages/welcome.html", programs=programs.open_ones(session), today=today)

"""The first page, and the front page of a program."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.accounts.access import Action
from mentorship.models import Pairing, Profile, Role
from mentorship.pairings import pairings, reasons
from mentorship.pairings.sentences import Reader
from mentorship.people import cards, joining
from mentorship.programs import programs
from mentorship.rounds import results
from mentorship.states import MET_PAIRING, ProfileState
from webapp import gate, storage
from webapp.participants import email_links

bp = Blueprint("pages", __name__)


@bp.get("/")
@gate.may(Action.VISIT)
def home() -> str:
    """Show what this is, or to a visitor who is signed in where they stand."""
    visitor = gate.me()
    if visitor is None:
        with storage.reading() as session:
            return _welcome(session)
    session, _home = gate.opened()
    mine = joining.profiles_of(session, visitor.id)
    if not mine and not gate.coordinated():
        return _welcome(session)
    met = {
        profile.id: [_meeting(session, p, profile) for p in pairings.of_profile(session, profile)]
        for profile in mine
    }
    why_unmatched = {profile.id: results.last_reason(session, profile) for profile in mine}
    named = {profile.id: programs.by_id(session, profile.program_id) for profile in mine}
    return render_template(
        "pages/home.html",
        profiles=mine,
        meetings=met,
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
    runs_it = [c.person for c in programs.coordinators(session, program.id)]
    today = database.now(session).date()
    return render_template("pages/front.html", program=program, contact=runs_it[:1], today=today)


def _welcome(session: Session) -> str:
    today = database.now(session).date()
    return render_template("pages/welcome.html", programs=programs.open_ones(session), today=today)


def _meeting(session: Session, pairing: Pairing, profile: Profile) -> dict[str, object]:
    """Return what a person may read of a pairing: contact only once both were introduced."""
    is_mentee = profile.role is Role.MENTEE
    other = pairing.other(profile.person_id)
    reader = Reader(profile.role)
    return {
        "other": cards.of_profile(other),
        "reasons": reasons.of_pairing(pairing, reader),
        "hopes": None if is_mentee else other.answers.get("statement"),
        "is_introduced": pairing.state in MET_PAIRING,
        "pairing": pairing,
        "has_agreed": pairing.agreed_at(profile.role),
        "links": email_links.about(session, pairing, profile.person),
    }

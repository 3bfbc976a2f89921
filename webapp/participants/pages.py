"""The first page, and the front page of a program."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.accounts.access import Action
from mentorship.models import Pairing, Profile
from mentorship.pairings import pairings, reasons
from mentorship.pairings.sentences import Reader
from mentorship.people import cards, joining, questionnaire, sight
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
    contacts: list[str] = []
    if program.has_public_contact:
        contacts = [c.person.email for c in programs.coordinators(session, program.id)][:1]
    today = database.now(session).date()
    return render_template("pages/front.html", program=program, contacts=contacts, today=today)


def _welcome(session: Session) -> str:
    today = database.now(session).date()
    return render_template("pages/welcome.html", programs=programs.open_ones(session), today=today)


def _meeting(session: Session, pairing: Pairing, profile: Profile) -> dict[str, object]:
    """Return what a person may read of a pairing, as it stands."""
    other = pairing.other(profile.person_id)
    viewer = sight.in_pairing(pairing)
    return {
        "other": cards.of_profile(other, viewer),
        "told": questionnaire.told(other, viewer),
        "reasons": reasons.of_pairing(pairing, Reader(profile.role)),
        "is_introduced": pairing.state in MET_PAIRING,
        "meeting_at": pairing.meeting_at if sight.sees(viewer, sight.MEETING) else None,
        "pairing": pairing,
        "has_agreed": pairing.agreed_at(profile.role),
        "links": email_links.about(session, pairing, profile.person),
    }

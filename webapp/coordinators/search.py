"""The search in the bar of the desk: people, pairings and emails of a program."""

from __future__ import annotations

from flask import Blueprint, render_template

from mentorship.accounts.access import Action
from mentorship.coordination import ledger, search
from mentorship.people import cards, sight
from mentorship.people.sight import Viewer
from webapp import forms, gate

bp = Blueprint("search", __name__, url_prefix="/programs/<slug>/search")


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """Show what is found by part of a name, an address or an ID."""
    session, program = gate.opened()
    text = forms.searched().strip()
    found = search.of_program(session, program.id, text) if text else None
    return render_template(
        "search/index.html",
        program=program,
        text=text,
        found=found,
        readers=ledger.readers(session, program.id, found.emails.items)
        if found and found.emails
        else {},
        card=lambda profile: cards.of_profile(profile, Viewer.COORDINATOR),
        title=lambda profile: sight.title(profile, Viewer.COORDINATOR),
    )

"""A program's emails, for whoever runs it: what is ready, sent, or failed and why."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from mentorship import mail
from mentorship.access import Action
from mentorship.states import EmailState
from webapp import access

bp = Blueprint("emails", __name__, url_prefix="/programs/<slug>/emails")


@bp.get("")
@access.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List emails by state."""
    session, program = access.opened()
    state = request.args.get("state")
    chosen = EmailState(state) if state in list(EmailState) else None
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    return render_template(
        "emails/index.html",
        program=program,
        counts=mail.counts(session, program.id),
        found=mail.find(session, program.id, chosen, request.args.get("q", "")[:200], page),
        chosen=chosen,
        text=request.args.get("q", "")[:200],
        states=list(EmailState),
    )

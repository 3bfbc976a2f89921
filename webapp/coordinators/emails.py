"""A program's emails, for whoever runs it: what became of each, and sending it once more."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, abort, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from mentorship import outbox
from mentorship.accounts.access import Action
from mentorship.coordination import ledger
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import sentence
from mentorship.models import Email, EmailKind
from mentorship.programs import programs
from mentorship.states import EmailState
from webapp import gate, security

bp = Blueprint("emails", __name__, url_prefix="/programs/<slug>/emails")

#: Stands where a state would, for emails that may have come twice.
IN_DOUBT = "in_doubt"


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List emails by state, doubt and kind."""
    session, program = gate.opened()
    state, kind = request.args.get("state"), request.args.get("kind")
    sought = ledger.Sought(
        state=EmailState(state) if state in list(EmailState) else None,
        is_doubted=state == IN_DOUBT,
        kind=EmailKind(kind) if kind in list(EmailKind) else None,
        text=request.args.get("q", "")[:200],
    )
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    return render_template(
        "emails/index.html",
        program=program,
        counts=ledger.counts(session, program.id),
        doubted=ledger.doubted(session, program.id),
        found=ledger.find(session, program.id, sought, page),
        sought=sought,
        chosen=state if sought.state or sought.is_doubted else None,
        states=list(EmailState),
        # Emails to sign in belong to no program.
        kinds=[kind for kind in EmailKind if kind is not EmailKind.SIGN_IN],
    )


@bp.get("/<uuid:email_id>")
@gate.may(Action.FOLLOW_EMAIL)
def show(slug: str, email_id: uuid.UUID) -> Response:
    """Show an email's life and words."""
    session, email = gate.opened()
    return _page(session, slug, email)


@bp.get("/<uuid:email_id>/html")
@gate.may(Action.FOLLOW_EMAIL)
def html(slug: str, email_id: uuid.UUID) -> Response:
    """Show an email as its reader sees it, for the frame on its page."""
    _session, email = gate.opened()
    shown = ledger.shown(email)
    if shown is None or not shown.html:
        abort(404)
    return security.letter(shown.html)


@bp.post("/<uuid:email_id>/resend")
@gate.may(Action.FOLLOW_EMAIL)
def resend(slug: str, email_id: uuid.UUID) -> WerkzeugResponse | tuple[Response, int]:
    """Send an email once more, and keep the reason."""
    reason = request.form.get("reason", "")
    with gate.change() as change:
        try:
            outbox.resend(change.session, change.subject, str(gate.my_id()), reason)
        except Invalid as error:
            said = sentence(error)
            return _page(change.session, slug, change.subject, error=said, reason=reason), 422
        place = url_for("emails.show", slug=slug, email_id=email_id)
        return change.done(place, _("It is sent again in a moment."))


def _page(
    session: Session, slug: str, email: Email, *, error: str | None = None, reason: str = ""
) -> Response:
    page = render_template(
        "emails/show.html",
        program=programs.get(session, slug),
        email=email,
        events=ledger.events(session, email.id),
        shown=ledger.shown(email),
        can_be_resent=email.state in outbox.RESENDABLE,
        error=error,
        reason=reason,
    )
    return security.with_frames(page)

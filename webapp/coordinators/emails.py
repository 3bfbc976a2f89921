"""A program's emails, for its coordinators: what happened to each, and resending it."""

from __future__ import annotations

import uuid
from collections import Counter

from flask import Blueprint, Response, abort, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse
from wtforms import fields
from wtforms.validators import InputRequired

from mentorship import outbox
from mentorship.accounts.access import Action
from mentorship.coordination import ledger
from mentorship.delivery.refusals import CAME_BACK as RETURNED
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark, ngettext, sentence
from mentorship.models import Cause, Email, EmailKind, Program
from mentorship.programs import programs
from mentorship.states import EmailState
from webapp import forms, gate, security, storage
from webapp.coordinators import searches
from webapp.coordinators.searches import SENDING
from webapp.forms import Form, LineField
from webapp.labels import failure as in_words

bp = Blueprint("emails", __name__, url_prefix="/programs/<slug>/emails")

#: Emails about these belong to no program.
_OF_ACCOUNTS = (Cause.SIGN_IN_LINK, Cause.PERSON)


class ResendForm(Form):
    """Why an email is sent again."""

    reason = LineField(
        mark("Why"),
        [InputRequired()],
        longest=500,
        description=mark("Saved with this email, for other coordinators."),
        render_kw={"minlength": 3},
    )


class ResendAlikeForm(ResendForm):
    """Why all emails that have one failure in common are sent again."""

    failure = fields.RadioField(mark("Which"), validate_choice=False)


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List emails by state, doubt and kind, and why some did not arrive."""
    session, program = gate.opened()
    return _list(session, program, ResendAlikeForm())


def _list(session: Session, program: Program, form: ResendAlikeForm) -> str:
    sought = searches.emails()
    counts = Counter(ledger.counts(session, program.id))
    counts[SENDING[0]] += counts.pop(SENDING[1], 0)
    is_narrowed = sought.states or sought.is_doubted or sought.has_come_back
    causes = ledger.causes(session, program.id)
    form.failure.choices = [(cause, cause) for cause, _number in causes]
    found = ledger.find(session, program.id, sought, forms.page_number())
    return render_template(
        "emails/index.html",
        program=program,
        counts=counts,
        doubted=ledger.doubted(session, program.id),
        came_back=ledger.came_back(session, program.id),
        causes=causes,
        options={
            cause: (
                in_words(cause) if cause.startswith(RETURNED) else cause,
                ngettext("One email", "%(n)s emails", number),
            )
            for cause, number in causes
        },
        form=form,
        found=found,
        readers=ledger.readers(session, program.id, found.items),
        sought=sought,
        address={name: request.args[name] for name in searches.OF_EMAILS if name in request.args},
        chosen=request.args.get("state") if is_narrowed else None,
        states=[state for state in EmailState if state is not SENDING[1]],
        # Emails to sign in belong to no program.
        kinds=[kind for kind in EmailKind if kind.cause not in _OF_ACCOUNTS],
    )


@bp.post("/resend")
@gate.may(Action.COORDINATE)
def resend_alike(slug: str) -> WerkzeugResponse | tuple[str, int]:
    """Send all emails again that failed or came back for one cause, and keep the reason."""
    form = ResendAlikeForm(request.form)
    failure, reason = form.data["failure"] or "", form.data["reason"]
    with gate.change() as change:
        try:
            number = outbox.resend_alike(
                change.session, change.subject.id, failure, str(gate.my_id()), reason
            )
        except Invalid as error:
            form.reason.errors = [sentence(error)]
        else:
            words = ngettext("One email is being resent.", "%(n)s emails are being resent.", number)
            return change.done(url_for("emails.index", slug=slug), words)
    with storage.reading() as session:
        return _list(session, programs.get(session, slug), form), 422


@bp.get("/<uuid:email_id>")
@gate.may(Action.FOLLOW_EMAIL)
def show(slug: str, email_id: uuid.UUID) -> Response:
    """Show an email's history and words."""
    session, email = gate.opened()
    return _page(session, slug, email, ResendForm())


@bp.get("/<uuid:email_id>/html")
@gate.may(Action.FOLLOW_EMAIL)
def html(slug: str, email_id: uuid.UUID) -> Response:
    """Show an email as its reader sees it, for the frame on its page."""
    session, email = gate.opened()
    shown = ledger.shown(session, email)
    if shown is None or not shown.html:
        abort(404)
    return security.letter(shown.html)


@bp.post("/<uuid:email_id>/resend")
@gate.may(Action.FOLLOW_EMAIL)
def resend(slug: str, email_id: uuid.UUID) -> WerkzeugResponse | tuple[Response, int]:
    """Send an email again, and keep the reason."""
    form = ResendForm(request.form)
    with gate.change() as change:
        try:
            outbox.resend(change.session, change.subject, str(gate.my_id()), form.data["reason"])
        except Invalid as error:
            form.reason.errors = [sentence(error)]
        else:
            place = url_for("emails.show", slug=slug, email_id=email_id)
            return change.done(place, _("It is being resent."))
    with storage.reading() as session:
        return _page(session, slug, session.get_one(Email, email_id), form), 422


def _page(session: Session, slug: str, email: Email, form: ResendForm) -> Response:
    program = programs.get(session, slug)
    page = render_template(
        "emails/show.html",
        program=program,
        email=email,
        reader=ledger.readers(session, program.id, [email])[email.id],
        events=ledger.events(session, email.id),
        shown=ledger.shown(session, email),
        can_be_resent=email.state in outbox.RESENDABLE,
        form=form,
    )
    return security.with_frames(page)

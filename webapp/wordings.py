"""What a program's emails say: its own words in plain text, and how each looks with real people."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, abort, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from mentorship.accounts.access import Action
from mentorship.emails import previews, wordings
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import sentence
from mentorship.models import EmailKind, Program
from webapp import access, security, storage

bp = Blueprint("wordings", __name__, url_prefix="/programs/<slug>/wording")


@bp.get("")
@access.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List the kinds of email."""
    _session, program = access.opened()
    return render_template(
        "wordings/index.html",
        program=program,
        # An email to sign in belongs to no program.
        kinds=[kind for kind in EmailKind if kind is not EmailKind.SIGN_IN],
        editable=wordings.EDITABLE,
    )


@bp.get("/<kind>")
@access.may(Action.COORDINATE)
def show(slug: str, kind: str) -> Response:
    """Show the words of a kind of email, and an email with them."""
    session, program = access.opened()
    chosen = _kind(kind)
    return _page(session, program, chosen, wordings.of(program, chosen), {})


@bp.post("/<kind>")
@access.may(Action.COORDINATE)
def save(slug: str, kind: str) -> WerkzeugResponse | tuple[Response, int]:
    """Keep the words of a kind of email, or go back to the standard ones."""
    chosen = _kind(kind)
    if chosen not in wordings.EDITABLE:
        abort(404)
    is_back = request.form.get("standard") == "yes"
    typed = {name: "" if is_back else request.form.get(name, "") for name in wordings.PASSAGES}
    with access.change() as change:
        errors = {}
        for name, text in typed.items():
            try:
                wordings.check(chosen, name, text.replace("\r\n", "\n").strip())
            except Invalid as error:
                errors[name] = sentence(error)
        if errors:
            return _page(change.session, change.subject, chosen, typed, errors), 422
        wordings.change(change.session, change.subject, str(access.my_id()), chosen, typed)
        said = _("These are the standard words again.") if is_back else _("Saved.")
        return change.done(url_for("wordings.show", slug=slug, kind=kind), said)


@bp.get("/<kind>/html")
@access.may(Action.COORDINATE)
def html(slug: str, kind: str) -> Response:
    """Show an email as its reader would see it, for the frames on its page."""
    session, program = access.opened()
    preview = previews.of(session, program, _kind(kind), storage.settings())
    return security.letter(preview.email.html)


def _page(
    session: Session,
    program: Program,
    kind: EmailKind,
    words: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    page = render_template(
        "wordings/show.html",
        program=program,
        kind=kind,
        is_editable=kind in wordings.EDITABLE,
        passages=wordings.PASSAGES,
        most=wordings.MOST,
        fields=wordings.fields(kind) if kind in wordings.EDITABLE else [],
        words=words,
        errors=errors,
        is_standard=kind.value not in program.wordings,
        preview=previews.of(session, program, kind, storage.settings()),
    )
    return security.with_frames(page)


def _kind(name: str) -> EmailKind:
    if name not in list(EmailKind) or name == EmailKind.SIGN_IN:
        abort(404)
    return EmailKind(name)

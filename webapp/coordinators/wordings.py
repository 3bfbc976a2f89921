"""A program's own words for its emails, and a preview of each with real people."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, abort, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse
from wtforms.validators import Optional

from mentorship.accounts.access import Action
from mentorship.emails import kinds, previews, wordings
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark, sentence
from mentorship.models import EmailKind, Program
from mentorship.programs import programs
from webapp import gate, security, stale, storage
from webapp.forms import Form, LineField, TextField
from webapp.stale import Difference

bp = Blueprint("wordings", __name__, url_prefix="/programs/<slug>/wording")


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List the kinds of email."""
    _session, program = gate.opened()
    return render_template(
        "wordings/index.html",
        program=program,
        kinds=kinds.SHOWN,
        editable=wordings.EDITABLE,
    )


class WordingForm(Form):
    """The passages of one kind of email, named as in `wordings.PASSAGES`."""

    subject = LineField(mark("Subject"), longest=wordings.MOST["subject"])
    opening = TextField(mark("Opening"), longest=wordings.MOST["opening"])
    closing = TextField(mark("Closing"), [Optional()], longest=wordings.MOST["closing"])

    def check(self, kind: EmailKind) -> bool:
        """Return whether the passages can be used for a kind; else the form says why not."""
        for name, text in self.data.items():
            try:
                wordings.check(kind, name, text)
            except Invalid as error:
                self[name].errors = [sentence(error)]
        return not self.errors


@bp.get("/<kind>")
@gate.may(Action.COORDINATE)
def show(slug: str, kind: str) -> Response:
    """Show the words of a kind of email, and an email with them."""
    session, program = gate.opened()
    chosen = _kind(kind)
    stored = wordings.of(program, chosen)
    return _page(session, program, chosen, WordingForm(data=stored), stale.stamp(stored))


@bp.post("/<kind>")
@gate.may(Action.COORDINATE)
def save(slug: str, kind: str) -> WerkzeugResponse | tuple[Response, int]:
    """Save the words of a kind of email, or restore the default ones."""
    chosen = _kind(kind)
    if chosen not in wordings.EDITABLE:
        abort(404)
    is_back = request.form.get("standard") == "yes"
    form = WordingForm(data=wordings.of(None, chosen)) if is_back else WordingForm(request.form)
    if not is_back and not form.check(chosen):
        with storage.reading() as session:
            program = programs.get(session, slug)
            return _page(session, program, chosen, form, stale.sent_stamp()), 422
    with gate.change() as change:
        program = change.subject
        change.session.refresh(program, with_for_update=True)
        stored = wordings.of(program, chosen)
        found = stale.overtaken(form, stored)
        if not found:
            passages = dict.fromkeys(wordings.PASSAGES, "") if is_back else form.data
            wordings.change(change.session, program, str(gate.my_id()), chosen, passages)
            message = _("Default text restored.") if is_back else _("Saved.")
            return change.done(url_for("wordings.show", slug=slug, kind=kind), message)
    with storage.reading() as session:
        program, stamp = programs.get(session, slug), stale.stamp(stored)
        return _page(session, program, chosen, form, stamp, found), 409


@bp.get("/<kind>/html")
@gate.may(Action.COORDINATE)
def html(slug: str, kind: str) -> Response:
    """Show an email as its reader would see it, for the frames on its page."""
    session, program = gate.opened()
    preview = previews.of(session, program, _kind(kind), storage.settings())
    return security.letter(preview.email.html)


def _page(
    session: Session,
    program: Program,
    kind: EmailKind,
    form: WordingForm,
    stamp: str,
    overtaken: Sequence[Difference] = (),
) -> Response:
    page = render_template(
        "wordings/show.html",
        program=program,
        kind=kind,
        is_editable=kind in wordings.EDITABLE,
        fields=wordings.fields(kind) if kind in wordings.EDITABLE else [],
        form=form,
        stamp=stamp,
        overtaken=overtaken,
        is_standard=kind.value not in program.wordings,
        preview=previews.of(session, program, kind, storage.settings()),
    )
    return security.with_frames(page)


def _kind(name: str) -> EmailKind:
    if name not in kinds.SHOWN:
        abort(404)
    return EmailKind(name)

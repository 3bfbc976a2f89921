"""Messages to people of a program: written, looked at as a reader gets them, and sent."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from mentorship.accounts.access import Action
from mentorship.coordination import correspondence
from mentorship.coordination.correspondence import LeftOut, Readers
from mentorship.coordination.roster import Sought
from mentorship.emails import previews
from mentorship.errors import Invalid, WrongState
from mentorship.language import mark, ngettext, sentence
from mentorship.models import EmailKind, Letter, Program
from mentorship.people import sight
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from webapp import gate, security, storage
from webapp.coordinators import searches
from webapp.forms import Form, LineField, TextField

bp = Blueprint("messages", __name__, url_prefix="/programs/<slug>/messages")


class LetterForm(Form):
    """The words of a message."""

    subject = LineField(mark("Subject"), longest=correspondence.LONGEST["subject"])
    text = TextField(
        mark("Message"), longest=correspondence.LONGEST["text"], render_kw={"rows": 14}
    )


@bp.get("/new")
@gate.may(Action.COORDINATE)
def compose(slug: str) -> str:
    """Offer to write to the people whom the search in the address finds.

    `draft` in the address is the id of a message whose words one goes on with.
    """
    session, program = gate.opened()
    form = LetterForm()
    draft_id = request.args.get("draft", type=uuid.UUID)
    draft = session.get(Letter, draft_id) if draft_id else None
    if draft is not None and draft.program_id == program.id:
        form = LetterForm(subject=draft.subject, text=draft.text)
    return _form(session, program, searches.people(program), form)


@bp.post("/new")
@gate.may(Action.COORDINATE)
def write(slug: str) -> WerkzeugResponse | tuple[str, int]:
    """Keep what was written, and lead to the page that shows it before it is sent."""
    form = LetterForm(request.form)
    with gate.change() as change:
        sought = searches.people(change.subject)
        try:
            letter = correspondence.draft(
                change.session, change.subject, gate.my_id(), sought, **form.data
            )
        except Invalid as error:
            form.explain(error)
        else:
            return change.done(url_for("messages.show", slug=slug, letter_id=letter.id))
    with storage.reading() as session:
        return _form(session, programs.get(session, slug), sought, form), 422


@bp.get("/<uuid:letter_id>")
@gate.may(Action.WRITE)
def show(slug: str, letter_id: uuid.UUID) -> WerkzeugResponse:
    """Show a message as one of its readers gets it, who they are, and who is left out."""
    session, letter = gate.opened()
    if letter.sent_at is not None:
        return redirect(_sent(slug))
    program = programs.by_id(session, letter.program_id)
    sought = Sought.from_stored(letter.sought)
    found = correspondence.readers(session, program.id, sought)
    reader = found.ids[0] if found.ids else None
    shown = previews.of_letter(session, letter, reader, storage.settings()) if reader else None
    page = render_template(
        "messages/show.html",
        program=program,
        letter=letter,
        readers=found,
        left_out=left_out(found),
        email=shown,
        name=_name(session, program, reader) if reader else "",
        address=searches.address(sought),
    )
    return security.with_frames(page)


@bp.get("/<uuid:letter_id>/html")
@gate.may(Action.WRITE)
def html(slug: str, letter_id: uuid.UUID) -> Response:
    """Show a message as its first reader sees it, for the frame on its page."""
    session, letter = gate.opened()
    found = correspondence.readers(session, letter.program_id, Sought.from_stored(letter.sought))
    if not found.ids:
        abort(404)
    shown = previews.of_letter(session, letter, found.ids[0], storage.settings())
    return security.letter(shown.html)


@bp.post("/<uuid:letter_id>/send")
@gate.may(Action.WRITE)
def send(slug: str, letter_id: uuid.UUID) -> WerkzeugResponse:
    """Send a message to as many people as its page said."""
    expected = request.form.get("readers", -1, type=int)
    with gate.change() as change:
        letter = change.subject
        program = programs.by_id(change.session, letter.program_id)
        try:
            correspondence.send(change.session, program, letter, str(gate.my_id()), expected)
        except WrongState as error:
            refused = sentence(error)
        else:
            words = ngettext(
                "The message is being sent to 1 person.",
                "The message is being sent to %(n)s people.",
                expected,
            )
            return change.done(_sent(slug), words)
    flash(refused)
    return redirect(url_for("messages.show", slug=slug, letter_id=letter_id), 303)


def left_out(readers: Readers) -> list[str]:
    """Return in words how many of those who were found do not get a message, and why."""
    words = {
        LeftOut.LEFT: lambda n: ngettext(
            "1 person has left the program", "%(n)s people have left the program", n
        ),
        LeftOut.UNCONFIRMED: lambda n: ngettext(
            "1 person hasn't accepted their invitation yet",
            "%(n)s people haven't accepted their invitation yet",
            n,
        ),
        LeftOut.BOUNCED: lambda n: ngettext(
            "Emails to 1 person bounce", "Emails to %(n)s people bounce", n
        ),
        LeftOut.UNSUBSCRIBED: lambda n: ngettext(
            "1 person doesn't want emails of this kind",
            "%(n)s people don't want emails of this kind",
            n,
        ),
        LeftOut.OFTEN: lambda n: ngettext(
            "1 person got %(most)s messages in one day, which is the limit",
            "%(n)s people got %(most)s messages in one day, which is the limit",
            n,
            most=correspondence.MOST_TO_ONE,
        ),
    }
    return [words[reason](number) for reason, number in readers.left_out.items()]


def _form(session: Session, program: Program, sought: Sought, form: LetterForm) -> str:
    found = correspondence.readers(session, program.id, sought)
    return render_template(
        "messages/compose.html",
        program=program,
        form=form,
        readers=found,
        name=_name(session, program, found.ids[0]) if len(found.ids) == 1 else "",
        left_out=left_out(found),
        address=searches.address(sought),
    )


def _name(session: Session, program: Program, person_id: uuid.UUID) -> str:
    profile = sight.profiles_in(session, program.id, [person_id])[person_id]
    return sight.title(profile, Viewer.COORDINATOR)


def _sent(slug: str) -> str:
    return url_for("emails.index", slug=slug, kind=EmailKind.LETTER.value)

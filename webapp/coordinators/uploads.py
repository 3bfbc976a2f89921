"""Importing people: a file is read, shown with everything that is wrong in it, then decided on."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.profiles import spreadsheets
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Role
from mentorship.people import import_files, import_report, imports
from mentorship.programs import programs
from webapp import gate

bp = Blueprint("uploads", __name__, url_prefix="/programs/<slug>/uploads")


@bp.get("")
@gate.may(Action.COORDINATE)
def choose(slug: str) -> str:
    """Ask for a file."""
    _session, program = gate.opened()
    return render_template("uploads/choose.html", program=program)


@bp.post("")
@gate.may(Action.COORDINATE, most_bytes=spreadsheets.MOST_BYTES + 64 * 1024)
def receive(slug: str) -> Response | tuple[str, int]:
    """Read a file and keep what is in it until it is decided on."""
    file = request.files.get("file")
    role = request.form.get("role", "")
    if file is None or not file.filename or role not in list(Role):
        raise Invalid(_("choose a file, and say whether it lists mentees or mentors"))
    # Reading takes longer than anybody else should have to wait for the database.
    report = import_files.read(file.stream.read(), Role(role), file.filename)
    file.stream.seek(0)
    with gate.change() as change:
        upload = imports.keep(change.session, change.subject, report, file.filename)
        return change.done(url_for("uploads.show", slug=slug, upload_id=upload.id))


@bp.get("/<uuid:upload_id>")
@gate.may(Action.IMPORT)
def show(slug: str, upload_id: uuid.UUID) -> str:
    """Show what writing a file would do, and every problem in it."""
    session, upload = gate.opened()
    program = programs.by_id(session, upload.program_id)
    report = import_report.ImportReport.from_stored(upload.role, upload.content)
    imports.apply(session, program, report, actor="preview", skip_bad_rows=True, dry_run=True)
    return render_template("uploads/show.html", program=program, upload=upload, report=report)


@bp.post("/<uuid:upload_id>")
@gate.may(Action.IMPORT)
def decide(slug: str, upload_id: uuid.UUID) -> Response:
    """Write the people of a file, or forget it."""
    form = request.form
    with gate.change() as change:
        session, upload = change.session, change.subject
        if form.get("decision") == "forget":
            session.delete(upload)
            place = url_for("uploads.choose", slug=slug)
            return change.done(place, _("The file is forgotten; nothing was written."))
        consented = None
        if form.get("agreed") == "yes":
            consented = form.get("consented", "").strip()[:200]
            if not consented:
                raise Invalid(_("say where these people agreed, such as “form of May 2026”"))
        elif form.get("agreed") != "invite":
            raise Invalid(_("say whether these people agreed already or are to be invited"))
        program = programs.by_id(session, upload.program_id)
        report = imports.apply(
            session,
            program,
            import_report.ImportReport.from_stored(upload.role, upload.content),
            actor=str(gate.my_id()),
            consented=consented,
            skip_bad_rows=form.get("skip_bad_rows") == "yes",
        )
        if not report.written:
            raise Invalid(
                _("there are problems in the file; mend it, or tick to leave those rows out")
            )
        session.delete(upload)
        said = _(
            "%(added)s people added, %(updated)s updated, %(unchanged)s unchanged.",
            added=report.added,
            updated=report.updated,
            unchanged=report.unchanged,
        )
        return change.done(url_for("people.index", slug=slug), said)

"""Importing people: a file is read, shown with its problems, then imported or discarded."""

from __future__ import annotations

import enum
import uuid

from flask import Blueprint, render_template, request, url_for
from flask_wtf.file import FileField
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from matching.spreadsheets.dates import DayOrder
from matching.spreadsheets.limits import UPLOAD
from mentorship.accounts.access import Action
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Role, Upload
from mentorship.people import enrollment, import_report
from mentorship.programs import programs
from mentorship.service import upload_reader
from webapp import forms, gate, storage
from webapp.forms import Form, LineField, TickField

bp = Blueprint("uploads", __name__, url_prefix="/programs/<slug>/uploads")


class Dates(enum.StrEnum):
    """What comes first in the dates of a file."""

    AS_SHOWN = "as-shown"  # by those that can mean one day only
    DAY_FIRST = DayOrder.DAY
    MONTH_FIRST = DayOrder.MONTH

    @property
    def order(self) -> DayOrder | None:
        """Return it as the reader of files takes it."""
        return None if self is Dates.AS_SHOWN else DayOrder(self)


class FileForm(Form):
    """A file of people, and their role."""

    role = forms.one_of(Role)
    file = FileField(
        mark("The file, up to 20 MB"),
        render_kw={"accept": ".csv,.tsv,.txt,.xlsx,.xlsm,.ods", "required": True},
    )
    dates = forms.one_of(Dates, default=Dates.AS_SHOWN)

    def validate_file(self, field: FileField) -> None:
        """Refuse a form without a file."""
        if field.data is None:
            raise ValidationError(_("Choose a file."))


class Agreed(enum.StrEnum):
    """Whether the people in a file have agreed to take part."""

    INVITE = "invite"  # not yet: they are sent an invitation
    YES = "yes"


class DecisionForm(Form):
    """What becomes of a file that was read."""

    agreed = forms.one_of(Agreed)
    consented = LineField(mark("Where they agreed"), longest=200)
    skip_bad_rows = TickField(
        mark("Leave out the rows with problems."), render_kw={"required": True}
    )

    add_suggested = TickField(
        mark("Add the fields and goals that people name in their own words to their answers.")
    )

    def validate_consented(self, field: LineField) -> None:
        """Ask where people agreed, if they did."""
        if self.agreed.data == Agreed.YES and not field.data:
            raise ValidationError(_("Say where these people agreed, such as “form of May 2026”."))

    @property
    def consent(self) -> str | None:
        """Return where these people agreed to take part, None where they are to be invited."""
        return self.data["consented"][:200] if self.agreed.data == Agreed.YES else None


@bp.get("")
@gate.may(Action.COORDINATE)
def choose(slug: str) -> str:
    """Ask for a file."""
    _session, program = gate.opened()
    return render_template("uploads/choose.html", program=program, form=FileForm())


@bp.post("")
@gate.may(Action.COORDINATE, most_bytes=UPLOAD.bytes + 64 * 1024)
def receive(slug: str) -> Response | tuple[str, int]:
    """Read a file and keep its content until it is imported or discarded."""
    form = FileForm(CombinedMultiDict([request.form, request.files]))
    file = form.file.data
    # Reading takes longer than others should have to wait for the database.
    report = None
    if form.validate():
        order = form.dates.data.order
        report = upload_reader.read(file.stream.read(), form.role.data, file.filename, order)
        file.stream.seek(0)
    if report is None:
        with storage.reading() as session:
            program = programs.get(session, slug)
            return render_template("uploads/choose.html", program=program, form=form), 422
    with gate.change() as change:
        upload = enrollment.keep(change.session, change.subject, report, file.filename)
        return change.done(url_for("uploads.show", slug=slug, upload_id=upload.id))


@bp.get("/<uuid:upload_id>")
@gate.may(Action.IMPORT)
def show(slug: str, upload_id: uuid.UUID) -> str:
    """Show what importing a file would do, and every problem in it."""
    session, upload = gate.opened()
    return _page(session, upload, DecisionForm(agreed=Agreed.INVITE))


@bp.post("/<uuid:upload_id>")
@gate.may(Action.IMPORT)
def decide(slug: str, upload_id: uuid.UUID) -> Response | tuple[str, int]:
    """Import the people of a file, or discard it."""
    form = DecisionForm(request.form)
    is_valid = form.validate()
    with gate.change() as change:
        session, upload = change.session, change.subject
        if request.form.get("decision") == "forget":
            session.delete(upload)
            place = url_for("uploads.choose", slug=slug)
            return change.done(place, _("The file was discarded. No one was imported."))
        if is_valid:
            report = enrollment.apply(
                session,
                programs.by_id(session, upload.program_id),
                import_report.ImportReport.from_stored(upload.role, upload.content),
                actor=str(gate.my_id()),
                consented=form.consent,
                skip_bad_rows=form.data["skip_bad_rows"],
                add_suggested=form.data["add_suggested"],
            )
            if report.written:
                session.delete(upload)
                message = _(
                    "%(added)s people added, %(updated)s updated, %(unchanged)s unchanged.",
                    added=report.added,
                    updated=report.updated,
                    unchanged=report.unchanged,
                )
                return change.done(url_for("people.index", slug=slug), message)
            form.skip_bad_rows.errors = [
                _("There are problems in the file. Fix them, or tick to leave those rows out.")
            ]
    with storage.reading() as session:
        return _page(session, session.get_one(Upload, upload_id), form), 422


def _page(session: Session, upload: Upload, form: DecisionForm) -> str:
    program = programs.by_id(session, upload.program_id)
    report = import_report.ImportReport.from_stored(upload.role, upload.content)
    enrollment.apply(session, program, report, actor="preview", skip_bad_rows=True, dry_run=True)
    return render_template(
        "uploads/show.html", program=program, upload=upload, report=report, form=form
    )

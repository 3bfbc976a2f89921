"""Importing people: a file is read, its columns and answers are decided, then it is imported."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as BaseResponse

from matching.mapping.decisions import Decisions
from matching.profiles.columns import Column, of_role
from matching.profiles.questions import Kind
from matching.spreadsheets.dates import DayOrder
from matching.spreadsheets.findings import grouped
from matching.spreadsheets.limits import UPLOAD
from mentorship import language
from mentorship.accounts.access import Action
from mentorship.errors import Invalid, WrongState
from mentorship.language import gettext as _
from mentorship.language import ngettext, sentence
from mentorship.models import Role, Upload
from mentorship.people import enrollment, identity, mappings, questions, stored_reports, templates
from mentorship.people.import_report import ImportReport
from mentorship.people.import_survey import ImportSurvey
from mentorship.people.questions import ProgramQuestion
from mentorship.programs import programs
from mentorship.programs import questions as program_questions
from mentorship.service import upload_reader
from webapp import forms, gate, stale, storage
from webapp.coordinators import mapping_form, mapping_sent
from webapp.coordinators.upload_forms import FileForm, ImportForm

bp = Blueprint("uploads", __name__, url_prefix="/programs/<slug>/uploads")


@bp.get("")
@gate.may(Action.COORDINATE)
def choose(slug: str) -> str:
    """Ask for a file."""
    _session, program = gate.opened()
    chosen = forms.narrowed("role", Role)
    return render_template("uploads/choose.html", program=program, form=FileForm(role=chosen))


@bp.get("/template-<any(mentee, mentor):role>.xlsx")
@gate.may(Action.COORDINATE)
def template(slug: str, role: str) -> Response:
    """Hand out an empty list with a program's columns, or one with examples."""
    session, program = gate.opened()
    has_examples = "examples" in request.args
    name = f"{slug}-{role}s{'-examples' if has_examples else ''}.xlsx"
    book = templates.workbook(session, program, Role(role), with_examples=has_examples)
    return _file(book, name, templates.TYPE)


@bp.post("")
@gate.may(Action.COORDINATE, most_bytes=UPLOAD.bytes + 64 * 1024)
def receive(slug: str) -> BaseResponse | tuple[str, int]:
    """Read a file and keep it until it is imported or discarded."""
    form = FileForm(CombinedMultiDict([request.form, request.files]))
    is_valid = form.validate()
    with storage.reading() as session:
        program = programs.get(session, slug)
        if not is_valid:
            return render_template("uploads/choose.html", program=program, form=form), 422
        visitor = gate.me()
        zone = (visitor.timezone if visitor else None) or request.form.get("zone")
        decisions = mappings.beginning(program, form.role.data, zone)
        people = mappings.people_by_name(session, program, form.role.data)
        asked, asks_identity = questions.of(program), identity.is_asked_in(session, program)
    # Reading takes longer than others should have to wait for the database.
    data = form.file.data.stream.read()
    name = form.file.data.filename
    role = form.role.data
    content = upload_reader.read(data, role, name, decisions, people, asked, asks_identity)
    survey = stored_reports.read(role, content, with_people=False).survey
    form.file.data.stream.seek(0)
    with gate.change() as change:
        identity.check_unchanged(change.session, change.subject, asks_identity)
        upload = enrollment.keep(
            change.session, change.subject, role, name, data, content, decisions
        )
        is_open = survey is not None and survey.needs_a_look
        page = "uploads.mapping" if is_open else "uploads.show"
        return change.done(url_for(page, slug=slug, upload_id=upload.id))


@bp.get("/<uuid:upload_id>/columns")
@gate.may(Action.IMPORT)
def mapping(slug: str, upload_id: uuid.UUID) -> str:
    """Show what the columns and answers of a file are read as."""
    session, upload = gate.opened()
    return _mapping_page(session, upload)


@bp.post("/<uuid:upload_id>/columns")
@gate.may(Action.IMPORT)
def decide_columns(slug: str, upload_id: uuid.UUID) -> BaseResponse | tuple[str, int]:
    """Read a file again as its coordinator has decided."""
    with storage.reading() as session:
        upload = session.get_one(Upload, upload_id)
        before = _columns_found(upload).survey
        if before is None:
            return _mapping_page(session, upload), 422
        columns = _columns(upload)
        mine = mapping_sent.sent(request.form)
        stored = mapping_sent.decided(upload, before)
        shown = {name: value for name, value in stored.items() if name in mine}
        if found := stale.changed(shown, mine):
            return _mapping_page(session, upload, mine=mine, found=found), 409
        if (sheet := mine.get("sheet")) in before.sheets and sheet != before.sheet:
            # What was decided about columns is about those of another sheet.
            sheet_only = Decisions.from_dict(upload.decisions).and_then(Decisions(sheet=sheet))
            return _read_again(slug, upload_id, sheet_only, None, _seen(upload))
        sent = mapping_form.read(request.form, upload.role, before, columns)
        decisions = Decisions.from_dict(upload.decisions).and_then(sent.decisions)
        adds, refused = _proposed(upload, before, mapping_form.to_ask(request.form, before))
        if refused or (sent.problems and "ask" not in request.form):
            return _mapping_page(session, upload, sent.problems | refused, mine=mine), 422
        seen = _seen(upload)
        columns_asked = {before.questions[k].key: made.name for k, made in adds.items()}
    return _read_again(
        slug,
        upload_id,
        decisions.and_then(Decisions(columns_asked)),
        before,
        seen,
        adds=list(adds.values()),
        stays="ask" in request.form,
    )


def _proposed(
    upload: Upload, survey: ImportSurvey, numbers: Iterable[int]
) -> tuple[dict[int, ProgramQuestion], mapping_form.Problems]:
    """Return the questions that columns of a file become, and what is wrong, by their numbers."""
    made: dict[int, ProgramQuestion] = {}
    refused: mapping_form.Problems = {}
    for number in numbers:
        column = survey.questions[number]
        asked = questions.with_others(questions.of_upload(upload), made.values())
        try:
            made[number] = program_questions.propose(
                asked, upload.role, column.title, Kind(column.kind), column.choices
            )
        except Invalid as error:
            refused[f"column-{number}"] = sentence(error)
    return made, refused


@bp.post("/<uuid:upload_id>/rows")
@gate.may(Action.IMPORT)
def correct(slug: str, upload_id: uuid.UUID) -> BaseResponse | tuple[str, int]:
    """Read a file again with cells that its coordinator has corrected."""
    with storage.reading() as session:
        upload = session.get_one(Upload, upload_id)
        columns = _columns(upload)
        seen = _seen(upload)
        if stale.changed(seen, {}):
            return _page(session, upload, ImportForm(), is_overtaken=True), 409
        survey = _columns_found(upload).survey
        corrections = mapping_form.read_corrections(request.form, columns, survey)
        decisions = Decisions.from_dict(upload.decisions).and_then(corrections)
    return _read_again(slug, upload_id, decisions, None, seen)


def _read_again(
    slug: str,
    upload_id: uuid.UUID,
    decisions: Decisions,
    before: ImportSurvey | None,
    seen: Mapping[str, Any],
    *,
    adds: Sequence[ProgramQuestion] = (),
    stays: bool = False,
) -> BaseResponse:
    """Read a file again; open questions that `before` did not ask are asked first.

    Raises `WrongState` where it is no longer as it was `seen`, since two decided at once.
    `adds` are more questions that importing the file adds to the program's own; its coordinator
    may stay where they are to go on deciding.
    """
    with storage.reading() as session:
        upload = session.get_one(Upload, upload_id)
        role, name, data = upload.role, upload.name, upload.file
        program = programs.by_id(session, upload.program_id)
        people = mappings.people_by_name(session, program, role)
        added = {each.name: each for each in questions.read(upload.questions)}
        added |= {each.name: each for each in adds}
        asked = questions.with_others(questions.of(program), added.values())
        asks_identity = identity.is_asked_in(session, program)
    content = upload_reader.read(data, role, name, decisions, people, asked, asks_identity)
    now = stored_reports.read(role, content, with_people=False).survey
    with gate.change() as change:
        enrollment.hold(change.session, change.subject)
        if _seen(change.subject) != seen:
            raise WrongState(
                _("someone else decided about this file at the same moment; look again")
            )
        program = programs.by_id(change.session, change.subject.program_id)
        identity.check_unchanged(change.session, program, asks_identity)
        change.subject.content, change.subject.decisions = content, decisions.to_dict()
        change.subject.questions = [each.to_dict() for each in added.values()]
        is_open = now is not None and before is not None and now.asks_more_than(before)
        page = "uploads.mapping" if is_open or stays else "uploads.show"
        place = url_for(page, slug=slug, upload_id=upload_id)
        return change.done(place, _will_ask(adds) if adds else None)


def _seen(upload: Upload) -> dict[str, Any]:
    """Return what is decided about a file, as its forms were opened with it."""
    return {"file": [upload.decisions, upload.questions]}


def _will_ask(adds: Sequence[ProgramQuestion]) -> str:
    return ngettext(
        "“%(questions)s” becomes a program question when you import the file. Coordinators read "
        "the answers, and they don't count in matching.",
        "“%(questions)s” become program questions when you import the file. Coordinators read "
        "the answers, and they don't count in matching.",
        len(adds),
        questions=language.listed([each.label for each in adds]),
    )


def _columns_found(upload: Upload) -> ImportReport:
    """Return what was read in a file about its columns and answers, and the problems in it."""
    return stored_reports.read(upload.role, upload.content, with_people=False)


def _columns(upload: Upload) -> Mapping[str, Column]:
    """Return what the columns of an upload can be."""
    own = questions.columns(questions.of_upload(upload), upload.role)
    return of_role(upload.role.value, questions.optional(own))


@bp.get("/<uuid:upload_id>/problems.csv")
@gate.may(Action.IMPORT)
def problems(slug: str, upload_id: uuid.UUID) -> Response:
    """Hand out the rows with problems, to be corrected and imported as a list of their own."""
    _session, upload = gate.opened()
    report = _columns_found(upload)
    return _file(_listed_problems(report).encode("utf-8-sig"), "rows-to-fix.csv", "text/csv")


@bp.get("/<uuid:upload_id>")
@gate.may(Action.IMPORT)
def show(slug: str, upload_id: uuid.UUID) -> str:
    """Show what importing a file would do, and every problem in it."""
    session, upload = gate.opened()
    return _page(session, upload, ImportForm())


@bp.post("/<uuid:upload_id>")
@gate.may(Action.IMPORT)
def decide(slug: str, upload_id: uuid.UUID) -> BaseResponse | tuple[str, int]:
    """Import the people of a file, or discard it."""
    form = ImportForm(request.form)
    is_valid = form.validate()
    with gate.change() as change:
        session, upload = change.session, change.subject
        if request.form.get("decision") == "forget":
            session.delete(upload)
            place = url_for("uploads.choose", slug=slug)
            return change.done(place, _("The file was discarded. No one was imported."))
        enrollment.hold(session, upload)
        is_overtaken = bool(stale.changed(_seen(upload), {}))
        if is_valid and not is_overtaken:
            program = programs.by_id(session, upload.program_id)
            report = enrollment.apply(
                session,
                program,
                stored_reports.read(upload.role, upload.content),
                actor=str(gate.my_id()),
                consented=form.consent,
                skip_bad_rows=form.data["skip_bad_rows"],
                add_suggested=form.data["add_suggested"],
                overwrite_own=form.data["overwrite_own"],
                adds=questions.read(upload.questions),
            )
            if report.written:
                mappings.remember(program, upload.role, Decisions.from_dict(upload.decisions))
                session.delete(upload)
                return change.done(url_for("people.index", slug=slug), _done(report))
            form.skip_bad_rows.errors = [
                _(
                    "There are problems in the file. Fix them, or check the box to leave those "
                    "rows out."
                )
            ]
    with storage.reading() as session:
        upload = session.get_one(Upload, upload_id)
        page = _page(session, upload, form, is_overtaken=is_overtaken)
        return page, 409 if is_overtaken else 422


def _done(report: ImportReport) -> str:
    return " ".join(
        [
            ngettext("%(n)s person added,", "%(n)s people added,", report.added),
            _(
                "%(updated)s updated, %(unchanged)s unchanged.",
                updated=report.updated,
                unchanged=report.unchanged,
            ),
        ]
    )


def _mapping_page(
    session: Session,
    upload: Upload,
    problems: mapping_form.Problems | None = None,
    *,
    mine: mapping_sent.Values | None = None,
    found: Mapping[str, bool] | None = None,
) -> str:
    """Return the page of columns and answers, with what was sent, but for what others decided.

    `found` is what was decided since, see `stale.changed`.
    """
    # What importing would come to is not shown here, so the program's people are not read.
    report = _columns_found(upload)
    survey, columns, found = report.survey, _columns(upload), found or {}
    form, stored = None, {}
    if survey:
        form = mapping_form.of_survey(upload, survey, columns, problems)
        stored = mapping_sent.decided(upload, survey)
        if mine and "sheet" not in found:
            kept = {name: value for name, value in mine.items() if found.get(name, True)}
            form = mapping_sent.refilled(form, kept, columns)
    return render_template(
        "uploads/mapping.html",
        program=programs.by_id(session, upload.program_id),
        upload=upload,
        report=report,
        survey=survey,
        form=form,
        stamp=stale.sent_stamp() if problems else stale.stamp(stored),
        overtaken=mapping_sent.differences(found, mine, stored, survey, columns)
        if survey and mine
        else [],
    )


def _page(session: Session, upload: Upload, form: ImportForm, *, is_overtaken: bool = False) -> str:
    program = programs.by_id(session, upload.program_id)
    report = stored_reports.read(upload.role, upload.content)
    adds = questions.read(upload.questions)
    enrollment.apply(
        session, program, report, actor="preview", skip_bad_rows=True, dry_run=True, adds=adds
    )
    return render_template(
        "uploads/show.html",
        program=program,
        upload=upload,
        report=report,
        notes=grouped(report.warnings),
        suggested=grouped(report.suggested),
        corrections=[
            replace(each, typed=request.form.get(each.name, each.typed))
            for each in mapping_form.corrections(_columns(upload), report)
        ],
        stamp=stale.stamp(_seen(upload)),
        is_overtaken=is_overtaken,
        orders=DayOrder,
        form=form,
    )


def _listed_problems(report: ImportReport) -> str:
    """Return the rows with problems as CSV, with what is wrong in a last column."""
    typed = report.survey.typed if report.survey else {}
    wrong: dict[int, list[str]] = {}
    for finding in report.problems:
        if finding.row is not None:
            told = f"{finding.column}: {finding.message}" if finding.column else finding.message
            wrong.setdefault(finding.row, []).append(told)
    names = list(dict.fromkeys(name for cells in typed.values() for name in cells))
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([*names, _("what to fix")])
    for row, cells in typed.items():
        shown = [templates.defused(cells.get(name, "")) for name in names]
        table.writerow([*shown, templates.defused("; ".join(wrong.get(row, [])))])
    return written.getvalue()


def _file(content: bytes, name: str, type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=type, headers=headers)

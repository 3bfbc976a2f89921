"""Enrolling the people of a coordinator's list: all of them or none, with every problem at once."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matching.mapping.decisions import Decisions
from mentorship import audit, database, outbox
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Profile, Program, Role, Upload
from mentorship.people import (
    demand,
    identity,
    identity_answers,
    joining,
    newcomers,
    persons,
    profiles,
    questions,
)
from mentorship.people.conflicts import DO_NOT_MATCH
from mentorship.people.enrolled import Enrolled
from mentorship.people.import_report import Entry, ImportReport
from mentorship.people.questions import ProgramQuestion
from mentorship.states import ProfileState

#: How long uploads wait for a decision.
FORGOTTEN = datetime.timedelta(days=1)
#: How many uploads of a program wait at a time: each holds up to 20 MB.
MOST_WAITING = 20


def apply(
    session: Session,
    program: Program,
    report: ImportReport,
    *,
    actor: str,
    consented: str | None = None,
    skip_bad_rows: bool = False,
    add_suggested: bool = False,
    overwrite_own: bool = False,
    dry_run: bool = False,
    are_made_up: bool = False,
    adds: Sequence[ProgramQuestion] = (),
) -> ImportReport:
    """Write the people of a report, by email address, and complete the report.

    With any problem nothing is written, unless `skip_bad_rows`. `consented` says where these
    people agreed to take part, and each is told so; without it each of them gets an invitation.
    People who are made up are told nothing. `add_suggested` adds to their answers what their texts
    name; `overwrite_own` lets the list replace what people answered themselves. `adds` are
    questions that the list adds to the program's own.
    """
    asked = questions.with_others(questions.of(program), adds)
    if not identity.is_asked_in(session, program):
        identity_answers.leave_out(report)
    demand.note_limit(program, report)
    known = Enrolled(
        session,
        program,
        report.role,
        [entry.address for entry in report.entries],
        overwrite_own=overwrite_own,
        asked=asked,
    )
    entries = []
    for entry in report.entries:
        if problem := known.conflict(entry):
            report.problems.append(problem)
        else:
            entries.append(_completed(entry, known) if add_suggested else entry)
    report.problems.sort(key=lambda finding: finding.row or 0)
    report.entries = entries
    report.own_answers, report.own_people = known.kept(entries)
    report.warnings += known.warnings(entries)
    report.warnings.sort(key=lambda finding: finding.row or 0)
    unreadable = any(problem.row is None for problem in report.problems)
    if unreadable or (report.problems and not skip_bad_rows):
        return report
    for entry in entries:
        outcome = known.outcome(entry)
        setattr(report, outcome, getattr(report, outcome) + 1)
    if not dry_run:
        if adds:
            questions.check_number(asked)
            questions.keep(program, asked)
        told = EmailKind.INVITATION if consented is None else EmailKind.ENROLLED
        new = [entry for entry in entries if known.profile(entry) is None]
        with database.one_moment(session):
            for entry in entries:
                profile = known.profile(entry)
                if profile is not None and profile.state is not ProfileState.LEFT:
                    _update(session, program, entry, profile, known, actor, consented)
        newcomers.add(
            session, program, known, new, consent=consented, told=None if are_made_up else told
        )
        report.written = True
        session.flush()
        audit.record(
            session,
            actor,
            "people imported",
            program_id=program.id,
            role=report.role.value,
            added=report.added,
            updated=report.updated,
            consented=consented is not None,
        )
    return report


def keep(
    session: Session,
    program: Program,
    role: Role,
    name: str,
    file: bytes,
    content: bytes,
    decisions: Decisions,
) -> Upload:
    """Keep a file, and what was read in it, until a coordinator has looked at it and decided.

    `content` is what `stored_reports.packed` made. Of more than `MOST_WAITING`, the oldest go.
    """
    upload = Upload(
        program_id=program.id,
        role=role,
        name=name[:200],
        file=file,
        decisions=decisions.to_dict(),
        questions=[],
        content=content,
        created_at=database.now(session),
    )
    session.add(upload)
    session.flush()
    latest = (
        select(Upload.id)
        .where(Upload.program_id == program.id)
        .order_by(Upload.created_at.desc(), Upload.id)
    )
    kept = latest.limit(MOST_WAITING).subquery()
    session.execute(
        delete(Upload).where(
            Upload.program_id == program.id,
            Upload.id != upload.id,
            Upload.id.not_in(select(kept.c.id)),
        )
    )
    return upload


def hold(session: Session, upload: Upload) -> None:
    """Keep others from deciding about an upload until this transaction ends, and read it again.

    Raises `NotFound` where it was imported or removed meanwhile.
    """
    query = select(Upload).where(Upload.id == upload.id).with_for_update()
    if session.scalar(query.execution_options(populate_existing=True)) is None:
        raise NotFound(_("this file was imported or discarded in the meantime"))


def forget_old(session: Session) -> None:
    """Remove uploads that no one decided about."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(Upload).where(Upload.created_at < before))


def _update(
    session: Session,
    program: Program,
    entry: Entry,
    profile: Profile,
    known: Enrolled,
    actor: str,
    consented: str | None,
) -> None:
    """Write someone who is here already; tell them if they come to take part by it."""
    before = profile.answers
    if before != (merged := entry.over(_sent_in(profile), known.own(profile))):
        profile.listed_id = merged[f"{known.role}_id"]
        profiles.change_answers(session, profile, merged)
    # What someone is called in other programs is not for this one's list to change.
    if profile.person_id not in known.elsewhere and before != profile.answers:
        persons.call(profile.person, before, profile.answers)
    told = None
    if profile.state is ProfileState.DRAFT:
        profiles.submit(session, profile)
        told = EmailKind.INVITATION if consented is None else None
    elif profile.state is ProfileState.AWAITING_APPROVAL:
        joining.admit(session, profile, actor)
    if consented is not None and profile.state is ProfileState.UNCONFIRMED:
        profiles.confirm(session, profile, consented)
        told = EmailKind.ENROLLED
    _follow_status(session, profile, entry.answers)
    if told is not None:
        outbox.owe(session, told, to=profile.person_id, about=profile.id, program_id=program.id)


def _completed(entry: Entry, known: Enrolled) -> Entry:
    """Return what someone's list says, with what their text names over what they have answered."""
    profile = known.profile(entry)
    return entry.with_suggestions(_sent_in(profile) if profile else {})


def _sent_in(profile: Profile) -> dict[str, Any]:
    """Return the answers that a list is laid over.

    What stands in a form that was not sent in is its person's alone: coordinators would read it
    once their list lets the person in. Whom they ruled out stays, since no one reads that.
    """
    if profile.state is not ProfileState.DRAFT:
        return profile.answers
    return {name: value for name, value in profile.answers.items() if name == DO_NOT_MATCH}


def _follow_status(session: Session, profile: Profile, answers: dict[str, Any]) -> None:
    paused = answers.get("status") == "paused"
    if paused and profile.state is ProfileState.READY:
        profiles.pause(session, profile)
    elif not paused and "status" in answers and profile.state is ProfileState.PAUSED:
        profiles.resume(session, profile)

"""Enrolling the people of a coordinator's list: all of them or none, with every problem at once."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from mentorship import audit, database, outbox
from mentorship.models import EmailKind, Profile, Program, Upload
from mentorship.people import addresses, joining, persons, profiles
from mentorship.people.enrolled import Enrolled
from mentorship.people.import_report import Entry, ImportReport
from mentorship.states import ProfileState

#: How long uploads wait for a decision.
FORGOTTEN = datetime.timedelta(days=1)


def apply(
    session: Session,
    program: Program,
    report: ImportReport,
    *,
    actor: str,
    consented: str | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    """Write the people of a report, by email address, and complete the report.

    With any problem nothing is written, unless `skip_bad_rows`. `consented` says where these
    people agreed to take part; without it each of them gets an invitation.
    """
    known = Enrolled(session, program, report.role, [entry.address for entry in report.entries])
    entries = []
    for entry in report.entries:
        if problem := known.conflict(entry):
            report.problems.append(problem)
        else:
            entries.append(entry)
    report.problems.sort(key=lambda finding: finding.row or 0)
    report.entries = entries
    report.warnings += known.warnings(entries)
    report.warnings.sort(key=lambda finding: finding.row or 0)
    unreadable = any(problem.row is None for problem in report.problems)
    if unreadable or (report.problems and not skip_bad_rows):
        return report
    for entry in entries:
        outcome = known.outcome(entry)
        setattr(report, outcome, getattr(report, outcome) + 1)
        if not dry_run:
            _write(session, program, report, entry, known, consented, actor)
    if not dry_run:
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


def keep(session: Session, program: Program, report: ImportReport, name: str) -> Upload:
    """Keep what was read in a file until a coordinator has looked at it and decided."""
    upload = Upload(
        program_id=program.id,
        role=report.role,
        name=name[:200],
        content=report.to_stored(),
        created_at=database.now(session),
    )
    session.add(upload)
    session.flush()
    return upload


def forget_old(session: Session) -> None:
    """Remove uploads that no one decided about."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(Upload).where(Upload.created_at < before))


def _write(
    session: Session,
    program: Program,
    report: ImportReport,
    entry: Entry,
    known: Enrolled,
    consented: str | None,
    actor: str,
) -> None:
    role, answers = report.role, entry.answers
    profile = known.profile(entry)
    if profile is not None and profile.state is ProfileState.LEFT:
        return
    key = addresses.address_key(entry.address)
    person = known.people.get(key)
    if person is None:
        person = persons.know(session, entry.address, answers["full_name"])
        known.people[key] = person
    # What someone is called in other programs is not for this one's list to change.
    renames = person.id not in known.elsewhere
    if profile is None:
        listed_id = answers[f"{role}_id"]
        profile = profiles.draft(session, program.id, person, role, listed_id, answers)
        if renames:
            persons.call(person, {}, answers)
    elif profile.answers != (merged := entry.over(profile.answers)):
        profile.listed_id = merged[f"{role}_id"]
        profiles.change_answers(session, profile, merged, renames=renames)
    if profile.state is ProfileState.DRAFT:
        profiles.submit(session, profile)
        if consented is None:
            outbox.owe(
                session, EmailKind.INVITATION, to=person.id, about=profile.id, program_id=program.id
            )
    elif profile.state is ProfileState.AWAITING_APPROVAL:
        joining.admit(session, profile, actor)
    if consented is not None and profile.state is ProfileState.UNCONFIRMED:
        profiles.confirm(session, profile, consented)
    _follow_status(session, profile, answers)


def _follow_status(session: Session, profile: Profile, answers: dict[str, Any]) -> None:
    paused = answers.get("status") == "paused"
    if paused and profile.state is ProfileState.READY:
        profiles.pause(session, profile)
    elif not paused and "status" in answers and profile.state is ProfileState.PAUSED:
        profiles.resume(session, profile)

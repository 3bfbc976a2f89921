"""Importing people from a coordinator's list: all good rows or none, and every problem at once."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from matching.profiles import spreadsheets
from matching.profiles.columns import Problem, read_row
from matching.profiles.spreadsheets import UnreadableFile
from mentorship import audit, database, outbox
from mentorship.errors import Invalid
from mentorship.models import Coordinator, EmailKind, Person, Profile, Program, Role, Upload
from mentorship.people import addresses, joining, persons, profiles, questionnaire
from mentorship.states import ProfileState

#: An upload that waits for a decision is removed after so long.
FORGOTTEN = datetime.timedelta(days=1)


_EXCLUDED = "do_not_match"


@dataclass(frozen=True)
class Finding:
    """Something about the file that the person who made it should know."""

    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        """Return it as one line."""
        place = f"row {self.row}" if self.row else "file"
        return (
            f"{place}, {self.column}: {self.message}" if self.column else f"{place}: {self.message}"
        )


@dataclass(frozen=True)
class Entry:
    """One person who can be imported; `columns` are those that the file has."""

    row: int
    address: str
    answers: dict[str, Any]
    columns: frozenset[str]

    def over(self, before: dict[str, Any]) -> dict[str, Any]:
        """Return the answers after this import: what the file does not ask stays as it was."""
        kept = {name: value for name, value in before.items() if name not in self.columns}
        new = {name: value for name, value in self.answers.items() if name in self.columns}
        # Whom somebody ruled out by themselves is not for a list to allow again.
        ruled_out = [*before.get(_EXCLUDED, []), *self.answers.get(_EXCLUDED, [])]
        return kept | new | ({_EXCLUDED: list(dict.fromkeys(ruled_out))} if ruled_out else {})


@dataclass
class Report:
    """What an import found, and did or would do."""

    role: Role
    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    written: bool = False

    def to_stored(self) -> dict[str, Any]:
        """Return what `read` found as plain data, from which `from_stored` makes it again."""
        return {
            "rows": self.rows,
            "problems": [asdict(finding) for finding in self.problems],
            "warnings": [asdict(finding) for finding in self.warnings],
            "entries": [
                {
                    "row": entry.row,
                    "address": entry.address,
                    "answers": entry.answers,
                    "columns": sorted(entry.columns),
                }
                for entry in self.entries
            ],
        }

    @classmethod
    def from_stored(cls, role: Role, stored: dict[str, Any]) -> Report:
        """Return what `read` found once."""
        return cls(
            role,
            rows=stored["rows"],
            problems=[Finding(**finding) for finding in stored["problems"]],
            warnings=[Finding(**finding) for finding in stored["warnings"]],
            entries=[
                Entry(e["row"], e["address"], e["answers"], frozenset(e["columns"]))
                for e in stored["entries"]
            ],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "role": self.role.value,
            "rows": self.rows,
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "written": self.written,
            "problems": [asdict(finding) for finding in self.problems],
            "warnings": [asdict(finding) for finding in self.warnings],
        }


def read(data: bytes, role: Role, name: str) -> Report:
    """Read a file called `name`; return who can be imported and every problem, and write nothing.

    A file of which nothing can be used is a report with one problem and no entries.
    """
    report = Report(role)
    try:
        sheet = spreadsheets.read(data, role.value, name)
        row_of_address: dict[str, int] = {}
        row_of_id: dict[str, int] = {}
        for row in sheet.rows:
            report.rows += 1
            if row.problem:
                report.problems.append(Finding(row.number, None, row.problem))
                continue
            _read_person(report, row, row_of_address, row_of_id)
    except UnreadableFile as error:
        report.entries.clear()
        report.problems = [Finding(None, None, str(error))]
    else:
        report.warnings += [Finding(None, None, note) for note in sheet.warnings]
        if report.rows == 0:
            report.warnings.append(Finding(None, None, "0 rows: there is nobody in this file"))
    return report


def apply(
    session: Session,
    program: Program,
    report: Report,
    *,
    actor: str,
    consented: str | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
) -> Report:
    """Write the people of a report, by email address, and complete the report.

    With any problem nothing is written, unless `skip_bad_rows`. `consented` says where these
    people agreed to take part; without it each of them gets an invitation.
    """
    known = _Known(session, program, report.role, [entry.address for entry in report.entries])
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


def keep(session: Session, program: Program, report: Report, name: str) -> Upload:
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
    """Remove uploads that nobody decided about."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(Upload).where(Upload.created_at < before))


def _read_person(
    report: Report,
    row: spreadsheets.Row,
    row_of_address: dict[str, int],
    row_of_id: dict[str, int],
) -> None:
    """Add the person of one row to the report, or everything that is wrong with it."""

    def warn(problem: Problem) -> None:
        noticed.append(Finding(row.number, problem.column, problem.message))

    noticed: list[Finding] = []
    answers, problems = read_row(report.role.value, row.cells, warn)
    found = [Finding(row.number, p.column, p.message) for p in problems]
    address = None
    if isinstance(answers.get("email"), str):
        try:
            address = addresses.read_address(str(answers["email"]))
        except Invalid as error:
            found.append(Finding(row.number, "email", str(error)))
    if address is not None:
        first = row_of_address.setdefault(addresses.address_key(address), row.number)
        if first != row.number:
            found.append(Finding(row.number, "email", f"is the same address as in row {first}"))
        bare = _without_tag(addresses.address_key(address))
        like = row_of_address.get(bare, first)
        if like not in (row.number, first):
            noticed.append(Finding(row.number, "email", f"may be the same person as row {like}"))
        answers["email"] = address
    for column in ("do_not_match", "mentor_picks"):
        listed = answers.get(column)
        if isinstance(listed, list):
            answers[column], wrong = addresses.as_stored(listed)
            found += [Finding(row.number, column, message) for message in wrong]
    id_column = f"{report.role}_id"
    id = answers.get(id_column)
    if isinstance(id, str) and (first := row_of_id.setdefault(id, row.number)) != row.number:
        found.append(Finding(row.number, id_column, f"{id} is already used in row {first}"))
    report.warnings += noticed
    if found or address is None:
        report.problems += found
        return
    report.entries.append(Entry(row.number, address, answers, frozenset(row.cells)))


#: Whoever began to register, or waits for approval, is let in by being on a coordinator's list.
_AT_THE_DOOR = (ProfileState.DRAFT, ProfileState.AWAITING_APPROVAL)


class _Known:
    """Who is in the program already, read once for a whole file."""

    def __init__(
        self, session: Session, program: Program, role: Role, listed: Iterable[str]
    ) -> None:
        self.role = role
        keys = [addresses.address_key(address) for address in listed]
        self.people: dict[str, Person] = {}
        for start in range(0, len(keys), 1000):
            some = Person.email_key.in_(keys[start : start + 1000])
            self.people |= {p.email_key: p for p in session.scalars(select(Person).where(some))}
        self.elsewhere: set[uuid.UUID] = set()
        ids = [person.id for person in self.people.values()]
        for start in range(0, len(ids), 1000):
            of_others = Profile.person_id.in_(ids[start : start + 1000])
            self.elsewhere |= set(
                session.scalars(
                    select(Profile.person_id).where(Profile.program_id != program.id, of_others)
                )
            )
            self.elsewhere |= set(
                session.scalars(
                    select(Coordinator.person_id).where(
                        Coordinator.person_id.in_(ids[start : start + 1000])
                    )
                )
            )
        enrolled = session.scalars(
            select(Profile)
            .where(Profile.program_id == program.id)
            .options(joinedload(Profile.person))
        ).all()
        self.profiles = {p.person_id: p for p in enrolled if p.role is role}
        self.listed = {p.listed_id: p for p in enrolled if p.role is role}
        others = [p for p in enrolled if p.role is not role]
        self.listed_others = {p.listed_id for p in others}
        self.others = self.listed_others | {p.person.email_key for p in others}
        self.other_people = {p.person_id for p in others}

    def profile(self, entry: Entry) -> Profile | None:
        """Return the profile that an entry is about, if the person has one."""
        person = self.people.get(addresses.address_key(entry.address))
        return self.profiles.get(person.id) if person else None

    def conflict(self, entry: Entry) -> Finding | None:
        """Return why an entry contradicts what is stored."""
        column = f"{self.role}_id"
        holder = self.listed.get(entry.answers[column])
        if holder is not None and holder is not self.profile(entry):
            message = f"{entry.answers[column]} belongs to somebody else in this program already"
            return Finding(entry.row, column, message)
        return None

    def warnings(self, entries: list[Entry]) -> list[Finding]:
        """Return what is worth knowing about entries beside those who are stored."""
        found = []
        other_role = "mentor" if self.role is Role.MENTEE else "mentee"
        named = any(e.answers.get(c) for e in entries for c in ("do_not_match", "mentor_picks"))
        if named and not self.others:
            message = f"the program has no {other_role}s yet: ids in lists are kept for later"
            found.append(Finding(None, None, message))
        for entry in entries:
            for column in ("do_not_match", "mentor_picks"):
                unknown = [id for id in entry.answers.get(column, []) if id not in self.others]
                if unknown and self.others:
                    more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
                    message = (
                        f"{', '.join(unknown[:3])}{more}: no such {other_role} in this program "
                        "yet; kept for later"
                    )
                    found.append(Finding(entry.row, column, message))
            excluded = set(entry.answers.get("do_not_match", []))
            if self.listed_others and self.listed_others <= excluded:
                message = f"excludes every {other_role}: this person cannot be matched with anyone"
                found.append(Finding(entry.row, "do_not_match", message))
            profile = self.profile(entry)
            if profile is not None and profile.state is ProfileState.LEFT:
                message = "has left this program and stays as they are"
                found.append(Finding(entry.row, "email", message))
            if profile is not None and profile.state in _AT_THE_DOOR:
                message = "has registered by themselves; this list lets them in"
                found.append(Finding(entry.row, "email", message))
            column = f"{self.role}_id"
            if profile is not None and profile.listed_id != entry.answers[column]:
                message = f"was {profile.listed_id}; lists that name it no longer find this person"
                found.append(Finding(entry.row, column, message))
            person = self.people.get(addresses.address_key(entry.address))
            if person is not None and person.id in self.other_people:
                message = f"is a {other_role} here too; nobody is matched with themselves"
                found.append(Finding(entry.row, "email", message))
        return found

    def outcome(self, entry: Entry) -> str:
        """Return what writing an entry comes to: added, updated or unchanged."""
        profile = self.profile(entry)
        if profile is None:
            return "added"
        if profile.state is ProfileState.LEFT:
            return "unchanged"
        # Of what coordinators may not read, they do not learn whether it is as they guess.
        before, after = (
            questionnaire.for_coordinators(answers)
            for answers in (profile.answers, entry.over(profile.answers))
        )
        is_same = before == after
        return "unchanged" if is_same and profile.state not in _AT_THE_DOOR else "updated"


def _write(
    session: Session,
    program: Program,
    report: Report,
    entry: Entry,
    known: _Known,
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
    # What somebody is called in other programs is not for this one's list to change.
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


def _without_tag(key: str) -> str:
    """Return an address without the `+tag` that many people add to sort their mail."""
    local, _, domain = key.partition("@")
    return f"{local.partition('+')[0]}@{domain}"

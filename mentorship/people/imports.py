"""A coordinator's file, read into people who can be imported and problems by row and column."""

from __future__ import annotations

from collections.abc import Mapping

from matching.mapping import survey as surveys
from matching.mapping.decisions import Decisions
from matching.profiles import normal_forms
from matching.profiles.columns import Column
from matching.spreadsheets import tables
from matching.spreadsheets.dates import DayOrder
from matching.spreadsheets.limits import UPLOAD, UnreadableFile
from matching.spreadsheets.people import PeopleReader, PersonRow
from matching.spreadsheets.tables import Row
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.people import addresses, suggestions
from mentorship.people.conflicts import LISTS_OF_PEOPLE
from mentorship.people.import_report import Entry, Finding, ImportReport
from mentorship.people.import_survey import MOST_CORRECTED, ImportSurvey
from mentorship.roles import Role


def read(
    data: bytes,
    role: Role,
    name: str,
    order: DayOrder | None = None,
    own: tuple[Column, ...] = (),
) -> ImportReport:
    """Read a file called `name`; return who can be imported and every problem, and write nothing.

    A file of which nothing can be used is a report with one problem and no entries. `order` is what
    comes first in dates such as 03/04/2026; None leaves that to the file. `own` are questions of
    the program's own.
    """
    report = ImportReport(role)
    try:
        table = tables.read(data, role.value, name, UPLOAD, order, own=own)
        reader = PeopleReader(role.value, own=own)
        row_of_untagged: dict[str, int] = {}
        for row in table.rows:
            report.rows += 1
            _add(report, row, reader.read(row), row_of_untagged)
    except UnreadableFile as error:
        report.entries.clear()
        report.problems = [Finding(None, None, str(error))]
    else:
        report.problems += table.problems
        report.warnings += table.notes
        if report.rows == 0:
            report.warnings.append(Finding(None, None, _("0 rows: there is no one in this file")))
    return report


def survey(
    data: bytes,
    role: Role,
    name: str,
    decisions: Decisions,
    people: Mapping[str, str],
    own: tuple[Column, ...] = (),
) -> ImportReport:
    """Read a file of any wording, as far as it is decided and else as guessed; write nothing.

    The report's `survey` says what is there to decide. `people` are the ids of those of the other
    role by their folded names, for columns that name people; `own` are questions of the program's
    own. A file of which nothing can be used is a report with one problem, and no survey where it
    could not be read at all.
    """
    report = ImportReport(role)
    try:
        found = surveys.read(data, role.value, name, UPLOAD, decisions, people, own)
        report.survey = ImportSurvey(
            found.tool, found.heading_row, list(found.sheets), found.sheet, found.questions,
            missing=found.missing,
        )  # fmt: skip
        if "email" in found.missing or "full_name" in found.missing:
            # Without them no row is anyone; which column they are is asked first.
            return report
        reader = PeopleReader(role.value, own=own)
        row_of_untagged: dict[str, int] = {}
        for row in found.rows:
            report.rows += 1
            before = len(report.problems)
            _add(report, row, reader.read(row), row_of_untagged)
            if len(report.problems) > before and len(report.survey.typed) < MOST_CORRECTED:
                report.survey.typed[row.number] = row.cells
        report.survey.groups = found.groups
        report.survey.defaulted = found.translator.defaulted
    except UnreadableFile as error:
        report.entries.clear()
        report.problems = [Finding(None, None, str(error))]
    else:
        report.problems += found.problems
        report.warnings += found.notes
        if report.rows == 0:
            report.warnings.append(Finding(None, None, _("0 rows: there is no one in this file")))
    return report


def _add(
    report: ImportReport, row: Row, person: PersonRow, row_of_untagged: dict[str, int]
) -> None:
    """Add the person of one row to the report, or everything that is wrong with it."""
    answers, problems = dict(person.answers), list(person.problems)

    def problem(column: str, message: str) -> None:
        problems.append(Finding(row.number, column, message))

    report.warnings += person.notes
    address = None
    if "email" in answers:
        try:
            address = addresses.read_address(answers["email"])
        except Invalid as error:
            problem("email", str(error))
    if address is not None:
        key = addresses.address_key(address)
        alike = row_of_untagged.setdefault(normal_forms.without_tag(key), row.number)
        if alike != row.number and not any(each.column == "email" for each in problems):
            message = _("may be the same person as row %(row)s", row=alike)
            report.warnings.append(Finding(row.number, "email", message))
        answers["email"] = address
    for column in LISTS_OF_PEOPLE:
        if column in answers:
            answers[column], wrong = addresses.as_stored(answers[column])
            for message in wrong:
                problem(column, message)
    if problems or address is None:
        report.problems += problems
        return
    named = tuple(suggestions.of_answers(report.role, answers))
    report.entries.append(
        Entry(row.number, address, answers, frozenset(row.cells) - row.made, named)
    )

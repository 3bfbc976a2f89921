"""A coordinator's file, read into people who can be imported and problems by row and column."""

from __future__ import annotations

from matching.profiles import normal_forms
from matching.profiles.columns import read_row
from matching.spreadsheets import tables
from matching.spreadsheets.dates import DayOrder
from matching.spreadsheets.limits import UPLOAD, UnreadableFile
from matching.spreadsheets.tables import Row
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.people import addresses
from mentorship.people.conflicts import LISTS_OF_PEOPLE
from mentorship.people.import_report import Entry, Finding, ImportReport
from mentorship.roles import Role


def read(data: bytes, role: Role, name: str, order: DayOrder | None = None) -> ImportReport:
    """Read a file called `name`; return who can be imported and every problem, and write nothing.

    A file of which nothing can be used is a report with one problem and no entries. `order` is what
    comes first in dates such as 03/04/2026; None leaves that to the file.
    """
    report = ImportReport(role)
    try:
        table = tables.read(data, role.value, name, UPLOAD, order)
        row_of_address: dict[str, int] = {}
        row_of_untagged: dict[str, int] = {}
        row_of_id: dict[str, int] = {}
        for row in table.rows:
            report.rows += 1
            if row.problem:
                report.problems.append(Finding(row.number, None, row.problem))
                continue
            _read_person(report, row, row_of_address, row_of_untagged, row_of_id)
    except UnreadableFile as error:
        report.entries.clear()
        report.problems = [Finding(None, None, str(error))]
    else:
        report.problems += table.problems
        report.warnings += table.notes
        if report.rows == 0:
            report.warnings.append(Finding(None, None, _("0 rows: there is no one in this file")))
    return report


def _read_person(
    report: ImportReport,
    row: Row,
    row_of_address: dict[str, int],
    row_of_untagged: dict[str, int],
    row_of_id: dict[str, int],
) -> None:
    """Add the person of one row to the report, or everything that is wrong with it."""

    problems: list[Finding] = []
    warnings = [Finding(row.number, note.column, note.message) for note in row.notes]

    def problem(column: str, message: str) -> None:
        problems.append(Finding(row.number, column, message))

    def warn(column: str, message: str) -> None:
        warnings.append(Finding(row.number, column, message))

    answers, unreadable = read_row(
        report.role.value, row.cells, lambda each: warn(each.column, each.message)
    )
    for each in unreadable:
        problem(each.column, each.message)
    address = None
    if isinstance(answers.get("email"), str):
        try:
            address = addresses.read_address(str(answers["email"]))
        except Invalid as error:
            problem("email", str(error))
    if address is not None:
        first = row_of_address.setdefault(addresses.address_key(address), row.number)
        if first != row.number:
            problem("email", _("is the same address as in row %(row)s", row=first))
        untagged = normal_forms.without_tag(addresses.address_key(address))
        alike = row_of_untagged.setdefault(untagged, row.number)
        if alike not in (row.number, first):
            warn("email", _("may be the same person as row %(row)s", row=alike))
        answers["email"] = address
    for column in LISTS_OF_PEOPLE:
        listed = answers.get(column)
        if isinstance(listed, list):
            answers[column], wrong = addresses.as_stored(listed)
            for message in wrong:
                problem(column, message)
    id_column = f"{report.role}_id"
    id = answers.get(id_column)
    if isinstance(id, str) and (first := row_of_id.setdefault(id, row.number)) != row.number:
        problem(id_column, _("%(id)s is already used in row %(row)s", id=id, row=first))
    report.warnings += warnings
    if problems or address is None:
        report.problems += problems
        return
    report.entries.append(Entry(row.number, address, answers, frozenset(row.cells) - row.made))

"""What was read in a file comes back from its lines as it was, or as far as a page needs it."""

from __future__ import annotations

import sheets
from sheets import HEADER, person

from matching.mapping.decisions import Decisions, Sureness
from mentorship.models import Role
from mentorship.people import imports, stored_reports
from mentorship.people.import_report import Finding, ImportReport
from mentorship.people.suggestions import Suggestion

FILE = sheets.text(
    [*HEADER, "goals", "statement", "Pets"],
    [*person(1), "Boards; wellbeeing", "I would like to try cardiology.\nÑandú", "dog"],
    [*person(2)[:2], "no address", *person(2)[3:], "Research", "", "cat"],
    ["me-003", "Mina", "mina1+list@example.org", "resident", "Europe/Madrid", "", "", "", ""],
)


def report() -> ImportReport:
    decisions = Decisions(defaults={"languages": "English"})
    return imports.survey(FILE, Role.MENTEE, "people.csv", decisions, {})


def test_what_was_read_comes_back_as_it_was() -> None:
    before = report()

    found = stored_reports.read(Role.MENTEE, stored_reports.packed(before))

    assert found == before
    assert found.rows == 3
    assert [entry.address for entry in found.entries] == [
        "mina1@example.org", "mina1+list@example.org",
    ]  # fmt: skip
    assert found.entries[0].answers["statement"] == "I would like to try cardiology.\nÑandú"
    assert found.entries[0].suggested == (Suggestion("specialty_interests", "cardiology"),)
    assert found.suggested == [Finding(2, "specialty_interests", "Cardiology")]
    assert found.warnings == [
        Finding(4, "languages", "'English' read as en"),
        Finding(4, "email", "may be the same person as row 2"),
    ]
    assert found.survey is not None
    assert found.survey.defaulted == {"languages": 1}
    assert found.survey.typed[3]["email"] == "no address"
    assert [group.typed for group in found.survey.groups] == ["wellbeeing", "Research"]
    assert found.survey.groups[0].sureness is Sureness.LIKELY
    assert found.survey.questions[-1].samples == ("dog", "cat")
    assert found.survey.open_questions[-1].sureness is Sureness.NONE


def test_pages_about_columns_read_neither_people_nor_warnings() -> None:
    before = report()

    found = stored_reports.read(Role.MENTEE, stored_reports.packed(before), with_people=False)

    assert (found.rows, found.survey, found.problems) == (3, before.survey, before.problems)
    assert (found.entries, found.warnings) == ([], [])


def test_people_share_what_they_have_in_common() -> None:
    """Each of 20,000 people would have their own copy of every heading otherwise."""
    data = sheets.text(HEADER, person(1), person(2))
    before = imports.survey(data, Role.MENTEE, "people.csv", Decisions(), {})

    first, second = stored_reports.read(Role.MENTEE, stored_reports.packed(before)).entries

    assert first.columns is second.columns
    assert len(first.answers) == len(HEADER)
    assert list(map(id, first.answers)) == list(map(id, second.answers))


def test_a_file_that_could_not_be_read_has_no_survey() -> None:
    before = ImportReport(Role.MENTOR, problems=[Finding(None, None, "is broken")])

    assert stored_reports.read(Role.MENTOR, stored_reports.packed(before)) == before

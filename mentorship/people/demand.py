"""A mentee's demand: how many mentors they would like, as far as their program allows."""

from __future__ import annotations

from matching.profiles.columns import DEFAULT_WANTED
from mentorship.language import ngettext
from mentorship.models import Profile, Program
from mentorship.people.import_report import Finding, ImportReport

#: The name of its question.
COLUMN = "mentors_wanted"


def of(mentee: Profile, program: Program) -> int:
    """Return how many mentors a round may give a mentee, at least 1."""
    return min(int(mentee.answers.get(COLUMN, DEFAULT_WANTED)), program.most_mentors)


def note_limit(program: Program, report: ImportReport) -> None:
    """Note in a report that someone asks for more mentors than the program allows."""
    most = program.most_mentors
    if any(entry.answers.get(COLUMN, DEFAULT_WANTED) > most for entry in report.entries):
        told = ngettext(
            "some ask for more: this program's settings allow one mentor for each mentee",
            "some ask for more: this program's settings allow up to %(n)s mentors for each mentee",
            most,
        )
        report.warnings.append(Finding(None, COLUMN, told))

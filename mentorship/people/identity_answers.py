"""Answers about identity in a list of people: they are left out where a program asks for none.

The child that reads a list uses this, so it needs none of the database.
"""

from __future__ import annotations

import dataclasses

from mentorship.language import gettext as _
from mentorship.people.import_report import Finding, ImportReport

#: The columns; they are asked only if the program's policy gives identity a weight.
COLUMNS = frozenset({"gender", "communities", "mentor_gender_preference"})


def leave_out(report: ImportReport) -> None:
    """Take the answers about identity out of a report's people, and note it there."""
    found = set[str]()
    for k, entry in enumerate(report.entries):
        if not COLUMNS.isdisjoint(entry.columns | entry.answers.keys()):
            found |= COLUMNS.intersection(entry.answers)
            report.entries[k] = dataclasses.replace(
                entry,
                answers={n: v for n, v in entry.answers.items() if n not in COLUMNS},
                columns=entry.columns - COLUMNS,
            )
    told = _(
        "is left out: this program doesn't ask about identity, so it doesn't keep these answers"
    )
    report.warnings += [Finding(None, name, told) for name in sorted(found)]

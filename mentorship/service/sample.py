"""A made-up program to try things out: 300 mentees and 110 mentors, none of them real.

The two files were made by the generator in `benchmarks/cohort`, with seed 2026.
"""

from __future__ import annotations

from importlib import resources

from sqlalchemy.orm import Session

from mentorship.models import Program, Role
from mentorship.people import enrollment, import_report, imports

CONSENT = "made-up people of the sample"


def load(session: Session, program: Program) -> list[import_report.ImportReport]:
    """Import the sample into a program; people who are there already stay as they are."""
    return [
        enrollment.apply(
            session, program, _read(role), actor="command", consented=CONSENT, are_made_up=True
        )
        for role in Role
    ]


def _read(role: Role) -> import_report.ImportReport:
    file = resources.files("mentorship").joinpath("sample", f"{role}s.csv")
    return imports.read(file.read_bytes(), role, file.name)

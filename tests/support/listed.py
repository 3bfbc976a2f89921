"""Lists of people, as coordinators import them."""

from __future__ import annotations

import csv
import io
from typing import Any

from sqlalchemy.orm import Session

from mentorship.models import Program, Role
from mentorship.people import enrollment, import_report, imports


def table(*rows: dict[str, str], role: str = "mentee") -> bytes:
    base = {
        f"{role}_id": "p-1",
        "full_name": "Ana",
        "email": "ana@example.org",
        "career_stage": "resident",
        "timezone": "Europe/London",
        "languages": "en",
    }
    rows = tuple(base | row for row in rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list({key: None for row in rows for key in row}))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def take(
    session: Session, program: Program, data: bytes, role: Role = Role.MENTEE, **options: Any
) -> import_report.ImportReport:
    given = {"actor": "test", "consented": "a test"}
    report = imports.read(data, role, options.pop("name", "people.csv"))
    return enrollment.apply(session, program, report, **given | options)

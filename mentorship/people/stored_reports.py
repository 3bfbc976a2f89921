"""What was read in an upload as it is stored: compressed lines of JSON.

The child that reads a file writes them, and the site keeps them as they are until a page needs
them. Line by line, since Python lets no other thread of the site run while it takes one text of
JSON apart, which may have tens of megabytes.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, astuple
from typing import Any

from matching.mapping.decisions import Sureness
from matching.mapping.survey import Question
from matching.mapping.translation import AnswerGroup
from mentorship.people.import_report import Entry, Finding, ImportReport
from mentorship.people.import_survey import ImportSurvey
from mentorship.people.suggestions import Suggestion
from mentorship.roles import Role

#: The fields of a survey that are in the first line; of the others, each item has its own.
_SHORT = ("tool", "heading_row", "sheets", "sheet", "missing", "defaulted")


def packed(report: ImportReport) -> bytes:
    """Return what was read in a file, for `read`."""
    written = io.BytesIO()
    with gzip.open(written, "wb", compresslevel=1) as lines:
        for line in _lines(report):
            lines.write(json.dumps(line).encode() + b"\n")
    return written.getvalue()


def read(role: Role, content: bytes, *, with_people: bool = True) -> ImportReport:
    """Return what was read in a file; its people and warnings only `with_people`."""
    columns: dict[tuple[str, ...], frozenset[str]] = {}
    with gzip.open(io.BytesIO(content)) as lines:
        rows, survey = json.loads(next(lines))
        found = ImportSurvey(**survey) if survey else ImportSurvey()
        report = ImportReport(role, rows, survey=found if survey else None)
        for line in lines:
            match json.loads(line):
                case ["entry", row, address, answers, named, suggested]:
                    # Strings and sets that all have in common are there once.
                    report.entries.append(
                        Entry(
                            row,
                            address,
                            {sys.intern(name): answer for name, answer in answers.items()},
                            columns.setdefault(tuple(named), frozenset(named)),
                            tuple(Suggestion(*each) for each in suggested),
                        )
                    )
                case ["warning", *finding]:
                    report.warnings.append(Finding(*finding))
                case ["problem", *finding]:
                    report.problems.append(Finding(*finding))
                case ["question", question]:
                    found.questions.append(_question(question))
                case ["group", group]:
                    found.groups.append(_group(group))
                case ["typed", row, cells]:
                    found.typed[row] = cells
                case ["people"] if not with_people:
                    break
    return report


def _lines(report: ImportReport) -> Iterator[Any]:
    survey = report.survey
    yield report.rows, survey and {name: getattr(survey, name) for name in _SHORT}
    if survey:
        yield from (("question", asdict(question)) for question in survey.questions)
        yield from (("group", asdict(group)) for group in survey.groups)
        yield from (("typed", row, cells) for row, cells in survey.typed.items())
    yield from (("problem", *astuple(finding)) for finding in report.problems)
    # Pages about columns and answers read no further.
    yield ("people",)
    yield from (("warning", *astuple(finding)) for finding in report.warnings)
    for entry in report.entries:
        columns = sorted(entry.columns)
        yield "entry", entry.row, entry.address, entry.answers, columns, entry.suggested


def _question(stored: dict[str, Any]) -> Question:
    stored["samples"], stored["choices"] = tuple(stored["samples"]), tuple(stored["choices"])
    return Question(**stored | {"sureness": Sureness(stored["sureness"])})


def _group(stored: dict[str, Any]) -> AnswerGroup:
    stored["values"], stored["offered"] = tuple(stored["values"]), tuple(stored["offered"])
    return AnswerGroup(**stored | {"sureness": Sureness(stored["sureness"])})

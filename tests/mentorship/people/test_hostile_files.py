"""Every hostile file is answered as expected, and so is what cannot be used at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sheets
from listed import table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.spreadsheets.limits import UPLOAD, Limits
from matching.spreadsheets.people import MOST_SUGGESTIONS
from mentorship.models import Profile, Program, Role
from mentorship.people import enrollment, import_report, imports

FILES = [
    "01-semicolon-delimiter.csv", "02-tab-delimiter.csv", "03-utf16-bom.csv", "04-latin1.csv",
    "05-utf8-bom.csv", "06-missing-header.csv", "07-missing-required-column.csv",
    "08-duplicate-headers.csv", "09-header-variants.csv", "10-duplicate-emails.csv",
    "11-duplicate-ids.csv", "12-spaces-in-ids.csv", "13-formula-injection.csv",
    "14-header-injection.csv", "15-html-in-names.csv", "16-bidi-and-invisible.csv",
    "17-emoji-and-combining.csv", "18-one-megabyte-cell.csv", "19-five-thousand-columns.csv",
    "20-nul-bytes.csv", "21-unbalanced-quote.csv", "22-ragged-rows.csv", "23-empty.csv",
    "24-only-header.csv", "25-crlf.csv", "26-cr-only.csv", "27-trailing-junk.csv",
    "28-bad-capacity.csv", "29-unknown-ids.csv", "30-do-not-match.csv",
    "31-circular-mentees.csv", "32-circular-mentors.csv", "33-date-formats.csv",
    "34-availability-and-zones.csv", "35-huge-dimension.xlsx", "36-far-cell.xlsx",
    "37-zip-renamed.xlsx", "38-high-ratio.xlsx", "39-external-entity.xlsx",
    "40-path-traversal.xlsx", "41-formula-cells.xlsx", "42-csv-renamed.xlsx",
    "43-xlsx-renamed.csv", "44-truncated.xlsx", "45-good-control.csv",
]  # fmt: skip
#: Words that the message about each refused file or row must hold.
MESSAGES = {
    "04-latin1.csv": "not UTF-8 (first bad byte in row 2, column full_name)",
    "06-missing-header.csv": "The first row looks like data",
    "07-missing-required-column.csv": "Column 'email' is missing.",
    "08-duplicate-headers.csv": "Column 'email' appears twice (columns 3 and 7)",
    "11-duplicate-ids.csv": "me-000001 is already used in row 2",
    "14-header-injection.csv": "line break or control character (character 4)",
    "18-one-megabyte-cell.csv": "has 1,048,572 characters; the limit is 5,000",
    "19-five-thousand-columns.csv": "5,000 columns; the limit is 200.",
    "20-nul-bytes.csv": "NUL bytes in row 2",
    "21-unbalanced-quote.csv": "A quotation mark opened in row 3 (full_name) is not closed",
    "22-ragged-rows.csv": "12 cells, expected 10 (is there a comma",
    "23-empty.csv": "The file is empty.",
    "28-bad-capacity.csv": "must be a whole number from 0 to 50; found 'NaN'",
    "29-unknown-ids.csv": "did you mean cardiology?",
    "30-do-not-match.csv": "use IDs",
    "37-zip-renamed.xlsx": "This is a zip archive, not an Excel workbook.",
    "38-high-ratio.xlsx": "100 times",
    "39-external-entity.xlsx": "document type declaration",
    "42-csv-renamed.xlsx": "rename it to .csv",
    "43-xlsx-renamed.csv": "rename it to .xlsx",
    "44-truncated.xlsx": "damaged or incomplete",
}


def run(
    session: Session, program: Program, path: Path, role: Role, **options: Any
) -> import_report.ImportReport:
    given = {"actor": "test", "consented": "a test", "skip_bad_rows": True}
    report = imports.read(path.read_bytes(), role, path.name)
    return enrollment.apply(session, program, report, **(given | options))


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hostile_file_is_answered_as_expected(
    session: Session, program: Program, hostile: Path, file: str
) -> None:
    expected = {case["file"]: case for case in json.loads((hostile / "expected.json").read_text())}
    assert sorted(expected) == FILES
    case = expected[file]

    report = run(session, program, hostile / file, Role(case["kind"].removesuffix("s")))

    accepted = {entry.row for entry in report.entries}
    rejected = {problem.row for problem in report.problems}
    if case["outcome"] == "reject-file":
        assert rejected == {None}
        assert accepted == set()
        assert not report.written
    else:
        assert None not in rejected
        assert set(case["accepted_rows"] or ()) <= accepted
        assert set(case["rejected_rows"] or ()) <= rejected
        assert report.written
    if case["outcome"].startswith("accept"):
        assert rejected == set()
    if case["outcome"] == "accept-with-warning":
        assert report.warnings
    if file == "45-good-control.csv":
        assert report.warnings == []
    if file in MESSAGES:
        assert any(MESSAGES[file] in str(problem) for problem in report.problems)
    assert all(len(str(finding)) < 500 for finding in report.problems + report.warnings)


def test_a_bad_row_keeps_the_whole_file_out(
    session: Session, program: Program, hostile: Path
) -> None:
    report = run(
        session, program, hostile / "11-duplicate-ids.csv", Role.MENTEE, skip_bad_rows=False
    )

    assert [problem.row for problem in report.problems] == [3, 4]
    assert not report.written
    assert session.scalar(select(func.count(Profile.id))) == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (table({}) + b"a\rb,c\n", "Row 3 has a stray carriage return"),
        (table({"do_not_match": "q\0w"}).decode().encode("utf-16"), "NUL characters"),
        (b"x" * (UPLOAD.bytes + 1), "the limit is 20,971,520"),
        (b"\xd0\xcf\x11\xe0 old", "old workbook"),
        (table({}) + b'"a"b,c,d,e,f,g\n', "Text follows the end of a quoted cell in row 3"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_is_refused(data: bytes, message: str) -> None:
    report = imports.read(data, Role.MENTEE, "people")

    assert message in str(report.problems[0])
    assert report.entries == []


def test_more_rows_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "UPLOAD", Limits(bytes=10_000, rows=2))
    rows = [{"mentee_id": f"p-{k}", "email": f"p{k}@example.org"} for k in range(3)]

    report = imports.read(table(*rows), Role.MENTEE, "people.csv")

    assert str(report.problems[0]) == "file: The file has more than 2 rows. Split it."
    assert report.entries == []


def test_a_long_list_of_unknown_words_searches_for_few(searched: list[str]) -> None:
    rows = ([*sheets.person(k), f"wellbeeing {k}"] for k in range(2 * MOST_SUGGESTIONS))
    report = imports.read(sheets.text([*sheets.HEADER, "goals"], *rows), Role.MENTEE, "people.csv")

    assert len(report.problems) == 2 * MOST_SUGGESTIONS
    assert len(searched) == MOST_SUGGESTIONS

"""Importing: every hostile file answered as expected, all or nothing, twice the same."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import factories
import openpyxl
import pytest
import sheets
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

import matching.policy
from matching.spreadsheets.limits import UPLOAD, Limits
from matching.spreadsheets.people import MOST_SUGGESTIONS
from mentorship import database
from mentorship.emails import messages
from mentorship.models import Email, EmailKind, Person, Profile, Program, Role
from mentorship.pairings import pairings
from mentorship.people import (
    demand,
    enrollment,
    import_report,
    imports,
    joining,
    newcomers,
    persons,
    profiles,
)
from mentorship.programs import policies, programs
from mentorship.service import sample
from mentorship.settings import Settings
from mentorship.states import ProfileState

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


def test_the_same_file_twice_changes_nothing_the_second_time(
    session: Session, program: Program
) -> None:
    data = table({"institution": "St. Mary"})
    take(session, program, data)
    before = session.scalars(select(Profile)).one()
    updated_at = before.updated_at

    report = take(session, program, data)

    assert (report.added, report.updated, report.unchanged) == (0, 0, 1)
    assert session.scalars(select(Profile)).one().updated_at == updated_at


def test_people_are_known_by_their_address(session: Session, program: Program) -> None:
    take(session, program, table({}))
    report = take(
        session,
        program,
        table({"email": "ANA@example.org", "full_name": "Ana Two", "mentee_id": "p-2"}),
    )

    assert (report.added, report.updated) == (0, 1)
    profile = session.scalars(select(Profile)).one()
    assert (profile.listed_id, profile.person.full_name) == ("p-2", "Ana Two")


def test_one_person_may_be_mentee_and_mentor(session: Session, program: Program) -> None:
    take(session, program, table({}))
    report = take(session, program, table({"capacity": "3"}, role="mentor"), Role.MENTOR)

    assert any("is also a mentee here" in str(w) for w in report.warnings)
    assert session.scalar(select(func.count(Person.id))) == 2  # Ana, and the coordinator
    assert {p.role for p in session.scalars(select(Profile))} == {Role.MENTEE, Role.MENTOR}


def test_an_id_of_somebody_else_is_a_problem(session: Session, program: Program) -> None:
    take(session, program, table({}))
    report = take(session, program, table({"email": "ben@example.org"}))

    assert [str(p) for p in report.problems] == [
        "row 2, mentee_id: p-1 already belongs to someone else in this program"
    ]


def test_without_consent_everybody_new_is_invited_and_nobody_is_ready(
    session: Session, program: Program
) -> None:
    take(session, program, table({}), consented=None)
    profile = session.scalars(select(Profile)).one()

    assert profile.state is ProfileState.UNCONFIRMED
    email = session.scalars(select(Email)).one()
    assert (email.kind, email.person_id) == (EmailKind.INVITATION, profile.person_id)

    take(session, program, table({}), consented=None)
    assert session.scalar(select(func.count(Email.id))) == 1
    take(session, program, table({}), consented="they signed")
    assert (profile.state, profile.consent) == (ProfileState.READY, "they signed")


def test_a_dry_run_writes_nothing_and_says_what_would_happen(
    session: Session, program: Program
) -> None:
    report = take(session, program, table({}), dry_run=True)

    assert (report.added, report.written) == (1, False)
    assert session.scalar(select(func.count(Profile.id))) == 0


def test_a_mentor_pauses_and_returns_by_the_list(session: Session, program: Program) -> None:
    for status, state in (("paused", "paused"), ("active", "ready"), ("paused", "paused")):
        data = table({"capacity": "1", "status": status}, role="mentor")
        take(session, program, data, Role.MENTOR)
        assert session.scalars(select(Profile)).one().state == state


def test_a_failure_half_way_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.transaction(engine) as session:
        slug = factories.make_program(session).slug
    row, calls = profiles.row, 0

    def break_at_the_second(*args: Any) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("the machine stopped")
        return row(*args)

    monkeypatch.setattr(profiles, "row", break_at_the_second)
    monkeypatch.setattr(newcomers, "AT_ONCE", 1)
    data = table({}, {"mentee_id": "p-2", "email": "ben@example.org"})

    with pytest.raises(RuntimeError), database.transaction(engine) as session:
        take(session, programs.get(session, slug), data, consented=None)
    assert calls == 2, "the first one was written by then"
    with database.reading(engine) as session:
        assert session.scalar(select(func.count(Profile.id))) == 0


def test_a_workbook_is_read_as_its_owner_sees_it(session: Session, program: Program) -> None:
    import datetime

    book = openpyxl.Workbook()
    book.active.append(
        [
            "mentor_id",
            "full_name",
            "email",
            "career_stage",
            "timezone",
            "languages",
            "capacity",
            "joined_on",
            "exclude_own_institution",
        ]
    )
    book.active.append(
        [
            "mr-1",
            "Bo",
            "bo@example.org",
            "fellow",
            "Asia/Tokyo",
            "ja;en",
            3.0,
            datetime.date(2026, 3, 4),
            True,
        ]
    )
    out = io.BytesIO()
    book.save(out)

    report = take(session, program, out.getvalue(), Role.MENTOR, name="mentors.xlsx")

    assert report.problems == []
    answers = report.entries[0].answers
    assert answers["capacity"] == 3
    assert answers["joined_on"] == "2026-03-04"
    assert answers["exclude_own_institution"] == "yes"


def test_columns_that_a_file_does_not_have_stay_as_they_were(
    session: Session, program: Program
) -> None:
    take(session, program, table({"preferred_name": "Annie", "institution": "St. Mary"}))
    report = take(session, program, table({"institution": "St. Paul"}))
    profile = session.scalars(select(Profile)).one()
    assert (report.updated, profile.answers["institution"]) == (1, "St. Paul")
    assert (profile.answers["preferred_name"], profile.person.preferred_name) == ("Annie", "Annie")

    take(session, program, table({"institution": ""}))
    assert "institution" not in profile.answers


def test_somebody_who_left_is_not_brought_back_by_a_list(
    session: Session, program: Program
) -> None:
    take(session, program, table({}))
    profile = session.scalars(select(Profile)).one()
    pairings.leave(session, profile)

    report = take(session, program, table({"full_name": "Ana Two"}))

    assert (report.updated, report.unchanged, profile.state) == (0, 1, ProfileState.LEFT)
    assert any("has left this program" in str(warning) for warning in report.warnings)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (table({}) + b"a\rb,c\n", "Row 3 has a stray carriage return"),
        (table({"do_not_match": "q\0w"}).decode().encode("utf-16"), "NUL characters"),
        (b"x" * (UPLOAD.bytes + 1), "the limit is 20,971,520"),
        (b"\xd0\xcf\x11\xe0 old", "old or encrypted workbook"),
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_sample_is_300_mentees_and_110_mentors_without_a_problem(
    session: Session, program: Program
) -> None:

    mentees, mentors = sample.load(session, program)

    assert (mentees.added, mentors.added) == (300, 110)
    assert mentees.problems == mentors.problems == []


def test_an_address_in_a_list_is_compared_as_it_is_stored(
    session: Session, program: Program
) -> None:
    take(session, program, table({"do_not_match": "BO@Bücher.example;mr-1"}))
    assert session.scalars(select(Profile)).one().answers["do_not_match"] == [
        "bo@xn--bcher-kva.example",
        "mr-1",
    ]

    report = take(session, program, table({"do_not_match": "bo@@example.org"}))
    assert [problem.column for problem in report.problems] == ["do_not_match"]


def test_an_id_that_changes_is_worth_a_warning(session: Session, program: Program) -> None:
    take(session, program, table({}))
    report = take(session, program, table({"mentee_id": "p-2"}))

    assert "was p-1; lists that use it no longer find" in str(report.warnings[0])


def registered(session: Session, program: Program) -> Profile:
    """Someone who began to register with the address of `table`."""
    person = persons.know(session, "ana@example.org", "Ana Own")
    return joining.begin(session, program, person, Role.MENTEE)


@pytest.mark.parametrize("consented", [None, "a form"])
def test_somebody_at_the_door_is_let_in_by_being_listed(
    session: Session, program: Program, consented: str | None
) -> None:
    draft = registered(session, program)
    written = {"statement": "Not sent in yet.", "do_not_match": ["x@example.org"]}
    joining.save(session, draft, set(written), written)
    report = take(session, program, table({"email": "ana@example.org"}), consented=consented)

    # That there was a draft is its person's alone, and so is what stood in it.
    assert (report.added, report.updated, report.warnings) == (1, 0, [])
    session.refresh(draft)
    assert draft.state is (ProfileState.READY if consented else ProfileState.UNCONFIRMED)
    assert "statement" not in draft.answers
    assert draft.answers["do_not_match"] == ["x@example.org"]
    told = session.scalars(select(Email.kind)).all()
    assert told == ([EmailKind.ENROLLED] if consented else [EmailKind.INVITATION])


def test_people_who_are_said_to_agree_are_told_so_once(
    session: Session, program: Program, settings: Settings
) -> None:
    for name in ("Ana", "Ana Changed"):
        row = table({"email": "ana@example.org", "full_name": name})
        take(session, program, row, consented="the form of May 2026")

    (email,) = session.scalars(select(Email)).all()
    rendered = messages.render(session, email, settings)
    assert email.kind is EmailKind.ENROLLED
    text = " ".join(rendered.text.split())
    assert "agreed to it here: the form of May 2026." in text
    assert "pause, or leave" in text
    assert "in the next round" in text


def test_people_who_are_made_up_are_told_nothing(session: Session, program: Program) -> None:
    sample.load(session, program)

    assert session.scalars(select(Email)).all() == []


@pytest.mark.parametrize("weight", [0, 0.1])
def test_identity_is_kept_only_where_a_program_asks(
    session: Session, program: Program, weight: float
) -> None:
    asks = {"identity": weight}
    body = policies.current(session, program.id).body
    policy = matching.policy.Policy.from_dict(body | {"weights": body["weights"] | asks})
    policies.adopt(session, program, policy)
    row = {
        "email": "ana@example.org", "communities": "women-in-medicine",
        "mentor_gender_preference": "require-woman",
    }  # fmt: skip
    report = take(session, program, table(row), consented="a form")
    ana = session.scalars(select(Profile)).one()

    kept = {"communities", "mentor_gender_preference"} & set(ana.answers)
    left_out = {w.column for w in report.warnings if "doesn't ask about identity" in w.message}
    assert len(kept) == (2 if weight else 0)
    assert left_out == (set() if weight else {"communities", "mentor_gender_preference"})

    policies.adopt(session, program, matching.policy.default())
    session.refresh(ana)
    assert not {"communities", "mentor_gender_preference"} & set(ana.answers)
    assert "languages" in ana.answers


@pytest.mark.parametrize(
    ("most", "wanted", "said"),
    [
        (1, 2, "allow one mentor"),
        (2, 3, "allow up to 2 mentors"),
        (2, 2, None),
        (1, "", None),
    ],
)
def test_a_list_that_asks_for_more_mentors_than_there_may_be_is_told(
    session: Session, program: Program, most: int, wanted: object, said: str | None
) -> None:
    program.most_mentors = most
    report = take(
        session, program, table({"email": "ana@example.org", "mentors_wanted": str(wanted)}),
        consented="a form",
    )  # fmt: skip
    ana = session.scalars(select(Profile)).one()

    told = [w.message for w in report.warnings if w.column == "mentors_wanted"]
    assert len(told) == bool(said)
    assert all(said in message for message in told if said)
    assert ana.answers.get("mentors_wanted") == (wanted or None)
    assert demand.of(ana, program) == min(wanted, most) if isinstance(wanted, int) else 1


def test_somebody_who_awaits_approval_is_approved_by_being_listed(
    session: Session, program: Program
) -> None:
    profile = registered(session, program)
    profiles.submit(session, profile)
    profiles.await_approval(session, profile, "joined")
    take(session, program, table({"email": "ana@example.org"}))
    take(session, program, table({"email": "ana@example.org"}))

    session.refresh(profile)
    assert profile.state is ProfileState.READY
    assert session.scalars(select(Email.kind)).all() == [EmailKind.WELCOME]


def test_a_list_of_one_program_renames_nobody_in_another(
    session: Session, program: Program
) -> None:
    profile = registered(session, factories.make_program(session))
    take(session, program, table({"email": "ana@example.org", "full_name": "Ana Renamed"}))

    assert profile.person.full_name == "Ana Own"
    for name in ("Bo", "Bo Renamed"):
        row = {"mentee_id": "p-2", "email": "bo@example.org", "full_name": name}
        take(session, program, table(row))
    renamed = persons.find(session, "bo@example.org")
    assert renamed is not None
    assert renamed.full_name == "Bo Renamed"


@pytest.mark.parametrize(
    "addresses",
    [("ana+x@example.org", "ana@example.org"), ("ana+x@example.org", "Ana+y@example.org")],
)
def test_addresses_that_differ_in_a_tag_are_named_in_any_order(
    session: Session, program: Program, addresses: tuple[str, str]
) -> None:
    rows = [{"mentee_id": f"me-{n}", "email": address} for n, address in enumerate(addresses)]

    first = take(session, program, table(*rows))
    again = take(session, program, table({"mentee_id": "me-9", "email": "ana+z@example.org"}))

    assert [(w.row, w.message) for w in first.warnings if w.column == "email"] == [
        (3, "may be the same person as row 2")
    ]
    (alike,) = (w.message for w in again.warnings if w.column == "email")
    assert re.fullmatch(r"may be the same person as ana(\+[xy])?@example.org, who is here", alike)


def test_an_id_that_names_no_one_is_told_whom_it_may_mean(
    session: Session, program: Program
) -> None:
    factories.make_mentor(session, program, mentor_id="mr-0012", email="bo+work@example.org")

    report = take(session, program, table({"do_not_match": "mr-12; bo@example.org; x-1"}))

    (told,) = (w.message for w in report.warnings if w.column == "do_not_match")
    assert told == (
        "mr-12 (did you mean mr-0012?), bo@example.org (did you mean bo+work@example.org?), x-1: "
        "no such mentor in this program yet; kept for later"
    )


def test_each_program_calls_a_person_as_its_list_does_until_they_answer_there(
    session: Session, program: Program
) -> None:
    other = factories.make_program(session)
    own = registered(session, other)
    joining.save(session, own, {"full_name", "pronouns"}, {"full_name": "Ana", "pronouns": "she"})
    row = table({"email": "ana@example.org", "full_name": "Guess"})
    take(session, program, row, consented=None)
    (listed,) = (p for p in joining.profiles_of(session, own.person_id) if p is not own)

    assert (listed.full_name, listed.called) == ("Guess", "Guess")
    assert "pronouns" not in listed.answers
    joining.save(session, own, {"full_name"}, {"full_name": "Ana New"})
    assert (listed.full_name, own.full_name) == ("Guess", "Ana New")

    joining.accept(session, listed, "said yes", is_adult=True)
    assert listed.full_name == "Guess"
    joining.save(session, own, {"preferred_name"}, {"preferred_name": "Annie"})
    joining.save(session, own, {"full_name"}, {"full_name": "Ana Newer"})
    assert (listed.full_name, listed.called) == ("Ana Newer", "Annie")
    joining.save(session, own, {"preferred_name"}, {})
    assert listed.called == "Ana Newer"


def test_a_long_list_of_unknown_words_searches_for_few(searched: list[str]) -> None:
    rows = ([*sheets.person(k), f"wellbeeing {k}"] for k in range(2 * MOST_SUGGESTIONS))
    report = imports.read(sheets.text([*sheets.HEADER, "goals"], *rows), Role.MENTEE, "people.csv")

    assert len(report.problems) == 2 * MOST_SUGGESTIONS
    assert len(searched) == MOST_SUGGESTIONS

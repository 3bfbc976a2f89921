"""What people put into lists that they keep by hand, beside the people."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from surveyed import DEFAULTS, HEADER, columns, person, read, table

from matching.mapping.decisions import Decisions
from matching.spreadsheets.limits import MOST_NOTES


@pytest.mark.parametrize(
    ("role", "heading"), [("mentee", "Number of mentees"), ("mentor", "Number of mentors")]
)
def test_a_number_that_only_the_other_role_is_asked_for_stops_no_file(
    role: Any, heading: str
) -> None:
    data = table([*HEADER, heading], [*person(0), "2"], [*person(1), "1"])
    found, people, problems = read(data, role=role)

    assert problems == []
    assert [each["email"] for each in people] == ["p0@example.org", "p1@example.org"]
    assert columns(found)[heading] not in ("capacity", "mentors_wanted")


def test_what_a_list_says_of_the_other_role_is_no_answer_of_its_people() -> None:
    header = ["Mentor name", "Mentor email", "Mentee name", "Mentee email", "Level"]
    found, people, problems = read(
        table(
            header,
            ["Kai Holm", "kai@example.org", "Ana Roe", "ana@example.org", "MS3"],
            ["Rin Ito", "rin@example.org", "Ben Lee", "ben@example.org", "MS4"],
        )
    )

    assert problems == []
    assert [(each["full_name"], each["email"]) for each in people] == [
        ("Ana Roe", "ana@example.org"), ("Ben Lee", "ben@example.org"),
    ]  # fmt: skip
    assert columns(found)["Mentee email"] == "email"
    assert columns(found)["Mentor email"] is None


def workbook(**sheets: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, sheet_rows in sheets.items():
        sheet = book.create_sheet(title.replace("_", " "))
        for each in sheet_rows:
            sheet.append(each)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_of_two_lists_in_a_workbook_the_one_called_after_the_role_is_read() -> None:
    data = workbook(
        Mentors_2026=[["Name", "Email", "Stage"], ["Kai Holm", "kai@example.org", "Attending"]],
        Mentees_2026=[["Who", "Email", "Stage"], ["Ana Roe", "ana@example.org", "MS3"]],
    )

    for role, address in (("mentee", "ana@example.org"), ("mentor", "kai@example.org")):
        found, people, _problems = read(data, role=role, name="lists.xlsx")
        assert found.sheet == f"{role.capitalize()}s 2026"
        assert [each["email"] for each in people] == [address]
    chosen = Decisions(defaults=DEFAULTS, sheet="Mentors 2026")
    assert read(data, chosen, name="lists.xlsx")[0].sheet == "Mentors 2026"


@pytest.mark.parametrize(
    ("role", "first", "other"),
    [
        ("mentee", "Form_Responses_1", "Mentees_2023_archive"),
        ("mentee", "Form_Responses_1", "Withdrawn_mentees"),
        ("mentee", "Sheet1", "Mentee_FAQ"),
        ("mentee", "Sign-ups", "Mentees_by_school"),
        ("mentee", "Current_cohort", "Mentees"),
        ("mentor", "Responses", "Mentorship_calendar"),
        ("mentor", "Mentees_and_mentors", "Mentors_to_ask"),
    ],
)
def test_the_sheet_with_which_a_workbook_begins_is_read_before_those_that_name_the_role(
    role: Any, first: str, other: str
) -> None:
    archive = [HEADER, ["Old Person", "old@example.org", "MS3", "Boards"]]
    data = workbook(**{first: [HEADER, person(0)], other: archive})

    found, people, _problems = read(data, role=role, name="lists.xlsx")

    assert found.sheet == first.replace("_", " ")
    assert [each["email"] for each in people] == ["p0@example.org"]


@pytest.mark.parametrize("rows", [[], [["Deadline", "Notes"], ["May 1", "Send the form"]]])
def test_a_sheet_called_after_the_role_that_holds_no_people_is_not_read(
    rows: list[list[str]],
) -> None:
    data = workbook(Mentors=[HEADER, person(0)], Mentees=rows)

    found, _people, _problems = read(data, name="lists.xlsx")

    assert found.sheet == "Mentors"
    assert "Mentees" in found.sheets


def test_what_stands_among_the_people_is_left_out_with_a_note() -> None:
    found, people, problems = read(
        table(
            HEADER,
            ["(first and last)", "(one only)", "(e.g. MS3)", ""],
            person(0),
            HEADER,
            ["RESIDENTS", "", "", ""],
            person(1),
            ["Total", "2", "", ""],
            ["* Person B joined late, see the other list", "", "", ""],
            ["FALSE", "FALSE", "", ""],
            ["3", "", "", ""],
        )
    )

    assert problems == []
    assert [each["email"] for each in people] == ["p0@example.org", "p1@example.org"]
    assert {note.row: note.message.partition(",")[0] for note in found.notes if note.row} == {
        2: "explains the columns", 4: "repeats the headings", 5: "is a note and not a person",
        7: "is a total", 8: "is a note and not a person", 9: "is not filled in",
    }  # fmt: skip
    assert any(note.message.endswith("(rows 9–10)") for note in found.notes)


@pytest.mark.parametrize(
    "name",
    [
        "Ana Roe", "ANA ROE", "ben lee", "Madonna", "madonna", "李 伟", "李伟",
        "محمد علي", "अनीता शर्मा",
        "María José García López de la Torre Ruiz", "Ana Roe (she/her)", "Ana Roe (joined late)",
        "Roe, Ana", "Dr. Ana Roe, MD", "1. Ana Roe", "Ana Roe & Ben Lee", "Ann Fellows", "O'Neil",
        "Nguyễn Thị Minh Khai", "jean-luc d’arcy",
    ],
)  # fmt: skip
def test_someone_without_an_address_is_a_problem_and_no_note(name: str) -> None:
    found, people, problems = read(table(HEADER, person(0), [name, "", "", ""]))

    assert [each["email"] for each in people[:1]] == ["p0@example.org"]
    assert any("row 3" in each and "email" in each for each in problems)
    assert not any(note.row for note in found.notes)


@pytest.mark.parametrize(
    "note",
    [
        "RESIDENTS", "Medical students", "New mentees", "Residents and fellows", "Waiting list",
        "Cohort 2026", "PGY1", "see the other tab", "Please call these people", "* joined late",
        "These still need to confirm", "last updated 9/12", "#REF!",
    ],
)  # fmt: skip
def test_a_row_that_is_surely_a_note_is_left_out(note: str) -> None:
    found, people, problems = read(table(HEADER, person(0), [note, "", "", ""], person(1)))

    assert (len(people), problems) == (2, [])
    assert [each.row for each in found.notes if "is a note and not a person" in each.message] == [3]


def test_rows_of_no_one_are_told_in_few_notes_however_many_they_are() -> None:
    unticked = [["FALSE", "FALSE", "FALSE", "FALSE"]] * 400
    remarks = [[f"Note {n}", "", "", ""] for n in range(400)]
    found, people, problems = read(table(HEADER, person(0), *unticked, *remarks))

    assert (len(people), problems) == (1, [])
    assert len(found.notes) <= MOST_NOTES + 1
    assert "is not filled in, and was left out (rows 3–402)" in str(found.notes)
    assert "381 more rows hold no person, and were left out: 422–802" in str(found.notes)


@pytest.mark.parametrize("ditto", ["same as above", "ditto", '""', "〃", "(same)"])
def test_same_as_above_is_what_the_row_above_says(ditto: str) -> None:
    header = [*HEADER[:3], "Hospital", "Specialty"]
    first = [*person(0)[:2], "PGY2", "St Mary", "Cardiology"]
    found, people, problems = read(
        table(
            header,
            first,
            [*person(1)[:2], ditto, ditto, ditto],
            [*person(2)[:2], *[ditto] * 3],
        )
    )

    assert problems == []
    for each in people:
        assert each["career_stage"] == "resident"
        assert each["institution"] == "St Mary"
        assert each["specialty_interests"] == ["cardiology"]


def test_same_stays_an_answer_where_it_is_one() -> None:
    decisions = Decisions({"own_place": "institution_wish"}, defaults=DEFAULTS)
    data = table([*HEADER, "Own place"], [*person(0), "different"], [*person(1), "same"])
    _found, people, _problems = read(data, decisions)

    assert [each["institution_wish"] for each in people] == ["different", "same"]


def test_names_may_stand_beside_addresses_alone() -> None:
    found, people, problems = read(
        table(
            ["Contact", "Level"],
            ["Ana Roe <ana@example.org>", "MS3"],
            ['""Doe, Cy"" <cy@example.org>', "MS1"],
        )
    )

    assert (problems, found.missing) == ([], [])
    assert [(each["full_name"], each["email"]) for each in people] == [
        ("Ana Roe", "ana@example.org"), ("Cy Doe", "cy@example.org"),
    ]  # fmt: skip


def test_what_tools_and_lists_add_is_left_out_unasked() -> None:
    header = [
        "#", "Title", *HEADER, "Submission IP", "Response Type", "Submit Date (UTC)", "Network ID",
        "Modified", "Modified By", "Item Type", "Path", "",
    ]  # fmt: skip
    own = [
        "192.0.2.1",
        "completed",
        "2026-09-28 14:03:00",
        "a1b2c3",
        "9/28/2026",
        "Jen C",
        "Item",
        "x/y",
    ]
    found, people, problems = read(
        table(
            header,
            ["k2j", "Prof", *person(0), *own, "1"],
            ["p7q", "Ms.", *person(1), *own, "2"],
        )
    )

    assert problems == []
    assert len(people) == 2
    known = {question.title for question in found.questions if question.column}
    assert known == set(HEADER)
    assert not any(question.is_open for question in found.questions)


@pytest.mark.parametrize(
    "typed", ["a@example.org; b@example.org", "a@example.org / b@example.org", "a@x.org or b@x.org"]
)
def test_of_two_addresses_in_a_cell_one_has_to_be_chosen(typed: str) -> None:
    _found, _people, problems = read(table(HEADER, ["Ana Roe", typed, "MS3", ""]))

    assert problems == [f"row 2, email: '{typed}' holds 2 addresses; keep one"]


def test_someone_twice_is_told_by_their_address_and_not_by_an_id_that_was_made() -> None:
    _found, _people, problems = read(table(HEADER, person(0), ["Ana Roe", *person(0)[1:]]))

    assert problems == ["row 3, email: is the same address as in row 2"]


def test_a_wish_about_mentors_names_none_of_them() -> None:
    header = [*HEADER[:3], "Preferred mentor gender"]
    found, people, _problems = read(
        table(header, [*person(0)[:2], "MS3", "Female"], [*person(1)[:2], "MS3", "No preference"])
    )

    assert columns(found)["Preferred mentor gender"] == "mentor_gender_preference"
    assert all("mentor_picks" not in each for each in people)


def test_same_as_nothing_is_no_answer() -> None:
    header = [*HEADER[:3], "Hospital"]
    rows = [*person(0)[:2], "MS3", "same"], [*person(1)[:2], "MS3", "ditto"]
    _found, people, problems = read(table(header, *rows))

    assert problems == []
    assert ["institution" in each for each in people] == [False, False]

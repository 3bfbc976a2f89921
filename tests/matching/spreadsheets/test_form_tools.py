"""Exports of form tools, as their makers describe them, are read as they come."""

from __future__ import annotations

from typing import Any

import pytest
from sheets import HEADER, person, read, said, text

from matching.profiles.columns import of_role


def questions(*names: str, role: Any = "mentee") -> list[str]:
    columns = of_role(role)
    return [columns[name].mentee if role == "mentee" else columns[name].mentor for name in names]


QUESTIONS = questions("full_name", "career_stage", "timezone", "languages")
ANSWERS = ["Mina Example", "Resident", "Europe/Madrid", "English, Spanish"]


def test_google_forms() -> None:
    header = ["Timestamp", "Email Address", *QUESTIONS]
    rows, table = read(text(header, ["2026/10/02 9:15:31 AM GMT+2", "mina@example.org", *ANSWERS]))

    assert rows[0].cells["email"] == "mina@example.org"
    assert rows[0].cells["full_name"] == "Mina Example"
    assert "columns of Google Forms itself are ignored: 'Timestamp'" in said(table)


@pytest.mark.parametrize("asked", [True, False])
def test_microsoft_forms(asked: bool) -> None:
    account = ["anonymous", "anonymous"] if asked else ["mina@example.org", "Mina Account"]
    header = [
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        "Last modified time",
        *QUESTIONS[1:],
    ]
    cells = [
        "1",
        "10/2/26 9:15:31",
        "10/2/26 9:20:31",
        *account,
        "",
        "Resident",
        "Europe/Madrid",
        "English;Spanish;",
    ]
    if asked:
        header += ["Full name", "Email address"]
        cells += ["Mina Example", "mina@example.org"]
    rows, table = read(text(header, cells))

    assert rows[0].cells["email"] == "mina@example.org"
    assert rows[0].cells["full_name"] == ("Mina Example" if asked else "Mina Account")
    assert rows[0].made == {"mentee_id"}
    assert "read as an export from Microsoft Forms" in said(table)


def import_ids(count: int) -> list[str]:
    return [f'{{"ImportId":"QID{k}"}}' for k in range(count)]


def test_qualtrics() -> None:
    header = ["StartDate", "Status", "Finished", "Q1", "Q2", "email", "Q4", "Q5", "Q6_1", "Q6_2"]
    asked = [
        "Start Date",
        "Response Type",
        "Finished",
        "ID in your list",
        QUESTIONS[0],
        "Your email",
    ]
    asked += [QUESTIONS[1], QUESTIONS[2]]
    asked += [
        f"{QUESTIONS[3]} - Selected Choice - {language}" for language in ("English", "Spanish")
    ]
    states = [("IP Address", "True"), ("Survey Preview", "True"), ("0", "1"), ("1", "1")]
    states += [("IP Address", "False"), ("8", "1")]
    answers = [
        ["2026-10-02", *state, f"me-{k}", "Mina", f"m{k}@example.org", "Resident", "Europe/Madrid"]
        + ["English", "1"]
        for k, state in enumerate(states)
    ]
    rows, table = read(text(header, asked, import_ids(10), *answers))

    assert [row.cells["mentee_id"] for row in rows] == ["me-0", "me-2"]
    assert rows[0].cells["languages"] == "English;Spanish"
    assert rows[0].number == 4
    assert "row 5: is a preview, a test, or spam and was left out" in said(table)
    assert "row 8: is unfinished, and was left out" in said(table)
    assert not table.problems


def test_qualtrics_keeps_a_status_of_its_own_apart() -> None:
    header = ["Status", "Finished", "mentor_id", *HEADER[1:]]
    rows, table = read(
        text(header, header, import_ids(8), ["IP Address", "True", *person(1)]), "mentor"
    )

    assert "status" not in rows[0].cells
    assert "columns of Qualtrics itself are ignored: 'Status', 'Finished'" in said(table)


def test_surveymonkey() -> None:
    own = [
        "Respondent ID",
        "Collector ID",
        "Start Date",
        "End Date",
        "IP Address",
        "Email Address",
        "First Name",
        "Last Name",
        "Custom Data 1",
    ]
    header = [*own, QUESTIONS[1], QUESTIONS[2], QUESTIONS[3], "", "", "Tell us about you", ""]
    below = [""] * 9 + [
        "Response",
        "Open-Ended Response",
        "English",
        "Spanish",
        "Other (please specify)",
        "Name",
        "Email Address",
    ]
    answer = [
        "118",
        "42",
        "10/02/2026",
        "10/02/2026",
        "",
        "",
        "",
        "",
        "",
        "Resident",
        "Europe/Madrid",
        "English",
        "",
        "Polish",
        "Mina Example",
        "mina@example.org",
    ]
    rows, table = read(text(header, below, answer))

    assert rows[0].cells["languages"] == "English;Polish"
    assert rows[0].cells["email"] == "mina@example.org"
    assert rows[0].cells["full_name"] == "Mina Example"
    assert "read as an export from SurveyMonkey" in said(table)


@pytest.mark.parametrize("are_labels", [True, False])
def test_redcap(are_labels: bool) -> None:
    if are_labels:
        header = [
            "Record ID",
            "Survey Timestamp",
            *QUESTIONS[:3],
            "Email",
            f"{QUESTIONS[3]} (choice=English)",
            f"{QUESTIONS[3]} (choice=Spanish)",
            "Complete?",
        ]
        boxes, states = ("Checked", "Unchecked"), ("Complete", "Incomplete")
    else:
        header = [
            "record_id",
            "mentees_timestamp",
            "full_name",
            "career_stage",
            "timezone",
            "email",
            "languages___en",
            "languages___es",
            "mentees_complete",
        ]
        boxes, states = ("1", "0"), ("2", "0")
    people = [
        [
            str(k),
            "2026-10-02 09:15:00" if k < 2 else "[not completed]",
            *ANSWERS[:3],
            f"m{k}@example.org",
            *boxes,
            states[k == 1],
        ]
        for k in range(3)
    ]
    rows, table = read(text(header, *people))

    assert [row.number for row in rows] == [2]
    assert rows[0].cells["languages"] == ("English" if are_labels else "en")
    assert "row 3: is marked as incomplete, and was left out" in said(table)
    assert "row 4: is unfinished, and was left out" in said(table)


@pytest.mark.parametrize(
    ("own", "values"),
    [
        (["id", "submitdate", "lastpage", "startlanguage"], ["1", "2026-10-02", "5", "de"]),
        (["_id", "_uuid", "_submission_time", "start"], ["1", "a-1", "2026-10-02", "2026-10-02"]),
    ],
)
def test_numbers_of_answers_are_no_ids_of_people(own: list[str], values: list[str]) -> None:
    asked = ["full_name", "career_stage", "timezone", "email", "languages___en", "languages___es"]
    answers = [*ANSWERS[:3], "m_1@example.org", "1", "0"]
    rows, _table = read(text([*own, *asked], [*values, *answers]))

    assert rows[0].cells["languages"] == "en"
    assert rows[0].cells["email"] == "m_1@example.org"
    assert rows[0].cells["mentee_id"].startswith("m-1-")

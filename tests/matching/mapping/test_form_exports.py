"""Exports of form tools, and sheets as people keep them, in words that are not ours.

Each asks the same six things in its own way. Every column has to be found; asked about may be only
what no one could guess, and what everyone wrote has to be read.
"""

from __future__ import annotations

import csv
import io
from typing import Any, NamedTuple

import pytest
from sheets import STRICT, STRICT_RELATIONS, ods, ods_row, row, sheet, xlsx

from matching.mapping import survey
from matching.mapping.decisions import LEFT_OUT, Decisions
from matching.spreadsheets.limits import UPLOAD
from matching.spreadsheets.people import PeopleReader

DECISIONS = Decisions(defaults={"timezone": "America/Chicago", "languages": "English"})

#: What both people of every file have answered.
ANA = {
    "email": "ana@example.org", "full_name": "Ana Roe", "career_stage": "medical-student-clinical",
    "specialty_interests": ["pediatrics", "emergency-medicine"],
    "goals": ["interview-practice", "specialty-board-exams"],
}  # fmt: skip
BEN = {
    "email": "ben@example.org", "full_name": "Ben Lee", "career_stage": "resident",
    "specialty_interests": ["cardiology"], "goals": ["interview-practice"],
}  # fmt: skip


class Sample(NamedTuple):
    """A file, what each of its questions is, and which of them no one could guess."""

    name: str
    data: bytes
    columns: dict[str, str]
    unguessable: tuple[str, ...] = ()


def text(*rows: list[str], delimiter: str = ",", before: str = "") -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return (before + written.getvalue()).encode()


def google_forms() -> Sample:
    header = [
        "Timestamp", "Email Address", "First Name", "Last Name", "What year are you in?",
        "Which specialties interest you?", "What would you like help with? (check all that apply)",
        "Do you have a car?",
    ]  # fmt: skip
    return Sample(
        "Mentee sign-up (Responses).csv",
        text(
            header,
            ["9/28/2026 14:03:11", "ana@example.org", "Ana", "Roe", "MS3", "Peds, EM",
             "Interview practice, Boards", "Yes"],
            ["9/29/2026 8:40:52", "ben@example.org", "Ben", "Lee", "PGY-2", "Cardiology",
             "Interview practice", "No"],
        ),
        dict(zip(header, [
            LEFT_OUT, "email", "given_name", "family_name", "career_stage", "specialty_interests",
            "goals", "",
        ], strict=True)),
        ("Do you have a car?",),
    )  # fmt: skip


def microsoft_forms() -> Sample:
    header = [
        "ID", "Start time", "Completion time", "Email", "Name", "Current training level",
        "Specialties of interest", "Areas where you want support",
    ]  # fmt: skip
    rows = [
        ["1", "9/28/26 14:01:02", "9/28/26 14:03:11", "ana@example.org", "Ana Roe", "MS3",
         "Peds;EM;", "Interview practice;Boards;"],
        ["2", "9/29/26 8:31:40", "9/29/26 8:40:52", "ben@example.org", "Ben Lee", "PGY-2",
         "Cardiology;", "Interview practice;"],
    ]  # fmt: skip
    listed = row(1, header) + "".join(row(k, cells) for k, cells in enumerate(rows, 2))
    return Sample(
        "Mentee form.xlsx",
        xlsx({"Form1": sheet(listed)}),
        dict(zip(header, [
            LEFT_OUT, LEFT_OUT, LEFT_OUT, "email", "full_name", "career_stage",
            "specialty_interests", "goals",
        ], strict=True)),
    )  # fmt: skip


def qualtrics() -> Sample:
    codes = ["StartDate", "EndDate", "Status", "Progress", "Finished", "ResponseId",
             "DistributionChannel", "Q1", "Q2", "Q3", "Q4", "Q5"]  # fmt: skip
    asked = ["Start Date", "End Date", "Response Type", "Progress", "Finished", "Response ID",
             "Distribution Channel", "Your name", "Your email", "Stage of training",
             "Specialty interests", "What kind of help are you looking for?"]  # fmt: skip
    imported = [f'{{"ImportId":"{code}"}}' for code in codes]
    own = ["2026-09-28 14:01:02", "2026-09-28 14:03:11", "IP Address", "100", "True"]
    return Sample(
        "Mentees_September.csv",
        text(
            codes, asked, imported,
            [*own, "R_1aB", "anonymous", "Ana Roe", "ana@example.org", "MS3", "Peds,EM",
             "Interview practice,Boards"],
            [*own, "R_2cD", "anonymous", "Ben Lee", "ben@example.org", "PGY-2", "Cardiology",
             "Interview practice"],
        ),
        {
            "Your name": "full_name", "Your email": "email", "Stage of training": "career_stage",
            "Specialty interests": "specialty_interests",
            "What kind of help are you looking for?": "goals",
        },
    )  # fmt: skip


def surveymonkey() -> Sample:
    own = ["Respondent ID", "Collector ID", "Date Created", "Date Modified", "IP Address",
           "Email Address", "First Name", "Last Name", "Custom Data 1"]  # fmt: skip
    cells = ["1182", "4417", "2026-09-28 14:01:02", "2026-09-28 14:03:11", "192.0.2.7", "", "", "",
             ""]  # fmt: skip
    asked = ["Full name", "Contact email", "Training level", "Specialty interests",
             "What do you want help with?", ""]  # fmt: skip
    choices = ["Open-Ended Response", "Open-Ended Response", "Response", "Open-Ended Response",
               "Interview practice", "Boards"]  # fmt: skip
    return Sample(
        "Mentees.csv",
        text(
            [*own, *asked], [*[""] * len(own), *choices],
            [*cells, "Ana Roe", "ana@example.org", "MS3", "Peds; EM", "Interview practice",
             "Boards"],
            [*cells, "Ben Lee", "ben@example.org", "PGY-2", "Cardiology", "Interview practice", ""],
        ),
        {
            "Full name": "full_name", "Contact email": "email", "Training level": "career_stage",
            "Specialty interests": "specialty_interests", "What do you want help with?": "goals",
        },
    )  # fmt: skip


def redcap() -> Sample:
    header = ["record_id", "first_name", "last_name", "email", "training_level",
              "specialty_interest", "help___1", "help___2", "signup_complete"]  # fmt: skip
    titles = ["Record ID", "First name", "Last name", "Email", "Training level",
              "Specialty interests", "Help wanted (choice=Interview practice)",
              "Help wanted (choice=Boards)", "Complete?"]  # fmt: skip
    assert len(header) == len(titles)
    return Sample(
        "MenteeSignup_DATA_LABELS_2026-09-30.csv",
        text(
            titles,
            ["1", "Ana", "Roe", "ana@example.org", "MS3", "Peds, EM", "Checked", "Checked",
             "Complete"],
            ["2", "Ben", "Lee", "ben@example.org", "PGY-2", "Cardiology", "Checked", "Unchecked",
             "Complete"],
        ),
        {
            "Record ID": LEFT_OUT, "First name": "given_name", "Last name": "family_name",
            "Email": "email", "Training level": "career_stage",
            "Specialty interests": "specialty_interests", "Help wanted": "goals",
            "Complete?": LEFT_OUT,
        },
    )  # fmt: skip


def salesforce() -> Sample:
    header = ["First Name", "Last Name", "Email", "Training_Level__c", "Specialty_Interests__c",
              "Goals__c"]  # fmt: skip
    return Sample(
        "report.csv",
        text(
            header,
            ["Ana", "Roe", "ana@example.org", "MS_3", "Pediatrics;Emergency_Medicine",
             "Interview_Practice;Boards"],
            ["Ben", "Lee", "ben@example.org", "PGY_2", "Cardiology", "Interview_Practice"],
        ),
        dict(zip(header, [
            "given_name", "family_name", "email", "career_stage", "specialty_interests", "goals",
        ], strict=True)),
    )  # fmt: skip


def formstack() -> Sample:
    header = ["Submission Time", "Name (First)", "Name (Last)", "Email", "Year (id 344)",
              "What is your specialty? (id 345)", "Goals (id 346)"]  # fmt: skip
    return Sample(
        "results.csv",
        text(
            header,
            ["2026-09-28 14:03", "Ana", "Roe", "ana@example.org", "MS3", "Peds\nEM",
             "Interview practice\nBoards"],
            ["2026-09-29 08:40", "Ben", "Lee", "ben@example.org", "PGY-2", "Cardiology",
             "Interview practice"],
        ),
        dict(zip(header, [
            LEFT_OUT, "given_name", "family_name", "email", "career_stage", "specialty_interests",
            "goals",
        ], strict=True)),
    )  # fmt: skip


def limesurvey() -> Sample:
    header = ["id. Response ID", "submitdate. Date submitted", "lastpage. Last page",
              "startlanguage. Start language", "name. Your name", "mail. Email",
              "stage. Stage of training", "spec[SQ1]. Specialty interests [Pediatrics]",
              "spec[SQ2]. Specialty interests [Emergency medicine]",
              "spec[SQ3]. Specialty interests [Cardiology]",
              "help[SQ1]. Goals [Interview practice]", "help[SQ2]. Goals [Boards]"]  # fmt: skip
    own = ["2026-09-28 14:03:11", "5", "de"]
    return Sample(
        "results-survey.csv",
        text(
            header,
            ["1", *own, "Ana Roe", "ana@example.org", "MS3", "Yes", "Yes", "No", "Yes", "Yes"],
            ["2", *own, "Ben Lee", "ben@example.org", "PGY-2", "No", "No", "Yes", "Yes", "No"],
        ),
        {
            **dict.fromkeys(header[:4], LEFT_OUT), "name. Your name": "full_name",
            "mail. Email": "email", "stage. Stage of training": "career_stage",
            "Specialty interests": "specialty_interests", "Goals": "goals",
        },
    )  # fmt: skip


def kobotoolbox() -> Sample:
    header = ["start", "end", "about/full_name", "about/email", "stage", "specialty_interests",
              "goals", "goals/interview_practice", "goals/board_exams", "_id", "_uuid",
              "_submission_time"]  # fmt: skip
    own = ["2026-09-28T14:01:02", "2026-09-28T14:03:11"]
    return Sample(
        "mentees.csv",
        text(
            header,
            [*own, "Ana Roe", "ana@example.org", "ms_3", "pediatrics emergency_medicine",
             "interview_practice board_exams", "1", "1", "101", "a-1", own[1]],
            [*own, "Ben Lee", "ben@example.org", "pgy_2", "cardiology", "interview_practice", "1",
             "0", "102", "a-2", own[1]],
        ),
        {
            **dict.fromkeys(["start", "end", *header[-3:]], LEFT_OUT),
            "about/full_name": "full_name", "about/email": "email", "stage": "career_stage",
            "specialty_interests": "specialty_interests", "goals": "goals", "goals (2)": "goals",
        },
    )  # fmt: skip


def airtable() -> Sample:
    header = ["Name", "E-mail", "PGY / year", "Interests (specialty)", "Help needed", "Created"]
    return Sample(
        "Mentees-Grid view.csv",
        text(
            header,
            ["Ana Roe", "ana@example.org", "MS3", "Peds,EM", "Interview practice,Boards",
             "9/28/2026 2:03pm"],
            ["Ben Lee", "ben@example.org", "PGY-2", "Cardiology", "Interview practice",
             "9/29/2026 8:40am"],
            before="\ufeff",
        ),
        dict(zip(header, [
            "full_name", "email", "career_stage", "specialty_interests", "goals", LEFT_OUT,
        ], strict=True)),
    )  # fmt: skip


HAND_MADE = ["Student", "E-mail", "Year", "Specialty", "Wants help with"]
PEOPLE = [
    ["Ana Roe", "ana@example.org", "M3", "Peds / EM", "interview practice + boards"],
    ["Ben Lee", "ben@example.org", "PGY2", "cardiology", "Interview practice"],
]
FOUND = dict(
    zip(
        HAND_MADE,
        ["full_name", "email", "career_stage", "specialty_interests", "goals"],
        strict=True,
    )
)


def opendocument() -> Sample:
    rows = "".join(map(ods_row, [HAND_MADE, *PEOPLE]))
    return Sample("mentees.ods", ods({"Mentees": rows}), FOUND)


def titled() -> Sample:
    above = ["Mentees, class of 2028", "", "", "", ""]
    return Sample("mentees.csv", text(above, [""] * 5, HAND_MADE, *PEOPLE), FOUND)


def with_semicolons() -> Sample:
    return Sample("mentees.csv", text(HAND_MADE, *PEOPLE, delimiter=";"), FOUND)


def with_a_separator_line() -> Sample:
    data = text(HAND_MADE, *PEOPLE, delimiter=";", before="sep=;\r\n")
    return Sample("mentees.csv", data, FOUND)


def strict_workbook() -> Sample:
    listed = "".join(row(k, cells) for k, cells in enumerate([HAND_MADE, *PEOPLE], 1))
    data = xlsx({"List": sheet(listed, main=STRICT)}, main=STRICT, relations=STRICT_RELATIONS)
    return Sample("mentees.xlsx", data, FOUND)


@pytest.mark.parametrize(
    "sample",
    [
        google_forms, microsoft_forms, qualtrics, surveymonkey, redcap, salesforce, formstack,
        limesurvey, kobotoolbox, airtable, opendocument, titled, with_semicolons,
        with_a_separator_line, strict_workbook,
    ],
)  # fmt: skip
def test_a_file_of_its_kind_is_read_and_hardly_asked_about(sample: Any) -> None:
    file: Sample = sample()

    found = survey.read(file.data, "mentee", file.name, UPLOAD, DECISIONS, {})
    reader = PeopleReader("mentee")
    rows = [reader.read(each) for each in found.rows]

    questions = {question.title: question for question in found.questions}
    for title, column in file.columns.items():
        assert title in file.unguessable or questions[title].column == column, title
    assert {title for title, question in questions.items() if question.is_open} == set(
        file.unguessable
    )
    assert [group for group in found.groups if group.is_open] == []
    assert found.missing == []
    assert [str(problem) for each in rows for problem in each.problems] == []
    for each, expected in zip(rows, (ANA, BEN), strict=True):
        assert {name: each.answers.get(name) for name in expected} == expected

"""Spreadsheets as coordinators have them: a form's export, a list by hand, one of each kind."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence

import openpyxl

_FIRST = (
    "Ama", "Jonas", "Mei-Lin", "Priya", "Tom", "Sara", "Omar", "Lena", "Kofi", "Nina", "Hugo",
    "Aisha", "Ben", "Chloe", "Diego", "Emma", "Farid", "Grace", "Hana", "Ivan", "Julia", "Ken",
    "Lara", "Miguel", "Noor", "Olga", "Paul", "Quinn", "Rosa", "Sam",
)  # fmt: skip
_LAST = (
    "Osei", "Vek", "Sato", "Rao", "Miller", "Cohen", "Haddad", "Berg", "Mensah", "Novak",
    "Laurent", "Khan", "Stone", "Dubois", "Ruiz", "Clark", "Aziz", "Lee", "Mori", "Petrov",
    "Roth", "Tan", "Costa", "Silva", "Malik", "King", "Reyes", "Diaz", "Wu", "Adeyemi",
)  # fmt: skip
_STAGES = ("MS3", "MS4", "M1", "PGY-1", "PGY2", "3rd year medical student", "Resident (PGY-2)")
_FIELDS = ("IM", "Anesthesia; EM", "critical care", "OB/GYN, peds", "Family med", "Gen surg")
_WISHES = (
    "Research", "Boards", "Mock interviews", "Research, residency app", "Life stuff / balance",
    "Step 2", "CV help and interview prep", "networking",
)  # fmt: skip
_HOURS = ("Weekday evenings", "Mon/Wed after 5", "weekends", "Varies", "Tue 5-7pm")
_TITLES = (
    "Attending",
    "Associate Prof",
    "Professor",
    "Attending (2 yrs)",
    "Fellow",
    "Chief resident",
)
_DEPARTMENTS = ("Cardiology", "Int Med", "Peds", "Surgery", "Emergency Medicine", "OB-GYN")
_HELP = ("Research and publishing", "Residency apps, CV", "work-life balance", "board prep")


def form_export(people: int, seed: int) -> bytes:
    """The answers of mentees to a Google form, as its sheet is downloaded."""
    chance = random.Random(seed)
    rows: list[Sequence[str]] = [
        ("Timestamp", "Email Address", "Your name", "Where are you in training?",
         "Specialties of interest", "What would you like help with?", "Tell us about yourself",
         "When are you usually free?", "City", "Languages", "How did you hear about us?"),
    ]  # fmt: skip
    for k in range(people):
        rows.append((
            f"2026/10/{1 + k % 28:02} 9:15:31 AM GMT+2", f"mentee{k}.{seed}@example.org",
            _name(chance), chance.choice(_STAGES), chance.choice(_FIELDS), chance.choice(_WISHES),
            "I want to understand how people choose their field and keep a life beside it.",
            chance.choice(_HOURS), chance.choice(("Detroit", "Ann Arbor", "Cleveland, OH")),
            chance.choice(("English", "English, Spanish", "German; English")), "poster",
        ))  # fmt: skip
    return as_csv(rows)


def list_by_hand(people: int, seed: int) -> bytes:
    """A workbook of mentors that a coordinator keeps: a title, odd headings, titles of people."""
    chance = random.Random(seed)
    rows: list[Sequence[object]] = [
        ("Mentors 2026",),
        (),
        ("Mentor", "E-mail", "Title", "Dept", "Hospital", "Max # mentees", "Can help with"),
    ]
    for k in range(people):
        name = (
            f"Dr. {_name(chance)}, MD" if k % 2 else ", ".join(reversed(_name(chance).split(" ")))
        )
        rows.append((
            name, f"mentor{k}.{seed}@example.org", chance.choice(_TITLES),
            chance.choice(_DEPARTMENTS), chance.choice(("St. Mary's", "University Hospital")),
            chance.choice([4, 5, "4-5", "up to 6"]), chance.choice(_HELP),
        ))  # fmt: skip
    return _workbook("Mentors", rows)


def form_of_mentors(people: int, seed: int) -> bytes:
    """The answers of mentors to a Microsoft form, as its workbook is downloaded."""
    chance = random.Random(seed)
    rows: list[Sequence[object]] = [
        ("ID", "Start time", "Completion time", "Email", "Name", "Full name", "Current position",
         "Your specialty", "What can you offer mentees?", "How many mentees can you take?",
         "Which languages do you speak?", "Anything else we should know?"),
    ]  # fmt: skip
    for k in range(people):
        rows.append((
            k + 1, "10/2/26 9:15:31", "10/2/26 9:21:04", f"mentor{k}.{seed}@example.org",
            "anonymous", _name(chance), chance.choice(_TITLES), chance.choice(_DEPARTMENTS),
            ";".join(chance.sample(_HELP, 2)) + ";", chance.choice((4, 5, 6)),
            chance.choice(("English;", "English;Spanish;")), "",
        ))  # fmt: skip
    return _workbook("Form1", rows)


def mentees_by_hand(people: int, seed: int) -> bytes:
    """A workbook of mentees that a coordinator keeps: two names, notes, and a line of totals."""
    chance = random.Random(seed)
    rows: list[Sequence[object]] = [
        ("Mentorship sign-up, fall 2026",),
        ("First", "Last", "E-mail address", "Year", "Interested in", "Needs help w/", "Notes"),
    ]
    for k in range(people):
        first, last = _name(chance).split(" ")
        rows.append((
            first, last, f"mentee{k}.{seed}@example.org", chance.choice(_STAGES),
            chance.choice(_FIELDS), chance.choice(_WISHES), chance.choice(("", "", "called 10/4")),
        ))  # fmt: skip
    return _workbook("Sheet1", rows)


def _workbook(name: str, rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as a file of a spreadsheet program."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def survey_export(people: int, seed: int) -> bytes:
    """The answers of mentees to a SurveyMonkey survey: two rows of headings, boxes to tick."""
    chance = random.Random(seed)
    boxes = ("Research", "Boards", "Interview prep")
    rows: list[Sequence[str]] = [
        ("Respondent ID", "Collector ID", "Start Date", "Name", "Email", "Level of training",
         "What do you need?", "", ""),
        ("", "", "", "Open-Ended Response", "Open-Ended Response", "Response", *boxes),
    ]  # fmt: skip
    for k in range(people):
        ticked = [box if chance.random() < 0.5 else "" for box in boxes]
        rows.append((
            str(1180 + k), "9", "10/02/2026 09:15", _name(chance), f"late{k}.{seed}@example.org",
            chance.choice(_STAGES), *ticked,
        ))  # fmt: skip
    return as_csv(rows)


def _name(chance: random.Random) -> str:
    return f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"

"""Lists to fill in: a workbook with a program's columns, and the words that its answers can use."""

from __future__ import annotations

import io

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from sqlalchemy.orm import Session

from matching.profiles import taxonomy
from matching.profiles.columns import Column, of_role
from mentorship.language import gettext as _
from mentorship.models import Program
from mentorship.people import demand, identity, questionnaire
from mentorship.roles import Role

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Rows that have drop-downs.
_ROWS = 2_000
#: What coordinators note and rarely have in a list.
_LEFT_OUT = frozenset({"rounds_waiting", "status", "joined_on", "past_mentees", "mentor_picks"})
_EXAMPLES = {
    Role.MENTEE: {
        "full_name": "Mina Example", "email": "mina@example.org",
        "career_stage": "Medical student, clinical years", "timezone": "America/New_York",
        "languages": "English; Spanish", "specialty_interests": "Pediatrics; Emergency medicine",
        "goals": "Getting started in research; Interview practice", "city": "Boston",
        "country": "US", "statement": "I hope to find out what a week in pediatrics is like.",
        "availability": "Mon 18:00-20:00; Wed 18:00-20:00", "modalities": "Video call",
    },
    Role.MENTOR: {
        "full_name": "Ada Example", "email": "ada@example.org",
        "career_stage": "Mid-career physician (6-15 years)", "timezone": "America/New_York",
        "languages": "English", "specialties": "Pediatrics", "topics": "Interview practice",
        "capacity": "2", "city": "Boston", "country": "US",
        "bio": "I have run our residency program since 2019.",
        "availability": "Mon 18:00-20:00", "modalities": "Video call; In person",
    },
}  # fmt: skip


def workbook(
    session: Session, program: Program, role: Role, *, with_examples: bool = False
) -> bytes:
    """Return an Excel workbook with a column for each question, and one person as an example.

    Answers that are one of several have a drop-down; a second sheet holds the words of all lists.
    """
    columns = _columns(session, program, role)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(_("Mentees") if role is Role.MENTEE else _("Mentors"))
    words = book.create_sheet(_("Words"))
    sheet.freeze_panes = "A2"
    for position, column in enumerate(columns, start=1):
        letter = get_column_letter(position)
        head = sheet.cell(1, position, _(column.title))
        head.font = Font(bold=True)
        head.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[letter].width = max(14, min(32, len(_(column.title)) + 4))
        if with_examples and (example := _EXAMPLES[role].get(column.name)):
            sheet.cell(2, position, example)
        if permitted := _permitted(column, role):
            place = words.max_column + 1 if words["A1"].value else 1
            words.cell(1, place, _(column.title)).font = Font(bold=True)
            words.column_dimensions[get_column_letter(place)].width = 36
            for row, word in enumerate(permitted, start=2):
                words.cell(row, place, defused(word))
            if not column.reader.is_list:
                listed = get_column_letter(place)
                choice = DataValidation(
                    "list",
                    formula1=f"'{words.title}'!${listed}$2:${listed}${len(permitted) + 1}",
                    allow_blank=True,
                )
                choice.add(f"{letter}2:{letter}{_ROWS}")
                sheet.add_data_validation(choice)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def defused(text: str) -> str:
    """Return text that no spreadsheet program takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _columns(session: Session, program: Program, role: Role) -> list[Column]:
    left_out = {*_LEFT_OUT, f"{role}_id"}
    if not identity.is_asked_in(session, program):
        left_out |= identity.COLUMNS
    if program.most_mentors == 1:
        left_out.add(demand.COLUMN)
    return [c for name, c in of_role(role.value).items() if name not in left_out]


def _permitted(column: Column, role: Role) -> list[str]:
    if column.options:
        return [questionnaire.option(column, value) for value in column.options]
    if not column.kind:
        return []
    entries = taxonomy.load().entries[column.kind].values()
    return [
        _(entry["label"])
        for entry in entries
        if not entry.get("retired")
        and not (column.own_role_only and role.value not in entry.get("roles", [role.value]))
    ]

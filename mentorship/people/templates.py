"""Lists to fill in: a workbook with a program's columns, and the words that its answers can use."""

from __future__ import annotations

import io

import xlsxwriter
from sqlalchemy.orm import Session
from xlsxwriter import utility

from matching.profiles import taxonomy
from matching.profiles.columns import Column, of_role
from mentorship.language import gettext as _
from mentorship.models import Program
from mentorship.people import demand, identity, identity_answers, questionnaire, questions
from mentorship.roles import Role

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Rows that have drop-downs.
_ROWS = 2_000
#: What a formula begins with, in the wide letters of East Asia too, and what could begin a cell of
#: its own.
_BEGINNINGS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001
_BREAKS = ("\t", "\r", "\n")
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
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet(_("Mentees") if role is Role.MENTEE else _("Mentors"))
        words = book.add_worksheet(_("Possible answers"))
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        as_text = book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 0)
        listed = 0
        for position, column in enumerate(columns):
            title = _(column.title)
            sheet.set_column(position, position, max(14, min(32, len(title) + 4)), as_text)
            sheet.write_string(0, position, title, heading)
            if with_examples and (example := _EXAMPLES[role].get(column.name)):
                sheet.write_string(1, position, example, as_text)
            permitted = _permitted(column, role)
            if not permitted:
                continue
            words.set_column(listed, listed, 40)
            words.write_string(0, listed, title, heading)
            words.write_column(1, listed, permitted)
            if not column.reader.is_list:
                place = utility.xl_range_abs(1, listed, len(permitted), listed)
                source = f"='{words.get_name()}'!{place}"
                choice = {"validate": "list", "source": source, "error_type": "warning"}
                sheet.data_validation(1, position, _ROWS, position, choice)
            listed += 1
    return written.getvalue()


def defused(text: str) -> str:
    """Return text that no spreadsheet program takes for a formula."""
    begins = text[:1] in _BREAKS or text.lstrip()[:1] in _BEGINNINGS
    return f"'{text}" if text and begins else text


def _columns(session: Session, program: Program, role: Role) -> list[Column]:
    left_out = {*_LEFT_OUT, f"{role}_id"}
    if not identity.is_asked_in(session, program):
        left_out |= identity_answers.COLUMNS
    if program.most_mentors == 1:
        left_out.add(demand.COLUMN)
    own = questions.columns(questions.of(program), role)
    return [c for name, c in of_role(role.value, own).items() if name not in left_out]


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

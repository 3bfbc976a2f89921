"""Lists in words that are not ours, read as the import's first page does."""

from __future__ import annotations

from typing import Any

from matching.mapping import survey
from matching.mapping.decisions import Decisions
from matching.spreadsheets.limits import UPLOAD
from matching.spreadsheets.people import PeopleReader

DEFAULTS = {"timezone": "America/New_York", "languages": "English"}
HEADER = ["Name", "Email", "Where are you in training?", "What would you like help with?"]


def table(*rows: list[str]) -> bytes:
    return "\n".join(",".join(f'"{c}"' for c in row) for row in rows).encode()


def person(k: int, *rest: str) -> list[str]:
    return [f"Person {chr(65 + k)}", f"p{k}@example.org", *(rest or ("MS3", "Boards"))]


def read(
    data: bytes, decisions: Decisions | None = None, role: Any = "mentee", name: str = "list.csv"
) -> tuple[survey.Survey, list[dict[str, Any]], list[str]]:
    decisions = Decisions(defaults=DEFAULTS) if decisions is None else decisions
    found = survey.read(data, role, name, UPLOAD, decisions, {"ada example": "mr-1"})
    reader = PeopleReader(role)
    read_rows = [reader.read(row) for row in found.rows]
    problems = [str(problem) for row in read_rows for problem in row.problems]
    return found, [row.answers for row in read_rows], problems


def columns(found: survey.Survey) -> dict[str, str | None]:
    return {question.title: question.column for question in found.questions}

"""What an import read, and did or would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from matching.spreadsheets.findings import Finding
from mentorship.people import suggestions
from mentorship.people.conflicts import DO_NOT_MATCH
from mentorship.people.import_survey import ImportSurvey
from mentorship.people.suggestions import Suggestion
from mentorship.roles import Role

__all__ = ["Entry", "Finding", "ImportReport"]


@dataclass(frozen=True)
class Entry:
    """One person who can be imported; `columns` are those that the file has."""

    row: int
    address: str
    answers: dict[str, Any]
    columns: frozenset[str]
    #: What their text names and their answers leave out.
    suggested: tuple[Suggestion, ...] = ()

    def over(self, before: dict[str, Any], own: Iterable[str] = ()) -> dict[str, Any]:
        """Return the answers after this import: what the file does not ask stays as it was.

        So do the person's `own` answers. What was made for a file, such as an id, fills gaps only.
        """
        asked = self.columns.difference(own)
        kept = {name: value for name, value in before.items() if name not in asked}
        new = {
            name: value
            for name, value in self.answers.items()
            if name in asked or (name not in self.columns and name not in before)
        }
        # A list must not allow again whom a person ruled out themselves.
        ruled_out = [*before.get(DO_NOT_MATCH, []), *self.answers.get(DO_NOT_MATCH, [])]
        return kept | new | ({DO_NOT_MATCH: list(dict.fromkeys(ruled_out))} if ruled_out else {})

    def with_suggestions(self, before: dict[str, Any]) -> Entry:
        """Return the entry with what is suggested among its answers, over those of before."""
        answers = suggestions.added(self.over(before), self.suggested)
        chosen = {column: answers[column] for column, _id in self.suggested}
        return replace(self, answers=self.answers | chosen, columns=self.columns | chosen.keys())


@dataclass
class ImportReport:
    """What was read in a file, and what importing it did or would do."""

    role: Role
    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    #: Answers that people gave themselves and the file has otherwise, and of how many people.
    own_answers: int = 0
    own_people: int = 0
    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    #: What a coordinator decides about the file; None where it was read as it stands.
    survey: ImportSurvey | None = None
    written: bool = False

    @property
    def suggested(self) -> list[Finding]:
        """Return what people's texts name and their answers leave out, as findings."""
        return [
            Finding(entry.row, suggestion.column, suggestion.label)
            for entry in self.entries
            for suggestion in entry.suggested
        ]

    @property
    def asks_for_dates(self) -> bool:
        """Return whether someone has to say what comes first in the days of a column."""
        return any(each.row is None and each.column is not None for each in self.problems)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "role": self.role.value,
            "rows": self.rows,
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "own_answers": self.own_answers,
            "own_people": self.own_people,
            "written": self.written,
            "problems": [asdict(finding) for finding in self.problems],
            "warnings": [asdict(finding) for finding in self.warnings],
            "suggested": [asdict(finding) for finding in self.suggested],
        }

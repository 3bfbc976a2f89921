"""What a coordinator decides about a file that was uploaded: its questions, and answers to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from matching.mapping.survey import Question
from matching.mapping.translation import AnswerGroup

#: Rows with problems that can be corrected on the page, one by one.
MOST_CORRECTED = 200


@dataclass
class ImportSurvey:
    """What was found in a file, as `matching.mapping.survey` has it.

    `typed` are the texts in the rows with problems, by row and column.
    """

    tool: str = ""
    heading_row: int | None = None
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    questions: list[Question] = field(default_factory=list)
    groups: list[AnswerGroup] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    defaulted: dict[str, int] = field(default_factory=dict)
    typed: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def open_questions(self) -> list[Question]:
        """Return the questions that someone should decide about."""
        return [question for question in self.questions if question.is_open]

    @property
    def open_groups(self) -> list[AnswerGroup]:
        """Return the answers that someone should decide about, the most frequent first."""
        return [group for group in self.groups if group.is_open]

    @property
    def needs_a_look(self) -> bool:
        """Return whether anything is open, or a column is missing."""
        return bool(self.open_questions or self.open_groups or self.missing)

    def asks_more_than(self, before: ImportSurvey) -> bool:
        """Return whether something is open that could not be decided about before."""
        asked = {question.column for question in before.questions}
        is_new = any(group.column not in asked for group in self.open_groups)
        return bool(is_new or self.open_questions or self.missing)

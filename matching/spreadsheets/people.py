"""The people of a file, one row after the other: their answers, and what is wrong with them.

What one row cannot show is looked for here too: ids and addresses that are used twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from matching.language import gettext as _
from matching.profiles import normal_forms, taxonomy
from matching.profiles.columns import Column, Known, Role, read_row
from matching.spreadsheets.findings import Finding
from matching.spreadsheets.tables import Row

#: A search for what an unknown word was meant to be takes milliseconds. A file with more unknown
#: words than this has another kind of answers in that column.
MOST_SUGGESTIONS = 200


@dataclass(frozen=True)
class PersonRow:
    """One row: the answers by column, complete only without `problems`."""

    answers: dict[str, Any]
    problems: list[Finding]
    notes: list[Finding]


class PeopleReader:
    """Reads the rows of one file of people of one role; `needed` and `own`
    are as `columns.read_row` takes them."""

    def __init__(
        self,
        role: Role,
        needed: Collection[str] | None = None,
        own: tuple[Column, ...] = (),
    ) -> None:
        self._role, self._needed, self._own = role, needed, own
        self._row_of_id: dict[str, int] = {}
        self._row_of_address: dict[str, int] = {}
        self._known = Known()
        self._suggestions = taxonomy.Suggestions(MOST_SUGGESTIONS)

    def read(self, row: Row) -> PersonRow:
        """Return the answers of a row, every problem and every note."""
        if row.problem:
            return PersonRow({}, [Finding(row.number, None, row.problem)], [])
        noted = list(row.notes)
        with taxonomy.suggesting(self._suggestions):
            answers, wrong = read_row(
                self._role,
                row.cells,
                noted.append,
                needed=self._needed,
                own=self._own,
                known=self._known,
            )
        problems = [Finding(row.number, each.column, each.message) for each in wrong]
        problems += self._used_before(row, answers)
        notes = [Finding(row.number, each.column, each.message) for each in noted]
        return PersonRow(answers, problems, notes)

    def _used_before(self, row: Row, answers: dict[str, Any]) -> list[Finding]:
        """Return what is wrong with an id or an address that an earlier row has."""
        found = []
        column, number = f"{self._role}_id", row.number
        # An id that was made of the address says no more than the address.
        id = None if column in row.made else answers.get(column)
        if id and (first := self._row_of_id.setdefault(id, number)) != number:
            message = _("%(id)s is already used in row %(row)s", id=id, row=first)
            found.append(Finding(number, column, message))
        address = normal_forms.address(answers.get("email", ""))
        if address and (first := self._row_of_address.setdefault(address, number)) != number:
            message = _("is the same address as in row %(row)s", row=first)
            found.append(Finding(number, "email", message))
        return found

"""The questions of a file: a column each, or a column for each choice of one question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from matching.profiles import taxonomy
from matching.spreadsheets import headings
from matching.spreadsheets.layout import chosen, is_ranking, is_ticked, is_unticked
from matching.spreadsheets.sheets import letters

#: Of one column, so many different answers are kept to guess from.
MOST_DISTINCT = 300
_LONGEST_SAMPLE = 300
_ABOVE_ONE = re.compile(r"[2-9]|10", re.A)
#: With so many of the filled boxes above 1, people rated the choices; one 2 among ticks is a slip.
_LEAST_SHARE_OF_SCALE = 0.25
SAMPLES = 3


@dataclass
class Field:
    """One question of a file and what was answered, in the columns at `positions`.

    `choices` are what each of those columns stands for where they are boxes to tick. `answers`
    counts the answers, at most `MOST_DISTINCT` different ones, in the order of the file.
    """

    positions: tuple[int, ...]
    title: str
    choices: tuple[str, ...] = ()
    is_own: bool = False
    filled: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    boxes_filled: int = 0
    boxes_above_one: int = 0

    @property
    def is_scale(self) -> bool:
        """Return whether numbers in the boxes rate the choices, so that a 1 is no tick."""
        return self.boxes_above_one >= max(1, _LEAST_SHARE_OF_SCALE * self.boxes_filled)

    @property
    def letter(self) -> str:
        """Return the column's letter in a spreadsheet, the first of several."""
        return letters(self.positions[0])

    @property
    def key(self) -> str:
        """Return the heading as decisions name it; a column without one goes by its letter."""
        return headings.fold(self.title) or f"column {self.letter}"

    def read(self, cells: Sequence[str]) -> str:
        """Return what a row answers; ticked choices in a list with semicolons."""
        if not self.choices:
            position = self.positions[0]
            return cells[position].strip() if position < len(cells) else ""
        boxes = [
            (choice, cells[position] if position < len(cells) else "")
            for position, choice in zip(self.positions, self.choices, strict=True)
        ]
        return "; ".join(chosen(boxes, is_scale=self.is_scale))

    def note(self, cells: Sequence[str]) -> None:
        """Count the answer of a row, and what is in its boxes."""
        if self.choices:
            given = [cells[position] for position in self.positions if position < len(cells)]
            filled = [text.strip() for text in given if not is_unticked(text)]
            self.boxes_filled += len(filled)
            if not is_ranking(filled):
                self.boxes_above_one += sum(map(bool, map(_ABOVE_ONE.fullmatch, filled)))
        answer = self.read(cells)
        if answer:
            self.filled += 1
            answer = answer[:_LONGEST_SAMPLE]
            if answer in self.answers or len(self.answers) < MOST_DISTINCT:
                self.answers[answer] += 1

    def samples(self) -> list[str]:
        """Return the first different answers."""
        return list(self.answers)[:SAMPLES]


_CHOICE = re.compile(
    r"(?P<question>.+?)\s*(?:\(choice=(?P<a>.+)\)|\[(?P<b>[^\[\]]+)\]|___(?P<c>\w+)"
    r"|- Selected Choice - (?P<d>.+))\s*",
    re.S,
)
#: The kinds of entries of which a list may have a column each, to tick.
_KINDS = ("specialty", "goal", "language", "modality")


def of_titles(titles: Sequence[str], own: frozenset[int] | set[int]) -> list[Field]:
    """Return the questions that headings ask; `own` are columns of the form's tool itself.

    Neighbours such as "Topics [Research]" and "Topics [Boards]" are choices of one question.
    """
    questions: dict[str, list[tuple[int, str]]] = {}
    for position, title in enumerate(titles):
        if (match := _CHOICE.fullmatch(title.strip()[:300])) and position not in own:
            choice = match["a"] or match["b"] or match["c"] or match["d"]
            questions.setdefault(match["question"].strip(), []).append((position, choice.strip()))
    fields: list[Field] = []
    in_boxes = {p for boxes in questions.values() if len(boxes) > 1 for p, _choice in boxes}
    for question, boxes in questions.items():
        if len(boxes) > 1:
            positions, choices = zip(*boxes, strict=True)
            fields.append(Field(positions, question, choices))
    for position, title in enumerate(titles):
        if position not in in_boxes:
            fields.append(Field((position,), title.strip(), is_own=position in own))
    fields.sort(key=lambda each: each.positions[0])
    return _with_keys_of_their_own(fields)


def with_boxes(fields: Sequence[Field]) -> list[Field] | None:
    """Return the questions with those as one that are the choices of one, None if there are none.

    They are columns such as "Cardiology" and "Pediatrics" in which people only said yes or no. What
    was answered has to be counted again.
    """
    boxes: dict[str, list[Field]] = {kind: [] for kind in _KINDS}
    for each in fields:
        if each.title and not each.choices and not each.is_own and _is_box(each):
            for kind in [kind for kind in _KINDS if taxonomy.load().knows(kind, each.title)][:1]:
                boxes[kind].append(each)
    several = [found for found in boxes.values() if len(found) > 1]
    if not several:
        return None
    joined = {id(each) for found in several for each in found}
    made = [Field(f.positions, f.title, f.choices, f.is_own) for f in fields if id(f) not in joined]
    for found in several:
        titles = [each.title for each in found]
        positions = [each.positions[0] for each in found]
        made.append(Field(tuple(positions), ", ".join(titles), tuple(titles)))
    return sorted(made, key=lambda each: each.positions[0])


def _is_box(question: Field) -> bool:
    """Return whether a column has nothing but ticks, or its own heading where it is ticked."""
    given = [answer for answer in question.answers if not is_unticked(answer)]
    own = headings.fold(question.title)
    return all(is_ticked(answer) or headings.fold(answer) == own for answer in given)


def _with_keys_of_their_own(fields: list[Field]) -> list[Field]:
    """Tell headings that stand twice apart, as "Comments (2)"."""
    seen: Counter[str] = Counter()
    for each in fields:
        seen[each.key] += 1
        if each.title and seen[each.key] > 1:
            each.title = f"{each.title} ({seen[each.key]})"
    return fields

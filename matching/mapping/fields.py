"""The questions of a file: a column each, or a column for each choice of one question."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from matching.profiles import taxonomy
from matching.spreadsheets import headings
from matching.spreadsheets.layout import chosen, is_ranking, is_ticked, is_unticked
from matching.spreadsheets.sheets import Line, letters

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
    counts the answers, at most `MOST_DISTINCT` different ones, in the order of the file. `ticked`
    are the numbers of the rows that tick a column, None where one of them says something else.
    """

    positions: tuple[int, ...]
    title: str
    choices: tuple[str, ...] = ()
    is_own: bool = False
    filled: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    boxes_filled: int = 0
    boxes_above_one: int = 0
    ticked: array[int] | None = field(default_factory=lambda: array("I"))

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

    def note(self, line: Line) -> None:
        """Count the answer of a row, and what is in its boxes."""
        cells = line.cells
        if self.choices:
            given = [cells[position] for position in self.positions if position < len(cells)]
            filled = [text.strip() for text in given if not is_unticked(text)]
            self.boxes_filled += len(filled)
            if not is_ranking(filled):
                self.boxes_above_one += sum(map(bool, map(_ABOVE_ONE.fullmatch, filled)))
        answer = self.read(cells)
        if answer:
            self.filled += 1
            if self.ticked is not None and not is_unticked(answer):
                if is_ticked(answer) or headings.fold(answer) == headings.fold(self.title):
                    self.ticked.append(line.number)
                else:
                    self.ticked = None
            answer = answer[:_LONGEST_SAMPLE]
            if answer in self.answers or len(self.answers) < MOST_DISTINCT:
                self.answers[answer] += 1

    def samples(self) -> list[str]:
        """Return the first different answers."""
        return list(self.answers)[:SAMPLES]


_CHOICE = re.compile(
    r"(?:\w+\[\w+\]\. )?"  # LimeSurvey's code
    r"(?P<question>.+?)\s*(?:\(choice=(?P<a>.+)\)|\[(?P<b>[^\[\]]+)\]|___(?P<c>\w+)"
    r"|- Selected Choice - (?P<d>.+))\s*",
    re.S,
)
#: The kinds of entries of which a list may have a column each, to tick.
_KINDS = ("specialty", "goal", "language", "modality")
#: A choice after its question or group: "goals/board_exams", "goals.board_exams".
_BOX = re.compile(r"(?P<question>.*[^\W_]\W?)[/.](?P<choice>[\w ]+)")


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


def with_boxes(fields: Sequence[Field], is_known: Callable[[Field], bool]) -> list[Field]:
    """Return counted questions with those as one that are the choices of one.

    They are columns such as "Cardiology" and "Pediatrics", or "goals/research" and
    "goals/leadership", in which people only said yes or no. A question that `is_known` for itself,
    as one of the program's own is, stays one.
    """
    titles = {each.title for each in fields}
    boxes: dict[tuple[str, str], list[tuple[Field, str]]] = {}
    for each in fields:
        if not each.title or each.ticked is None or each.choices or each.is_own or is_known(each):
            continue
        kind, box = _kind(each.title), _BOX.fullmatch(each.title[:300])
        if kind and each.ticked:
            boxes.setdefault((kind, ""), []).append((each, each.title))
        elif box and not kind:
            boxes.setdefault(("", box["question"]), []).append((each, box["choice"]))
    several = [
        (question, found)
        for (kind, question), found in boxes.items()
        if len(found) > 1
        and any(each.ticked for each, _choice in found)
        and (kind or question in titles or any(_kind(choice) for _each, choice in found))
    ]
    joined = {id(each) for _question, found in several for each, _choice in found}
    made = [each for each in fields if id(each) not in joined]
    made += [_as_one(question, found) for question, found in several]
    return _with_keys_of_their_own(sorted(made, key=lambda each: each.positions[0]))


def _kind(choice: str) -> str:
    return next((kind for kind in _KINDS if taxonomy.load().knows(kind, choice)), "")


def _as_one(question: str, boxes: Sequence[tuple[Field, str]]) -> Field:
    choices = tuple(choice for _each, choice in boxes)
    ticked = [each.ticked or array("I") for each, _choice in boxes]
    return Field(
        tuple(each.positions[0] for each, _choice in boxes),
        question or ", ".join(choices),
        choices,
        filled=len(set().union(*ticked)),
        answers=Counter(
            {choice: len(rows) for choice, rows in zip(choices, ticked, strict=True) if rows}
        ),
    )


def _with_keys_of_their_own(fields: list[Field]) -> list[Field]:
    """Tell headings that stand twice apart, as "Comments (2)"."""
    seen: Counter[str] = Counter()
    for each in fields:
        seen[each.key] += 1
        if each.title and seen[each.key] > 1:
            each.title = f"{each.title} ({seen[each.key]})"
    return fields

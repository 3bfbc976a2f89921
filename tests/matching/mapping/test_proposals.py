"""A column that is none of ours is offered as the kind of question that its answers suggest."""

from __future__ import annotations

import pytest

from matching.mapping import proposals
from matching.mapping.fields import Field
from matching.profiles.questions import Kind
from matching.spreadsheets.sheets import Line


def column(*answers: str, choices: tuple[str, ...] = ()) -> Field:
    field = Field((0,), "Something", choices and ("a", "b"))
    for number, answer in enumerate(answers, 2):
        field.note(Line(number, [answer]))
    return field


@pytest.mark.parametrize(
    ("answers", "kind", "choices"),
    [
        (["North", "South", "north", "North", "N/A", "South "], Kind.ONE, ("North", "South")),
        (["Mon; Tue", "Tue;Wed", "mon", "Wed"], Kind.SEVERAL, ("Mon", "Tue", "Wed")),
        (["Mon, Tue", "Tue, Wed", "Mon", "Wed"], Kind.SEVERAL, ("Mon", "Tue", "Wed")),
        (
            ["Days (Mon, Tue), Nights", "Nights", "Days (Mon, Tue)", "Nights"],
            Kind.SEVERAL,
            ("Days (Mon, Tue)", "Nights"),
        ),
        (["Surgery, General", "Surgery, General", "Medicine", "Medicine"] * 2, Kind.SEVERAL, None),
        (["Yes", "no", "Y", ""], Kind.YES_NO, ()),
        (["1", "2", "1", "2", "3", "3"], Kind.ONE, ("1", "2", "3")),
        (["1204", "99", "7", "5512"], Kind.NUMBER, ()),
        (["dog", "cat"], Kind.TEXT, ()),
        (["I like it here.", "So do I, mostly; but not on Mondays."], Kind.TEXT, ()),
        (["x" * 61] * 8 + ["y" * 61] * 8, Kind.TEXT, ()),
        ([f"Ward {k % 13}" for k in range(60)], Kind.TEXT, ()),
        ([], Kind.TEXT, ()),
        (["-", "n/a"], Kind.TEXT, ()),
        (["9" * 30, "8" * 30], Kind.TEXT, ()),
        ([";;", ",,", "—"] * 3, Kind.TEXT, ()),
    ],
)
def test_the_answers_say_what_kind_of_question_it_is(
    answers: list[str], kind: Kind, choices: tuple[str, ...] | None
) -> None:
    found, words = proposals.of_field(column(*answers))

    assert found is kind
    assert choices is None or words == choices


def test_boxes_to_tick_are_choices() -> None:
    field = Field((3, 4), "Clinic days", ("Monday", "Friday"))

    assert proposals.of_field(field) == (Kind.SEVERAL, ("Monday", "Friday"))

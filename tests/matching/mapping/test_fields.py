"""Questions with a column for each choice: boxes that are ticked, ranked, rated, or say when."""

from __future__ import annotations

import pytest
from surveyed import DEFAULTS, HEADER, columns, person, read, table

from matching.mapping import survey
from matching.mapping.decisions import LEFT_OUT, Decisions
from matching.profiles import questions
from matching.profiles.columns import Audience
from matching.profiles.questions import Kind
from matching.spreadsheets.layout import chosen
from matching.spreadsheets.limits import UPLOAD


def test_columns_to_tick_are_choices_of_one_question() -> None:
    header = [
        "Name",
        "Email",
        "Stage",
        "Cardiology",
        "Pediatrics",
        "EM",
        "Interview practice",
        "Boards",
    ]
    found, people, problems = read(
        table(
            header,
            [*person(0)[:2], "MS3", "No", "Yes", "Yes", "Interview practice", ""],
            [*person(1)[:2], "PGY2", "x", "", "", "", "Boards"],
        )
    )

    assert problems == []
    assert [each.get("specialty_interests") for each in people] == [
        ["pediatrics", "emergency-medicine"], ["cardiology"],
    ]  # fmt: skip
    assert [each.get("goals") for each in people] == [
        ["interview-practice"], ["specialty-board-exams"],
    ]  # fmt: skip
    assert not any(question.is_open for question in found.questions)


def test_ranked_choices_come_in_the_order_of_their_ranks() -> None:
    header = [
        *HEADER[:3],
        *(f"Specialties of interest [{name}]" for name in ("Cardiology", "Peds", "EM")),
    ]
    _found, people, problems = read(
        table(header, [*person(0)[:2], "MS3", "3", "1", "2"], [*person(1)[:2], "MS3", "1", "", "2"])
    )

    assert problems == []
    assert [each["specialty_interests"] for each in people] == [
        ["pediatrics", "emergency-medicine", "cardiology"], ["cardiology", "emergency-medicine"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("boxes", "first", "second"),
    [
        ("Monday Tuesday Wednesday", ["Morning, Evening", "", "Afternoon"], ["", "Evening", ""]),
        (
            "Morning Evening Afternoon",
            ["Monday", "Monday;Tuesday", "Wednesday"],
            ["", "Tuesday", ""],
        ),
    ],
)  # fmt: skip
def test_a_grid_of_days_and_hours_says_both_together(
    boxes: str, first: list[str], second: list[str]
) -> None:
    header = [*HEADER[:3], *(f"When are you free? [{box}]" for box in boxes.split())]
    _found, people, problems = read(
        table(header, [*person(0)[:2], "MS3", *first], [*person(1)[:2], "MS3", *second])
    )

    assert problems == []
    expected = ["Mon 08:00-12:00", "Mon 17:00-21:00", "Wed 12:00-17:00"]
    if boxes.startswith("Morning"):
        expected.insert(2, "Tue 17:00-21:00")
    assert people[0]["availability"] == expected
    assert people[1]["availability"] == ["Tue 17:00-21:00"]


def test_the_least_on_a_scale_is_no_tick() -> None:
    header = [*HEADER[:3], "Interest in specialties [Cardiology]", "Interest in specialties [Peds]"]
    rows = [*person(0)[:2], "MS3", "5", "2"], [*person(1)[:2], "MS3", "1", "4"]
    _found, people, problems = read(table(header, *rows))

    assert problems == []
    assert ["specialty_interests" in each for each in people] == [False, False]


INTERESTS = [f"Interests [{name}]" for name in ("Cardiology", "Neurology", "Urology")]


@pytest.mark.parametrize("tick", ["1", "x", "Yes", "TRUE", "✓"])
@pytest.mark.parametrize("stray", ["2", "3", "22"])
def test_one_number_among_ticks_takes_no_tick_away(tick: str, stray: str) -> None:
    ticked = [[tick, tick, ""], ["", tick, tick], [tick, "", ""], [tick, tick, tick]]
    rows = [[*person(k)[:2], "MS3", *boxes] for k, boxes in enumerate(ticked)]
    slip = [*person(4)[:2], "MS3", tick, stray, tick]
    found, people, problems = read(table([*HEADER[:3], *INTERESTS], *rows, slip))

    assert problems == []
    assert [each["specialty_interests"] for each in people[:4]] == [
        ["cardiology", "neurology"], ["neurology", "urology"], ["cardiology"],
        ["cardiology", "neurology", "urology"],
    ]  # fmt: skip
    assert people[4]["specialty_interests"] == ["cardiology", "urology"]
    assert stray in [group.typed for group in found.groups if group.is_open]


def test_one_number_among_hours_takes_no_hours_away() -> None:
    times = [f"Free [{day} {part}]" for day in ("Mon", "Tue") for part in ("morning", "evening")]
    ticked = [["1", "", "1", ""], ["", "1", "", "1"], ["1", "2", "", ""], ["", "", "1", ""]]
    rows = [[*person(k)[:2], "MS3", *boxes] for k, boxes in enumerate(ticked)]
    _found, people, problems = read(table([*HEADER[:3], *times], *rows))

    assert problems == []
    assert [each["availability"] for each in people[:2]] == [
        ["Mon 08:00-12:00", "Tue 08:00-12:00"], ["Mon 17:00-21:00", "Tue 17:00-21:00"],
    ]  # fmt: skip
    assert people[3]["availability"] == ["Tue 08:00-12:00"]


@pytest.mark.parametrize(
    "ratings",
    [
        [["5", "2", "1"], ["1", "4", "3"], ["2", "1", "3"]],
        [["1", "1", "5"], ["1", "3", "1"], ["2", "1", "1"]],
        [["1", "", ""], ["4", "4", "3"], ["1", "2", ""]],
        [["x", "3", "1"], ["2", "2", "1"], ["5", "1", "1"]],
    ],
)
def test_ratings_are_neither_ticks_nor_ranks(ratings: list[list[str]]) -> None:
    rows = [[*person(k)[:2], "MS3", *boxes] for k, boxes in enumerate(ratings)]
    _found, people, problems = read(table([*HEADER[:3], *INTERESTS], *rows))

    assert problems == []
    chosen = [each.get("specialty_interests", []) for each in people]
    assert chosen == [["cardiology"] if "x" in boxes else [] for boxes in ratings]


def ticked(header: list[str], *rows: list[str]) -> bytes:
    people = [[*person(k)[:2], "MS3", *boxes] for k, boxes in enumerate(rows)]
    return table([*HEADER[:3], *header], *people)


@pytest.mark.parametrize("titles", [("Leadership", "Teaching"), ("Cardiology", "Neurology")])
def test_questions_of_the_programs_own_are_not_choices_of_one(titles: tuple[str, str]) -> None:
    own = tuple(
        questions.column(f"q{k}", title, Kind.YES_NO, audience=Audience.NOBODY, roles=["mentee"])
        for k, title in enumerate(titles)
    )
    data = ticked([*titles], ["Yes", "No"], ["No", "Yes"], ["Yes", "Yes"])
    found = survey.read(data, "mentee", "list.csv", UPLOAD, Decisions(defaults=DEFAULTS), {}, own)

    assert [columns(found)[title] for title in titles] == ["q0", "q1"]
    assert [(row.cells["q0"], row.cells["q1"]) for row in found.rows] == [
        ("yes", "no"), ("no", "yes"), ("yes", "yes"),
    ]  # fmt: skip


def test_columns_that_were_decided_are_not_choices_of_one() -> None:
    data = ticked(["Research", "Boards", "CME"], ["x", "x", ""], ["", "x", "x"])
    decided = Decisions({"boards": LEFT_OUT}, defaults=DEFAULTS)
    found, people, _problems = read(data, decided)

    assert columns(found)["Boards"] == LEFT_OUT
    assert all("specialty-board-exams" not in each.get("goals", []) for each in people)


@pytest.mark.parametrize(
    ("titles", "first", "second"),
    [
        (["Phone", "Text"], ["", ""], ["", ""]),
        (["Phone", "Text"], ["No", ""], ["", "no"]),
        (["Cardiology", "Urology"], ["Yes", "Dr. Holm"], ["", "Yes"]),
        (["English", "Spanish"], ["fluent", "a little"], ["", "fluent"]),
    ],
)
def test_columns_that_no_one_ticked_or_that_hold_words_are_each_their_own(
    titles: list[str], first: list[str], second: list[str]
) -> None:
    found = read(ticked(titles, first, second))[0]

    assert [title for title in columns(found) if title in titles] == titles


def test_boxes_as_one_question_say_how_many_people_ticked_any() -> None:
    data = ticked(["Cardiology", "Neurology"], ["x", "x"], ["", "x"], ["", ""], ["x", ""])
    found = read(data)[0]

    joined = next(each for each in found.questions if each.title == "Cardiology, Neurology")
    assert (joined.column, joined.filled) == ("specialty_interests", 3)
    assert joined.samples == ("Cardiology", "Neurology")


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ("Other", "Monitoring my progress"), ("Other", "Money matters"),
        ("Other", "Sun protection"), ("Evening", "Saturated fats"), ("Thoracic", "Friday clinics"),
    ],
)  # fmt: skip
def test_words_that_begin_like_a_day_are_no_day(choice: str, text: str) -> None:
    assert chosen([(choice, text)]) == [text]


def test_boxes_are_named_by_their_question_too() -> None:
    titles = ["goals/research_start", "goals/leadership", "goals/cme", "rsvp/yes", "rsvp/no"]
    found, people, problems = read(
        ticked(titles, ["1", "0", "0", "1", "0"], ["TRUE", "TRUE", "FALSE", "0", "1"])
    )

    assert problems == []
    # Whether someone comes is asked in columns that hold no entries of ours.
    assert [title for title in columns(found) if "/" in title or title == "goals"] == [
        "goals", "rsvp/yes", "rsvp/no",
    ]  # fmt: skip
    assert [each["goals"] for each in people] == [
        ["research-start"], ["research-start", "leadership"],
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["{}/{}", "{} [{}]"])
@pytest.mark.parametrize(
    ("question", "choices"),
    [("Not interested in", ("Research", "Leadership")), ("Interpreter", ("Spanish", "French"))],
)
def test_what_says_the_opposite_is_asked_about(
    form: str, question: str, choices: tuple[str, str]
) -> None:
    titles = [form.format(question, choice) for choice in choices]
    found, _people, _problems = read(ticked(titles, ["1", "0"], ["0", "1"]))

    assert [each.is_open for each in found.questions if each.title == question] == [True]

"""People who cannot be meant are refused before anything is computed."""

from __future__ import annotations

import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_rounds import couples, match, mentee, mentor

from matching import Matcher
from matching.profiles import columns


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mentee_id": None}, "mentees, row 1, mentee_id: is required"),
        ({"mentee_id": 7}, "row 1, mentee_id: must be text, not '7'"),
        ({"mentee_id": "N/A"}, "row 1, mentee_id: is required, as text"),
        ({"career_stage": None}, "row 1, career_stage: is required"),
        ({"career_stage": "boss"}, "row 1, career_stage: 'boss' is not the ID of a stage"),
        ({"languages": "en"}, "row 1, languages: must be a list, not 'en'"),
        ({"languages": ["xx"]}, "row 1, languages: 'xx' is not the ID of a language"),
        ({"goals": ["fame"]}, "row 1, goals: 'fame' is not the ID of a goal"),
        ({"hobby": "chess"}, "row 1: 'hobby' is not asked of mentees"),
        ({"capacity": 2}, "row 1: 'capacity' is not asked of mentees"),
        ({"timezone": "Mars/Base"}, "row 1, timezone: 'Mars/Base' is not a time zone"),
        ({"timezone": "../etc"}, "row 1, timezone"),
        ({"timezone": ["UTC"]}, "row 1, timezone"),
        ({"goals": [["teaching"]]}, "row 1, goals"),
        ({"availability": [["Mon"]]}, "row 1, availability"),
        ({"language_required": ["en"]}, "row 1, language_required"),
        ({"availability": ["noon"]}, "row 1, availability: 'noon' is not a time slot"),
        ({"availability": ["Mon 20:00-18:00"]}, "row 1, availability"),
        ({"do_not_match": [3]}, "row 1, do_not_match: must be text"),
        ({"hours_vary": "maybe"}, "row 1, hours_vary: 'maybe' is not one of yes, no"),
        ({"statement": 4}, "row 1, statement: must be text"),
        ({"email": 5}, "row 1, email: must be text, not '5'"),
        ({"institution": ["St Mary's"]}, "row 1, institution: must be text"),
        ({"city": 7}, "row 1, city: must be text"),
        ({"country": 44}, "row 1, country: '44' is not a country"),
        ({"full_name": {"first": "A"}}, "row 1, full_name: must be text"),
        ({"joined_on": 20260304}, "row 1, joined_on: '20260304' is not a date"),
        ({"hours_vary": np.array(["yes", "no"])}, "row 1, hours_vary: .* is not one of"),
        ({"rounds_waiting": 1.5}, "row 1, rounds_waiting: must be a whole number"),
        ({"rounds_waiting": True}, "row 1, rounds_waiting: must be a whole number"),
        ({"goals": {"teaching"}}, "row 1, goals: must be a list"),
        ({"goals": [float("nan")]}, "row 1, goals: 'nan' is not the ID of a goal"),
    ],
)
def test_invalid_people_are_refused_by_row(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        match([mentee("a"), mentee("b") | changes], [mentor("x")])
    with pytest.raises(ValueError, match="mentors, row 0, capacity: must be a whole number"):
        match([], [mentor("x", capacity=-1)])


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="mentees, row 1, mentee_id: 'a' is already used in row 0"):
        match([mentee("a"), mentee("a")], [])


@pytest.mark.parametrize("role", ["mentee", "mentor"])
def test_an_address_under_two_ids_is_refused(role: str) -> None:
    make = mentee if role == "mentee" else mentor
    twice = [make("a"), make("b"), make("c") | {"email": "mailto:A@Example.org"}]
    message = f"{role}s, row 2, email: 'mailto:A@Example.org' is already used in row 0"

    with pytest.raises(ValueError, match=message):
        match(twice, []) if role == "mentee" else match([], twice)


GAPS = [
    None, float("nan"), np.nan, np.float32("nan"), decimal.Decimal("nan"), pd.NA, pd.NaT,
    np.datetime64("NaT"), np.ma.masked, "", "  ", "N/A", "nan", "<NA>",
]  # fmt: skip


@pytest.mark.parametrize("gap", GAPS, ids=repr)
def test_a_gap_is_no_answer_to_any_question(gap: Any) -> None:
    given = {name: mentee("a")[name] for name in ("mentee_id", "career_stage")}

    model = Matcher().fit([dict.fromkeys(columns.of_role("mentee"), gap) | given], [])

    assert model.mentees_ == [given]


@pytest.mark.parametrize("gap", GAPS, ids=repr)
def test_two_people_without_an_address_are_two(gap: Any) -> None:
    here = {"email": gap, "institution": gap}
    people = [
        mentee("a", exclude_own_institution="yes") | here,
        mentee("b", do_not_match=["nan", "none"]) | here,
    ]

    assert couples(match(people, [mentor("x", capacity=2) | here])) == [("a", "x"), ("b", "x")]


def test_numbers_and_lists_of_pandas_and_numpy_are_read() -> None:
    table = pd.DataFrame([mentor("x"), mentor("y")]).assign(capacity=[1.0, None])
    (one, two) = table.to_dict("records")
    one |= {"languages": np.array(["en", "es"]), "topics": ("interview-practice",)}
    one |= {"past_mentees": np.int64(3), "mentor_id": np.str_("x")}

    model = Matcher().fit([], [one, two])

    assert [model.mentors_[0][name] for name in ("capacity", "past_mentees")] == [1, 3]
    assert model.mentors_[0]["languages"] == ["en", "es"]
    assert model.mentors_[0]["topics"] == ["interview-practice"]
    assert "capacity" not in model.mentors_[1]
    plain = {type(value) for person in model.mentors_ for value in person.values()}
    assert plain == {str, int, list}


@pytest.mark.parametrize("people", [pd.DataFrame([mentee("a")]), mentee("a"), "mentees.csv"])
def test_people_who_are_no_list_are_refused_with_the_way_to_make_them_one(people: Any) -> None:
    with pytest.raises(ValueError, match=r'use .to_dict\("records"\) of a pandas table'):
        Matcher().fit(people, [])


def test_gaps_that_are_written_down_are_gaps() -> None:
    silent = mentor("x") | {"capacity": None, "status": None, "timezone": None}

    assert couples(match([mentee("a")], [silent])) == [("a", "x")]

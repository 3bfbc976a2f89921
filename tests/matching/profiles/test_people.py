"""People who cannot be meant are refused before anything is computed."""

from __future__ import annotations

from typing import Any

import pytest
from small_rounds import couples, match, mentee, mentor


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mentee_id": None}, "mentees, row 1, mentee_id: is needed"),
        ({"mentee_id": 7}, "row 1, mentee_id: is needed, as text"),
        ({"career_stage": None}, "row 1, career_stage: is needed"),
        ({"career_stage": "boss"}, "row 1, career_stage: 'boss' is not the id of a stage"),
        ({"languages": "en"}, "row 1, languages: must be a list, not 'en'"),
        ({"languages": ["xx"]}, "row 1, languages: 'xx' is not the id of a language"),
        ({"goals": ["fame"]}, "row 1, goals: 'fame' is not the id of a goal"),
        ({"hobby": "chess"}, "row 1: 'hobby' is not asked of mentees"),
        ({"capacity": 2}, "row 1: 'capacity' is not asked of mentees"),
        ({"timezone": "Mars/Base"}, "row 1, timezone: 'Mars/Base' is not a time zone"),
        ({"timezone": "../etc"}, "row 1, timezone"),
        ({"timezone": ["UTC"]}, "row 1, timezone"),
        ({"goals": [["teaching"]]}, "row 1, goals"),
        ({"availability": [["Mon"]]}, "row 1, availability"),
        ({"language_required": ["en"]}, "row 1, language_required"),
        ({"availability": ["noon"]}, "row 1, availability: 'noon' is not a slot"),
        ({"availability": ["Mon 20:00-18:00"]}, "row 1, availability"),
        ({"do_not_match": [3]}, "row 1, do_not_match: must be text"),
        ({"hours_vary": "maybe"}, "row 1, hours_vary: 'maybe' is not one of yes, no"),
        ({"statement": 4}, "row 1, statement: must be text"),
    ],
)
def test_people_who_cannot_be_meant_are_refused_by_row(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        match([mentee("a"), mentee("b") | changes], [mentor("x")])
    with pytest.raises(ValueError, match="mentors, row 0, capacity: must be a whole number"):
        match([], [mentor("x", capacity=-1)])


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="mentees, row 1, mentee_id: 'a' is used in row 0"):
        match([mentee("a"), mentee("a")], [])


def test_gaps_that_are_written_down_are_gaps() -> None:
    silent = mentor("x") | {"capacity": None, "status": None, "timezone": None}

    assert couples(match([mentee("a")], [silent])) == [("a", "x")]

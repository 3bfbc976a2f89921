"""Hours of a week in real minutes, by the offset that zones have for most of the year."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.features import encoding
from matching.profiles import slots

ON = datetime.date(2026, 11, 23)
QUARTERS = ("Asia/Kathmandu", "Australia/Eucla", "Pacific/Chatham")


def person(zone: str, *hours: str) -> dict[str, Any]:
    return {"timezone": zone, "availability": list(hours)}


def shared(one: dict[str, Any], other: dict[str, Any], on: datetime.date = ON) -> float:
    return float(encoding.shared_minutes([one], [other], on)(0, 1)[0, 0])


@pytest.mark.parametrize("zone", [*QUARTERS, "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_a_half_hour_in_one_zone_is_a_half_hour_wherever_it_lies(zone: str) -> None:
    one = person(zone, "Mon 18:00-18:30")

    assert shared(one, one) == 30
    assert shared(one, person(zone, "Mon 18:30-19:00")) == 0
    assert shared(one, person(zone, "Mon 18:10-18:25", "Tue 18:00-18:30")) == 15


@pytest.mark.parametrize(
    ("one", "other", "minutes"),
    [
        # 5:45 ahead: 18:00 in Kathmandu is 12:15 in UTC.
        (person("Asia/Kathmandu", "Mon 18:00-19:00"), person("UTC", "Mon 12:00-13:00"), 45),
        (person(QUARTERS[0], "Mon 18:00-19:00"), person("Asia/Kolkata", "Mon 18:00-19:00"), 45),
        # 8:45 ahead, over the end of a week: Monday there begins on Sunday.
        (person("Australia/Eucla", "Mon 08:00-10:00"), person("UTC", "Sun 23:00-24:00"), 45),
        (person("Australia/Eucla", "Mon 08:00-10:00"), person("UTC", "Mon 00:00-01:00"), 60),
        (person("UTC", "Mon 00:05-00:07"), person("UTC", "Mon 00:06-23:00"), 1),
        # Slots that overlap count once, and a whole week is a week.
        (person("UTC", "Mon 10:00-11:00", "Mon 10:30-11:30"), person("UTC", "Mon 09:00-12:00"), 90),
    ],
)  # fmt: skip
def test_shared_hours_are_counted_in_minutes(
    one: dict[str, Any], other: dict[str, Any], minutes: int
) -> None:
    assert shared(one, other) == shared(other, one) == minutes


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, Any]:
    """Return someone in any zone, free at any minutes."""
    hours = []
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted(
            draw(st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True))
        )
        hours.append(slots.written(draw(st.integers(0, 6)) * 1440 + start, 0)[:10])
        hours[-1] += f"{end // 60:02}:{end % 60:02}"
    return person(draw(st.sampled_from([*QUARTERS, "America/New_York", "UTC"])), *hours)


@given(st.lists(weeks(), min_size=1, max_size=4), st.lists(weeks(), min_size=1, max_size=4))
def test_shared_minutes_are_those_that_counting_each_minute_gives(
    mentees: list[dict[str, Any]], mentors: list[dict[str, Any]]
) -> None:
    def minutes(one: dict[str, Any]) -> set[int]:
        (offset,) = encoding.offset_minutes([one], ON).tolist()
        spans = map(slots.minutes, one["availability"])
        return {(k - offset) % encoding.MINUTES for start, end in spans for k in range(start, end)}

    counted = [[len(minutes(a) & minutes(b)) for b in mentors] for a in mentees]

    found = encoding.shared_minutes(mentees, mentors, ON)
    assert found(0, len(mentees)).tolist() == counted
    assert found(0, 1).tolist() == counted[:1]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("America/New_York", "Europe/London", 300),
        ("America/Los_Angeles", "America/Phoenix", 0),
        ("Australia/Sydney", "Europe/London", 600),
        ("America/Santiago", "America/New_York", 60),
        ("Asia/Kathmandu", "Asia/Kolkata", 15),
    ],
)
def test_the_week_of_a_round_does_not_decide(one: str, other: str, apart: int) -> None:
    days = [datetime.date(2026, 1, 1) + datetime.timedelta(days=day) for day in range(0, 365, 5)]

    def minutes(on: datetime.date) -> int:
        return int(encoding.minutes_apart([person(one)], [person(other)], on)(0, 1)[0, 0])

    assert {minutes(day) for day in days} == {apart}
    assert np.array_equal(
        encoding.offset_minutes([person(one), {}], days[0]),
        encoding.offset_minutes([person(one), {}], days[-1]),
    )

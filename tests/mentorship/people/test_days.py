"""Until when people may answer: the day that the email names, to its end."""

from __future__ import annotations

import datetime

import factories
import pytest
from sqlalchemy.orm import Session

from mentorship.models import Program
from mentorship.people import days


@pytest.mark.parametrize(
    ("at", "is_over"),
    [
        ("2026-12-07T23:59", False),
        ("2026-12-08T09:00", False),
        # It is the next day in Tokyo, and still that day in Los Angeles.
        ("2026-12-08T15:01", False),
        ("2026-12-09T07:59", False),
        ("2026-12-09T08:00", True),
    ],
)
def test_a_day_is_over_once_it_is_for_both(
    session: Session, program: Program, at: str, is_over: bool
) -> None:
    tokyo = factories.make_mentee(session, program, timezone="Asia/Tokyo")
    angeles = factories.make_mentor(session, program, timezone="America/Los_Angeles")
    start = datetime.datetime(2026, 11, 24, 9, 0, tzinfo=datetime.UTC)
    now = datetime.datetime.fromisoformat(at).replace(tzinfo=datetime.UTC)

    assert days.after(start, tokyo, 14) == "Tuesday, 8 December 2026"
    assert days.after(start, angeles, 14) == "Tuesday, 8 December 2026"
    assert days.is_over(start, 14, (tokyo, angeles), now) is is_over

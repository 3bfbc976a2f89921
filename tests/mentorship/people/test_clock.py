"""Until when people may answer: the day that the email names, to its end."""

from __future__ import annotations

import datetime

import factories
import pytest
from sqlalchemy.orm import Session

from mentorship.models import Program
from mentorship.people import clock
from mentorship.programs import programs


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

    assert clock.date_after(session, start, tokyo, 14) == datetime.date(2026, 12, 8)
    assert clock.date_after(session, start, angeles, 14) == datetime.date(2026, 12, 8)
    assert clock.is_over(session, start, 14, (tokyo, angeles), now) is is_over


@pytest.mark.parametrize("unknown", [{}, {"timezone": "Mars/Olympus"}])
def test_a_deadline_and_a_reminder_are_counted_in_one_zone(
    session: Session, program: Program, unknown: dict[str, str]
) -> None:
    """A reader who names no zone that we know reads times in that of their program."""
    mentee = factories.make_mentee(session, program)
    mentee.person.timezone = None
    mentee.answers = {k: v for k, v in mentee.answers.items() if k != "timezone"} | unknown
    programs.coordinators(session, program.id)[0].person.timezone = "Pacific/Auckland"
    session.flush()
    late = datetime.datetime(2026, 11, 24, 20, 0, tzinfo=datetime.UTC)  # the 25th in Auckland

    assert str(clock.zone_of(session, mentee)) == "Pacific/Auckland"
    assert str(clock.Zones(session).look_up(mentee.person, program.id)) == "Pacific/Auckland"
    assert clock.date_after(session, late, mentee, 1) == datetime.date(2026, 11, 26)

"""At which hour reminders come, wherever their readers live."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo
from collections.abc import Iterator

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import Email, Program
from mentorship.people import clock
from mentorship.programs import programs
from mentorship.reminders import schedule

UTC = datetime.UTC
NOBODY = uuid.UUID(int=0)  # whose spread is 0


@pytest.mark.parametrize(
    ("zone", "at", "comes"),
    [
        # London: summer time began on 29 March 2026 and ends on 25 October 2026.
        ("Europe/London", "2026-03-28 17:59", "2026-03-28 17:59"),
        ("Europe/London", "2026-03-28 18:00", "2026-03-29 07:00"),
        ("Europe/London", "2026-03-29 00:30", "2026-03-29 07:00"),
        ("Europe/London", "2026-10-24 17:00", "2026-10-25 08:00"),
        ("Europe/London", "2026-10-25 07:59", "2026-10-25 08:00"),
        ("America/New_York", "2026-03-08 05:00", "2026-03-08 12:00"),
        ("America/New_York", "2026-11-01 05:30", "2026-11-01 13:00"),
        ("Asia/Tokyo", "2026-06-01 08:59", "2026-06-01 08:59"),
        ("Asia/Tokyo", "2026-06-01 09:00", "2026-06-01 23:00"),
        ("Asia/Kathmandu", "2026-06-01 00:00", "2026-06-01 02:15"),
        ("Pacific/Kiritimati", "2026-06-01 12:00", "2026-06-01 18:00"),
        # Clocks go forward at midnight there, so that day has no 0:00.
        ("America/Santiago", "2026-09-06 02:00", "2026-09-06 11:00"),
    ],
)
def test_reminders_come_by_day_whatever_the_clocks_do(zone: str, at: str, comes: str) -> None:
    moment = datetime.datetime.fromisoformat(f"{at}+00:00")

    found = clock.daytime(moment, zoneinfo.ZoneInfo(zone), NOBODY)

    assert found == datetime.datetime.fromisoformat(f"{comes}+00:00")


def moments() -> Iterator[datetime.datetime]:
    first = datetime.datetime(2026, 3, 27, tzinfo=UTC)
    return (first + quarter * datetime.timedelta(minutes=15) for quarter in range(4 * 24 * 4))


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
def test_everyone_gets_theirs_within_the_hours_and_a_day(zone: str) -> None:
    there = zoneinfo.ZoneInfo(zone)
    for moment in moments():
        for spread in (0, 7, 59):
            found = clock.daytime(moment, there, uuid.UUID(int=spread))
            assert 8 <= found.astimezone(there).hour < 18
            assert moment <= found <= moment + datetime.timedelta(hours=16)


@pytest.mark.parametrize(
    ("own", "profile", "coordinator", "zone"),
    [
        ("Asia/Tokyo", "Europe/London", "Europe/Paris", "Asia/Tokyo"),
        (None, "Europe/London", "Europe/Paris", "Europe/London"),
        ("Mars/Olympus", "../etc/passwd", "Europe/Paris", "Europe/Paris"),
        (None, "", None, "UTC"),
    ],
)
def test_the_zone_is_the_persons_else_the_profiles_else_the_programs(
    session: Session, program: Program,
    own: str | None, profile: str, coordinator: str | None, zone: str,
) -> None:  # fmt: skip
    mentee = factories.make_mentee(session, program)
    mentee.answers = mentee.answers | {"timezone": profile}
    mentee.person.timezone = own
    programs.coordinators(session, program.id)[0].person.timezone = coordinator
    session.flush()

    assert str(clock.Zones(session).look_up(mentee.person, program.id)) == zone
    factories.make_pairing(session, program, days=8, mentee=mentee)
    schedule.owe_due(session)
    due_at = session.scalars(select(Email.due_at)).one()
    assert 8 <= due_at.astimezone(zoneinfo.ZoneInfo(zone)).hour < 18

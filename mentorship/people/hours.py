"""When somebody may be written to without having asked: by day, and not in their quiet weeks."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import Coordinator, Person, Profile

#: Reminders come within these hours of a reader's day, spread over so many minutes.
FIRST_HOUR, LAST_HOUR = 8, 18
SPREAD_MINUTES = 60


def is_day(at: datetime.datetime, zone: datetime.tzinfo) -> bool:
    """Return whether a reminder may come at this moment, by the hour that it is in a zone."""
    return FIRST_HOUR <= at.astimezone(zone).hour < LAST_HOUR


def daytime(
    at: datetime.datetime, zone: datetime.tzinfo, person_id: uuid.UUID
) -> datetime.datetime:
    """Return the next moment from `at` on at which a reminder may come to somebody.

    It is between `FIRST_HOUR` and `LAST_HOUR` on their clock, and a little later for some than for
    others, so that a whole round's reminders do not leave in one minute.
    """
    spread = datetime.timedelta(minutes=person_id.int % SPREAD_MINUTES)
    if is_day(at, zone) and is_day(at + spread, zone):
        return at + spread
    local = at.astimezone(zone)
    day = local.date()
    if local.hour >= FIRST_HOUR:
        day += datetime.timedelta(days=1)
    # The clock is read on that day, whose summer time may not be today's.
    morning = datetime.datetime.combine(day, datetime.time(FIRST_HOUR), tzinfo=zone)
    return morning.astimezone(datetime.UTC) + spread


def is_quiet(person: Person, at: datetime.datetime, zone: datetime.tzinfo) -> bool:
    """Return whether somebody wants nothing on the day that it is for them."""
    if person.quiet_from is None or person.quiet_until is None:
        return False
    return person.quiet_from <= at.astimezone(zone).date() <= person.quiet_until


class Zones:
    """In which zone people read times, remembered for the length of one run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of_programs: dict[uuid.UUID | None, datetime.tzinfo] = {}

    def of(
        self, person: Person, program_id: uuid.UUID | None, *named: str | None
    ) -> datetime.tzinfo:
        """Return a person's own zone, else the first that is `named`, else their program's."""
        return _first_zone(person.timezone, *named) or self._of_program(program_id)

    def look_up(self, person: Person, program_id: uuid.UUID | None) -> datetime.tzinfo:
        """Return the same, where the zones that their profiles name have yet to be read."""
        mine = (Profile.program_id == program_id) & (Profile.person_id == person.id)
        zone = Profile.answers["timezone"].as_string()
        named = self._session.scalars(select(zone).where(mine).order_by(Profile.role))
        return self.of(person, program_id, *named)

    def _of_program(self, program_id: uuid.UUID | None) -> datetime.tzinfo:
        """Return the zone of a program's first coordinator who named one, else UTC."""
        if program_id not in self._of_programs:
            names = self._session.scalars(
                select(Person.timezone)
                .join(Coordinator, Coordinator.person_id == Person.id)
                .where(Coordinator.program_id == program_id)
                .order_by(Coordinator.created_at, Coordinator.id)
            ).all()
            self._of_programs[program_id] = _first_zone(*names) or datetime.UTC
        return self._of_programs[program_id]


def _first_zone(*names: str | None) -> datetime.tzinfo | None:
    for name in names:
        if name:
            try:
                return zoneinfo.ZoneInfo(name)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
                continue
    return None

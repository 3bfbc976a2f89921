"""The clock of each reader: their zone, deadlines on their calendar, hours to be reminded in."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import Coordinator, Person, Profile

#: How long after the question, and after the introduction, these are open.
DAYS_TO_ANSWER = 14
DAYS_TO_STEP_OUT = 14
#: The mean length of a month, 365.25 / 12.
DAYS_A_MONTH = 30.44
#: Reminders come within these hours of a reader's day, spread over some minutes.
FIRST_HOUR, LAST_HOUR = 8, 18
SPREAD_MINUTES = 60


class Zones:
    """The zones in which people read times; those of programs are read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of_programs: dict[uuid.UUID | None, zoneinfo.ZoneInfo] = {}

    def of(
        self, person: Person, program_id: uuid.UUID | None, *named: str | None
    ) -> zoneinfo.ZoneInfo:
        """Return a person's own zone, else the first that is `named`, else their program's."""
        return _first_zone(person.timezone, *named) or self._of_program(program_id)

    def look_up(self, person: Person, program_id: uuid.UUID | None) -> zoneinfo.ZoneInfo:
        """Return the same, where the zones that their profiles name have yet to be read."""
        if own := _first_zone(person.timezone):
            return own
        mine = (Profile.program_id == program_id) & (Profile.person_id == person.id)
        zone = Profile.answers["timezone"].as_string()
        named = self._session.scalars(select(zone).where(mine).order_by(Profile.role))
        return self.of(person, program_id, *named)

    def _of_program(self, program_id: uuid.UUID | None) -> zoneinfo.ZoneInfo:
        """Return the zone of a program's first coordinator who named one, else UTC."""
        if program_id not in self._of_programs:
            names = self._session.scalars(
                select(Person.timezone)
                .join(Coordinator, Coordinator.person_id == Person.id)
                .where(Coordinator.program_id == program_id)
                .order_by(Coordinator.created_at, Coordinator.id)
            ).all()
            self._of_programs[program_id] = _first_zone(*names) or zoneinfo.ZoneInfo("UTC")
        return self._of_programs[program_id]


def zone_of(session: Session, reader: Profile) -> zoneinfo.ZoneInfo:
    """Return the zone in which the person of a profile reads times, as `Zones.of` chooses it."""
    named = reader.answers.get("timezone")
    return Zones(session).of(reader.person, reader.program_id, named)


def date_after(
    session: Session, start: datetime.datetime | None, reader: Profile, days: int
) -> datetime.date:
    """Return the date `days` after `start` on the reader's calendar.

    Raises `LookupError` if `start` is None.
    """
    if start is None:
        raise LookupError("there is no day to count from")
    local = start.astimezone(zone_of(session, reader))
    return local.date() + datetime.timedelta(days=days)


def is_over(
    session: Session,
    start: datetime.datetime,
    days: int,
    readers: Iterable[Profile],
    at: datetime.datetime,
) -> bool:
    """Return whether the date that `date_after` names is past for all of these readers."""
    return all(
        at.astimezone(zone_of(session, reader)).date() > date_after(session, start, reader, days)
        for reader in readers
    )


def is_day(at: datetime.datetime, zone: datetime.tzinfo) -> bool:
    """Return whether a reminder may come at this moment, by the hour in `zone`."""
    return FIRST_HOUR <= at.astimezone(zone).hour < LAST_HOUR


def daytime(
    at: datetime.datetime, zone: datetime.tzinfo, person_id: uuid.UUID
) -> datetime.datetime:
    """Return the next moment from `at` on at which a person may be reminded.

    It is between `FIRST_HOUR` and `LAST_HOUR` on their clock, and a little later for some people
    than for others, so that a round's reminders do not all leave in the same minute.
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
    """Return whether `at`, as a date in `zone`, falls into the person's quiet weeks."""
    if person.quiet_from is None or person.quiet_until is None:
        return False
    return person.quiet_from <= at.astimezone(zone).date() <= person.quiet_until


def _first_zone(*names: str | None) -> zoneinfo.ZoneInfo | None:
    for name in names:
        if name:
            try:
                return zoneinfo.ZoneInfo(name)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
                continue
    return None

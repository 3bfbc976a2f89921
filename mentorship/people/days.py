"""Days as emails write them, on the calendar of whoever reads, and when they are over."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable

from mentorship.models import Profile

#: How long after the question, and after the introduction, these are open.
TO_ANSWER = 14
TO_STEP_OUT = 14


def after(start: datetime.datetime | None, reader: Profile, days: int) -> str:
    """Return the day so many days on, in words. Raises `LookupError` where there is no start."""
    if start is None:
        raise LookupError("there is no day to count from")
    return in_words(_after(start, reader, days))


def is_over(
    start: datetime.datetime, days: int, readers: Iterable[Profile], at: datetime.datetime
) -> bool:
    """Return whether the day that `after` names is over for all who read of it."""
    return all(
        at.astimezone(zone(reader)).date() > _after(start, reader, days) for reader in readers
    )


def _after(start: datetime.datetime, reader: Profile, days: int) -> datetime.date:
    return start.astimezone(zone(reader)).date() + datetime.timedelta(days=days)


def zone(reader: Profile) -> zoneinfo.ZoneInfo:
    """Return the zone in which somebody reads times."""
    return zoneinfo.ZoneInfo(reader.person.timezone or reader.answers["timezone"])


def in_words(day: datetime.date) -> str:
    """Return a day such as "Tuesday, 1 December 2026"."""
    return f"{day:%A}, {day.day} {day:%B %Y}"

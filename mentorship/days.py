"""Days as emails write them, on the calendar of whoever reads."""

from __future__ import annotations

import datetime
import zoneinfo

from mentorship.models import Profile


def after(start: datetime.datetime | None, reader: Profile, days: int) -> str:
    """Return the day so many days on, in words. Raises `LookupError` where there is no start."""
    if start is None:
        raise LookupError("there is no day to count from")
    return in_words((start.astimezone(zone(reader)) + datetime.timedelta(days=days)).date())


def zone(reader: Profile) -> zoneinfo.ZoneInfo:
    """Return the zone in which somebody reads times."""
    return zoneinfo.ZoneInfo(reader.person.timezone or reader.answers["timezone"])


def in_words(day: datetime.date) -> str:
    """Return a day such as "Tuesday, 1 December 2026"."""
    return f"{day:%A}, {day.day} {day:%B %Y}"

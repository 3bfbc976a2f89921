"""How far the clocks of a time zone are ahead of UTC, over a whole year."""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from collections import Counter


def usual_offset(zone: str, year: int) -> int:
    """Return how many minutes a zone's clocks are ahead of UTC on most days of a year.

    People who meet for a year agree on hours once. In the weeks between two countries' changes of
    their clocks, and in half a year of summer time, the same hours still suit them.
    """
    return offsets(zone, year).most_common(1)[0][0]


def has_summer_time(zone: str, year: int) -> bool:
    """Return whether a zone's clocks are changed within a year."""
    return len(offsets(zone, year)) > 1


@functools.lru_cache(maxsize=2_000)
def offsets(zone: str, year: int) -> Counter[int]:
    """Return on how many days of a year a zone has each offset, in minutes, at noon UTC."""
    clock = zoneinfo.ZoneInfo(zone)
    first = datetime.datetime(year, 1, 1, 12, tzinfo=datetime.UTC)
    noons = (first + datetime.timedelta(days=day) for day in range(365))
    offsets = (noon.astimezone(clock).utcoffset() or datetime.timedelta() for noon in noons)
    return Counter(int(offset.total_seconds() // 60) for offset in offsets)

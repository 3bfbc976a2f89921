"""Slots of a week in local time, such as `Mon 18:00-20:00`: their one form, read and written."""

from __future__ import annotations

import functools
import re

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SLOT = re.compile(
    r"(mon|tue|wed|thu|fri|sat|sun) (\d{1,2}):(\d\d) ?[-\u2013\u2014] ?(\d{1,2}):(\d\d)", re.I
)


class NoSuchHour(ValueError):
    """A slot whose form is right and whose time is on no clock, such as 25:00."""


def parse(slot: str) -> tuple[int, int, int]:
    """Return the day, 0 for Monday, and start and end in minutes since midnight, up to 1440.

    Raises `ValueError` for any other form, and `NoSuchHour`, which is one, for 25:00 or 18:60. The
    end may lie before the start.
    """
    match = _SLOT.fullmatch(slot)
    if match is None:
        raise ValueError(f"{slot!r:.60} is not a slot")
    start, end = (60 * int(match[k]) + int(match[k + 1]) for k in (2, 4))
    if max(start, end) > 24 * 60 or int(match[3]) > 59 or int(match[5]) > 59:
        raise NoSuchHour(f"{slot!r:.60} has an hour that does not exist")
    return DAYS.index(match[1].capitalize()), start, end


@functools.lru_cache(maxsize=10_000)
def minutes(slot: str) -> tuple[int, int]:
    """Return start and end of a slot, as minutes since Monday 00:00. Raises `ValueError`."""
    day, start, end = parse(slot)
    return day * 1440 + start, day * 1440 + end


def written(start: int, end: int) -> str:
    """Return the slot from `start` to `end`, minutes since Monday 00:00 and of one day."""
    day = start // 1440
    start, end = start - day * 1440, end - day * 1440
    return f"{DAYS[day]} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"

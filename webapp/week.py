"""The hours of a week as boxes to tick: a row for each hour, a column for each day."""

from __future__ import annotations

from collections.abc import Iterable

from matching.profiles import slots

#: Hours of the table; other times are typed below it.
HOURS = range(7, 22)
_DAY = 24 * 60


def rows() -> list[tuple[int, list[str]]]:
    """Return each hour of the table and its slots, Monday to Sunday."""
    return [(hour, [_slot(day, hour) for day in range(7)]) for hour in HOURS]


def split(typed: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the slots of the table that some slots fill, and those that are no boxes of it."""
    boxes = {slot for _hour, row in rows() for slot in row}
    hours = [hour for slot in typed for hour in _hours(slot)]
    return [slot for slot in hours if slot in boxes], [slot for slot in hours if slot not in boxes]


def _hours(slot: str) -> list[str]:
    """Return a slot of whole hours as a slot for each hour, any other text as it is."""
    try:
        day, start, end = slots.parse(slot)
    except ValueError:
        return [slot]
    if start % 60 or end % 60 or start >= end:
        return [slot]
    return [_slot(day, hour) for hour in range(start // 60, end // 60)]


def _slot(day: int, hour: int) -> str:
    start = day * _DAY + hour * 60
    return slots.written(start, start + 60)

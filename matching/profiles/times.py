"""Readers of days, time zones and the hours of a week."""

from __future__ import annotations

import contextlib
import datetime
import functools
import re
import zoneinfo
from dataclasses import dataclass

from matching.language import gettext as _
from matching.profiles import clocks, slots
from matching.profiles.readers import (
    LIST_LIMIT,
    CellError,
    Note,
    Reader,
    Widget,
    answers,
    pieces,
    quote,
    wrong_list,
)  # fmt: skip
from matching.profiles.texts import line

#: Names of zones that begin so say no region.
_NO_REGIONS = ("Etc/", "posix/", "right/", "SystemV/", "US/", "Brazil/", "Mexico/", "Canada/")
EARLIEST, LATEST = datetime.date(1990, 1, 1), datetime.date(2100, 1, 1)
_FORMS = ("%Y-%m-%d", "%Y%m%d", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%d %B %Y")


@dataclass(frozen=True)
class Timezone(Reader):
    """An IANA time zone, by its name or by its city."""

    widget = Widget.ZONE

    def read(self, typed: str, note: Note) -> str | None:
        """Return the zone's name as the database spells it."""
        value = line(typed, note)
        if value is None:
            return None
        zone = _zones().get("_".join(value.lower().replace("_slash_", "/").split()))
        if zone is None:
            raise CellError(
                _(
                    "%(found)s is not a time zone; enter one like America/New_York",
                    found=quote(value),
                )
            )
        if zone != value:
            note(_("time zone read as %(zone)s", zone=zone))
        if _may_be_mistaken(zone):
            note(
                _(
                    "%(zone)s has no daylight saving time; if clocks change where this "
                    "person lives, use a city's zone like America/New_York",
                    zone=zone,
                )
            )
        return zone

    def check(self, value: object) -> str | None:
        """Return what is wrong with a zone's name, None if nothing is."""
        if isinstance(value, str) and _is_zone(value):
            return None
        return _("%(found)s is not a time zone", found=quote(str(value)))


@dataclass(frozen=True)
class Date(Reader):
    """A date, ISO first; forms that can mean two days are refused."""

    def read(self, typed: str, note: Note) -> str | None:
        """Return the date as 2026-03-04."""
        value = line(typed, note)
        if value is None:
            return None
        if re.fullmatch(r"\d{5}", value, re.A):
            day = datetime.date(1899, 12, 30) + datetime.timedelta(days=int(value))
            raise CellError(
                _(
                    "%(found)s looks like a spreadsheet's number for %(day)s; enter %(day)s",
                    found=value,
                    day=day,
                )
            )
        if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", value, re.A):
            raise CellError(
                _(
                    "%(found)s could be two different dates; enter it like 2026-03-04",
                    found=quote(value),
                )
            )
        day = _date(value)
        if not EARLIEST <= day <= LATEST:
            raise CellError(
                _(
                    "%(day)s is outside %(earliest)s to %(latest)s",
                    day=day,
                    earliest=EARLIEST,
                    latest=LATEST,
                )
            )
        if value != str(day):
            note(_("%(typed)s read as %(value)s", typed=quote(value), value=day))
        return str(day)

    def check(self, value: object) -> str | None:
        """Return what is wrong with a date, None if nothing is."""
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                datetime.date.fromisoformat(value)
                return None
        return _("%(found)s is not a date like 2026-03-04", found=quote(str(value)))


@dataclass(frozen=True)
class Availability(Reader):
    """Weekly slots in local time, such as `Mon 18:00-20:00;Sat 09:30-11:00`."""

    widget = Widget.WEEK
    is_list = True

    def read(self, typed: str, note: Note) -> list[str]:
        """Return the slots in order; overlaps are merged, one across midnight becomes two."""
        week: list[tuple[int, int]] = []
        for piece in answers(pieces(typed, ";"), note):
            week += _within_days(piece, note)
        merged: list[tuple[int, int]] = []
        for start, end in sorted(week):
            if merged and start <= merged[-1][1] and start // 1440 == merged[-1][0] // 1440:
                note(_("overlapping slots were merged"))
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        if len(merged) > LIST_LIMIT:
            raise CellError(
                _(
                    "has %(count)s slots; the limit is %(limit)s",
                    count=len(merged),
                    limit=LIST_LIMIT,
                )
            )
        return [slots.written(start, end) for start, end in merged]

    def check(self, value: object) -> str | None:
        """Return what is wrong with a list of slots, None if nothing is."""
        return wrong_list(value, _wrong_slot)


_DAYS = re.compile(
    r"(mon|tue|wed|thu|fri|sat|sun)(?:days?|sdays?|nesdays?|rsdays?|urdays?)?,?\s", re.I
)
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s?([ap])\.?m\.?", re.I)


def _plain(piece: str) -> str:
    """Return a slot with a short name of its day and times of 24 hours, as far as it has any."""
    spaced = _DAYS.sub(r"\1 ", " ".join(piece.split()), count=1)
    return _TIME.sub(_of_24_hours, spaced)


def _of_24_hours(time: re.Match[str]) -> str:
    hour, minute = int(time[1]), time[2] or "00"
    if not 1 <= hour <= 12:
        return time[0]
    return f"{hour % 12 + 12 * (time[3] in 'pP')}:{minute}"


def _within_days(piece: str, note: Note) -> list[tuple[int, int]]:
    """Return a typed slot as minutes of the week, in two if it crosses midnight."""
    try:
        day, start, end = slots.parse(_plain(piece))
    except slots.NoSuchHour:
        raise CellError(
            _("slot %(slot)s has an hour that does not exist", slot=quote(piece))
        ) from None
    except ValueError:
        raise CellError(
            _("slot %(slot)s is not understood; write Mon 18:00-20:00", slot=quote(piece))
        ) from None
    base = day * 1440
    if start == end:
        raise CellError(_("slot %(slot)s ends when it starts", slot=quote(piece)))
    if end > start:
        return [(base + start, base + end)]
    if end > 8 * 60:
        raise CellError(_("slot %(slot)s ends before it starts", slot=quote(piece)))
    note(_("slot %(slot)s crosses midnight and was split into two", slot=quote(piece)))
    following = (day + 1) % 7 * 1440
    late, early = (base + start, base + 1440), (following, following + end)
    return [late, early] if end else [late]


def _may_be_mistaken(zone: str) -> bool:
    """Return whether a zone is an abbreviation or an offset that stands still all year.

    People write "EST" where their clocks show EDT for most of the year. UTC is meant as it is.
    """
    year = datetime.datetime.now(datetime.UTC).year
    is_fixed = (zone.isupper() and "/" not in zone) or zone.startswith("Etc/GMT")
    stands_still = is_fixed and not clocks.has_summer_time(zone, year)
    return stands_still and clocks.usual_offset(zone, year) != 0


@functools.cache
def _zones() -> dict[str, str]:
    """Return zones by their names, and by their cities; all in small letters."""
    zones = sorted(zoneinfo.available_timezones())
    # Of a city in two regions, such as Istanbul, both are the same zone.
    cities = {z.partition("/")[2].lower(): z for z in zones if not z.startswith(_NO_REGIONS)}
    names = {zone.lower(): zone for zone in zones}
    return cities | {name.replace("/", "_"): zone for name, zone in names.items()} | names


@functools.cache
def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def _wrong_slot(value: object) -> str | None:
    if isinstance(value, str) and _is_slot(value):
        return None
    return _("%(found)s is not a time slot like 'Mon 18:00-20:00'", found=quote(str(value)))


@functools.cache
def _is_slot(slot: str) -> bool:
    try:
        start, end = slots.minutes(slot)
    except ValueError:
        return False
    return start < end


@functools.lru_cache(maxsize=10_000)
def _date(value: str) -> datetime.date:
    if value.isascii():
        for form in _FORMS:
            try:
                return datetime.datetime.strptime(value, form).date()  # noqa: DTZ007 - a date
            except ValueError:
                continue
    raise CellError(
        _("%(found)s is not a real date; enter one like 2026-03-04", found=quote(value))
    )

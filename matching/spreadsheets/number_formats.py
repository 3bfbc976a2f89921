"""What a number in a workbook looks like under its number format: padded, as a day, or plain.

Codes are those of ECMA-376 part 1, section 18.8.31; only what changes how an id or a day reads is
followed. A currency or a number of decimals leaves the value as it is.
"""

from __future__ import annotations

import datetime
import re

from matching.spreadsheets.sheets import Number

#: Built-in formats of days and times (section 18.8.30, East Asian ones included).
_DAYS = frozenset({14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)})
_TIMES = frozenset({18, 19, 20, 21, 45, 46, 47})
_LITERALS = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]')
_PIECES = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]|(.)', re.S)
_FIRST_DAY = {False: datetime.datetime(1899, 12, 30), True: datetime.datetime(1904, 1, 1)}  # noqa: DTZ001 - days have no zone
_LEAST_DAY = 60  # Day 60 of the 1900 system is 29 February 1900, which there never was.


class NumberFormat:
    """One number format: what kind it is, worked out once for all its cells."""

    def __init__(self, id: int, code: str = "") -> None:
        section = code.split(";")[0]
        bare = _LITERALS.sub("", section).lower()
        is_named = code.lower() in ("general", "standard", "@")
        has_time = bool(re.search("[hs]", bare)) or bool(re.search(r"\[[hms]+\]", section.lower()))
        has_day = bool(re.search("[yd]", bare)) or ("m" in bare and not has_time)
        self.is_day = id in _DAYS or (not is_named and has_day)
        self.is_time = id in _TIMES or (not is_named and has_time and not has_day)
        self._pattern = "" if self.is_day or self.is_time or is_named else section

    def shown(self, plain: str, *, since_1904: bool) -> str:
        """Return a number, given as text, as this format shows it; days are ISO dates."""
        try:
            value = float(plain)
        except ValueError:
            return plain
        if self.is_day or self.is_time:
            return _moment(value, self.is_time, since_1904=since_1904) or plain
        if value.is_integer() and abs(value) < 1e15:
            plain = str(int(value))
            if self._pattern and value >= 0 and (padded := _padded(plain, self._pattern)):
                return Number(padded, plain) if padded != plain else plain
        return plain


def _moment(value: float, is_time: bool, *, since_1904: bool) -> str | None:
    if not (0 if since_1904 or is_time else _LEAST_DAY) <= value < 2_958_466:
        return None
    moment = _FIRST_DAY[since_1904] + datetime.timedelta(seconds=round(value * 86400))
    if is_time and value < 1:
        return moment.time().isoformat()
    return str(moment.date()) if moment.time() == datetime.time() else moment.isoformat()


def _padded(digits: str, pattern: str) -> str | None:
    """Return a whole number under a pattern of digits and letters, such as `"me-"0000`.

    None for patterns of anything else: decimals, percent, thousands, exponents, fractions.
    """
    places: list[str] = []
    for match in _PIECES.finditer(pattern):
        quoted, escaped, plain = match.groups()
        if quoted is not None or escaped is not None:
            places += [f"={c}" for c in quoted or escaped or ""]
        elif plain in ("0", "#", "?"):
            places.append(plain)
        elif plain in tuple("-/ ():"):
            places.append(f"={plain}")
        elif plain is not None:
            return None
    if places.count("0") < 2 and not any(p.startswith("=") and p[1].isalnum() for p in places):
        return None
    shown: list[str] = []
    rest = list(digits)
    first = next((k for k, place in enumerate(places) if place in ("0", "#", "?")), None)
    if first is None:
        return None
    for k in range(len(places) - 1, -1, -1):
        place = places[k]
        if place.startswith("="):
            shown.append(place[1:])
        elif rest:
            shown.append(rest.pop())
        elif place == "0":
            shown.append("0")
        if k == first:
            shown += reversed(rest)
    return "".join(reversed(shown))

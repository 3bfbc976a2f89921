"""Days as spreadsheets and locales write them; what comes first is asked of a whole column."""

from __future__ import annotations

import datetime
import enum
import re
from dataclasses import dataclass, field

from matching.language import gettext as _
from matching.spreadsheets.findings import Finding

_TIME = (
    r"(?:[ T,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s*[AP]\.?M\.?)?(?:\s*\(?[A-Z]{2,5}[+-]?\d*\)?)?)?"
)
_SHORT = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}", re.I | re.A)
_YEAR_FIRST = re.compile(rf"(\d{{4}})([/.-])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.I | re.A)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.A)
_NAMED = re.compile(
    r"(?:(\d{1,2})[ -](?:of )?([A-Za-z]{3,9})\.?,?[ -]"
    r"|([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? )(\d{4})" + _TIME,
    re.I | re.A,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST_DAY = {False: datetime.date(1899, 12, 30), True: datetime.date(1904, 1, 1)}


class DayOrder(enum.StrEnum):
    """What comes first in dates like 03/04/2026."""

    DAY = "day-first"
    MONTH = "month-first"


@dataclass
class DateColumn:
    """What the dates of one column tell, all of them together, about how they are written.

    `seen` takes each cell; afterwards `question` says what has to be asked, and `written` gives a
    cell as an ISO date.
    """

    name: str
    since_1904: bool = False
    order: DayOrder | None = None
    _example: dict[DayOrder | None, tuple[int, str]] = field(default_factory=dict)
    _two_digits: tuple[int, str] | None = None
    _serial: tuple[int, str] | None = None

    def seen(self, row: int, text: str) -> None:
        """Take the text of the cell in a row."""
        text = text.strip()
        if match := _SHORT.fullmatch(text):
            first, second = int(match[1]), int(match[3])
            if len(match[4]) == 2:
                self._two_digits = self._two_digits or (row, text)
            elif first != second:
                order = DayOrder.DAY if first > 12 else DayOrder.MONTH if second > 12 else None
                self._example.setdefault(order, (row, text))
        elif _SERIAL.fullmatch(text):
            self._serial = self._serial or (row, text)

    def question(self) -> Finding | None:
        """Return what cannot be told from the column, as a problem of the whole file."""
        if self._two_digits:
            row, found = self._two_digits
            return self._asked(
                _(
                    "%(found)s in row %(row)s has a two-digit year; enter dates like 2026-03-04",
                    found=found,
                    row=row,
                )
            )
        if self.order is None and {*DayOrder} <= self._example.keys():
            (row, found), (other_row, other) = (self._example[order] for order in DayOrder)
            return self._asked(
                _(
                    "%(found)s in row %(row)s has the day first, but %(other)s in row "
                    "%(other_row)s has the month first; enter dates like 2026-03-04",
                    found=found,
                    row=row,
                    other=other,
                    other_row=other_row,
                )
            )
        if self._used() is None and None in self._example:
            row, found = self._example[None]
            return self._asked(
                _(
                    "%(found)s in row %(row)s could be two different dates. Choose whether "
                    "the day or the month comes first in this file, or enter dates like "
                    "2026-03-04",
                    found=found,
                    row=row,
                )
            )
        return None

    def note(self) -> Finding | None:
        """Return how the dates of the column were read, where that was not certain by itself."""
        order = self._used()
        if order is not None and self.order is None and None in self._example:
            row, found = self._example[order]
            first = _("the day") if order is DayOrder.DAY else _("the month")
            return self._asked(
                _(
                    "dates are read with %(first)s first, as %(found)s in row %(row)s has it",
                    first=first,
                    found=found,
                    row=row,
                )
            )
        if self._serial is not None:
            row, found = self._serial
            return self._asked(
                _(
                    "numbers are read as a spreadsheet's dates, counted from %(year)s: "
                    "%(found)s in row %(row)s as %(day)s",
                    year=1904 if self.since_1904 else 1900,
                    found=found,
                    row=row,
                    day=self.written(found),
                )
            )
        return None

    def written(self, text: str) -> str:
        """Return a cell as an ISO date: as it is if it is none, empty if one has to ask first."""
        text = text.strip()
        if match := _SHORT.fullmatch(text):
            first, second, year = int(match[1]), int(match[3]), match[4]
            order = self._used()
            if len(year) == 2 or (order is None and first != second):
                return ""
            day, month = (second, first) if order is DayOrder.MONTH else (first, second)
            return _iso(text, int(year), month, day)
        if match := _YEAR_FIRST.fullmatch(text):
            return _iso(text, int(match[1]), int(match[3]), int(match[4]))
        if match := _NAMED.fullmatch(text):
            named = _month(match[2] or match[3])
            return _iso(text, int(match[5]), named, int(match[1] or match[4])) if named else text
        if _SERIAL.fullmatch(text):
            return str(_FIRST_DAY[self.since_1904] + datetime.timedelta(days=int(float(text))))
        return text

    def _used(self) -> DayOrder | None:
        if self.order is not None:
            return self.order
        certain = [order for order in DayOrder if order in self._example]
        return certain[0] if len(certain) == 1 else None

    def _asked(self, message: str) -> Finding:
        return Finding(None, self.name, message)


def _month(name: str) -> int | None:
    """Return the month of an English name, whole or abbreviated."""
    name = name.lower()
    for number, short in enumerate(_MONTHS, 1):
        whole = datetime.date(2000, number, 1).strftime("%B").lower()
        if name in (short, whole, f"{short}t"):
            return number
    return None


def _iso(text: str, year: int, month: int, day: int) -> str:
    try:
        return str(datetime.date(year, month, day))
    except ValueError:
        return text

"""Reading one cell: from what somebody typed to the value that profiles hold.

A reader takes the typed text and a `note` function. It returns the value, or None for an empty
cell. It calls `note` with a sentence where it understood something that was not quite in order, and
raises `CellError` with a sentence that says what to do where it did not. Messages never hold more
than 40 characters of what was typed.
"""

from __future__ import annotations

import datetime
import functools
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matching.profiles import taxonomy

Note = Callable[[str], None]
Reader = Callable[[str, Note], object]

LINE_LIMIT = 200
TEXT_LIMIT = 5_000
LIST_LIMIT = 50
PEOPLE_LIMIT = 5_000
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EARLIEST, LATEST = datetime.date(1990, 1, 1), datetime.date(2100, 1, 1)

# ISO 3166-1 alpha-2, officially assigned codes.
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())

_OVERRIDES = "\u202d\u202e"
_JOINERS = "\u200c\u200d"
_STRONG_MARKS = re.compile(r"^'(?=[=+\-@\t\r])")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MAIL_ID = re.compile(r"[^@\s;,]{1,64}@[^@\s;,]{3,190}")
_SLOT = re.compile(
    r"(mon|tue|wed|thu|fri|sat|sun) (\d{1,2}):(\d\d) ?[-\u2013\u2014] ?(\d{1,2}):(\d\d)", re.I
)


class CellError(ValueError):
    """A cell that cannot be read; the message says what was found and what to write instead."""


def quote(text: str) -> str:
    """Return at most 40 characters of `text` in quotes, control characters as escapes."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"'{shown[:40]}…'" if len(shown) > 40 else f"'{shown}'"


def clean(text: str, note: Note, *, lines: bool) -> str:
    """Return `text` in NFC without invisible characters and without surrounding spaces.

    Raises `CellError` for control characters (line breaks are allowed where `lines`) and for
    direction overrides, which make a line read otherwise than it is stored.
    """
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", _STRONG_MARKS.sub("", text))
    kept = []
    for position, char in enumerate(text):
        if char in _OVERRIDES and not lines:
            raise CellError(f"contains a direction override (character {position + 1}); remove it")
        category = unicodedata.category(char)
        if category in ("Cc", "Zl", "Zp") and not (lines and char in "\n\t"):
            raise CellError(
                f"contains a line break or control character (character {position + 1})"
            )
        if category == "Cf" or char == "\u034f":
            joins = char in _JOINERS and 0 < position < len(text) - 1
            if not (joins and ord(text[position - 1]) > 127):
                continue
        kept.append(char)
    if len(kept) != len(text):
        note("invisible characters were removed")
    return "".join(kept).strip()


def line(text: str, note: Note) -> str | None:
    """Read one line of text."""
    value = clean(text, note, lines=False)
    _check_length(value, LINE_LIMIT)
    return value or None


def text(typed: str, note: Note) -> str | None:
    """Read text of several lines."""
    _check_length(typed, TEXT_LIMIT)
    return clean(typed, note, lines=True) or None


def name(typed: str, note: Note) -> str | None:
    """Read a person's name: any script, at least one letter or digit."""
    value = line(typed, note)
    if value is None:
        return None
    plain = unicodedata.normalize("NFKC", value)
    if any("MATHEMATICAL" in unicodedata.name(c, "") for c in value):
        note(f"decorative letters were written plainly, as {quote(plain)}")
        value = plain
        _check_length(value, LINE_LIMIT)
    if not any(c.isalnum() for c in value):
        raise CellError(f"needs at least one letter; found {quote(value)}")
    if re.search(r"=\?.*\?=", value):
        raise CellError("contains an encoded-word sequence '=?…?='; write the name plainly")
    marks = max(len(run) for run in re.split("[^M]", "".join(map(_mark_or_dot, value))))
    if marks > 4:
        raise CellError(f"has too many combining marks in a row ({marks}; at most 4)")
    return value


def person_id(typed: str, note: Note) -> str | None:
    """Read the id of a row: ASCII letters, digits, '-' and '_'; capitals do not matter."""
    value = line(typed, note)
    if value is None:
        return None
    if not _ID.fullmatch(value.lower()):
        raise CellError(
            f"{quote(value)} is not an id; use up to 64 ASCII letters, digits, '-' and '_'"
        )
    return value.lower()


def people(typed: str, note: Note) -> list[str]:
    """Read a list of other people, by id or email address, best first."""
    if len(typed) > PEOPLE_LIMIT * 70:
        raise CellError(f"is too long ({len(typed):,} characters)")
    found = _pieces(clean(typed, note, lines=False), ";,")
    wrong = [p for p in found if not (_ID.fullmatch(p.lower()) or _MAIL_ID.fullmatch(p))]
    if wrong:
        raise CellError(f"{quote(wrong[0])} is neither an id nor an email address; use ids")
    if len(found) > PEOPLE_LIMIT:
        raise CellError(f"names {len(found):,} people; the limit is {PEOPLE_LIMIT:,}")
    return _unique([p.lower() for p in found], note)


def email(typed: str, note: Note) -> str | None:
    """Read the text of an address; whether mail can reach it is for the service to judge."""
    value = typed.strip()
    _check_length(value, 254)
    return value or None


def timezone(typed: str, note: Note) -> str | None:
    """Read an IANA time zone."""
    value = line(typed, note)
    if value is None:
        return None
    zone = _zones().get(value.lower())
    if zone is None:
        raise CellError(f"{quote(value)} is not a time zone; write one such as Europe/London")
    if zone != value:
        note(f"time zone read as {zone}")
    if "/" not in zone and zone not in ("UTC", "GMT"):
        note(f"{zone} has no summer time; a city's zone such as America/New_York is better")
    return zone


def country(typed: str, note: Note) -> str | None:
    """Read an ISO 3166 country code of two letters."""
    value = line(typed, note)
    if value is None:
        return None
    if value.upper() not in COUNTRIES:
        raise CellError(f"{quote(value)} is not a country code; write two letters such as GB")
    return value.upper()


def availability(typed: str, note: Note) -> list[str]:
    """Read weekly slots in local time, such as `Mon 18:00-20:00;Sat 09:30-11:00`.

    Overlapping slots are merged, and one that crosses midnight becomes two.
    """
    week: list[tuple[int, int]] = []
    for piece in _pieces(typed, ";"):
        match = _SLOT.fullmatch(re.sub(r"\s+", " ", piece))
        if not match:
            raise CellError(f"slot {quote(piece)} is not understood; write Mon 18:00-20:00")
        day = DAYS.index(match[1].capitalize())
        start, end = (60 * int(match[k]) + int(match[k + 1]) for k in (2, 4))
        if max(start, end) > 24 * 60 or int(match[3]) > 59 or int(match[5]) > 59:
            raise CellError(f"slot {quote(piece)} has an hour that does not exist")
        if start == end:
            raise CellError(f"slot {quote(piece)} ends when it starts")
        if end > start:
            week.append((day * 1440 + start, day * 1440 + end))
        elif end <= 8 * 60:
            note(f"slot {quote(piece)} crosses midnight and was split into two")
            week.append((day * 1440 + start, (day + 1) * 1440))
            if end:
                week.append(((day + 1) % 7 * 1440, (day + 1) % 7 * 1440 + end))
        else:
            raise CellError(f"slot {quote(piece)} ends before it starts")
    merged: list[tuple[int, int]] = []
    for start, end in sorted(week):
        if merged and start <= merged[-1][1] and start // 1440 == merged[-1][0] // 1440:
            note("overlapping slots were merged")
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    if len(merged) > LIST_LIMIT:
        raise CellError(f"has {len(merged)} slots; the limit is {LIST_LIMIT}")
    return [_slot(start, end) for start, end in merged]


def minutes(slot: str) -> tuple[int, int]:
    """Return start and end of a slot, as minutes since Monday 00:00 in local time."""
    day, start, end = slot[:3], slot[4:9], slot[10:15]
    base = DAYS.index(day) * 1440
    return (
        base + 60 * int(start[:2]) + int(start[3:]),
        base + 60 * int(end[:2]) + int(end[3:]),
    )


def date(typed: str, note: Note) -> str | None:
    """Read a date, ISO first; forms that can mean two days are refused."""
    value = line(typed, note)
    if value is None:
        return None
    if re.fullmatch(r"\d{5}", value, re.A):
        day = datetime.date(1899, 12, 30) + datetime.timedelta(days=int(value))
        raise CellError(f"{value} looks like a spreadsheet's number for {day}; write {day}")
    if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", value, re.A):
        raise CellError(f"{quote(value)} can mean two days; write the date as 2026-03-04")
    day = _date(value)
    if not EARLIEST <= day <= LATEST:
        raise CellError(f"{day} is outside {EARLIEST} to {LATEST}")
    if value != str(day):
        note(f"{quote(value)} read as {day}")
    return str(day)


def whole(least: int, most: int, *, zero_note: str = "") -> Reader:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(typed: str, note: Note) -> int | None:
        value = typed.strip()
        if not value:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise CellError(f"must be a whole number from {least} to {most}; found {quote(value)}")
        if int(value) == 0 and zero_note:
            note(zero_note)
        return int(value)

    return read


def choice(*options: str) -> Reader:
    """Return a reader of one of `options`."""

    def read(typed: str, note: Note) -> str | None:
        value = line(typed, note)
        if value is None:
            return None
        if value.lower() not in options:
            raise CellError(f"{quote(value)} is not one of {', '.join(options)}")
        return value.lower()

    return read


@dataclass(frozen=True)
class Term:
    """A reader of one entry of the taxonomy, by id, label or alias."""

    kind: str

    def __call__(self, typed: str, note: Note) -> str | None:
        """Return the entry's id."""
        value = line(typed, note)
        return None if value is None else _resolve(self.kind, value, note)


@dataclass(frozen=True)
class Terms:
    """A reader of several entries of the taxonomy, most important first."""

    kind: str

    def __call__(self, typed: str, note: Note) -> list[str]:
        """Return the entries' ids, each once. Raises `CellError` for all that are not known."""
        found: list[str] = []
        problems: list[str] = []
        for piece in _pieces(typed, ";"):
            try:
                found += self._entries(piece, note)
            except CellError as problem:
                problems.append(str(problem))
        if problems:
            more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
            raise CellError("; ".join(problems[:3]) + more)
        if len(found) > LIST_LIMIT:
            raise CellError(f"has {len(found)} entries; the limit is {LIST_LIMIT}")
        return _unique(found, note)

    def _entries(self, piece: str, note: Note) -> list[str]:
        # A label may hold a comma, so commas separate only what is no entry as a whole.
        try:
            return [_resolve(self.kind, piece, note)]
        except CellError:
            parts = _pieces(piece, ",")
            if len(parts) == 1:
                raise
            return [_resolve(self.kind, part, note) for part in parts]


def _check_length(value: str, limit: int) -> None:
    if len(value) > limit:
        raise CellError(f"has {len(value):,} characters; the limit is {limit:,}")


def _mark_or_dot(char: str) -> str:
    return "M" if unicodedata.category(char) in ("Mn", "Me") else "."


def _pieces(typed: str, separators: str) -> list[str]:
    return [p for part in re.split(f"[{separators}]", typed) if (p := part.strip())]


def _unique(found: Iterable[str], note: Note) -> list[str]:
    found = list(found)
    kept = list(dict.fromkeys(found))
    if len(kept) != len(found):
        note("repeated entries were removed")
    return kept


def _resolve(kind: str, word: str, note: Note) -> str:
    try:
        id = taxonomy.load().resolve(kind, word if len(word) <= LINE_LIMIT else word[:40])
    except taxonomy.UnknownTerm as error:
        shown = str(error)
        raise CellError(shown if len(shown) <= 200 else shown[:200] + "…") from None
    if id != word:
        note(f"{quote(word)} read as {id}")
    return id


@functools.cache
def _zones() -> dict[str, str]:
    return {zone.lower(): zone for zone in zoneinfo.available_timezones()}


def _slot(start: int, end: int) -> str:
    day = start // 1440
    start, end = start - day * 1440, end - day * 1440
    return f"{DAYS[day]} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _date(value: str) -> datetime.date:
    forms = ("%Y-%m-%d", "%Y%m%d", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%d %B %Y")
    if value.isascii():
        for form in forms:
            try:
                return datetime.datetime.strptime(value, form).date()  # noqa: DTZ007 - a date
            except ValueError:
                continue
    raise CellError(f"{quote(value)} is not a date that exists; write it as 2026-03-04")

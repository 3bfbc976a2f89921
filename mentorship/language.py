"""The reader's language and zone: words, dates, hours and numbers as they are used to them.

A page or an email is made within `use(...)`; everything it says goes through `gettext` and the
formats here. Translations are gettext catalogs in `translations/`; English needs none.
"""

from __future__ import annotations

import datetime
import functools
import re
import unicodedata
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError, dates, lists, negotiate_locale
from babel import numbers as babel_numbers
from babel.support import NullTranslations, Translations

import matching.language
from matching.profiles import slots

FOLDER = Path(__file__).with_name("translations")
DOMAIN = "preceptor"
#: A value that a full stop follows, which is not the first of several.
_END = re.compile(r"(%\((\w+)\)s)\.(?!\.)")
# Besides what does not print: marks that turn text around, so that it reads as something else.
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
#: First Strong Isolate and Pop Directional Isolate.
_ISOLATE, _END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
#: English needs no catalog; where it is read decides how dates and hours are written.
ENGLISH = ("en", "en_AU", "en_CA", "en_GB", "en_IE", "en_IN", "en_NZ", "en_US", "en_ZA")


@dataclass(frozen=True)
class Language:
    """A locale, such as `en_GB`, and the zone in which times are shown."""

    locale: Locale
    zone: datetime.tzinfo
    catalog: NullTranslations


_PLAIN = Language(Locale("en"), datetime.UTC, NullTranslations())
_used: ContextVar[Language] = ContextVar("language", default=_PLAIN)


def offered() -> list[str]:
    """Return the locales in which pages can be read."""
    catalogs = FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return [*ENGLISH, *sorted(file.parts[-3] for file in catalogs)]


def choose(locale: str | None, accepted: list[str], timezone: str | None) -> Language:
    """Return the language of a reader: as they chose, else as their browser asks, else English.

    `accepted` is what the browser prefers, best first, such as `["en-GB", "fr"]`.
    """
    wanted = [locale] if locale else [tag.replace("-", "_") for tag in accepted]
    name = negotiate_locale(wanted, offered()) or "en"
    try:
        chosen = Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        chosen = Locale("en")
    return Language(chosen, _zone(timezone), _catalog(str(chosen)))


@contextmanager
def use(language: Language) -> Iterator[None]:
    """Use a language within this context."""
    token = _used.set(language)
    try:
        yield
    finally:
        _used.reset(token)


def current() -> Language:
    """Return the language in use."""
    return _used.get()


def gettext(message: str, **values: Any) -> str:
    """Return a message in the language in use; `%(name)s` in it stands for a value."""
    translated: str = current().catalog.gettext(message)
    return filled(translated, values) if values else translated


def mark(message: str) -> str:
    """Mark a message that is translated later, where it is shown."""
    return message


def ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
    """Return a message about `count` things, which `%(n)s` in it stands for."""
    translated: str = current().catalog.ngettext(one, many, count)
    return filled(translated, {"n": number(count)} | values)


def filled(message: str, values: Mapping[str, Any]) -> str:
    """Return a message with a value for each `%(name)s` in it, as a sentence needs them.

    A value that ends with a full stop, such as "Ana Ruiz Jr.", ends a sentence without another one.
    """
    single = _END.sub(
        lambda found: found[1] if str(values[found[2]]).endswith(".") else found[0], message
    )
    # A message that is markup stays so.
    return type(message)(single) % {name: isolated(value) for name, value in values.items()}


def unseen(text: str) -> int | None:
    """Return where a text has a character that cannot be seen, None where all can."""
    found = _UNSEEN.search(text)
    return found.start() if found else None


def isolated(value: Any) -> Any:
    """Return a value for a sentence; text in a right-to-left script is kept apart from the rest.

    Otherwise it would draw the punctuation and numbers around it to its other side (Unicode UAX 9).
    """
    if not isinstance(value, str) or value.isascii() or _ISOLATE in value:
        return value
    if not any(unicodedata.bidirectional(char) in ("R", "AL") for char in value):
        return value
    return type(value)(_ISOLATE) + value + _END_ISOLATE


def sentence(message: object) -> str:
    """Return a message, such as that of an error, as a sentence: capitalized, with its end."""
    words = str(message).rstrip(".")
    end = "" if words.endswith(("?", "!")) else "."
    return f"{words[:1].upper()}{words[1:]}{end}"


def number(value: float) -> str:
    """Return a number in the reader's language."""
    return babel_numbers.format_decimal(value, locale=current().locale)


def signed(value: float) -> str:
    """Return a number of one decimal with its sign, so that it stands below others."""
    text = babel_numbers.format_decimal(abs(value), format="#,##0.0", locale=current().locale)
    sign = "" if round(value, 1) == 0 else "−" if value < 0 else "+"  # noqa: RUF001 - a minus
    return f"{sign}{text}"


def percent(share: float) -> str:
    """Return a share of 1 in percent, without decimals."""
    return babel_numbers.format_percent(share, format="#,##0%", locale=current().locale)


def date(day: datetime.date) -> str:
    """Return a date in full, with its weekday."""
    return dates.format_date(day, "full", locale=current().locale)


def short_date(day: datetime.date) -> str:
    """Return a date in the short form used in tables."""
    return dates.format_date(day, "medium", locale=current().locale)


def month(day: datetime.date) -> str:
    """Return a month and its year."""
    return dates.format_skeleton("yMMMM", day, locale=current().locale)


def time(moment: datetime.datetime) -> str:
    """Return date and time in the reader's zone, to the minute."""
    used = current()
    day = dates.format_date(moment.astimezone(used.zone), "medium", locale=used.locale)
    clock = dates.format_time(moment, "short", tzinfo=used.zone, locale=used.locale)
    pattern = str(dates.get_datetime_format("medium", locale=used.locale))
    words = pattern.replace("'", "").replace("{0}", clock).replace("{1}", day)
    return f"{words}{_which_of_two(moment)}"


def day_and_hour(moment: datetime.datetime) -> str:
    """Return a moment in the reader's zone, its date in full."""
    return f"{date(moment.astimezone(current().zone).date())}, {hour(moment)}"


def hour(moment: datetime.datetime) -> str:
    """Return a time of day in the reader's zone."""
    used = current()
    words = dates.format_time(moment, "short", tzinfo=used.zone, locale=used.locale)
    return f"{words}{_which_of_two(moment)}"


def comes_twice(local: datetime.datetime) -> bool:
    """Return whether a time in its zone comes twice, since the clocks are put back."""
    first, second = local.replace(fold=0), local.replace(fold=1)
    return first.utcoffset() != second.utcoffset() and not is_left_out(local)


def is_left_out(local: datetime.datetime) -> bool:
    """Return whether a time in its zone does not come, since the clocks are put forward."""
    stood = local.astimezone(datetime.UTC).astimezone(local.tzinfo)
    return stood.replace(tzinfo=None) != local.replace(tzinfo=None)


def _which_of_two(moment: datetime.datetime) -> str:
    """Return what tells a time that comes twice from the other one, such as " EST"."""
    local = moment.astimezone(current().zone)
    return f" {local.tzname()}" if comes_twice(local) else ""


def zone_name() -> str:
    """Return what the reader's zone is called, such as `Europe/London`."""
    return str(current().zone).replace("_", " ")


def duration(seconds: float) -> str:
    """Return a rounded length of time, such as "3 minutes"."""
    return dates.format_timedelta(
        datetime.timedelta(seconds=seconds), threshold=1.2, locale=current().locale
    )


def listed(items: list[str]) -> str:
    """Return items as a list within a sentence."""
    return lists.format_list([isolated(item) for item in items], locale=current().locale)


def hours(slot: str) -> str:
    """Return a weekly slot such as `Mon 18:00-20:00` in the reader's language."""
    day, *span = slots.parse(slot)
    times = (datetime.time(minutes // 60 % 24, minutes % 60) for minutes in span)
    first, last = (dates.format_time(time, "short", locale=current().locale) for time in times)
    return f"{weekdays('abbreviated')[day]} {first}\N{EN DASH}{last}"


def clock(hour: int) -> str:
    """Return a full hour of the day, 0 to 24."""
    return dates.format_time(datetime.time(hour % 24), "short", locale=current().locale)


def weekdays(width: str = "wide") -> list[str]:
    """Return the names of the weekdays, from Monday."""
    names: Mapping[int, str] = dates.get_day_names(width, locale=current().locale)  # type: ignore[arg-type]
    return [names[day] for day in range(7)]


@functools.cache
def _catalog(locale: str) -> NullTranslations:
    return Translations.load(FOLDER, [locale, locale.partition("_")[0]], DOMAIN)


@functools.cache
def _zone(name: str | None) -> datetime.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name) if name else datetime.UTC
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.UTC


# What the library says, such as what is wrong with a cell, is read by the same people.
matching.language.install(
    gettext=gettext, ngettext=ngettext, number=number,
    country_names=lambda: current().locale.territories,
)  # fmt: skip

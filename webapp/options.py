"""What a question offers to choose from, in the reader's language."""

from __future__ import annotations

import functools
import zoneinfo
from dataclasses import dataclass
from importlib import resources

from babel import Locale
from markupsafe import Markup

from matching.profiles import taxonomy
from matching.profiles.columns import Column
from mentorship.language import gettext as _
from mentorship.models import Role


@dataclass(frozen=True)
class Option:
    """One thing to choose; `words` are what else people call it."""

    value: str
    label: str
    words: str = ""
    is_private: bool = False

    @functools.cached_property
    def html(self) -> Markup:
        """Return the words beside a box; made once, since a list may have hundreds."""
        words = Markup(' data-words="{}"').format(self.words) if self.words else Markup()
        private = Markup(" <small>{}</small>").format(_("private")) if self.is_private else Markup()
        return Markup("<span{}>{}{}</span>").format(words, self.label, private)


#: Options under their headings; one group without a heading where there are none.
Groups = list[tuple[str, list[Option]]]


@functools.lru_cache(maxsize=256)
def entries(kind: str, role: Role | None, locale: str) -> Groups:
    """Return a kind's entries of the taxonomy, for people of one role or of both.

    They are in the language in use; `locale` names it, so that the cache holds each language.
    """
    groups: dict[str, list[Option]] = {}
    for heading, id, words in _entries(kind):
        entry = taxonomy.load().entries[kind][id]
        if role is not None and role.value not in entry.get("roles", [role.value]):
            continue
        groups.setdefault(heading, []).append(
            Option(id, _(entry["label"]), words, bool(entry.get("sensitive")))
        )
    return [(_(heading) if heading else "", options) for heading, options in groups.items()]


@functools.cache
def _entries(kind: str) -> list[tuple[str, str, str]]:
    """Return heading, id and other words of every entry of a kind that is not retired."""
    words = taxonomy.load()
    rows = []
    for id, entry in words.entries[kind].items():
        if entry.get("retired"):
            continue
        parent = entry.get("parent") if kind == "specialty" else None
        heading = words.label(kind, parent or id) if kind == "specialty" else ""
        other = [entry.get("label_gb"), entry.get("native"), *entry.get("aliases", [])]
        rows.append((heading, id, ", ".join(word for word in other if word)))
    return rows


def zones(stored: str | None = None) -> Groups:
    """Return the time zones, by region, each under one name.

    An older name that is `stored` for someone, such as Asia/Calcutta, is offered to them as well.
    """
    named = _zones()
    if not stored or any(option.value == stored for _, group in named for option in group):
        return named
    return [("", [Option(stored, stored.replace("_", " "))]), *named]


@functools.cache
def _zones() -> Groups:
    groups: dict[str, list[Option]] = {}
    for zone, others in sorted(_zones_of_countries().items()):
        region, _slash, place = zone.partition("/")
        option = Option(zone, place.replace("_", " "), ", ".join(others))
        groups.setdefault(region, []).append(option)
    groups["UTC"] = [Option("UTC", "UTC")]
    return list(groups.items())


def _zones_of_countries() -> dict[str, list[str]]:
    """Return the zones in which people live, each with the other names of the same.

    The time-zone database has a table that names each zone of a country once (`zone.tab`), and
    one line for each other name (`L` in `tzdata.zi`).
    """
    folder = resources.files("tzdata").joinpath("zoneinfo")
    table = folder.joinpath("zone.tab").read_text("utf-8").splitlines()
    named = {line.split("\t")[2] for line in table if not line.startswith("#")}
    zones: dict[str, list[str]] = {zone: [] for zone in named & zoneinfo.available_timezones()}
    for line in folder.joinpath("tzdata.zi").read_text("utf-8").splitlines():
        if line.startswith("L "):
            _mark, zone, other = line.split()
            if zone in zones and other not in zones:
                zones[zone].append(other)
    return zones


@functools.cache
def countries(column: Column, locale: str) -> Groups:
    """Return the countries that a column takes, by name: Babel names regions as well."""
    names: dict[str, str] = {str(k): v for k, v in Locale.parse(locale).territories.items()}
    taken = sorted((name, code) for code, name in names.items() if not column.reader.check(code))
    return [("", [Option(code, name) for name, code in taken])]

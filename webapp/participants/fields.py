"""The questions of a profile as fields of a form, and what was filled in as text to be read."""

from __future__ import annotations

import functools
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from matching.profiles import taxonomy
from matching.profiles.columns import COLUMNS, Column
from mentorship import language
from mentorship.language import gettext as _
from mentorship.models import Role
from mentorship.people import questionnaire

#: Hours of the weekly table; any other time is written beside it.
HOURS = range(7, 22)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: "Must" and "rather" are two columns and one question.
_MUST, _RATHER, _MUST_NOT_BE_THERE = "exclude_own_institution", "institution_wish", "must-different"


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


@dataclass
class Field:
    """One question as the template shows it; `widget` names the macro."""

    name: str
    widget: str
    question: str
    audience: str
    is_required: bool
    values: list[str]
    options: list[tuple[str, list[Option]]] = field(default_factory=list)
    typed: str = ""
    error: str | None = None
    hint: str = ""
    least: int = 0
    most: int | None = None
    autocomplete: str | None = None


def of_section(
    section: questionnaire.Section,
    role: Role,
    policy: Mapping[str, Any],
    answers: Mapping[str, Any],
    errors: Mapping[str, str],
    sent: MultiDict[str, str] | None = None,
) -> list[Field]:
    """Return the fields of a section: as they were sent if they were, else as they are stored."""
    found = []
    for column in questionnaire.asked(section, policy):
        if column.name == _MUST:
            continue
        values = (
            sent.getlist(column.name)
            if sent is not None
            else questionnaire.typed(column, answers.get(column.name))
        )
        if column.name == _RATHER and sent is None and answers.get(_MUST) == "yes":
            values = [_MUST_NOT_BE_THERE]
        made = _field(column, role, values)
        made.error = errors.get(column.name) or (
            errors.get(_MUST) if column.name == _RATHER else None
        )
        found.append(made)
    return found


def typed(columns: Iterable[Column], sent: MultiDict[str, str]) -> dict[str, str]:
    """Return what was filled in as the text that the columns' readers take."""
    found = {}
    for column in columns:
        values = sent.getlist(column.name)
        if column.name == "do_not_match":
            values = [line for value in values for line in value.splitlines()]
        found[column.name] = ";".join(value for value in values if value.strip())
        if column.name in _LINES and values:
            # One line of text may hold a semicolon; nothing else of that name is sent.
            found[column.name] = values[0].replace("\r\n", "\n")
    if found.get(_RATHER) == _MUST_NOT_BE_THERE:
        found |= {_RATHER: "different", _MUST: "yes"}
    elif _RATHER in found:
        found[_MUST] = ""
    return found


def resolve(fields: list[Field]) -> None:
    """Tick what was typed into searchable choices, and say what is not known, without saving."""
    for one in fields:
        if one.widget != "choices" or not one.typed:
            continue
        try:
            found = _column(one.name).read(one.typed, lambda message: None)
        except ValueError as error:
            one.error = language.sentence(error)
            continue
        if isinstance(found, list):
            one.values += [id for id in found if id not in one.values]
            one.typed = ""


_LINES = frozenset(
    {
        "full_name", "preferred_name", "pronouns", "institution", "city", "statement", "bio",
        "timezone", "country", "practice_country", "capacity", "years_experience",
        "meetings_per_month", "career_stage", "language_required",
    }
)  # fmt: skip
_AREAS = {"statement", "bio"}
_NUMBERS = {"capacity": (0, 50), "meetings_per_month": (1, 8), "years_experience": (0, 80)}
_AUTOCOMPLETE = {
    "full_name": "name", "preferred_name": "nickname", "institution": "organization",
    "city": "address-level2", "country": "country",
}  # fmt: skip


def _field(column: Column, role: Role, values: list[str]) -> Field:
    name = column.name
    made = Field(
        name=name,
        widget="line",
        question=questionnaire.question(column, role),
        audience=questionnaire.audience(column),
        is_required=column.required,
        values=values,
        autocomplete=_AUTOCOMPLETE.get(name),
    )
    if name == "availability":
        made.widget = "week"
        cells = {cell for row in week() for cell in row}
        filled = [cell for value in values for cell in _cells(value)]
        made.values = [cell for cell in filled if cell in cells]
        made.typed = "; ".join(cell for cell in filled if cell not in cells)
        made.hint = _("In your own time zone. Leave it empty if your hours change weekly.")
    elif name in ("career_stage", "language_required"):
        made.widget = "select"
        made.options = _grouped(str(column.kind), role, name, str(language.current().locale))
    elif column.kind:
        made.widget = "choices"
        made.options = _grouped(column.kind, role, name, str(language.current().locale))
        known = {option.value for _, group in made.options for option in group}
        made.typed = "; ".join(value for value in values if value not in known)
        made.values = [value for value in values if value in known]
        made.hint = _("The first matters most.") if name in ("goals", "topics") else ""
    elif name == "timezone":
        made.widget = "select"
        made.options = zones()
    elif name in ("country", "practice_country"):
        made.widget = "select"
        made.options = _countries(str(language.current().locale))
    elif name == "hours_vary":
        made.widget = "tick"
    elif column.options:
        made.widget = "radios"
        options = [Option(id, questionnaire.option(column, id)) for id in column.options]
        if name == _RATHER:
            options.insert(0, Option(_MUST_NOT_BE_THERE, _("Must: from elsewhere")))
            made.values = made.values or ["any"]
        elif name in ("gender", "mentor_gender_preference"):
            options.append(
                Option("", _("I would rather not say") if name == "gender" else _("No matter"))
            )
        made.options = [("", options)]
    elif name in _NUMBERS:
        made.widget, (made.least, made.most) = "number", _NUMBERS[name]
    elif name in _AREAS:
        made.widget, made.most = "area", 5000
    elif name == "do_not_match":
        made.widget = "area"
        made.values = ["\n".join(values)]
        made.hint = _("Their email addresses, one on each line. Nobody is told.")
    return made


def week() -> list[list[str]]:
    """Return the cells of the weekly table, one row an hour, as slots."""
    return [[f"{day} {hour:02}:00-{hour + 1:02}:00" for day in DAYS] for hour in HOURS]


def _cells(slot: str) -> list[str]:
    """Return a slot of whole hours as one cell an hour, any other as it is."""
    day, _, span = slot.partition(" ")
    whole = re.fullmatch(r"(\d\d):00-(\d\d):00", span)
    if day not in DAYS or whole is None:
        return [slot]
    start, end = int(whole[1]), int(whole[2])
    return [f"{day} {hour:02}:00-{hour + 1:02}:00" for hour in range(start, end)]


@functools.lru_cache(maxsize=256)
def _grouped(kind: str, role: Role, name: str, locale: str) -> list[tuple[str, list[Option]]]:
    """Return a kind's entries in groups, each under its heading.

    They are in the language in use; `locale` names it, so that one of another is not taken.
    """
    groups: dict[str, list[Option]] = {}
    for heading, id, words in _entries(kind):
        entry = taxonomy.load().entries[kind][id]
        if name == "career_stage" and role.value not in entry.get("roles", [role.value]):
            continue
        groups.setdefault(heading, []).append(
            Option(id, _(entry["label"]), words, bool(entry.get("sensitive")))
        )
    return [(_(heading) if heading else "", options) for heading, options in groups.items()]


@functools.cache
def _entries(kind: str) -> list[tuple[str, str, str]]:
    """Return heading, id and other words of every entry of a kind."""
    words = taxonomy.load()
    entries = words.entries[kind]
    found = []
    for id, entry in entries.items():
        if entry.get("retired"):
            continue
        parent = entry.get("parent") if kind == "specialty" else None
        heading = words.label(kind, parent or id) if kind == "specialty" else ""
        other = [entry.get("label_gb"), entry.get("native"), *entry.get("aliases", [])]
        found.append((heading, id, ", ".join(word for word in other if word)))
    return found


@functools.cache
def zones() -> list[tuple[str, list[Option]]]:
    """Return the time zones, by region."""
    groups: dict[str, list[Option]] = {}
    for zone in sorted(zoneinfo.available_timezones()):
        region, _, city = zone.partition("/")
        if city and region not in ("Etc", "posix", "right", "SystemV", "US", "Brazil", "Mexico"):
            groups.setdefault(region, []).append(Option(zone, city.replace("_", " ")))
    groups["UTC"] = [Option("UTC", "UTC")]
    return list(groups.items())


@functools.cache
def _countries(locale: str) -> list[tuple[str, list[Option]]]:
    names: dict[str, str] = {str(k): v for k, v in Locale.parse(locale).territories.items()}
    known = sorted((name, code) for code, name in names.items() if _is_country(code))
    return [("", [Option(code, name) for name, code in known])]


def _is_country(code: str) -> bool:
    try:
        return _column("country").read(code, lambda message: None) is not None
    except ValueError:
        return False  # A region or a group of countries, which Babel names as well.


@functools.cache
def _column(name: str) -> Column:
    return next(column for column in COLUMNS if column.name == name)

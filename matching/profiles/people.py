"""People as the matching takes them: answers by column, checked before anything is computed."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from matching.profiles import cells, taxonomy
from matching.profiles.columns import Column, Role, of_role, quote


class InvalidPeople(ValueError):
    """An answer that cannot be meant; the message names the row, counted from 0, and the column."""


def check(role: Role, people: Iterable[Any]) -> list[Mapping[str, Any]]:
    """Return people whose answers are as `columns.read_row` gives them, None left out.

    Raises `InvalidPeople` for the first one who is not: no id or career stage, an id used twice,
    a column that is not asked of this role, an entry that the taxonomy does not have.
    """
    known = of_role(role)
    rows: dict[object, int] = {}
    found: list[Mapping[str, Any]] = []
    for row, person in enumerate(people):
        where = f"{role}s, row {row}"
        if not isinstance(person, Mapping):
            raise InvalidPeople(f"{where}: must be a mapping of columns to answers")
        for name in (f"{role}_id", "career_stage"):
            if not isinstance(person.get(name), str):
                raise InvalidPeople(f"{where}, {name}: is needed, as text")
        first = rows.setdefault(person[f"{role}_id"], row)
        if first != row:
            id = quote(person[f"{role}_id"])
            raise InvalidPeople(f"{where}, {role}_id: {id} is used in row {first} already")
        for name, value in person.items():
            if name not in known:
                raise InvalidPeople(f"{where}: {quote(str(name))} is not asked of {role}s")
            if wrong := _wrong(known[name], value):
                raise InvalidPeople(f"{where}, {name}: {wrong}")
        gaps = any(value is None for value in person.values())
        found.append({n: v for n, v in person.items() if v is not None} if gaps else person)
    return found


def _wrong(column: Column, value: object) -> str | None:
    """Return what is wrong with an answer, None if nothing is."""
    if value is None:
        return None
    check = _CHECKS.get(column.name)
    if check is not None:
        return check(value)
    if isinstance(column.read, cells.Terms):
        return _wrong_list(value, functools.partial(_wrong_id, column.read.kind))
    if isinstance(column.read, cells.Term):
        return _wrong_id(column.read.kind, value)
    if column.options and value not in column.options:
        return f"{quote(str(value))} is none of {', '.join(column.options)}"
    return None


def _wrong_list(value: object, of_entry: Callable[[object], str | None]) -> str | None:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return f"must be a list, not {quote(str(value))} (`read_table` reads files)"
    return next((wrong for entry in value if (wrong := of_entry(entry))), None)


def _wrong_id(kind: str, value: object) -> str | None:
    if isinstance(value, str) and value in _ids(kind):
        return None
    return f"{quote(str(value))} is no id of a {kind} in the taxonomy"


@functools.cache
def _ids(kind: str) -> frozenset[object]:
    return frozenset(taxonomy.load().ids(kind))


def _wrong_zone(value: object) -> str | None:
    is_zone = isinstance(value, str) and _is_zone(value)
    return None if is_zone else f"{quote(str(value))} is no time zone"


@functools.cache
def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def _wrong_slot(value: object) -> str | None:
    is_slot = isinstance(value, str) and _is_slot(value)
    return None if is_slot else f"{quote(str(value))} is not like 'Mon 18:00-20:00'"


@functools.cache
def _is_slot(slot: str) -> bool:
    try:
        start, end = cells.minutes(slot)
    except ValueError:
        return False
    return start < end


def _wrong_text(value: object) -> str | None:
    return None if isinstance(value, str) else f"must be text, not {quote(str(value))}"


def _wrong_count(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        return f"must be a whole number from 0, not {quote(str(value))}"
    return None


_CHECKS: Mapping[str, Callable[[object], str | None]] = {
    "capacity": _wrong_count,
    "meetings_per_month": _wrong_count,
    "timezone": _wrong_zone,
    "availability": functools.partial(_wrong_list, of_entry=_wrong_slot),
    "do_not_match": functools.partial(_wrong_list, of_entry=_wrong_text),
    "mentor_picks": functools.partial(_wrong_list, of_entry=_wrong_text),
    "statement": _wrong_text,
    "bio": _wrong_text,
}

"""Time zones as people and programs call them: "Eastern", "EST", "US_CENTRAL"."""

from __future__ import annotations

import datetime
import functools
import re

from matching.mapping.wording import wording
from matching.profiles import clocks

_OFFSET = re.compile(
    r"\s*\((?:gmt|utc)\s*(?P<sign>[+−-])?\s*(?P<hours>\d{1,2})?:?(?P<minutes>\d\d)?\s*\)"
)


def understood(typed: str) -> str | None:
    """Return the zone that is commonly called so, None for other words.

    Lists to choose from say "(GMT-05:00) Eastern Time (US & Canada)". A zone that never has the
    offset is another of the same name: Sydney has an eastern time, too.
    """
    offset = _OFFSET.match(typed.casefold())
    name = typed.casefold()[offset.end() if offset else 0 :]
    zone = _zones().get(re.sub(r"[^a-z0-9+-]+", " ", name).strip())
    if zone is None or offset is None:
        return zone
    minutes = int(offset["hours"] or 0) * 60 + int(offset["minutes"] or 0)
    stated = -minutes if offset["sign"] in ("-", "−") else minutes
    year = datetime.datetime.now(datetime.UTC).year
    return zone if stated in clocks.offsets(zone, year) else None


@functools.cache
def _zones() -> dict[str, str]:
    return {name: zone for zone, names in wording()["zones"].items() for name in names}

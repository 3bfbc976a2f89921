"""Time zones as people and programs call them: "Eastern", "EST", "US_CENTRAL"."""

from __future__ import annotations

import functools
import re

from matching.mapping.wording import wording


def understood(typed: str) -> str | None:
    """Return the zone that is commonly called so, None for other words."""
    # Lists to choose from say "(GMT-05:00) Eastern Time (US & Canada)".
    name = re.sub(r"^\s*\((?:gmt|utc)[^()]*\)", "", typed.casefold())
    return _zones().get(re.sub(r"[^a-z0-9+-]+", " ", name).strip())


@functools.cache
def _zones() -> dict[str, str]:
    return {name: zone for zone, names in wording()["zones"].items() for name in names}

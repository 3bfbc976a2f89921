"""What changing more or fewer existing pairs would gain, as a picture and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mentorship import language
from mentorship.language import gettext as _
from mentorship.language import ngettext

#: Where the picture's axes end: across in percent, so that letters keep their size on a telephone,
#: and down in pixels.
LEFT, RIGHT, TOP, BOTTOM = 14, 97, 12, 180


@dataclass(frozen=True)
class Option:
    """A number of changes: points gained over the fewest, and its place in the picture."""

    changed: int
    title: str
    gained: float
    gain: str
    matched: str
    lost: str
    x: float
    y: float


def options(points: Sequence[Mapping[str, Any]]) -> list[Option]:
    """Return the options of a dry run, beside the one that changes fewest; scores are of 100."""
    first = points[0]
    gains = [100 * (point["worth"] - first["worth"]) for point in points]
    widest = max(point["changed"] for point in points) or 1
    lowest, highest = min(gains), max(gains)
    height = (highest - lowest) or 1
    return [
        Option(
            changed=point["changed"],
            title=ngettext("Change 1 pair", "Change %(n)s pairs", point["changed"])
            if point["changed"]
            else _("Keep all pairs"),
            gained=gain,
            gain=_gain(point),
            matched=_matched(point["matched"] - first["matched"]),
            lost=ngettext(
                "%(n)s mentee loses their only mentor",
                "%(n)s mentees lose their only mentor",
                point["lost"],
            )
            if point["lost"]
            else _("No one loses their mentor"),
            x=round(LEFT + (RIGHT - LEFT) * point["changed"] / widest, 1),
            y=round(TOP + (BOTTOM - TOP) * (highest - gain) / height, 1),
        )
        for point, gain in zip(points, gains, strict=True)
    ]


def _gain(point: Mapping[str, Any]) -> str:
    if point["gain"] is None:
        return ""
    return ngettext(
        "%(gain)s points for the mentee who gets another mentor",
        "%(gain)s points on average for the %(n)s mentees who get another mentor",
        point["moved"],
        gain=language.signed(100 * point["gain"]),
    )


def _matched(more: int) -> str:
    if more < 0:
        return ngettext("%(n)s mentee fewer matched", "%(n)s mentees fewer matched", -more)
    if more > 0:
        return ngettext("%(n)s more mentee matched", "%(n)s more mentees matched", more)
    return ""

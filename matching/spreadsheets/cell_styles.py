"""What the styles of an Excel workbook say about cells: number formats, and lines through text.

Nothing else of them is read: styles may be as large as the sheets.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from matching.language import gettext as _
from matching.spreadsheets.archives import DAMAGED, Archive, Done
from matching.spreadsheets.limits import MOST_FORMATS, UnreadableFile
from matching.spreadsheets.number_formats import NumberFormat

GENERAL = NumberFormat(0)


@dataclass
class CellStyles:
    """The number format of each style of cells, and the styles with a line through the text."""

    formats: list[NumberFormat] = field(default_factory=list)
    struck: set[int] = field(default_factory=set)

    def format(self, style: str) -> NumberFormat:
        """Return the number format of a style by its number as cells have it."""
        number = _number(style)
        return self.formats[number] if 0 <= number < len(self.formats) else GENERAL

    def is_struck(self, style: str) -> bool:
        """Return whether a style by its number draws a line through the text."""
        return bool(self.struck) and _number(style) in self.struck


def read(archive: Archive, part: str) -> CellStyles:
    """Return the styles of a workbook. Raises `UnreadableFile`."""
    codes: dict[int, str] = {}
    ids, fonts = array("L"), array("L")
    struck_fonts: set[int] = set()
    font, inside = -1, ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal font, inside
        if name == "numFmt":
            codes[_whole(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")[:255]
        elif name in ("fonts", "cellXfs"):
            inside = name
        elif name == "font" and inside == "fonts":
            font += 1
        elif name == "strike" and inside == "fonts":
            if attributes.get("val", "1").lower() in ("1", "true"):
                struck_fonts.add(font)
        elif name == "xf" and inside == "cellXfs":
            ids.append(_whole(attributes.get("numFmtId", "0")))
            fonts.append(_whole(attributes.get("fontId", "0")))
        if max(len(ids), len(codes), font) > MOST_FORMATS:
            raise UnreadableFile(_("The workbook has more cell formats than Excel allows."))

    def end(name: str) -> None:
        nonlocal inside
        if name == "fonts":
            inside = ""
        elif name == "cellXfs":
            raise Done

    archive.parse_all(part, start, end)
    made = {id: NumberFormat(id, codes.get(id, "")) for id in set(ids)}
    struck = {number for number, font in enumerate(fonts) if font in struck_fonts}
    return CellStyles([made[id] for id in ids], struck)


def _number(style: str) -> int:
    return int(style) if style.isdigit() and len(style) < 6 else -1


def _whole(value: str) -> int:
    if not (value.isascii() and value.strip().isdigit() and len(value) < 10):
        raise UnreadableFile(_(DAMAGED))
    return int(value)

"""Text that was damaged on its way into a file: repaired with a note, or warned about.

Which letters were read in the wrong encoding is told by ftfy, which changes nothing that may have
been meant.
"""

from __future__ import annotations

import html
import re

from matching.language import gettext as _
from matching.profiles.readers import Note, quote
from matching.spreadsheets.limits import UnreadableFile

#: Longer text is refused by the reader of its column, whatever it says.
_LONGEST = 5_000
#: Repairing costs microseconds for each character; a file that needs more is damaged throughout.
_MOST_REPAIRED = 1_000_000
_ESCAPED = re.compile("_x(000[9ADad]|000B|00[aA]0)_")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_LOST = "\N{REPLACEMENT CHARACTER}"
_QUESTIONED = re.compile(r"[^\W\d_]\?[^\W\d_]")


class Repairs:
    """Repairs the cells of one file."""

    def __init__(self) -> None:
        self._repaired = 0

    def repair(self, text: str, note: Note, *, is_name: bool = False) -> str:
        """Return a cell without what was damaged; `note` hears what was done, or cannot be.

        Raises `UnreadableFile` for a file that is damaged throughout.
        """
        if len(text) > _LONGEST:
            return text
        whole = text
        if "_x" in text:
            text = _ESCAPED.sub(_character, text).replace("\r\n", "\n").replace("\r", "\n")
        for _times in range(3):  # Entities may be escaped again, as in `&amp;#39;`.
            if "&" not in text or not _ENTITY.search(text):
                break
            text = _ENTITY.sub(_letter_of_name if is_name else _letter, text)
        if not text.isascii():
            text = self._decode(text)
        if text != whole:
            note(_("%(typed)s read as %(value)s", typed=quote(whole), value=quote(text.strip())))
        if _LOST in text:
            note(_("%(found)s has lost characters; type it again", found=quote(text)))
        elif is_name and _QUESTIONED.search(text):
            note(_("%(found)s has question marks that may be lost characters", found=quote(text)))
        return text.strip("\r\n")

    def _decode(self, text: str) -> str:
        import ftfy
        import ftfy.badness

        if not ftfy.badness.is_bad(text):
            return text
        self._repaired += len(text)
        if self._repaired > _MOST_REPAIRED:
            raise UnreadableFile(
                _(
                    "Characters are damaged throughout the file, as in %(found)s; save it "
                    "again as 'CSV UTF-8'.",
                    found=quote(text),
                )
            )
        return ftfy.fix_encoding(text)


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _letter(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _letter_of_name(match: re.Match[str]) -> str:
    # A name with brackets is refused, as they would make markup of it.
    letter = html.unescape(match[0])
    return match[0] if letter in "<>" else letter

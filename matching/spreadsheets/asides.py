"""What stands in a table beside its people: headings again, totals, notes, "same as above"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matching.language import gettext as _
from matching.profiles.readers import quote
from matching.spreadsheets.headings import fold

#: In a narrower table, a row with one cell may be someone.
_LEAST_COLUMNS = 3
_TOTAL = re.compile(
    r"(?:(?:grand|sub)[ -]?)?total\b.*|sum|count|average|mean|median|n\s*[=:].*", re.I | re.S
)
_NUMBER = re.compile(r"[\d.,:%/ -]+", re.A)
_LONGEST_NAME = 8  # words
#: What no name holds, without "1." before it and "(she/her)" behind it.
_AROUND_NAME = re.compile(r"^\d{1,4}[.)]\s*|\s*[(\[][^()\[\]]*[)\]]\s*$")
_OF_NOTES = re.compile(
    r"[\d*#:!=<>•→_]|--|…"
    r"|\b(?:above|added|all|are|below|from|has|have|is|moved|not|only|please|see|still|the|these"
    r"|they|this|until|was|were|who|will|with)\b",
    re.I,
)
#: Words that alone stand above the people of one kind.
_OF_KINDS = re.compile(
    r"(?:(?:mentors?|mentees?|students?|residents?|fellows?|interns?|trainees?|faculty|attendings?"
    r"|consultants?|physicians?|nurses?|alumni|staff|participants?|applicants?|volunteers?"
    r"|medical|clinical|nursing|active|inactive|new|returning|confirmed|pending|declined|withdrawn"
    r"|matched|unmatched|waitlist|waiting list|notes?|and|or|&)[\s,.&-]*)+",
    re.I,
)
#: What spreadsheets write into a box that no one has ticked, in rows that no one has filled in.
_UNTICKED = frozenset({"false", "0", "no", "unchecked"})
_DITTO = frozenset(
    {
        '"', "''", "″", "”", "“", "〃", '-"-', "- “ -", "ditto", "same", "same as above",
        "as above", "see above", "same as previous", "idem", "^", "↑",
    }
)  # fmt: skip


def reason(titles: Sequence[str], cells: Sequence[str]) -> str | None:
    """Return why a row below these folded headings is no person's, None for one that may be.

    A row with an address is always someone's.
    """
    filled = [(k, text) for k, cell in enumerate(cells) if (text := cell.strip())]
    if not filled or any("@" in text for _k, text in filled):
        return None
    is_heading = len(filled) > 1 and all(
        k < len(titles) and titles[k] and fold(text) == titles[k] for k, text in filled
    )
    if is_heading:
        return _("repeats the headings, and was left out")
    if sum(map(bool, titles)) < _LEAST_COLUMNS or filled[-1][0] >= len(titles):
        return None
    (_first, text), *others = filled
    if others and _TOTAL.fullmatch(text) and all(_NUMBER.fullmatch(each) for _k, each in others):
        return _("is a total, and was left out: %(found)s", found=quote(text))
    if all(each.startswith("(") and each.endswith(")") for _k, each in filled):
        return _("explains the columns, and was left out")
    if all(each.lower() in _UNTICKED or each.isdecimal() for _k, each in filled):
        return _("is not filled in, and was left out")
    if not others and not _is_name(text):
        return _("is a note and not a person, and was left out: %(found)s", found=quote(text))
    return None


def is_ditto(text: str) -> bool:
    """Return whether a cell stands for what is in the row above, as "ditto" does."""
    return text.strip(" ().").casefold() in _DITTO


def _is_name(text: str) -> bool:
    """Return whether a text may be a name, in any script: anything but what is surely a note."""
    name = _AROUND_NAME.sub("", text.strip())
    return (
        any(char.isalpha() for char in name)
        and len(name.split()) <= _LONGEST_NAME
        and not _OF_NOTES.search(name)
        and not _OF_KINDS.fullmatch(name)
    )

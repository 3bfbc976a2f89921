"""Numbers as people write them: "2-3", "up to two", "max. 3 (spring only)", "2,0"."""

from __future__ import annotations

import re

_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip
#: "2.0" and "2,0" are how programs write a 2 that was a number with decimals.
_NO_DECIMALS = re.compile(r"(?<![\d.,])(\d{1,4})[.,]0{1,2}(?![\d.,]*\d)")
_YEAR = re.compile(r"\b(?:ay ?)?20\d\d(?:\s?[-/–]\s?(?:20)?\d\d)?\b")
_AT_MOST = re.compile(r"\bmax(?:imum)?\b\.?:?\s*(?:of\s+)?(\d{1,4})(?![\d.,]*\d)")
_FIRST = re.compile(r"(?<![\d.,-])(\d{1,4})(?![\d.,]*\d)")


def understood(typed: str) -> int | None:
    """Return the whole number that a text names, None where it names none.

    Of several it is the one that is called the maximum, or else the first; years are none.
    """
    text = typed.casefold()
    for value, word in enumerate(_WORDS):
        text = re.sub(rf"\b{word}\b", str(value), text)
    text = _YEAR.sub(" ", _NO_DECIMALS.sub(r"\1", text))
    found = _AT_MOST.search(text) or _FIRST.search(text)
    return None if found is None else int(found[1])

"""Numbers as people write them: "2-3", "up to two", "max. 3 (spring only)", "2,0"."""

from __future__ import annotations

import re

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORD = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[ -]({'|'.join(_UNITS[1:10])}))?|({'|'.join(_UNITS)}))\b"
)
_LARGE = re.compile(r"\b(?:dozen|hundred|thousand|million)s?\b")
#: "2.0" and "2,0" are how programs write a 2 that was a number with decimals.
_NO_DECIMALS = re.compile(r"(?<![\d.,])(\d{1,4})[.,]0{1,2}(?![\d.,]*\d)")
#: Years, how long a meeting lasts, and "one-on-one" count nothing that is asked for.
_BESIDE = re.compile(
    r"\b(?:ay ?)?20\d\d(?:\s?[-/–]\s?(?:20)?\d\d)?\b"
    r"|\b\d+(?:[.,]\d+)?(?:\s*(?:[-–]|to|or)\s*\d+)?[\s-]*(?:h|hrs?|hours?|mins?|minutes?)\b"
    r"|\b1[ -]?(?:on|to|:)[ -]?1\b"
)
#: Of "2 per year (max 10 total)" the 10 is another number than the one that is asked for.
_AT_MOST = re.compile(
    r"\bmax(?:imum)?\b\.?:?\s*(?:of\s+)?(\d{1,4})(?![\d.,]*\d)"
    r"(?!\s*(?:/|%|(?:a|per|each|x|days?|weeks?|months?|years?|meetings?|sessions?|calls?|times?"
    r"|in total|total|overall|altogether)\b))"
)
_FIRST = re.compile(r"(?<![\d.,-])(\d{1,4})(?![\d.,]*\d)")


def understood(typed: str) -> int | None:
    """Return the whole number that a text names, None where it names none.

    Of several it is the one that is called the maximum, or else the first.
    """
    text = _WORD.sub(_in_digits, typed.casefold().replace("_", " "))
    if _LARGE.search(text):
        return None
    text = _BESIDE.sub(" ", _NO_DECIMALS.sub(r"\1", text))
    found = _AT_MOST.search(text) or _FIRST.search(text)
    return None if found is None else int(found[1])


def _in_digits(word: re.Match[str]) -> str:
    tens, unit, small = word.groups()
    if small:
        return str(_UNITS.index(small))
    return str(20 + 10 * _TENS.index(tens) + (_UNITS.index(unit) if unit else 0))

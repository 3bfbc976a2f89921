"""The words of the library: English, unless the program around it brings its own translations.

Whatever the library says to people is made when it is said, by the functions here. A program that
knows its readers' languages calls `install` once; what it installs is asked for every
message, so it can answer differently in each request, thread or task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def _gettext(message: str, /, **values: Any) -> str:
    return message % values if values else message


def _ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
    return (one if count == 1 else many) % ({"n": _number(count)} | values)


def _number(value: float) -> str:
    return f"{value:,}"


def english_country_names() -> Mapping[str, str]:
    """Return what countries are called in English, by codes of two letters."""
    # Hundreds of names, which hardly any file needs.
    from babel import Locale

    return Locale("en").territories


@dataclass
class _Words:
    gettext: Callable[..., str] = _gettext
    ngettext: Callable[..., str] = _ngettext
    number: Callable[[float], str] = _number
    country_names: Callable[[], Mapping[str, str]] = english_country_names


_words = _Words()


def install(
    *,
    gettext: Callable[..., str] = _gettext,
    ngettext: Callable[..., str] = _ngettext,
    number: Callable[[float], str] = _number,
    country_names: Callable[[], Mapping[str, str]] = english_country_names,
) -> None:
    """Say everything through these functions from now on; without arguments, in English again.

    They take what the functions of the same names below take.
    """
    _words.gettext, _words.ngettext, _words.number = gettext, ngettext, number
    _words.country_names = country_names


def gettext(message: str, /, **values: Any) -> str:
    """Return a message in the reader's language; `%(name)s` in it stands for a value."""
    return _words.gettext(message, **values)


def ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
    """Return a message about `count` things, which `%(n)s` in it stands for."""
    return _words.ngettext(one, many, count, **values)


def number(value: float) -> str:
    """Return a number as the reader writes it, such as 20,000."""
    return _words.number(value)


def country_names() -> Mapping[str, str]:
    """Return what countries are called in the reader's language, by codes of two letters."""
    return _words.country_names()


def mark(message: str) -> str:
    """Return a message as it is, and mark it for translation where it is shown later."""
    return message

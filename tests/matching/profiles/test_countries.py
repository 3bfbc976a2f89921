"""The countries are those that the world has codes for."""

from __future__ import annotations

from babel import Locale

from matching.profiles.countries import COUNTRIES

#: Codes of Babel (Unicode CLDR) that ISO 3166-1 has not assigned: regions, and codes set aside.
UNASSIGNED = {
    "AC",
    "CP",
    "CQ",
    "DG",
    "EA",
    "EU",
    "EZ",
    "IC",
    "QO",
    "TA",
    "UN",
    "XA",
    "XB",
    "XK",
    "ZZ",
}


def test_the_codes_are_those_of_babel() -> None:
    named = {code for code in Locale("en").territories if len(code) == 2 and code.isalpha()}

    assert named - UNASSIGNED == COUNTRIES

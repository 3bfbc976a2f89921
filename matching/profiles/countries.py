"""Countries by their codes of two letters (ISO 3166-1 alpha-2), and by their names."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from matching.language import country_names, english_country_names
from matching.language import gettext as _
from matching.profiles import normal_forms
from matching.profiles.readers import CellError, Note, Reader, Widget, quote
from matching.profiles.texts import line

# Officially assigned codes.
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())
#: What people call some countries beside their usual names (CLDR), in one normal form.
_OTHER_NAMES = {
    "uk": "GB", "greatbritain": "GB", "britain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northernireland": "GB", "us": "US", "america": "US", "usa": "US",
    "unitedstatesofamerica": "US", "republicofireland": "IE", "holland": "NL",
    "thenetherlands": "NL", "turkey": "TR", "czechrepublic": "CZ", "ivorycoast": "CI",
    "burma": "MM", "swaziland": "SZ", "uae": "AE", "russianfederation": "RU", "korea": "KR",
    "republicofkorea": "KR", "hongkong": "HK", "macau": "MO", "palestine": "PS",
    "capeverde": "CV", "easttimor": "TL", "macedonia": "MK",
}  # fmt: skip


@dataclass(frozen=True)
class Country(Reader):
    """The code of a country, or its name in English or in the reader's language."""

    widget = Widget.COUNTRY

    def read(self, typed: str, note: Note) -> str | None:
        """Return the code in capitals."""
        value = line(typed, note)
        if value is None:
            return None
        if value.upper() in COUNTRIES:
            return value.upper()
        code = _by_name(_("Country")).get(normal_forms.institution(value))
        if code is None:
            raise CellError(self._expected(value))
        note(_("%(typed)s read as %(value)s", typed=quote(value), value=code))
        return code

    def is_answer(self, placeholder: str) -> bool:
        """Return whether a word is the code of a country: NA is Namibia."""
        return placeholder in COUNTRIES

    def check(self, value: object) -> str | None:
        """Return what is wrong with a code, None if nothing is."""
        return None if isinstance(value, str) and value in COUNTRIES else self._expected(str(value))

    def _expected(self, value: str) -> str:
        return _(
            "%(found)s is not a country; enter its name or two-letter code, like US",
            found=quote(value),
        )


@functools.lru_cache(maxsize=32)
def _by_name(_language: str) -> Mapping[str, str]:
    """Return codes by names, in the form in which names of institutions are compared."""
    named = {**_OTHER_NAMES}
    for names in (english_country_names(), country_names()):
        named |= {
            normal_forms.institution(names[code]): code for code in COUNTRIES if code in names
        }
    return named

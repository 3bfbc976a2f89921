"""Countries by their codes of two letters (ISO 3166-1 alpha-2)."""

from __future__ import annotations

from dataclasses import dataclass

from matching.language import gettext as _
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


@dataclass(frozen=True)
class Country(Reader):
    """The code of a country."""

    widget = Widget.COUNTRY

    def read(self, typed: str, note: Note) -> str | None:
        """Return the code in capitals."""
        value = line(typed, note)
        if value is None:
            return None
        if value.upper() not in COUNTRIES:
            raise CellError(self._expected(value))
        return value.upper()

    def is_answer(self, placeholder: str) -> bool:
        """Return whether a word is the code of a country: NA is Namibia."""
        return placeholder in COUNTRIES

    def check(self, value: object) -> str | None:
        """Return what is wrong with a code, None if nothing is."""
        return None if isinstance(value, str) and value in COUNTRIES else self._expected(str(value))

    def _expected(self, value: str) -> str:
        return _(
            "%(found)s is not a country code; write two letters such as GB", found=quote(value)
        )

"""Email addresses: read from what people type, and compared."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from matching.profiles.columns import quote
from mentorship.errors import Invalid
from mentorship.language import gettext as _


def read_address(text: str) -> str:
    """Return the address that `text` holds, without the coats it can wear, ready to be sent to.

    Raises `Invalid` for what is no address, or looks like another one.
    """
    plain = unicodedata.normalize("NFKC", text).strip().rstrip(".")
    try:
        found = validate_email(plain, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        if _mixes_scripts(plain):
            raise Invalid(_("contains look-alike letters from another alphabet")) from None
        reason = str(error).split(". ")[0].rstrip(".")
        raise Invalid(
            _("is not an email address that mail can reach: %(reason)s", reason=reason)
        ) from None
    if _mixes_scripts(plain):
        raise Invalid(_("contains look-alike letters from another alphabet"))
    return found.ascii_email or found.normalized


def address_key(address: str) -> str:
    """Return the form in which addresses are compared: one human has one."""
    return address.casefold()


def as_stored(listed: list[str]) -> tuple[list[str], list[str]]:
    """Return a list of people with addresses as they are compared, and what is no address."""
    stored, wrong = [], []
    for entry in listed:
        if "@" not in entry:
            stored.append(entry)
            continue
        try:
            stored.append(address_key(read_address(entry)))
        except Invalid as error:
            wrong.append(f"{quote(entry)} {error}")
    return stored, wrong


def _mixes_scripts(address: str) -> bool:
    """Return whether a label holds letters of two alphabets, as look-alike addresses do."""
    for label in address.replace("@", ".").split("."):
        scripts = {unicodedata.name(c, "?").split()[0] for c in label if c.isalpha()}
        # Japanese and Korean names are written in several scripts at once.
        scripts -= {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH"}
        if len(scripts) > 1:
            return True
    return False

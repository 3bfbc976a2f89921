"""Email addresses: read from what people type, and compared."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from matching.profiles import normal_forms
from matching.profiles.columns import quote
from mentorship.errors import Invalid
from mentorship.language import gettext as _

#: More than any address has (RFC 5321 allows 254), so that typed spaces do not matter.
LONGEST = 320


def read_address(text: str) -> str:
    """Return the email address in `text`, as `normal_forms.address_in` finds it.

    Raises `Invalid` for text that is not an address, or that mixes alphabets to look like another.
    """
    if len(text) > LONGEST:
        raise Invalid(
            _(
                "has %(length)s characters; an email address has at most %(most)s",
                length=len(text),
                most=LONGEST,
            )
        )
    plain = normal_forms.bare_address(text)
    try:
        address = validate_email(plain, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        if _mixes_scripts(plain):
            raise Invalid(_("contains look-alike letters from another alphabet")) from None
        reason = str(error).split(". ")[0].rstrip(".")
        raise Invalid(
            _("is not an email address that can be reached: %(reason)s", reason=reason)
        ) from None
    if _mixes_scripts(plain):
        raise Invalid(_("contains look-alike letters from another alphabet"))
    return address.ascii_email or address.normalized


def address_key(address: str) -> str:
    """Return the form in which addresses are compared, which is unique to a person."""
    return normal_forms.address(address)


def as_stored(listed: list[str]) -> tuple[list[str], list[str]]:
    """Return a list of ids and addresses, these as keys, and what is wrong with each other one."""
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
    """Return whether a part of an address has letters of two alphabets, as look-alikes do."""
    for label in address.replace("@", ".").split("."):
        scripts = {unicodedata.name(c, "?").split()[0] for c in label if c.isalpha()}
        # Japanese and Korean names are written in several scripts at once.
        scripts -= {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH"}
        if len(scripts) > 1:
            return True
    return False

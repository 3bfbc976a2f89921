"""The one form in which institutions, ids and addresses are compared, however they were written.

A must-rule has to hold for a name that two people wrote in two ways. Whatever compares such names
compares these forms; what is stored and shown stays as it was written.
"""

from __future__ import annotations

import functools
import re
import unicodedata
import urllib.parse

import idna

from matching.profiles.placeholders import is_placeholder

#: Letters that no decomposition turns into plain ones.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
#: What may stand around an address, and how long both may be together.
_AROUND = re.compile(
    r"^(?:e-?mail|e|mail|work|home|personal|private|school)\s*:\s*(?=\S+@)"
    r"|\s*[(\[][^()\[\]@]*[)\]]$",
    re.I,
)
_LONGEST_ADDRESS = 400
_NOTHING_AROUND = re.compile(r"[\w.+-]+@[\w.-]+", re.A)
_IN_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>\s*$")


@functools.lru_cache(maxsize=20_000)
def institution(written: str) -> str:
    """Return the form in which institutions are compared, empty for none.

    It holds letters and digits alone, without accents, so that case, apostrophes, hyphens, spaces,
    full stops and width make no difference: "St. Mary’s" and "ST MARYS" are one.
    """
    if is_placeholder(written):
        return ""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", written).casefold())
    kept = (c for c in plain.translate(_LETTERS).replace("&", " and ") if _tells_apart(c))
    return "".join(kept)


def person(written: str) -> str:
    """Return the form in which ids and addresses of people are compared."""
    bare = bare_address(written)
    return address(bare) if "@" in bare else listed_id(bare)


def listed_id(written: str) -> str:
    """Return the form in which ids are compared: "ＭＲ–１２" is "mr-12", and "mr12" is another."""
    return unicodedata.normalize("NFKC", written).translate(_DASHES).strip(" .").casefold()


def address(written: str) -> str:
    """Return the form in which email addresses are compared."""
    return address_in(written).casefold()


def address_in(written: str) -> str:
    """Return the email address in a text, its domain in ASCII and in lower case."""
    local, at, domain = bare_address(written).rpartition("@")
    return f"{local}{at}{ascii_domain(domain) if at else domain}"


def bare_address(written: str) -> str:
    """Return the email address in a text such as "Mina <mina@example.org>" or "mailto:…".

    What says which one it is, as "Work:" or "(home)", and a full stop after it are left out. A text
    that holds no address comes back trimmed.
    """
    if _NOTHING_AROUND.fullmatch(written):  # nearly every address
        return written.rstrip(".")
    plain = unicodedata.normalize("NFKC", written).strip().rstrip(",; ")
    if plain[:1] == plain[-1:] and plain[:1] in ("'", '"'):
        plain = plain[1:-1].strip()
    if match := _IN_BRACKETS.search(plain):
        plain = match[1].strip()
    elif plain.count("@") == 1 and len(plain) <= _LONGEST_ADDRESS:
        plain = _AROUND.sub("", " ".join(plain.split()))
        plain = plain.replace(" @", "@").replace("@ ", "@")
    if plain[:7].casefold() == "mailto:":
        plain = urllib.parse.unquote(plain[7:].partition("?")[0]).strip()
    return plain.rstrip(".") if "@" in plain else plain


def name_beside_address(written: str) -> str:
    """Return the name in a text such as "Mina Example <mina@example.org>", or nothing."""
    match = _IN_BRACKETS.search(written)
    return written[: match.start()].strip(" \t\"'“”") if match else ""


def without_tag(address: str) -> str:
    """Return an address without the `+tag` that many people add to sort their mail."""
    local, at, domain = address.partition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def ascii_domain(written: str) -> str:
    """Return a domain in ASCII and in lower case, as addresses hold it."""
    plain = written.lower()
    if plain.isascii():
        return plain
    try:
        return idna.encode(plain, uts46=True).decode("ascii").rstrip(".")
    except idna.IDNAError:
        # No such domain can exist; it is compared as it was written.
        return plain


def _tells_apart(char: str) -> bool:
    """Return whether a character of a decomposed text is more than an accent or punctuation.

    The marks of Thai, Indic and Japanese letters are parts of words. Their combining classes lie
    between those of Hebrew and Arabic points (10 to 35) and those of accents (200 and more).
    """
    if char.isalnum():
        return True
    accent = unicodedata.combining(char)
    return unicodedata.category(char)[0] == "M" and not (10 <= accent <= 35 or accent >= 200)

"""Names in which mail programs would see links: what is refused, and how stored ones are shown."""

from __future__ import annotations

import re
import unicodedata

#: A web address, an email address, or markup.
_LINK = re.compile(r"\w://|\bwww\.|\S@\S|[<>]", re.IGNORECASE)
#: A word, a full stop of any script, and what may be the end of a domain. There are 1,400 ends
#: (IANA's root zone) and new ones each year, and mail programs know `evil.health` too: no list of
#: them is kept.
_DOMAIN = re.compile(r"(?<![\w-])([\w-]+)([.\u2024\u3002\uff0e\uff61])(?=([^\W\d_][\w-]+)([/:]?))")
#: After "Dr.", as Germans write it without a space.
_FACULTIES = frozenset({"dent", "jur", "med", "phil", "rer", "vet"})
#: After a single capital, as in "X.com": other such words are names and degrees, as in "M.Sc.".
_ENDS = frozenset({"com", "org", "net", "info", "biz", "edu", "gov", "int", "app", "dev", "xyz"})


def holds_link(text: str) -> bool:
    """Return whether a name holds a web address, an email address or markup."""
    return bool(_LINK.search(unicodedata.normalize("NFKC", text)))


def spaced(text: str) -> str:
    """Return a name in which no word is a domain: `evil.com` gets a space after its full stop."""
    return _DOMAIN.sub(lambda found: found[0] if _is_short(found) else f"{found[0]} ", text)


def _is_short(found: re.Match[str]) -> bool:
    """Return whether a full stop ends a title or an initial, not a domain."""
    word, _stop, following, path = found.groups()
    is_initial = re.fullmatch("[A-Z]", word) and following[0].isupper()
    is_title = word == "Dr" and following in _FACULTIES
    return not path and (is_title or bool(is_initial and following.lower() not in _ENDS))


def shown(text: str) -> str:
    """Return a name as it may be shown, "…" for one that was stored before links were refused."""
    return "…" if holds_link(text) else spaced(text)

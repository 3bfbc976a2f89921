"""Names in which mail programs would see links: what is refused, and how stored ones are shown."""

from __future__ import annotations

import re
import unicodedata

#: A web address, an email address, or markup.
_LINK = re.compile(r"\w://|\bwww\.|\S@\S|[<>]", re.IGNORECASE)
#: What looks like the end of a domain; names such as "St.Mary" and "Ph.D." do not.
_DOMAIN = re.compile(
    r"([\w-]+)\.(?=(?:[a-z]{2}|com|org|net|info|biz|edu|gov|int|app|dev|xyz|site|online|top|click|"
    r"link|shop|store|club|live|news|page|web|host|space|website|tech|cloud|email|work|zip|mov)"
    r"(?![\w-]))",
    re.IGNORECASE,
)


def holds_link(text: str) -> bool:
    """Return whether a name holds a web address, an email address or markup."""
    return bool(_LINK.search(unicodedata.normalize("NFKC", text)))


def spaced(text: str) -> str:
    """Return a name in which no word is a domain: `evil.com` gets a space after its full stop."""
    # A single capital is an initial, as in "M.Sc.".
    return _DOMAIN.sub(
        lambda found: found[0] if re.fullmatch("[A-Z]", found[1]) else f"{found[0]} ", text
    )


def shown(text: str) -> str:
    """Return a name as it may be shown, "…" for one that was stored before links were refused."""
    return "…" if holds_link(text) else spaced(text)

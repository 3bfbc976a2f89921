"""What settings may be: each reader turns the text of a variable into a value.

A reader raises `ValueError` with what the variable must be; text that may hold a secret is not
repeated there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

LOCAL = ("localhost", "127.0.0.1", "::1")
#: What takes the place of an unencrypted address.
ENCRYPTED = {"redis": "rediss://", "smtp": "smtp+starttls:// or smtps://"}
#: Random hexadecimal digits of 128 bits have fewer different ones once in 10^10 times.
_LEAST_DIFFERENT = 8
#: What stands in set-up files until someone fills it in. A random key of 64 characters holds the
#: shortest of these once in 10^7 times.
_PLACEHOLDER = re.compile(
    r"change.?(me|this|it)|replace|secret|default|insecure|example|passw|preceptor|\$[({]|[<{].*[>}]",
    re.I,
)
#: Keys side by side, as fingers run over them; digits and letters in order are found anyway.
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop")
_SIDE_BY_SIDE = frozenset(pair for row in _KEYBOARD for pair in zip(row, row[1:], strict=False))


@dataclass(frozen=True)
class Number:
    """Reads a number of at least `least`; 0 too if `or_zero`."""

    least: float = 0
    or_zero: bool = False
    kind: type[int] | type[float] = float
    most: float = 1_000_000

    def __call__(self, text: str) -> float:
        """Return the number."""
        try:
            value = self.kind(text)
        except ValueError:
            value = self.kind(-1)
        if not (self.least <= value <= self.most or (self.or_zero and value == 0)):
            kind = "a whole number" if self.kind is int else "a number"
            zero = "0 or " if self.or_zero else ""
            raise ValueError(
                f"must be {zero}{kind} from {self.least:g} to {self.most:,.0f}, not {text!r}"
            )
        return value


@dataclass(frozen=True)
class Numbers:
    """Reads numbers separated by commas, at least one."""

    each: Number

    def __call__(self, text: str) -> tuple[float, ...]:
        """Return the numbers."""
        try:
            return tuple(self.each(part) for part in text.split(","))
        except ValueError as error:
            raise ValueError(f"{error}; separate numbers with commas, such as 5,30,120") from None


@dataclass(frozen=True)
class Choice:
    """Reads one of a few words."""

    words: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Return the word."""
        if text not in self.words:
            raise ValueError(
                f"must be {', '.join(self.words[:-1])} or {self.words[-1]}, not {text!r}"
            )
        return text


@dataclass(frozen=True)
class Secret:
    """Reads a secret that is long enough not to be guessed."""

    least: int

    def __call__(self, text: str) -> str:
        """Return the secret."""
        if len(text) < self.least:
            raise ValueError(f"must have at least {self.least} characters; generate a random one")
        if _can_be_guessed(text):
            raise ValueError("is too easy to guess; generate a random one")
        return text


def _can_be_guessed(secret: str) -> bool:
    """Return whether a secret was not made at random: a word of a set-up file, a pattern."""
    if len(set(secret)) < _LEAST_DIFFERENT or _PLACEHOLDER.search(secret):
        return True
    # The end may break off in the middle of what is repeated.
    most = len(secret) // 2 + 1
    if any(secret[period:] == secret[:-period] for period in range(1, most)):
        return True
    plain = secret.lower()
    neighbours = sum(map(_are_neighbours, plain, plain[1:]))
    # Of random hexadecimal digits a fifth are; as many as these once in 10^8 times.
    return neighbours > (len(plain) - 1) * 2 / 3


def _are_neighbours(one: str, other: str) -> bool:
    """Return whether two characters are equal, or next to each other in order or on a keyboard."""
    beside = abs(ord(one) - ord(other)) <= 1 or {one, other} == {"9", "0"}
    return beside or (one, other) in _SIDE_BY_SIDE or (other, one) in _SIDE_BY_SIDE


@dataclass(frozen=True)
class Secrets:
    """Reads secrets separated by commas; none of empty text."""

    least: int

    def __call__(self, text: str) -> tuple[str, ...]:
        """Return the secrets."""
        each = Secret(self.least)
        return tuple(each(part.strip()) for part in text.split(",") if part.strip())


def hosts(text: str) -> tuple[str, ...]:
    """Return names of hosts that are separated by commas; none of empty text."""
    named = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    wrong = [name for name in named if not re.fullmatch(r"[a-z0-9._:-]+", name)]
    if wrong:
        raise ValueError(f"must be host names, separated by commas, not {wrong[0]!r}")
    return named


def database(text: str) -> str:
    """Return the address of a database, which says by itself where that is."""
    url = urlsplit(text)
    if url.scheme.partition("+")[0] not in ("postgresql", "sqlite"):
        raise ValueError("must look like postgresql://user@host/name or sqlite:////path/file.db")
    if "service" in parse_qs(url.query):
        raise ValueError("must name the host itself, not a service defined in another file")
    return text


def redis(text: str) -> str:
    """Return the address of a Redis."""
    is_socket = re.fullmatch(r"unix:///[^?#]+(\?.*)?", text) is not None
    if not is_socket and not _is_server(text, "redis", "rediss"):
        raise ValueError("must look like redis://host:6379/0, rediss://… or unix:///path/socket")
    return text


def plain_host(address: str, scheme: str, allowed: tuple[str, ...]) -> str | None:
    """Return the host that an address reaches unencrypted and must not; None if there is none."""
    url = urlsplit(address)
    host = url.hostname or ""
    is_open = url.scheme == scheme and host not in (*LOCAL, *allowed)
    return host if is_open and host else None


def plain_database_host(address: str, allowed: tuple[str, ...]) -> str | None:
    """Return the host of a PostgreSQL that is reached unencrypted and must not be, if there is one.

    Without `sslmode`, PostgreSQL's clients encrypt only where the server offers it.
    """
    url = urlsplit(address)
    if not url.scheme.startswith("postgresql"):
        return None
    options = parse_qs(url.query)
    if options.get("sslmode", [""])[-1] in ("require", "verify-ca", "verify-full"):
        return None
    places = [*options.get("host", []), *options.get("hostaddr", [])]
    named = [host for entry in places for host in entry.split(",")]
    named = named or [part.rpartition("@")[2] for part in url.netloc.split(",")]
    for each in named:
        # A path is that of a socket on this machine.
        host = each if each.startswith("/") else urlsplit(f"//{each}").hostname or ""
        if host and not host.startswith("/") and host not in (*LOCAL, *allowed):
            return host
    return None


def site(text: str) -> str:
    """Return the address of the site, encrypted unless it is on this machine."""
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError(f"must be an http or https address, not {text!r}")
    if address.scheme == "http" and address.hostname not in LOCAL:
        raise ValueError(
            f"must not be plain http except on localhost, but is {text}: cookies and sign-in links "
            "would be readable in transit; use https"
        )
    return text


def mail_address(text: str) -> str:
    """Return a bare email address."""
    if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text):
        raise ValueError(f"must be a bare address, not {text!r}")
    return text


def host_name(text: str) -> str:
    """Return the full name of a host, within the limits of DNS."""
    label = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
    if len(text) > 253 or not re.fullmatch(rf"{label}(\.{label})+", text):
        raise ValueError(f"must be the full name of a host, such as mail.example.org, not {text!r}")
    return text


def relay(text: str) -> str:
    """Return the address of a relay, encrypted if it has a user and is elsewhere."""
    if not _is_server(text, "smtp", "smtp+starttls", "smtps"):
        raise ValueError("must look like smtp://host:25, smtp+starttls:// or smtps://")
    url = urlsplit(text)
    if url.scheme == "smtp" and url.username and url.hostname not in LOCAL:
        raise ValueError(
            "must be smtp+starttls:// or smtps:// if it has a user: anyone in between could "
            "read the password; smtp:// takes a user on localhost only"
        )
    return text


def token_endpoint(text: str) -> str:
    """Return the address of a token endpoint, encrypted unless it is on this machine."""
    is_local = _is_server(text, "http") and urlsplit(text).hostname in LOCAL
    if not is_local and not _is_server(text, "https"):
        raise ValueError("must be an https address")
    return text


def bounce_mailbox(text: str) -> str:
    """Return the address of a mailbox, encrypted unless it is on this machine."""
    if _is_server(text, "imap", "imap+starttls", "imaps"):
        url = urlsplit(text)
        encrypted = url.scheme != "imap" or url.hostname in LOCAL
        ok = encrypted and bool(url.username)
    else:
        ok = re.fullmatch(r"maildir:///[^?#]+", text) is not None
    if not ok:
        raise ValueError(
            "must look like imaps://user:password@host/INBOX, imap+starttls://…, imap://… on "
            "localhost, or maildir:///path"
        )
    return text


def _is_server(url: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)

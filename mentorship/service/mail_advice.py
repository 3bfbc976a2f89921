"""How to fix what a mail server refuses, by its words."""

from __future__ import annotations

import re

#: The first that fits the words of a failed connection counts. `{url}` is the setting in question.
_CONNECTION = (
    (r"token endpoint", "correct the settings that begin with SMTP_OAUTH_"),
    (
        r"mismatch|not valid for|doesn't match",
        "put the name that its certificate is for into {url}",
    ),
    (r"certificate has expired", "renew the certificate of the server"),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "if you trust it, name the file of the authority that signed its certificate in SMTP_CA",
    ),
    (r"No such file|Permission denied|NO_CERTIFICATE_OR_CRL|PEM", "correct SMTP_CA"),
    (
        r"SSL|STARTTLS",
        "correct how {url} encrypts: smtps:// or imaps:// from the start (port 465 or 993), "
        "smtp+starttls:// or imap+starttls:// on request (587 or 143)",
    ),
    (
        r"\b53[458]\b|AUTHENTICATIONFAILED|authentication failed|Invalid auth|LOGIN|AUTHENTICATE",
        "correct user and password in {url}; @, / and % in them are written %40, %2F and %25",
    ),
    (r"Name or service|getaddrinfo|nodename|name resolution", "correct the host in {url}"),
)
#: The same for what a relay says of an email to ourselves.
_ANNOUNCEMENT = (
    (r"\b530\b|authenticat|log ?in|sign in", "put user and password into SMTP_URL"),
    (r"\b(helo|ehlo)\b|fully-qualified", "set SMTP_HELO to a name that leads to this machine"),
    (
        r"sender|return.?path|mail from|5\.1\.[78]|not owned|send ?as",
        "allow this address at the relay, or set MAIL_RETURN_PATH to one that its user may use",
    ),
    (r"client|relay|\bip\b|host|ptr|dns", "allow this machine at the relay, or a user in SMTP_URL"),
)


def on_connection(words: str, url: str) -> str:
    """Return how to fix a connection that failed; `url` is the setting that names the server."""
    start = f"start it, or correct {url}"
    return _first(_CONNECTION, words, start).replace("{url}", url)


def on_announcement(words: str) -> str:
    """Return how to get the relay to accept emails from us."""
    return _first(_ANNOUNCEMENT, words, "ask the relay's operator why it refuses this")


def _first(table: tuple[tuple[str, str], ...], words: str, otherwise: str) -> str:
    for expression, advice in table:
        if re.search(expression, words, re.IGNORECASE):
            return advice
    return otherwise

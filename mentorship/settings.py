"""Settings: one frozen value, read once from the environment and handed in.

Each is an environment variable of the same name in capitals. Any of them can be read from a file
instead, by naming the file in a variable that ends in `_FILE` (for secrets). A new setting is one
field with its limits, and its row in README.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mentorship import setting_readers as readers
from mentorship.errors import Invalid


def _setting(
    default: Any, help: str, read: Callable[[str], Any] = str, *, is_secret: bool = False
) -> Any:
    # Settings end up in error reports; what is secret, or may hold a password, is not shown there.
    metadata = {"help": help, "read": read, "is_secret": is_secret}
    return field(default=default, metadata=metadata, repr=not is_secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that an installation decides. Times are in seconds."""

    database_url: str = _setting(
        "",
        "The database: `postgresql://user@host/name` or `sqlite:////path/file.db`.",
        readers.database,
        is_secret=True,
    )
    redis_url: str = _setting(
        "",
        "Redis, which tells workers of jobs: `redis://host:6379/0`, `rediss://…` or "
        "`unix:///path/socket`.",
        readers.redis,
        is_secret=True,
    )
    smtp_url: str = _setting(
        "",
        "The mail server that sends emails, the relay: `smtp://host:25`, "
        "`smtp+starttls://user:password@host:587` or `smtps://user:password@host:465`.",
        readers.relay,
        is_secret=True,
    )
    secret_key: str = _setting(
        "",
        "Signs links and cookies: at least 32 characters, kept secret, no default.",
        readers.Secret(32),
        is_secret=True,
    )
    secret_key_fallbacks: tuple[str, ...] = _setting(
        (),
        "Earlier values of SECRET_KEY, separated by commas, the latest first: links in emails that "
        "they signed stay valid. A new key takes the place of one that may be known.",
        readers.Secrets(32),
        is_secret=True,
    )
    plaintext_hosts: tuple[str, ...] = _setting(
        (),
        "Hosts that connections may reach unencrypted, separated by commas: a database, Redis, "
        "or relay on a network that no one else uses. This machine is always allowed.",
        readers.hosts,
    )
    base_url: str = _setting(
        "http://localhost:8000", "The site's address, as used in emails.", readers.site
    )
    mail_from: str = _setting(
        "preceptor@localhost", "The address that emails come from.", readers.mail_address
    )
    mail_return_path: str = _setting(
        "",
        "The address that undeliverable emails are returned to. Empty: MAIL_FROM.",
        readers.mail_address,
    )
    mail_return_tag: str = _setting(
        "+",
        "What separates MAIL_RETURN_PATH from each email's tag, as in `bounces+…@example.org`: "
        "`+`, `-`, or `none` if the mailbox does not accept these addresses. Only reports sent "
        "to a tagged address flag anyone.",
        readers.Choice(("+", "-", "none")),
    )
    smtp_helo: str = _setting(
        "",
        "The name that the service greets the relay with (HELO), such as "
        "`mentoring.example.org`. Empty: this machine's.",
        readers.host_name,
    )
    smtp_ca: str = _setting(
        "",
        "A PEM file of certificate authorities that are trusted in addition to the system's: "
        "for the relay, its token endpoint, and the bounce mailbox.",
    )
    smtp_oauth_token_url: str = _setting(
        "",
        "The OAuth 2 endpoint that issues tokens for the relay (SASL XOAUTH2): https, except on "
        "localhost. SMTP_URL names the user. Empty: the password there is used, if any. The "
        "bounce mailbox uses it if BOUNCES_URL names a user and no password.",
        readers.token_endpoint,
    )
    smtp_oauth_client_id: str = _setting(
        "", "The client ID of this installation at the token endpoint."
    )
    smtp_oauth_client_secret: str = _setting(
        "", "The client secret there, if it has one.", is_secret=True
    )
    smtp_oauth_refresh_token: str = _setting(
        "",
        "The refresh token. Empty: the client credentials grant is used.",
        is_secret=True,
    )
    smtp_oauth_scope: str = _setting("", "The scope to ask for, if the endpoint needs one.")
    bounces_url: str = _setting(
        "",
        "The mailbox that undeliverable emails are returned to: "
        "`imaps://user:password@host/INBOX`, `imap+starttls://…`, `imap://…` on localhost only, "
        "or `maildir:///path`. Delivery reports are read once and flag addresses; reports that "
        "cannot be parsed stay unread.",
        readers.bounce_mailbox,
        is_secret=True,
    )
    bounces_oauth_refresh_token: str = _setting(
        "",
        "The refresh token of the bounce mailbox's user, if each user has their own. Empty: "
        "SMTP_OAUTH_REFRESH_TOKEN, if any.",
        is_secret=True,
    )
    mail_journal: str = _setting(
        "",
        "A Maildir in which the relay keeps a copy of every email it accepted. It is checked "
        "before an email of unknown delivery is sent again. Empty: that email waits and is sent "
        "once more.",
    )
    proxy_hops: int = _setting(
        0,
        "The number of proxies in front of the site that set X-Forwarded-For, -Proto and -Host.",
        readers.Number(kind=int),
    )
    sweep_seconds: float = _setting(
        2.0, "How often to look for due rows.", readers.Number(least=0.01)
    )
    lease_seconds: float = _setting(
        20.0, "How long a worker may be silent before its round is taken back.", readers.Number()
    )
    heartbeat_seconds: float = _setting(
        5.0,
        "How often a worker gives a sign of life and extends its lease.",
        readers.Number(least=0.01),
    )
    ring_again_seconds: float = _setting(
        20.0, "How long a due row waits before workers are notified of it again.", readers.Number()
    )
    longest_match_seconds: float = _setting(
        3600.0, "How long matching one round may take before it is stopped.", readers.Number()
    )
    most_starts: int = _setting(
        3,
        "How many times a round may be started before it fails.",
        readers.Number(kind=int),
    )
    smtp_seconds: float = _setting(
        30.0, "How long one step with a mail server may take.", readers.Number(least=0.1)
    )
    smtp_final_seconds: float = _setting(
        600.0,
        "How long the relay may take to answer after the last byte (RFC 5321 asks for 600).",
        readers.Number(least=0.1),
    )
    doubt_seconds: float = _setting(
        900.0,
        "How long an email that may have been sent waits before it is sent once more.",
        readers.Number(),
    )
    mail_delays: tuple[float, ...] = _setting(
        (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 14400.0),
        "How long an email waits each time the relay asks to try again later, or its worker dies; "
        "the last one repeats.",
        readers.Numbers(readers.Number(least=0.01)),
    )
    mail_give_up_seconds: float = _setting(
        259_200.0,
        "How long in total an email is deferred in this way before it fails.",
        readers.Number(),
    )
    relay_pause_seconds: float = _setting(
        5.0,
        "How long no email is tried after the relay could not be reached or refused the login; "
        "doubled each time, up to 5 minutes.",
        readers.Number(least=0.1),
    )
    mail_per_minute: float = _setting(
        0.0,
        "How many emails the relay accepts per minute, not counting sign-in emails; 0: no limit.",
        readers.Number(least=0.01, or_zero=True),
    )
    mail_per_domain_minute: float = _setting(
        0.0,
        "How many emails one domain accepts per minute; 0: no limit.",
        readers.Number(least=0.01, or_zero=True),
    )
    chore_seconds: float = _setting(
        30.0,
        "How often answers take effect, rounds are published, reminders are sent, old rows are "
        "removed, and bounce reports are read.",
        readers.Number(least=0.1),
    )
    undo_seconds: float = _setting(
        600.0, "How long an answer given by a button in an email can be undone.", readers.Number()
    )
    log_level: str = _setting(
        "INFO",
        "How much is logged: DEBUG, INFO, WARNING, or ERROR.",
        readers.Choice(("DEBUG", "INFO", "WARNING", "ERROR")),
    )
    log_format: str = _setting(
        "text",
        "How it is logged: `text`, or `json` for other programs.",
        readers.Choice(("text", "json")),
    )
    metrics_token: str = _setting(
        "",
        "The token that /metrics asks for, as `Authorization: Bearer …`. Empty: that page does "
        "not exist.",
        readers.Secret(16),
        is_secret=True,
    )

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings that the environment describes.

        Raises `Invalid` for invalid values; the message names each variable that has
        one, and what it must be.
        """
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for setting in dataclasses.fields(cls):
            name, variable = setting.name, setting.name.upper()
            try:
                text = _text(variable, environ)
                # Empty is unset, where there is no default.
                if text is not None and not (text == "" and setting.default == ""):
                    values[name] = setting.metadata["read"](text)
            except ValueError as error:
                wrong[name] = f"{variable} {error}"
        settings = cls(**values)
        messages = [*wrong.values()]
        for names, message in settings._contradictions():
            if not wrong.keys() & set(names):
                messages.append(message)
        if messages:
            raise Invalid("\n".join(messages))
        return settings

    def _contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what settings must be beside others: the names involved, and the message."""
        if self.lease_seconds < 2 * self.heartbeat_seconds:
            yield (
                ("lease_seconds", "heartbeat_seconds"),
                "LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS",
            )
        if self.smtp_oauth_token_url and not self.smtp_oauth_client_id:
            yield (
                ("smtp_oauth_token_url", "smtp_oauth_client_id"),
                "SMTP_OAUTH_CLIENT_ID must be set if SMTP_OAUTH_TOKEN_URL is",
            )
        if self.smtp_oauth_token_url and self.smtp_url and not urlsplit(self.smtp_url).username:
            yield (
                ("smtp_oauth_token_url", "smtp_url"),
                "SMTP_URL must name a user if SMTP_OAUTH_TOKEN_URL is set",
            )
        for setting, scheme in (("redis_url", "redis"), ("smtp_url", "smtp")):
            if host := readers.plain_host(getattr(self, setting), scheme, self.plaintext_hosts):
                yield (
                    (setting,),
                    f"{setting.upper()} must be encrypted ({readers.ENCRYPTED[scheme]}), or "
                    f"PLAINTEXT_HOSTS must name {host}: anyone in between could read the traffic",
                )
        if host := readers.plain_database_host(self.database_url, self.plaintext_hosts):
            yield (
                ("database_url",),
                f"DATABASE_URL must be encrypted (end in ?sslmode=verify-full), or PLAINTEXT_HOSTS "
                f"must name {host}: anyone in between could read the traffic",
            )
        url = urlsplit(self.bounces_url)
        if url.username and not url.password and not self.smtp_oauth_token_url:
            yield (
                ("bounces_url", "smtp_oauth_token_url"),
                "BOUNCES_URL must have a password unless SMTP_OAUTH_TOKEN_URL is set",
            )

    @property
    def secret_keys(self) -> list[str]:
        """Return the keys that may have signed, the earliest first; the last one signs."""
        return [*reversed(self.secret_key_fallbacks), self.secret_key]

    @property
    def is_local(self) -> bool:
        """Whether the site is on this machine only."""
        return urlsplit(self.base_url).hostname in readers.LOCAL

    @property
    def limits_mail(self) -> bool:
        """Whether the relay or a domain limits emails per minute."""
        return bool(self.mail_per_minute or self.mail_per_domain_minute)

    def require(self, *names: str) -> Settings:
        """Return these settings if all of `names` are set, else raise `Invalid` naming the rest."""
        missing = [name.upper() for name in names if not getattr(self, name)]
        if missing:
            raise Invalid(f"{' and '.join(missing)} must be set (in the environment or a file)")
        return self

    def replace(self, **changes: Any) -> Settings:
        """Return the settings with some changed."""
        return dataclasses.replace(self, **changes)

    def keeping(self, *names: str) -> Settings:
        """Return these settings with none of the secrets but those of `names`.

        Of the relay its host stays: its name is that of a row in the database.
        """
        withheld: dict[str, Any] = {
            setting.name: setting.default
            for setting in dataclasses.fields(self)
            if setting.metadata["is_secret"] and setting.name not in names
        }
        if "smtp_url" in withheld:
            url = urlsplit(self.smtp_url)
            withheld["smtp_url"] = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
            withheld["smtp_oauth_token_url"] = ""
        return self.replace(**withheld)

    def to_environ(self) -> dict[str, str]:
        """Return the environment that describes these settings, the inverse of `read`."""
        return {
            setting.name.upper(): written(getattr(self, setting.name))
            for setting in dataclasses.fields(self)
        }


def written(value: object) -> str:
    """Return a setting's value as the text of its variable."""
    if isinstance(value, tuple):
        return ",".join(map(written, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _text(variable: str, environ: Mapping[str, str]) -> str | None:
    """Return what a variable, or the file that it names, holds; None if it is not set.

    Raises `ValueError` with what is wrong.
    """
    text, file = environ.get(variable), environ.get(f"{variable}_FILE")
    if not file:
        return text
    if text is not None:
        raise ValueError(f"and {variable}_FILE are both set; keep one")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ValueError(f"cannot be read from {variable}_FILE: {reason}: {file}") from None

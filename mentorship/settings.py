"""Settings: one frozen value, read once from the environment and handed in.

Each is an environment variable of the same name in capitals. Any of them can be read from a file
instead, by naming the file in a variable that ends in `_FILE` (for secrets).
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mentorship.errors import Invalid

DEFAULT_DATA = Path("data")
#: The file in which `preceptor up` says where its parts listen.
RUNNING = "running.json"
_LOCAL = ("localhost", "127.0.0.1", "::1")


def _setting(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that an installation decides. Times are in seconds."""

    database_url: str = _setting(
        "", "Where the truth is kept: `postgresql://user@host/name` or `sqlite:////path/file.db`."
    )
    redis_url: str = _setting(
        "", "Where the bell rings: `redis://host:6379/0`, `rediss://…` or `unix:///path/socket`."
    )
    smtp_url: str = _setting(
        "",
        "The relay that takes emails: `smtp://host:25`, `smtp+starttls://user:password@host:587` "
        "or `smtps://user:password@host:465`.",
    )
    secret_key: str = _setting(
        "", "Signs links and cookies: at least 32 characters, kept secret, no default."
    )
    base_url: str = _setting(
        "http://localhost:8000", "The address of the site, as it stands in emails."
    )
    mail_from: str = _setting("preceptor@localhost", "The address that emails come from.")
    mail_return_path: str = _setting(
        "", "The address that undeliverable emails are returned to. Empty: MAIL_FROM."
    )
    smtp_ca: str = _setting(
        "",
        "A PEM file of certificate authorities that are trusted besides the system's: for the "
        "relay, its token endpoint and the bounce mailbox.",
    )
    smtp_oauth_token_url: str = _setting(
        "",
        "Where tokens for the relay come from (OAuth 2, SASL XOAUTH2): https, unless on localhost. "
        "The user stands in SMTP_URL. Empty: the password there is used, if there is one.",
    )
    smtp_oauth_client_id: str = _setting("", "Who this installation is at the token endpoint.")
    smtp_oauth_client_secret: str = _setting("", "Its secret there, where it has one.")
    smtp_oauth_refresh_token: str = _setting(
        "", "A lasting token that gives new ones. Empty: the client credentials grant is used."
    )
    smtp_oauth_scope: str = _setting("", "What the tokens are for, where the endpoint asks for it.")
    bounces_url: str = _setting(
        "",
        "The mailbox in which undeliverable emails come back: `imaps://user:password@host/INBOX`, "
        "`imap+starttls://…`, `imap://…` on localhost only, or `maildir:///path`. Each unread "
        "message is read once; delivery reports flag addresses.",
    )
    mail_journal: str = _setting(
        "",
        "A Maildir in which the relay keeps a copy of all it took. It is asked before an email "
        "whose fate is in doubt is sent again. Empty: such an email waits and is sent once more.",
    )
    proxy_hops: int = _setting(
        0, "How many proxies in front of the site set X-Forwarded-For, -Proto and -Host."
    )
    sweep_seconds: float = _setting(2.0, "How often due rows are looked for.")
    lease_seconds: float = _setting(
        20.0, "How long a worker may be silent before its round is taken back."
    )
    heartbeat_seconds: float = _setting(
        5.0, "How often a worker says that it is alive and extends its lease."
    )
    ring_again_seconds: float = _setting(
        20.0, "How long a due row waits before the bell rings for it again."
    )
    longest_match_seconds: float = _setting(
        3600.0, "How long matching one round may take before it is given up."
    )
    most_starts: int = _setting(
        3, "How often a round may be started before it is set aside as failed."
    )
    smtp_seconds: float = _setting(30.0, "How long one step with a mail server may take.")
    smtp_final_seconds: float = _setting(
        600.0, "How long the relay may take to answer after the last byte (RFC 5321 asks for 600)."
    )
    doubt_seconds: float = _setting(
        900.0, "How long an email that may have been sent waits before it is sent once more."
    )
    mail_delays: str = _setting(
        "5,30,120,600,1800,3600,14400",
        "How long an email waits each time that the relay asks to come again, or its worker dies; "
        "the last repeats.",
    )
    mail_give_up_seconds: float = _setting(
        259_200.0, "For how long, in all, an email is put off in this way before it is given up."
    )
    relay_pause_seconds: float = _setting(
        5.0,
        "How long no email is tried after the relay could not be reached or would not let us in; "
        "doubled each time, to 5 minutes at most.",
    )
    mail_per_minute: float = _setting(
        0.0,
        "How many emails the relay takes a minute, those to sign in apart; 0: as many as it can.",
    )
    mail_per_domain_minute: float = _setting(
        0.0, "How many emails one domain takes a minute; 0: as many as it can."
    )
    chore_seconds: float = _setting(
        30.0,
        "How often answers take effect, reminders are looked for and returned emails are read.",
    )
    undo_seconds: float = _setting(
        600.0, "How long an answer given by a button in an email can be undone."
    )
    log_level: str = _setting("INFO", "How much is logged: DEBUG, INFO, WARNING or ERROR.")
    log_format: str = _setting("text", "How it is logged: `text`, or `json` for other programs.")
    metrics_token: str = _setting(
        "",
        "With it, /metrics answers whoever sends `Authorization: Bearer …`; empty: there is none.",
    )

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings that the environment describes.

        Raises `Invalid` for a value that cannot be meant; the message names the variable.
        """
        values: dict[str, Any] = {}
        for setting in dataclasses.fields(cls):
            variable = setting.name.upper()
            text = environ.get(variable)
            if file := environ.get(f"{variable}_FILE"):
                if text is not None:
                    raise Invalid(f"{variable} and {variable}_FILE are both set; keep one")
                try:
                    text = Path(file).read_text(encoding="utf-8").strip()
                except OSError as error:
                    raise Invalid(f"{variable}_FILE: {error.strerror}: {file}") from None
            if text is None:
                continue
            kind: type[str] | type[int] | type[float] = type(getattr(cls, setting.name))
            if kind is str:
                values[setting.name] = text
                continue
            try:
                values[setting.name] = kind(text)
            except ValueError:
                raise Invalid(f"{variable} must be a number, not {text!r}") from None
            if not 0 <= values[setting.name] < 1_000_000:
                raise Invalid(f"{variable} must not be negative or above 1,000,000")
        settings = cls(**values)
        settings._check()
        return settings

    def _check(self) -> None:
        if self.secret_key and len(self.secret_key) < 32:
            raise Invalid("SECRET_KEY must have at least 32 characters; make one at random")
        if self.metrics_token and len(self.metrics_token) < 16:
            raise Invalid("METRICS_TOKEN must have at least 16 characters; make one at random")
        if self.log_format not in ("text", "json"):
            raise Invalid(f"LOG_FORMAT must be text or json, not {self.log_format!r}")
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise Invalid(
                f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {self.log_level!r}"
            )
        if self.sweep_seconds <= 0 or self.heartbeat_seconds <= 0:
            raise Invalid("SWEEP_SECONDS and HEARTBEAT_SECONDS must be above 0")
        number = r"0*(\.\d*[1-9]\d*|[1-9]\d{0,6}(\.\d+)?)"
        if not re.fullmatch(rf"{number}(,{number})*", self.mail_delays):
            raise Invalid("MAIL_DELAYS must be seconds above 0 with commas, such as 5,30,120")
        for least, names in (
            (0.1, ("smtp_seconds", "smtp_final_seconds", "relay_pause_seconds", "chore_seconds")),
            (0.01, ("mail_per_minute", "mail_per_domain_minute")),
        ):
            for name in names:
                value = getattr(self, name)
                if value < least and (value or not name.startswith("mail_per")):
                    raise Invalid(f"{name.upper()} must be at least {least:g}, not {value:g}")
        if self.lease_seconds < 2 * self.heartbeat_seconds:
            raise Invalid("LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS")
        self._check_mail()
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise Invalid(f"BASE_URL must be an http or https address, not {self.base_url!r}")
        if address.scheme == "http" and not self.is_local:
            raise Invalid(
                f"BASE_URL {self.base_url} is plain http on another host than localhost, where "
                "cookies and sign-in links would be readable on the way; use https"
            )

    def _check_mail(self) -> None:
        return_path = self.mail_return_path or self.mail_from
        for name, address in (("MAIL_FROM", self.mail_from), ("MAIL_RETURN_PATH", return_path)):
            if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", address):
                raise Invalid(f"{name} must be a bare address, not {address!r}")
        # These two may hold a password, so they are not repeated.
        if self.smtp_url and not _is_server(self.smtp_url, "smtp", "smtp+starttls", "smtps"):
            raise Invalid("SMTP_URL must look like smtp://host:25, smtp+starttls:// or smtps://")
        relay = urlsplit(self.smtp_url)
        if relay.scheme == "smtp" and relay.username and relay.hostname not in _LOCAL:
            raise Invalid(
                "SMTP_URL must be smtp+starttls:// or smtps:// with a user, whose password anybody "
                "on the way could read; smtp:// takes one on localhost only"
            )
        if self.bounces_url and not _is_bounce_mailbox(self.bounces_url):
            raise Invalid(
                "BOUNCES_URL must look like imaps://user:password@host/INBOX, imap+starttls://…, "
                "imap://… on localhost, or maildir:///path"
            )
        if self.smtp_oauth_token_url:
            if not _is_server(self.smtp_oauth_token_url, "https") and not (
                _is_server(self.smtp_oauth_token_url, "http")
                and urlsplit(self.smtp_oauth_token_url).hostname in _LOCAL
            ):
                raise Invalid("SMTP_OAUTH_TOKEN_URL must be an https address")
            if not self.smtp_oauth_client_id:
                raise Invalid("SMTP_OAUTH_CLIENT_ID must be set, as SMTP_OAUTH_TOKEN_URL is")
            if self.smtp_url and not urlsplit(self.smtp_url).username:
                raise Invalid("SMTP_URL must name a user, as SMTP_OAUTH_TOKEN_URL is set")

    def delay(self, attempts: int) -> datetime.timedelta | None:
        """Return how long an email waits after so many attempts, None where it is given up."""
        listed = [float(text) for text in self.mail_delays.split(",")]
        repeats = max(0, attempts - len(listed))
        waited = sum(listed[:attempts]) + repeats * listed[-1]
        if waited > self.mail_give_up_seconds:
            return None
        return datetime.timedelta(seconds=listed[min(attempts, len(listed)) - 1])

    @property
    def is_local(self) -> bool:
        """Return whether the site is on this machine only."""
        return urlsplit(self.base_url).hostname in _LOCAL

    def require(self, *names: str) -> Settings:
        """Return these settings if all of `names` are set, else raise `Invalid` naming the rest."""
        missing = [name.upper() for name in names if not getattr(self, name)]
        if missing:
            raise Invalid(f"{' and '.join(missing)} must be set (in the environment or a file)")
        return self

    def replace(self, **changes: Any) -> Settings:
        """Return the settings with some changed."""
        return dataclasses.replace(self, **changes)

    def to_environ(self) -> dict[str, str]:
        """Return the environment that describes these settings, the inverse of `read`."""
        return {
            setting.name.upper(): str(getattr(self, setting.name))
            for setting in dataclasses.fields(self)
        }


def _is_server(url: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)


def _is_bounce_mailbox(url: str) -> bool:
    if _is_server(url, "imap", "imap+starttls", "imaps"):
        parts = urlsplit(url)
        encrypted = parts.scheme != "imap" or parts.hostname in _LOCAL
        return encrypted and bool(parts.username and parts.password)
    return re.fullmatch(r"maildir:///[^?#]+", url) is not None


def installation(data: Path | None, environ: Mapping[str, str]) -> tuple[Settings, Path]:
    """Return the settings of an installation and its data folder, `./data` if none is named.

    Without DATABASE_URL its database is a file in that folder. Raises `Invalid` where a folder
    and DATABASE_URL are both named.
    """
    if data is not None and {"DATABASE_URL", "DATABASE_URL_FILE"} & environ.keys():
        raise Invalid("--data and DATABASE_URL are both given; keep one")
    settings = Settings.read(environ)
    folder = (data or DEFAULT_DATA).absolute()
    file = f"sqlite:///{folder / 'preceptor.db'}"
    return settings.replace(database_url=settings.database_url or file), folder


def for_command(data: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings of the installation that a command is about.

    While `preceptor up` runs on the same database, its folder says where the parts listen.
    """
    settings, folder = installation(data, environ)
    running = folder / RUNNING
    if not running.is_file():
        return settings
    try:
        found = json.loads(running.read_text(encoding="utf-8"))
    except ValueError:
        return settings  # It is being written just now.
    if found.get("database_url") != settings.database_url:
        return settings
    unset = {f.name for f in dataclasses.fields(Settings) if getattr(settings, f.name) == f.default}
    return settings.replace(**{name: value for name, value in found.items() if name in unset})

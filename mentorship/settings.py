"""Settings: one frozen value, read once from the environment and handed in.

Each is an environment variable of the same name in capitals. Any of them can be read from a file
instead, by naming the file in a variable that ends in `_FILE` (for secrets).
"""

from __future__ import annotations

import dataclasses
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
    smtp_seconds: float = _setting(30.0, "How long one step of sending an email may take.")
    smtp_final_seconds: float = _setting(
        600.0, "How long the relay may take to answer after the last byte (RFC 5321 asks for 600)."
    )
    doubt_seconds: float = _setting(
        900.0, "How long an email that may have been sent waits before it is sent once more."
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
        if self.lease_seconds < 2 * self.heartbeat_seconds:
            raise Invalid("LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS")
        if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", self.mail_from):
            raise Invalid(f"MAIL_FROM must be a bare address, not {self.mail_from!r}")
        if self.smtp_url and not _is_relay(self.smtp_url):
            raise Invalid("SMTP_URL must look like smtp://host:25, smtp+starttls:// or smtps://")
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise Invalid(f"BASE_URL must be an http or https address, not {self.base_url!r}")
        if address.scheme == "http" and not self.is_local:
            raise Invalid(
                f"BASE_URL {self.base_url} is plain http on another host than localhost, where "
                "cookies and sign-in links would be readable on the way; use https"
            )

    @property
    def is_local(self) -> bool:
        """Return whether the site is on this machine only."""
        return urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")

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


def _is_relay(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("smtp", "smtp+starttls", "smtps") and bool(parts.hostname)


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

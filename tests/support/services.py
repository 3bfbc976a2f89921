"""The whole service as `preceptor up` starts it, and the command line that talks to it."""

from __future__ import annotations

import contextlib
import datetime
import email
import email.policy
import itertools
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import shortcuts
import stalls
from encryption import free_port
from patience import patient, wait_until
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Email, Program, Round
from mentorship.settings import Settings
from mentorship.states import UNFINISHED_EMAIL, EmailState

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
#: What every Python process of a service does before its own code.
HOOKS = ROOT / "tests" / "support" / "hooks"
#: What services find of our own environment; the last one lets coverage measure them too.
KEPT = ("PATH", "LANG", "TMPDIR", "COVERAGE_PROCESS_CONFIG")
PRECEPTOR = [sys.executable, "-m", "mentorship"]
#: Words of the command lines of parts of a service: those that do what no one asked for at a page.
BEAT = "worker.app --quiet beat"
WORKERS = ("--queues=matching", "--queues=mail", BEAT)
#: Short, so that what takes minutes in earnest is seen in seconds.
QUICK = {
    "SWEEP_SECONDS": "2",
    "HEARTBEAT_SECONDS": "1",
    "RING_AGAIN_SECONDS": "3",
    # What a process that was killed holds is held so long.
    "LEASE_SECONDS": str(patient(4)),
    "SMTP_SECONDS": str(patient(2)),
    "SMTP_FINAL_SECONDS": str(patient(2)),
}
_numbers = itertools.count(1)


def environment(folder: Path) -> dict[str, str]:
    """Return what processes of a service find in their environment, with that folder as home."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    paths = os.pathsep.join(map(str, (HOOKS, ROOT)))
    return {**kept, **stalls.wishes(), "HOME": str(folder), "PYTHONPATH": paths}


def children(pid: int) -> dict[int, str]:
    """The child processes of a process, with their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == pid:
                    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(folder.name)] = line
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def family(pid: int) -> set[int]:
    """A process and everything below it."""
    return {pid}.union(*(family(child) for child in children(pid)))


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        # A child of a worker may have ended.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class RunningService:
    """A `preceptor up` in a folder, and the command line that talks to it.

    It computes forecasts only on demand, unless it has `forecasts`, as in benchmarks: in tests,
    where people change all the time and few look at one, they took more processor time than
    everything else.
    """

    def __init__(
        self, folder: Path, database_url: str | None, *, forecasts: bool = False, **settings: str
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self._process: subprocess.Popen[str] | None = None
        self._engine: Engine | None = None
        self._caught: dict[Path, EmailMessage] = {}
        self._output = folder / "up.txt"
        self._gate = folder / "solvers-wait"
        self._forecast_gate = folder / "forecasts-wait"
        if not forecasts:
            self._forecast_gate.touch()
        self.environment = {
            **environment(folder),
            "SOLVER_GATE": str(self._gate),
            "FORECAST_GATE": str(self._forecast_gate),
            **QUICK,
            **settings,
        }
        if database_url:
            self.environment["DATABASE_URL"] = database_url

    def start(self) -> RunningService:
        self.launch()
        wait_until("the service", lambda: "Ctrl-C" in self.output() or self.ended(), 120)
        assert not self.ended(), self.output()
        return self

    def launch(self, *options: str) -> None:
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                [*PRECEPTOR, "up", "--port", str(self.port), *options],
                cwd=self.folder, env=self.environment, stdout=output, stderr=output, text=True,
                start_new_session=True,
            )  # fmt: skip

    def output(self) -> str:
        return self._output.read_text()

    @property
    def was_started(self) -> bool:
        return self._process is not None

    def ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, number: signal.Signals = signal.SIGINT, seconds: float = 60) -> int:
        """Signal the supervisor and return its exit code."""
        assert self._process is not None
        if self._engine is not None:
            self._engine.dispose()
        if not self.ended():
            self._process.send_signal(number)
        try:
            return self._process.wait(patient(seconds))
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            raise

    def part(self, words: str) -> int:
        """The process of one part, known by words of its command line."""
        found = [pid for pid, line in children(self.pid).items() if words in line]
        assert len(found) == 1, (words, children(self.pid))
        return found[0]

    @contextlib.contextmanager
    def solvers_waiting(self) -> Iterator[None]:
        """Keep every round that is started meanwhile from being finished."""
        self._gate.touch()
        try:
            yield
        finally:
            self._gate.unlink()

    @contextlib.contextmanager
    def forecasting(self) -> Iterator[None]:
        """Compute forecasts meanwhile, as a service does by itself."""
        self._forecast_gate.unlink()
        try:
            yield
        finally:
            self._forecast_gate.touch()

    def solver(self) -> int:
        """Wait until a round is being matched, and return the process that does so."""
        return int(wait_until("the solver", self._solver))

    def _solver(self) -> int | None:
        for pid in family(self.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if b"worker.solver" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        return None

    @contextlib.contextmanager
    def paused(self, *parts: str) -> Iterator[None]:
        """Let parts of the service, each known by its words, do nothing meanwhile; on SQLite.

        They are paused between two writes: one in the middle of its own would bar those of others.
        """
        pids = set().union(*(family(self.part(words)) for words in parts))
        wait_until("the end of a write", lambda: self._pause(pids))
        try:
            yield
        finally:
            _signal(pids, signal.SIGCONT)

    def _pause(self, pids: set[int]) -> bool:
        _signal(pids, signal.SIGSTOP)
        file = self.engine.url.database
        assert file
        with contextlib.closing(sqlite3.connect(file, timeout=1)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                _signal(pids, signal.SIGCONT)
                return False
        return True

    def kill(self, words: str) -> None:
        os.kill(self.part(words), signal.SIGKILL)

    def run(self, *words: str, code: int = 0) -> Any:
        """Run a command with --json and return what it prints."""
        done = self.command(*words, "--json")
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PRECEPTOR, *words], cwd=self.folder, env=self.environment, capture_output=True,
            text=True, timeout=patient(120),
        )  # fmt: skip

    def emails(self) -> list[EmailMessage]:
        """Every email that was caught; each is parsed once, however often this is asked."""
        for file in (self.data / "mailbox" / "new").glob("*"):
            if file not in self._caught:
                message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                self._caught[file] = message
        return list(self._caught.values())

    @property
    def site(self) -> str:
        """The address of the site."""
        return f"http://localhost:{self.port}"

    def coordinator_link(self, slug: str) -> str:
        """Add a coordinator to a program; a link that signs them in."""
        key = (self.data / "secret_key").read_text()
        settings = Settings(secret_key=key, base_url=self.site)
        return self.act(lambda session: shortcuts.coordinator_link(session, slug, settings))

    def new_program(self, mentees: int = 0, mentors: int = 0) -> str:
        """Create a program with people from the sample, and return its short name."""
        slug = f"p{next(_numbers)}"
        self.act(lambda session: shortcuts.add_program(session, slug, mentees, mentors))
        return slug

    def start_round(self, slug: str) -> str:
        """Start a round of a program and return its id."""
        return self.act(lambda session: shortcuts.start_round(session, slug))

    def propose_round(self, slug: str) -> str:
        """Start a round of a program, wait until it is matched, and return its id."""
        round_id = self.start_round(slug)
        self.wait_for_state(round_id, "proposed")
        return round_id

    def publish_round(self, round_id: str) -> None:
        self.act(lambda session: shortcuts.publish_round(session, round_id))

    def shown_round(self, round_id: str) -> dict[str, Any]:
        """Return what `round show` tells of a round."""
        return self.ask(lambda session: shortcuts.shown_round(session, round_id))

    @property
    def database_url(self) -> str:
        return self.environment.get("DATABASE_URL") or f"sqlite:///{self.data / 'preceptor.db'}"

    @property
    def engine(self) -> Engine:
        """The service's database, for what costs a hundredth of doing it by a command."""
        if self._engine is None:
            self._engine = database.make_engine(self.database_url)
        return self._engine

    def ask(self, question: Callable[[Session], T]) -> T:
        """Ask the database."""
        with database.reading(self.engine) as session:
            return question(session)

    def act(self, work: Callable[[Session], T]) -> T:
        """Do something that is committed."""
        with database.transaction(self.engine) as session:
            return work(session)

    def outbox(self, slug: str) -> list[Email]:
        """Return the emails of a program."""
        emails = select(Email).join(Program, Email.program_id == Program.id)
        return self.ask(lambda s: list(s.scalars(emails.where(Program.slug == slug))))

    def all_sent(self, slug: str) -> bool:
        """Return whether nothing is on its way."""
        unsent = (
            select(Email.id)
            .join(Program, Email.program_id == Program.id)
            .where(Program.slug == slug, Email.state != EmailState.SENT)
        )
        return self.ask(lambda session: session.scalars(unsent.limit(1)).first()) is None

    def wait_for_emails(self, slug: str, seconds: float = 240) -> None:
        """Wait until the emails of a program are sent, and their rows say so."""
        wait_until(f"the emails of {slug}", lambda: self.all_sent(slug), seconds)

    def has_no_email_to_send(self) -> bool:
        """Return whether no worker sends anything, of no program and of none; nor will it soon."""
        soon = datetime.timedelta(seconds=patient(10))
        unsent = select(Email.id).where(Email.state.in_(UNFINISHED_EMAIL)).limit(1)
        due = unsent.where(Email.due_at <= datetime.datetime.now(datetime.UTC) + soon)
        return self.ask(lambda session: session.scalars(due).first()) is None

    def wait_for_state(self, round_id: str, state: str) -> None:
        """Wait until a round is in a state."""
        query = select(Round.state).where(Round.id == uuid.UUID(round_id))
        wait_until(f"round {state}", lambda: self.ask(lambda s: s.scalar(query)) == state, 120)

    def check_emails(self, slug: str, round_id: str) -> None:
        """Everyone of a published round has exactly one email, with the partner's name."""
        report = self.shown_round(round_id)
        caught: dict[str, list[str]] = {}
        ids = []
        for message in self.emails():
            (address,) = (a.addr_spec for a in message["To"].addresses)
            # Those who were said to agree have been told so before the round.
            is_of_round = not message["Subject"].startswith("You've been added")
            if is_of_round and address.lower().startswith(f"{slug}."):
                text = message.get_body(("plain",))
                assert text is not None
                caught.setdefault(address.lower(), []).append(
                    re.sub(r"\s+", " ", text.get_content())
                )
                ids.append(message["Message-ID"])
        assert len(ids) == len(set(ids)), "an email came twice"
        expected: dict[str, list[str]] = {}
        for pair in report["pairs"]:
            expected.setdefault(pair["mentee"].lower(), []).append(pair["mentor_name"])
            expected.setdefault(pair["mentor"].lower(), []).append(pair["mentee_name"])
        for person in report["unmatched"]:
            expected.setdefault(person["person"].lower(), [])
        assert report["pairs"]
        assert report["unmatched"]
        assert set(caught) == set(expected)
        for address, names in expected.items():
            (text,) = caught[address]
            for name in names:
                assert re.sub(r"\s+", " ", name) in text, (address, name)

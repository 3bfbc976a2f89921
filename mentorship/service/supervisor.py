"""The supervisor: starts processes in order, restarts what dies, and stops all of them.

It has no thread of its own: its user calls `watch` again and again, as `run` does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from mentorship.errors import Unavailable
from mentorship.service.processes import end_with_parent

#: A process that ends by itself sooner than this, so often in a row, cannot live.
SHORT_LIFE = 10.0
MOST_SHORT_LIVES = 3
#: How long processes may take to end once they are told to.
GRACE = 10.0
READY_WITHIN = 60.0


@dataclass(eq=False)
class Part:
    """One process, in a group of its own with its children."""

    name: str
    command: list[str]
    #: Whether it does its work yet; a part may answer for others.
    is_ready: Callable[[], bool] = lambda: True
    #: What this part alone gets, beside what all of them do: the secrets that it needs.
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    short_lives: int = 0

    def signal(self, number: signal.Signals) -> None:
        """Signal the process and its children, if there is anything left to signal."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


@dataclass
class Supervisor:
    """Processes that run together, in the order in which they were started.

    As a context it stops all of them at its end.
    """

    #: Folder of their logs, one file a part.
    logs: Path
    environment: Mapping[str, str]
    #: Hears which part ended and why.
    say: Callable[[str], None]
    parts: list[Part] = field(default_factory=list)
    stopping: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop_at_signals(self) -> None:
        """Let SIGINT and SIGTERM end what waits and watches here; a second one kills the parts."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def start(self, part: Part) -> None:
        """Start a part, for the first time or again."""
        part.started_at = time.monotonic()
        log = self.log(part)
        log.parent.mkdir(exist_ok=True)
        # The part keeps the file; ours is closed, or every restart would leave one open.
        with log.open("ab") as output:
            part.process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**self.environment, **part.environment},
                # A group of its own: Ctrl-C reaches only the supervisor, which then ends the
                # parts in order, each with its children.
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no other thread runs here
            )
        if part not in self.parts:
            self.parts.append(part)

    def log(self, part: Part) -> Path:
        """Return the file that holds what a part writes."""
        return self.logs / f"{part.name}.log"

    def wait_until_ready(self, seconds: float = READY_WITHIN) -> None:
        """Watch until every part is ready, or `stopping` is set.

        Raises `Unavailable` if one is not ready in time, or cannot live.
        """
        deadline = time.monotonic() + seconds
        waiting = list(self.parts)
        while waiting and not self.stopping:
            self.watch()
            waiting = [part for part in waiting if not part.is_ready()]
            if waiting and time.monotonic() > deadline:
                names = ", ".join(part.name for part in waiting)
                raise Unavailable(f"{names}: not ready within {seconds:.0f} s; see its log")
            time.sleep(0.05)

    def watch(self) -> None:
        """Start again what has ended.

        Raises `Unavailable` for a part that cannot live, with the last lines of its log.
        """
        for part in self.parts:
            if part.process is None or part.process.poll() is None or self.stopping:
                continue
            lived = time.monotonic() - part.started_at
            # What was killed from outside was able to live.
            was_killed = -part.process.returncode in (signal.SIGKILL, signal.SIGTERM)
            if lived >= SHORT_LIFE or was_killed:
                part.short_lives = 0
            part.short_lives += not was_killed
            reason = _why_ended(part.process.returncode)
            if part.short_lives >= MOST_SHORT_LIVES:
                raise Unavailable(
                    f"{part.name} keeps stopping: {reason}, {part.short_lives} times in a row. "
                    f"The end of its log:\n{self._last_lines(part)}"
                )
            self.say(f"{part.name} stopped: {reason}. It is being restarted.")
            # Children that outlived it would hold its port or its socket.
            part.signal(signal.SIGKILL)
            self.start(part)

    def run(self, when_ready: Callable[[], None]) -> None:
        """Call `when_ready` once all parts are, and watch them until `stopping` is set.

        Raises `Unavailable` as `watch` and `wait_until_ready` do.
        """
        self.wait_until_ready()
        if not self.stopping:
            when_ready()
        while not self.stopping:
            self.watch()
            time.sleep(0.2)

    def stop(self) -> None:
        """End all parts, the last started first, and kill what takes longer than `GRACE`."""
        # Processes that write rows end before the Redis and the mail server that they talk to.
        for part in reversed(self.parts):
            part.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for part in reversed(self.parts):
            if part.process is not None:
                try:
                    part.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    part.signal(signal.SIGKILL)
                    part.process.wait()
                part.signal(signal.SIGKILL)

    def _on_signal(self, number: int, frame: object) -> None:
        if self.stopping:
            for part in self.parts:
                part.signal(signal.SIGKILL)
        self.stopping = True

    def _last_lines(self, part: Part) -> str:
        text = self.log(part).read_text("utf-8", "replace")
        return "\n".join(f"  {line}" for line in text.splitlines()[-8:])


def _why_ended(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"

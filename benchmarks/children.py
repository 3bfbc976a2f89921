"""Child processes of the benchmarks: their time, their memory, and the environments of peers.

Nothing here imports the library or NumPy: on Linux a child's peak memory counts its parent's too.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
#: What takes less is run three times.
SHORT = 10.0
#: Where peers are installed: they bring modules of the same name as ours.
PEERS = HERE / ".peers"


class Failed(Exception):
    """A child that did not do its work; the message is fit for a cell of the table."""


@dataclasses.dataclass(frozen=True)
class Run:
    """What a child took and said; `peak` is the largest resident memory, in bytes."""

    seconds: float
    peak: int
    said: str
    times: int = 1

    @property
    def answer(self) -> Any:
        return json.loads(self.said)

    @property
    def note(self) -> str:
        return "" if self.times > 1 else " (one run)"


def run(
    command: Sequence[str | Path], *, limit: float, given: Any = None, ours: bool = True
) -> Run:
    """Run a command with `given` as JSON on its standard input; it is killed after `limit` s.

    `ours` puts this work tree on its path, whatever is installed; peers must not see it.
    Raises `Failed`.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if ours:
        # In this order, because a matching.py that is not the library lies beside this file.
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(HERE)])
    with (
        tempfile.TemporaryFile() as asked,
        tempfile.TemporaryFile() as said,
        tempfile.TemporaryFile() as told,
    ):
        asked.write(json.dumps(given).encode())
        asked.seek(0)
        began = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=asked, stdout=said, stderr=told, env=environment, cwd=ROOT,
        )  # fmt: skip
        late = threading.Timer(limit, process.kill)
        late.start()
        try:
            # Unlike `wait`, it tells the memory of this child alone.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            late.cancel()
            process.kill()
        seconds = time.monotonic() - began
        said.seek(0)
        told.seek(0)
        if process.returncode:
            if seconds >= limit:
                raise Failed(f"stopped after {limit:.0f} s")
            lines = told.read().decode(errors="replace").strip().splitlines()
            raise Failed(f"failed: {lines[-1][:200] if lines else process.returncode}")
        return Run(seconds, usage.ru_maxrss * 1024, said.read().decode())


def ask(task: str, given: Any, *, limit: float, script: str = "matching_ours.py") -> Run:
    """Have a child with the library do a task; its own count of seconds is the one that counts."""
    # -P, or the folder of the script would come first on its path.
    found = run([sys.executable, "-P", HERE / script, task], given=given, limit=limit)
    return dataclasses.replace(found, seconds=found.answer.get("seconds", found.seconds))


def ask_peer(script: str, given: Any, packages: Sequence[str], *, limit: float) -> Run:
    """Have a child in the peers' own environment do a task."""
    python = peers_python(packages)
    found = run([python, HERE / "peers" / script], given=given, limit=limit, ours=False)
    return dataclasses.replace(found, seconds=found.answer["seconds"])


def settled(once: Callable[[], Run]) -> Run:
    """Return one run, or the median of three where it is short."""
    runs = [once()]
    if runs[0].seconds < SHORT:
        runs += [once(), once()]
    return dataclasses.replace(
        runs[0],
        seconds=statistics.median(found.seconds for found in runs),
        peak=max(found.peak for found in runs),
        times=len(runs),
    )


def peers_python(packages: Sequence[str]) -> Path:
    """Return the interpreter of an environment with just these packages; made when missing."""
    home = PEERS / "+".join(packages)
    python, made = home / "bin" / "python", home / "made"
    if not made.exists():
        run([sys.executable, "-m", "venv", "--clear", home], limit=120, ours=False)
        run([python, "-m", "pip", "--quiet", "install", *packages], limit=600, ours=False)
        made.touch()
    return python


def cohort(folder: Path, mentees: int, mentors: int, seed: int, *options: str | Path) -> Path:
    """Return the folder of a generated cohort; made when missing."""
    out = folder / "-".join(["cohort", str(mentees), str(mentors), str(seed)])
    if not (out / "cohort_meta.json").exists():
        run(
            [sys.executable, HERE / "cohort" / "generate_cohort.py", "--mentees", str(mentees),
             "--mentors", str(mentors), "--seed", str(seed), "--out", out, *options],
            limit=1800,
        )  # fmt: skip
    return out

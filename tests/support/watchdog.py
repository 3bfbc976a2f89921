"""The end of a test run, however it ends: no process and no folder of it stays behind.

A run keeps everything in one folder, which is also the `TMPDIR` of every process that it starts.
The watchdog is a process apart. It waits until the run's own process has gone, which closes a pipe
even where that was killed; then it ends whatever still has that `TMPDIR` or works in that folder,
and removes the folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: What a run that failed says, so that its files can be looked at.
KEEP = b"keep"
#: How long processes may take to end by themselves, as PostgreSQL must: it frees shared memory.
GRACE = 15.0


class Watchdog:
    """Makes the folder of a run, and sees to it that it is removed."""

    def __init__(self) -> None:
        #: Whether the folder is to stay.
        self.keep = False
        self.folder = Path(tempfile.mkdtemp(prefix="preceptor-tests-"))
        # PostgreSQL has a folder in it, and is another user's process where we are root.
        self.folder.chmod(0o711)
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__, str(self.folder)],
            stdin=subprocess.PIPE,
            # Ctrl-C in a terminal reaches the whole group of the run.
            start_new_session=True,
        )
        os.environ["TMPDIR"] = tempfile.tempdir = str(self.folder)

    def finish(self) -> None:
        """Say that the run has come to its end, and wait until everything is cleared away."""
        self._process.communicate(KEEP if self.keep else b"")


def processes_of(folder: Path) -> dict[int, str]:
    """Return the command lines of the processes that belong to a folder, by process id."""
    mark, processes = f"TMPDIR={folder}".encode(), {}
    for entry in Path("/proc").glob("[0-9]*"):  # On Linux; elsewhere there is none to be found.
        if int(entry.name) == os.getpid():
            continue
        # It has just ended, or it is someone else's.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            # PostgreSQL writes its status over its environment, but never leaves its folder.
            works_there = Path(os.readlink(entry / "cwd")).is_relative_to(folder)
            if works_there or mark in (entry / "environ").read_bytes():
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                processes[int(entry.name)] = line.decode("utf-8", "replace").strip()
    return processes


def end(folder: Path) -> None:
    """End every process of a folder: politely first, then by force."""
    deadline = time.monotonic() + GRACE
    asked: set[int] = set()
    while processes := processes_of(folder):
        is_late = time.monotonic() > deadline
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                if is_late:
                    os.kill(pid, signal.SIGKILL)
                elif pid not in asked:
                    os.kill(pid, signal.SIGTERM)
                    # Some tests stop processes; one that is stopped hears nothing.
                    os.kill(pid, signal.SIGCONT)
        asked |= processes.keys()
        time.sleep(0.05)


def main(folder: Path) -> None:
    """Wait for the end of the run, and clear away what it left."""
    last_words = sys.stdin.buffer.read()
    end(folder)
    if last_words != KEEP:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

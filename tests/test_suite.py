"""The suite itself: whatever ends it, nothing that it started stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import watchdog
from databases import SharedEngine
from patience import patient, wait_until

TESTS = Path(__file__).parent
#: A test that has a database, a Redis and a process of its own, and does not come to its end.
ENDLESS = """
import os, pathlib, subprocess, sys, tempfile, time
import servers

def test_endless(postgres, tmp_path):
    with servers.Redis(tmp_path):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"],
                         start_new_session=True)
        pathlib.Path(os.environ["STARTED"]).write_text(tempfile.gettempdir())
        time.sleep(1000)
"""


@pytest.mark.parametrize(
    ("end", "options"),
    [
        (signal.SIGKILL, []),
        (signal.SIGKILL, ["--numprocesses=1"]),
        (signal.SIGTERM, ["--numprocesses=1"]),
        (signal.SIGINT, []),
    ],
)
def test_a_run_that_is_ended_leaves_no_process_and_no_folder(
    tmp_path: Path, end: signal.Signals, options: list[str]
) -> None:
    (tmp_path / "test_endless.py").write_text(ENDLESS)
    started = tmp_path / "started"
    paths = os.pathsep.join(map(str, (TESTS, TESTS / "support", TESTS.parent)))
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", *options,
         f"--config-file={TESTS.parent / 'pyproject.toml'}", tmp_path / "test_endless.py"],
        env={**os.environ, "PYTHONPATH": paths, "STARTED": str(started)}, cwd=tmp_path,
        stdout=subprocess.DEVNULL, start_new_session=True,
        # A shell starts what runs in the background with interrupts ignored, and so its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        wait_until("the test", lambda: started.exists() and started.read_text() or run.poll())
        folder = Path(started.read_text())
        assert len(watchdog.processes_of(folder)) >= 3

        run.send_signal(end)
        run.wait(patient(300))
    finally:
        run.kill()
        run.wait()

    wait_until("the end of its folder", lambda: not folder.exists())
    assert watchdog.processes_of(folder) == {}


def test_a_connection_that_a_thread_gives_back_after_its_test_is_closed(postgres_url: str) -> None:
    shared = SharedEngine(postgres_url)
    shared.lead_to(postgres_url)
    connection = shared.engine.connect()
    given: Any = connection.connection.dbapi_connection

    shared.rest()
    connection.close()

    assert given.closed

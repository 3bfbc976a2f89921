"""The supervisor, with small processes of the test's own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers

from mentorship.errors import Unavailable
from mentorship.service.supervisor import Part, Supervisor


@pytest.fixture
def said() -> list[str]:
    """What the supervisor says."""
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(
        tmp_path / "logs", {"PATH": os.environ["PATH"], "WORD": "hello"}, said.append
    ) as it:
        yield it


def python(name: str, code: str, **more: object) -> Part:
    return Part(name, [sys.executable, "-c", code], **more)  # type: ignore[arg-type]


def pid(part: Part) -> int:
    assert part.process is not None
    return part.process.pid


SLEEP = "import time; time.sleep(600)"


def test_parts_are_waited_for_until_all_are_ready(supervisor: Supervisor, tmp_path: Path) -> None:
    file = tmp_path / "ready"
    code = (
        f"import os, time; print(os.environ['WORD'], flush=True); open({str(file)!r}, 'w'); {SLEEP}"
    )
    part = python("slow", code, is_ready=file.exists)
    supervisor.start(python("other", SLEEP))
    supervisor.start(part)

    supervisor.wait_until_ready()

    assert file.exists()
    assert supervisor.log(part).read_text() == "hello\n"
    assert [part.name for part in supervisor.parts] == ["other", "slow"]


def test_a_part_that_never_gets_ready_is_named(supervisor: Supervisor) -> None:
    supervisor.start(python("good", SLEEP))
    supervisor.start(python("stuck", SLEEP, is_ready=lambda: False))

    with pytest.raises(Unavailable, match="^stuck: not ready within 0 s"):
        supervisor.wait_until_ready(0.2)


def test_a_part_that_is_killed_is_started_again_and_its_children_end(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    child = tmp_path / "child"
    code = f"""
import subprocess, sys, time
process = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
with open({str(child)!r} + "-new", "w") as file:
    file.write(str(process.pid))
import os
os.replace({str(child)!r} + "-new", {str(child)!r})
time.sleep(600)
"""
    part = python("parent", code)
    supervisor.start(part)
    servers.wait_until("the child", child.exists)
    first, orphan = pid(part), int(child.read_text())

    os.kill(first, signal.SIGKILL)
    servers.wait_until(
        "its end", lambda: part.process is not None and part.process.poll() is not None
    )
    supervisor.watch()

    assert said == ["parent stopped: killed by SIGKILL. It is being restarted."]
    assert pid(part) != first
    servers.wait_until("the end of the child", lambda: not is_running(orphan))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_part_that_cannot_live_ends_the_watch_with_the_end_of_its_log(
    supervisor: Supervisor, said: list[str]
) -> None:
    supervisor.start(python("weak", "import sys; sys.exit('no such transport')"))

    with pytest.raises(Unavailable, match="no such transport") as error:
        supervisor.run(lambda: None)

    assert "weak keeps stopping: exit code 1, 3 times in a row" in str(error.value)
    assert len(said) == 2


def test_parts_stop_in_the_order_against_their_start_and_the_stubborn_are_killed(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("mentorship.service.supervisor.GRACE", 0.5)
    ready = tmp_path / "ready"
    deaf = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"open({str(ready)!r}, 'w'); {SLEEP}"
    )
    parts = [python("polite", SLEEP), python("deaf", deaf, is_ready=ready.exists)]
    for part in parts:
        supervisor.start(part)
    supervisor.wait_until_ready()

    supervisor.stop()

    codes = [part.process.returncode for part in parts if part.process is not None]
    assert codes == [-signal.SIGTERM, -signal.SIGKILL]


def test_a_signal_ends_the_watch(supervisor: Supervisor) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    part = python("sleeper", SLEEP)
    try:
        supervisor.stop_at_signals()
        supervisor.start(part)
        supervisor.run(lambda: os.kill(os.getpid(), signal.SIGTERM))
        assert is_running(pid(part))
        os.kill(os.getpid(), signal.SIGINT)  # A second one does not wait.
        servers.wait_until("its end", lambda: not is_running(pid(part)))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

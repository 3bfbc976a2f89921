"""Starting, stopping and dying of the whole service."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
from patience import patient, wait_until
from services import BEAT, RunningService, family, is_alive
from sqlalchemy import func, select

from mentorship.models import Person

KEY = "q7Vb2nXc9Lm4Rt8Ks1Wd6Yf3Gh5Jp0ZaCANARY"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service on SQLite that runs, with its secret key in a file."""
    folder = tmp_path_factory.mktemp("up")
    (folder / "key").write_text(KEY)
    # As a folder may be that was there before: everyone can look into it.
    (folder / "data").mkdir()
    (folder / "data").chmod(0o755)
    service = RunningService(folder, None, SECRET_KEY_FILE=str(folder / "key"))
    yield service.start()
    service.stop()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """A service on SQLite that a test starts itself."""
    service = RunningService(tmp_path, None)
    yield service
    service.stop()


def test_it_shows_the_way(running: RunningService) -> None:
    output = running.output()
    assert f"Preceptor keeps its data in {running.data}" in output
    assert f"The site:     http://localhost:{running.port}" in output
    assert "Sign in once: " in output
    mailbox = output.split("The mailbox:  ")[1].split()[0]
    with urllib.request.urlopen(mailbox) as page:
        assert "No email here" in page.read().decode()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        # Others on this machine do not know the key.
        urllib.request.urlopen(mailbox.partition("?")[0])
    with urllib.request.urlopen(f"http://localhost:{running.port}/readyz") as answer:
        assert answer.status == 200


def test_settings_may_come_from_files(running: RunningService) -> None:
    assert _answers(running)
    assert not (running.data / "secret_key").exists()


def test_no_one_else_can_look_into_a_folder_that_was_there_before(running: RunningService) -> None:
    assert running.data.stat().st_mode & 0o777 == 0o700
    for file in (running.data / "preceptor.db", running.data / "logs", running.data / "mailbox"):
        assert file.stat().st_mode & 0o077 == 0, file


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows environments in /proc")
def test_each_process_has_only_the_secrets_that_it_needs(running: RunningService) -> None:
    def environment(words: str) -> str:
        return Path(f"/proc/{running.part(words)}/environ").read_text()

    for words in ("redis", "service.catcher", "create_mailbox"):
        known = environment(words)
        for secret in (KEY, "preceptor.db", "SECRET_KEY_FILE"):
            assert secret not in known, words
    for words in ("--queues=matching", BEAT):
        known = environment(words)
        assert KEY not in known
        assert "preceptor.db" in known
    for words in ("--queues=mail", "webapp.wsgi:app"):
        assert KEY in environment(words)


def test_no_made_up_people_are_loaded_beside_a_relay_that_sends(tmp_path: Path) -> None:
    elsewhere, data = tmp_path / "elsewhere.db", tmp_path / "mine"
    with servers.Relay() as relay:
        settings = {"DATABASE_URL": f"sqlite:///{elsewhere}", "SMTP_URL": relay.url}
        service = RunningService(tmp_path, None, **settings)
        service.launch("--data", str(data))
        try:
            wait_until("the site", lambda: "Ctrl-C" in service.output() or service.ended())

            assert "all rows in the database that DATABASE_URL names" in service.output()
            assert "The sample is not loaded, because SMTP_URL names a relay" in service.output()
            assert "Sign in once" not in service.output()
            assert _answers(service)
            assert service.ask(lambda session: session.scalar(select(func.count(Person.id)))) == 0
            assert (data / "logs" / "web.log").exists()
            modes = [path.stat().st_mode & 0o777 for path in (data, data / "secret_key")]
            assert modes == [0o700, 0o600]
            assert service.command("program", "add", "demo", "--name", "Demo").returncode == 0
            # The folder and the database that run together may both be named.
            assert service.command("emails", "--program", "demo", "--data", str(data)).stderr == ""
        finally:
            service.stop()
    assert relay.taken == []


def test_a_port_in_use_is_a_clear_message(service: RunningService) -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", service.port))
        server.listen()
        service.launch()
        assert service.stop(signal.SIGCONT) == 2
    assert f"port {service.port} is in use; choose another with --port" in service.output()


def test_a_folder_in_use_is_a_clear_message(running: RunningService, tmp_path: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "mentorship", "up", "--port", "1", "--data", str(running.data)],
        env=running.environment, capture_output=True, text=True, timeout=patient(60), cwd=tmp_path,
    )  # fmt: skip

    assert second.returncode == 2
    assert "another service is using" in second.stderr


def test_a_part_that_dies_is_named_and_started_again(running: RunningService) -> None:
    for words, name in (("webapp.wsgi", "web"), (BEAT, "beat")):
        running.kill(words)
        notice = f"{name} stopped: killed by SIGKILL. It is being restarted."
        wait_until(notice, lambda notice=notice: notice in running.output())

    wait_until("the site", lambda: _answers(running))


def test_a_part_that_cannot_live_stops_everything(tmp_path: Path) -> None:
    # At once: a slow machine would let it live for a while.
    service = RunningService(tmp_path, None, DIES="--queues=matching")
    service.launch()

    assert service.stop(signal.SIGCONT, 60) == 3

    problem = service.output().partition("preceptor: ")[2]
    assert problem.startswith("worker-matching keeps stopping: exit code 1, 3 times in a row")
    assert "told to die" in problem, "its log says why"


def test_an_unusable_setting_is_told_before_anything_starts(tmp_path: Path) -> None:
    service = RunningService(tmp_path, None, SWEEP_SECONDS="often")
    service.launch()

    assert service.stop(signal.SIGCONT) == 2
    assert "SWEEP_SECONDS must be a number" in service.output()


def _answers(service: RunningService) -> bool:
    try:
        with urllib.request.urlopen(
            f"http://localhost:{service.port}/healthz", timeout=patient(5)
        ) as page:
            return bool(page.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize(
    ("variables", "options", "code", "message"),
    [
        ({"DATABASE_URL": "postgresql://postgres@127.0.0.1:1/x"}, [], 3, "database cannot be used"),
        ({"DATABASE_URL": "nonsense://x"}, [], 2, "DATABASE_URL must look like postgresql://"),
        (
            {"DATABASE_URL": "postgresql+nonsense://localhost/x"},
            [],
            2,
            "DATABASE_URL cannot be used",
        ),
        ({"REDIS_URL": "nonsense://x"}, [], 2, "REDIS_URL must look like redis://"),
        ({}, ["--data", "/dev/null/x"], 2, "Not a directory"),
        ({}, ["--port", "70000"], 2, "70000 is not in the range"),
    ],
)
def test_what_cannot_be_used_is_told_without_a_traceback(
    tmp_path: Path, variables: dict[str, str], options: list[str], code: int, message: str
) -> None:
    service = RunningService(tmp_path, None, **variables)
    service.launch(*options)

    assert service.stop(signal.SIGCONT) == code
    assert message in service.output()
    assert "Traceback" not in service.output()
    assert not (service.data / "running.json").exists()


# Last, since it ends the service that the others share.
def test_it_stops_starts_again_with_its_data_and_killed_it_leaves_no_orphan(
    running: RunningService,
) -> None:
    service = running
    everybody = family(service.pid)

    assert service.stop(signal.SIGINT) == 0

    assert "Stopped." in service.output()
    assert not [pid for pid in everybody if is_alive(pid)]
    assert not (service.data / "running.json").exists()

    service.start()
    assert "Sign in once: " in service.output()
    if sys.platform != "linux":
        return  # Only Linux tells children of their parent's end.
    with service.solvers_waiting():
        assert len(service.start_round("sample")) == 36
        service.solver()
        everybody = family(service.pid)
        assert len(everybody) >= 12

        os.kill(service.pid, signal.SIGKILL)

        wait_until("the end of all processes", lambda: not any(map(is_alive, everybody)))

"""How long the service takes, from a fresh clone to the last email: `make bench`.

Starts a service of its own in a temporary folder, measures, prints one line a figure, and stops it.
Every figure is the median of RUNS unless it says otherwise. Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from encryption import free_port  # noqa: E402 - the tests wait and find ports in the same way
from patience import wait_until  # noqa: E402

PRECEPTOR = [sys.executable, "-m", "mentorship"]


@contextlib.contextmanager
def service(data: Path, environment: dict[str, str]) -> Iterator[float]:
    """Run `preceptor up` and give the seconds until it said that it is ready."""
    output = data.parent / "up.txt"
    with output.open("w") as file:
        began = time.monotonic()
        process = subprocess.Popen(
            [*PRECEPTOR, "up", "--data", str(data), "--port", str(free_port())],
            stdout=file, stderr=file, env=environment, cwd=ROOT, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until("the service", lambda: "Ctrl-C" in output.read_text())
        yield time.monotonic() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def run(data: Path, *words: str) -> Any:
    done = subprocess.run(
        [*PRECEPTOR, *words, "--data", str(data), "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if done.returncode:
        raise SystemExit(f"{words}: {done.stderr}")
    return json.loads(done.stdout)


def caught(data: Path) -> int:
    return len(list((data / "mailbox" / "new").glob("*")))


def on_their_way(data: Path, program: str) -> list[Any]:
    """Return what is owed to a program's people; a coordinator's digest waits for its hour."""
    return [
        email
        for email in run(data, "emails", "--program", program)["emails"]
        if email["state"] != "sent" and email["kind"] != "coordinator_digest"
    ]


def round_times(data: Path, program: str) -> tuple[float, float]:
    """Return the seconds from click to proposal, and from publication to the last email."""
    began = time.monotonic()
    round_id = run(data, "round", "start", "--program", program, "--existing", "afresh", "--wait")[
        "id"
    ]
    proposed = time.monotonic() - began
    before = caught(data)
    run(data, "round", "publish", "--held", round_id)
    began = time.monotonic()
    owed = len(on_their_way(data, program))
    wait_until("the last email", lambda: caught(data) >= before + owed, 600)
    wait_until("the outbox to be empty", lambda: not on_their_way(data, program), 600)
    files = (data / "mailbox" / "new").glob("*")
    last = max(file.stat().st_mtime for file in files)
    return proposed, last - (time.time() - (time.monotonic() - began))


def large(folder: Path, data: Path, mentees: int, mentors: int) -> dict[str, float]:
    """Import a made-up cohort and match it; the seconds of each."""
    cohort = folder / "cohort"
    subprocess.run(
        [sys.executable, ROOT / "benchmarks/cohort/generate_cohort.py", "--mentees", str(mentees),
         "--mentors", str(mentors), "--seed", "11", "--no-truth", "--out", str(cohort)],
        check=True, capture_output=True,
    )  # fmt: skip
    run(data, "program", "add", "large", "--name", "Large")
    found = {}
    began = time.monotonic()
    for role in ("mentee", "mentor"):
        run(
            data,
            "import",
            str(cohort / f"{role}s.csv"),
            "--as",
            role,
            "--program",
            "large",
            "--consented",
            "made up",
        )
    found["import"] = time.monotonic() - began
    wait_until("the emails to those imported", lambda: not on_their_way(data, "large"), 600)
    began = time.monotonic()
    round_id = run(data, "round", "start", "--program", "large", "--wait")["id"]
    found["match"] = time.monotonic() - began
    report = run(data, "round", "show", round_id)
    found["gap"] = report["certificate"]["gap"]
    found["pairs"] = len(report["pairs"])
    began = time.monotonic()
    before = caught(data)
    run(data, "round", "publish", "--held", round_id)
    found["publish"] = time.monotonic() - began
    wait_until("the last email", lambda: not on_their_way(data, "large"), 600)
    found["emails"] = caught(data) - before
    found["send"] = time.monotonic() - began
    return found


def fresh_clone(folder: Path) -> float:
    """Clone, `make run` with an empty home folder, and return the seconds to the first page."""
    clone, home = folder / "clone", folder / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG")} | {
        "HOME": str(home)
    }
    for name in ("PIP_CONFIG_FILE", "PIP_INDEX_URL", "SSL_CERT_FILE"):
        if name in os.environ:
            environment[name] = os.environ[name]
    output = folder / "make.txt"
    with output.open("w") as file:
        began = time.monotonic()
        process = subprocess.Popen(
            ["make", "run", f"ARGS=--port {free_port()}"], cwd=clone, env=environment,
            stdout=file, stderr=file, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until(
            "make run", lambda: "Ctrl-C" in output.read_text() or process.poll() is not None, 600
        )
        seconds = time.monotonic() - began
        if process.poll() is not None:
            raise SystemExit(output.read_text())
        (address,) = re.findall(r"The site: +(\S+)", output.read_text())
        subprocess.run(["curl", "--silent", "--fail", "--output", "/dev/null", address], check=True)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clone", action="store_true", help="also time a fresh clone (downloads)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="preceptor-bench-"))
    data = folder / "data"
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_URL")}
    try:
        with service(data, environment) as first:
            print(f"first start, sample program loaded: {first:.1f} s")
            times = [round_times(data, "sample") for _ in range(options.runs)]
            proposed, sent = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"sample, click on start to proposal (command included): {proposed:.1f} s")
            print(f"sample, publication to the last email in the mailbox: {sent:.1f} s")
        starts = []
        for _ in range(options.runs):
            with service(data, environment) as seconds:
                starts.append(seconds)
        print(f"second start: {statistics.median(starts):.1f} s")
        with service(data, environment):
            found = large(folder, data, 3000, 1000)
        print(f"3,000 + 1,000, import of both files: {found['import']:.1f} s (one run)")
        print(
            f"3,000 + 1,000, click on start to proposal: {found['match']:.1f} s, "
            f"{found['pairs']} pairs, gap {found['gap']} (one run)"
        )
        print(
            f"3,000 + 1,000, publication to the last of {found['emails']} emails: "
            f"{found['send']:.1f} s, of which the command {found['publish']:.1f} s (one run)"
        )
        if options.clone:
            seconds = fresh_clone(folder)
            print(f"fresh clone to the first page with make run: {seconds:.0f} s (one run)")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

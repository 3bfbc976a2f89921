"""How fast emails leave: one mail worker with a pool of three, a relay of 1 ms, PostgreSQL.

Starts everything in a temporary folder, first with emails that are simply owed, then with a made-up
cohort from the start of its round to its last email; prints one line a figure, and stops it all.
Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import fleets  # noqa: E402 - the tests' own servers are used here too
from chaos import Broken, owe_emails, postgres

from mentorship.settings import Settings

PROGRAM = "large"
#: The intervals of a real installation, instead of those that tests shorten.
USUAL = {name: str(getattr(Settings, name.lower())) for name in fleets.QUICK}


def arrived_until(fleet: fleets.Fleet, count: int, seconds: float = 600) -> float:
    """Wait until the relay has so many emails; return the time of the last."""
    deadline = time.monotonic() + seconds
    while fleet.record.count() < count:
        if time.monotonic() > deadline:
            raise Broken(f"{fleet.record.count()} of {count} emails after {seconds:.0f} s")
        time.sleep(0.2)
    return max(copy.kept_at for copy in fleet.record.copies())


def owed(folder: Path, count: int) -> None:
    """Print how many emails a second leave, from the first to the last."""
    with (
        postgres(folder) as url,
        fleets.Fleet(folder / "fleet", url, settings=USUAL, delay=0.001) as fleet,
    ):
        owe_emails(Settings.read(fleet.environment), count)
        fleet.add_worker("mail", "mail", 3)
        arrived_until(fleet, count)
        times = [copy.kept_at for copy in fleet.record.copies()]
        rate = (count - 1) / (times[-1] - times[0])
        print(f"one mail worker, relay of 1 ms, {count} emails: {rate:.0f} emails/s")


def from_start(folder: Path, mentees: int, mentors: int) -> None:
    """Print how long a round takes from its start to its last email."""
    cohort = folder / "cohort"
    subprocess.run(
        [sys.executable, ROOT / "benchmarks/cohort/generate_cohort.py", "--mentees", str(mentees),
         "--mentors", str(mentors), "--seed", "11", "--no-truth", "--out", str(cohort)],
        check=True, capture_output=True,
    )  # fmt: skip
    with (
        postgres(folder) as url,
        fleets.Fleet(folder / "fleet", url, settings=USUAL, delay=0.001) as fleet,
    ):
        fleet.run("program", "add", PROGRAM, "--name", "Large")
        for role in ("mentee", "mentor"):
            file = str(cohort / f"{role}s.csv")
            fleet.run("import", file, "--as", role, "--program", PROGRAM, "--consented", "made up")
        fleet.add_worker("matching", "matching")
        fleet.add_worker("mail", "mail", 3)
        fleet.add_beat()
        for name in ("matching", "mail"):
            fleet.wait_until_ready(name)
        # Those who were imported are told so first.
        fleet.wait_for_emails(600)
        told = len(fleet.record.copies())
        began = time.time()
        round_id = fleet.run("round", "start", "--program", PROGRAM, "--wait")["id"]
        proposed = time.time()
        fleet.run("round", "publish", "--held", round_id)
        published = time.time()
        fleet.wait_for_emails(600)
        copies = fleet.record.copies()
        last = max(copy.kept_at for copy in copies)
        print(
            f"{mentees} + {mentors} people, start to last of {len(copies) - told} emails: "
            f"{last - began:.1f} s, of which {proposed - began:.1f} s to the proposal and "
            f"{published - proposed:.1f} s for the command to publish"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--emails", type=int, default=3_000)
    parser.add_argument("--mentees", type=int, default=3_000)
    parser.add_argument("--mentors", type=int, default=1_000)
    options = parser.parse_args()
    parts: list[Callable[[Path], None]] = [
        lambda folder: owed(folder, options.emails),
        lambda folder: from_start(folder, options.mentees, options.mentors),
    ]
    for part in parts:
        folder = Path(tempfile.mkdtemp(prefix="preceptor-mail-"))
        try:
            part(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

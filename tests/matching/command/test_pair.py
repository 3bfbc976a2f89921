"""Pairs as a coordinator asks for them on the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from matching_command import as_file, pair, rewrite, rows_of, verify
from patience import patient, wait_until
from small_rounds import mentee, mentor


def test_pairs_come_with_reasons_and_the_report_proves_them(folder: Path) -> None:
    rows, report = rows_of(folder), json.loads((folder / "report.json").read_text())

    assert len(rows) > 10
    assert all(0.4 <= float(row["score"]) <= 1 for row in rows)
    assert any(json.loads(row["reasons"]) for row in rows)
    assert report["certificate"]["gap"] == 0
    assert report["measures"]["matched"] == len(rows)
    assert report["priority"] == {"me-0003": 0.1}
    left = [person for person in report["unmatched"] if person["role"] == "mentee"]
    assert len(left) == report["measures"]["unmatched"] == 60 - len(rows)
    assert all(person["reason"]["cause"] for person in left)
    done = verify(folder)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Proved: no assignment over 1,500 pairs is better.")


@pytest.mark.parametrize("objective", ["fair", "total"])
@pytest.mark.parametrize("mode", ["keep", "better", "afresh"])
def test_a_rematch_of_every_kind_is_proved_too(folder: Path, objective: str, mode: str) -> None:
    rows = rows_of(folder)
    rows = [row for row in rows if row["mentee_id"] != "me-0007"]
    rewrite(folder, rows, "before.csv")

    done = pair(folder, "--existing", "before.csv", "--mode", mode, "--objective", objective)

    assert done.exit_code == 0, done.stderr
    assert verify(folder).exit_code == 0
    kept = [row for row in rows_of(folder) if row["kept"] == "yes"]
    if mode == "keep":
        assert len(kept) == len(rows)


def test_no_one_on_a_side_is_a_valid_empty_answer(folder: Path) -> None:
    for name in ("mentees.csv", "mentors.csv"):
        header = (folder / name).read_text(encoding="utf-8").splitlines()[0]
        (folder / name).write_text(header + "\n", encoding="utf-8")

    assert pair(folder).exit_code == 0
    assert rows_of(folder) == []
    assert verify(folder).exit_code == 0


def test_it_is_a_program_of_its_own(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "matching", "verify", "mentees.csv", "mentors.csv", "pairs.csv",
         "report.json"],
        cwd=folder, capture_output=True, text=True, timeout=patient(60), check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Proved")


#: The command with a solver that takes minutes, in which Python looks at no signal.
SLOW = """
import hashlib, pathlib, runpy
from matching import matcher

def solve(*args, **options):
    pathlib.Path("solving").touch()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2_000_000_000)

matcher.assign = solve
runpy.run_module("matching", run_name="__main__")
"""


def test_an_interrupt_ends_it_at_once_and_leaves_what_was_there(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    working = subprocess.Popen(
        [sys.executable, "-c", SLOW, "pair", "mentees.csv", "mentors.csv",
         "--out", "pairs.csv", "--report", "report.json"],
        cwd=folder, stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin"},
        # A shell starts what runs in the background with interrupts ignored, and so its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    wait_until("the solver", (folder / "solving").exists)
    working.send_signal(signal.SIGINT)

    assert working.wait(timeout=patient(30)) == -signal.SIGINT
    (folder / "solving").unlink()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_what_changing_gains_is_in_the_report_of_a_rematch(folder: Path) -> None:
    best = rows_of(folder)
    moved = [row["mentor_id"] for row in best[5:] + best[:5]]
    before = [row | {"mentor_id": mentor} for row, mentor in zip(best, moved, strict=True)]
    rewrite(folder, before, "before.csv")

    assert pair(folder, "--existing", "before.csv", "--mode", "better").exit_code == 0

    frontier = json.loads((folder / "report.json").read_text())["frontier"]
    changed = [point["changed"] for point in frontier]
    assert len(changed) > 2
    assert changed == sorted(set(changed))
    assert frontier[0]["keep_bonus"] is None
    totals = [point["total"] for point in frontier[1:]]
    assert totals == sorted(totals)
    assert verify(folder).exit_code == 0


def test_several_mentors_each_are_found_told_and_proved(folder: Path) -> None:
    plain = len(rows_of(folder))

    done = pair(folder, "--demand", "3", "--fill", "all", "--seed", "spring")

    assert done.exit_code == 0, done.stderr
    report = json.loads((folder / "report.json").read_text())
    assert (report["fill"], report["seed"]) == ("all", "spring")
    assert set(report["demand"].values()) == {3}
    still_open = report["measures"]["open_demand"]
    assert len(rows_of(folder)) + still_open == 3 * 60
    assert len(rows_of(folder)) >= plain
    assert f"{still_open} more mentors were wanted but not found" in done.stdout
    proved = verify(folder)
    assert proved.exit_code == 0, proved.stdout


def test_how_many_mentors_each_wants_stands_in_the_table(tmp_path: Path) -> None:
    as_file(tmp_path / "mentees.csv", "mentee", [mentee("a", mentors_wanted=3), mentee("b")])
    as_file(tmp_path / "mentors.csv", "mentor", [mentor("x"), mentor("y"), mentor("z")])

    assert pair(tmp_path).exit_code == 0
    assert Counter(row["mentee_id"] for row in rows_of(tmp_path)) == {"a": 2, "b": 1}
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["demand"], report["measures"]["wanting_more"]) == ({}, {"1": 1})
    assert verify(tmp_path).exit_code == 0
    # What the command line says holds for everyone.
    done = pair(tmp_path, "--demand", "1")
    assert len(rows_of(tmp_path)) == 2
    assert "not found" not in done.stdout


def test_all_places_cannot_come_before_the_total_alone(folder: Path) -> None:
    done = pair(folder, "--fill", "all", "--objective", "total")

    assert done.exit_code == 2
    assert "'all' puts pairs before the total" in done.stderr


def test_a_seed_draws_again_among_equals_only(folder: Path) -> None:
    values = set()
    for seed in ("", "spring", "autumn"):
        assert pair(folder, "--seed", seed).exit_code == 0
        assert verify(folder).exit_code == 0
        values.add(json.loads((folder / "report.json").read_text())["certificate"]["value"])

    assert len(values) == 1

"""Outputs are written where they were meant to be, and replace nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from matching import outputs
from matching.outputs import STANDARD

ROOT = Path(__file__).parents[2]
WRITE = """
import sys
from pathlib import Path
from matching import outputs
(target,) = outputs.resolved([], [Path(sys.argv[1])])
outputs.write({target: b"new"})
"""


def write(path: Path, content: bytes = b"new") -> None:
    (target,) = outputs.resolved([], [path])
    outputs.write({target: content})


@pytest.mark.parametrize("steps", [1, 3])
def test_a_link_stays_and_its_file_is_written(tmp_path: Path, steps: int) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    file = folder / "pairs.csv"
    file.write_bytes(b"old")
    link = tmp_path / "link0.csv"
    link.symlink_to(Path("kept/pairs.csv"))
    for step in range(1, steps):
        link = tmp_path / f"link{step}.csv"
        link.symlink_to(tmp_path / f"link{step - 1}.csv")

    write(link)

    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert [each.name for each in folder.iterdir()] == ["pairs.csv"]


def test_a_link_to_a_file_that_is_not_there_yet_makes_it(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "pairs.csv")

    write(tmp_path / "link.csv")

    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "pairs.csv").read_bytes() == b"new"


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.touch()
    file.chmod(0o600)

    write(file)

    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "here").symlink_to(tmp_path / "there")
    (tmp_path / "there").symlink_to(tmp_path / "here")
    before = sorted(os.listdir("/dev"))

    for name in ("fifo", "link", "null", "here", "/dev/null", "/dev/new", "/proc/self/fd/0"):
        with pytest.raises(ValueError, match="is not a file that can be|cannot be written to"):
            write(tmp_path / name)
    assert sorted(os.listdir("/dev")) == before


def test_one_file_by_two_names_is_named_twice(tmp_path: Path) -> None:
    one = tmp_path / "one.csv"
    one.touch()
    (tmp_path / "link.csv").symlink_to(one)
    (tmp_path / "same.csv").hardlink_to(one)

    for other in ("link.csv", "same.csv"):
        for inputs, out in (([one], []), ([None], [one])):
            with pytest.raises(ValueError, match="is used twice"):
                outputs.resolved(inputs, [*out, tmp_path / other])
    with pytest.raises(ValueError, match="is used twice"):
        outputs.resolved([], [STANDARD, STANDARD])


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_and_not_replaced(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-c", WRITE, name]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    was = os.readlink("/dev/stdout")

    piped = subprocess.run(command, capture_output=True, env=environment, cwd=tmp_path, check=True)
    with (tmp_path / "redirected").open("wb") as file:
        subprocess.run(command, stdout=file, env=environment, cwd=tmp_path, check=True)

    assert piped.stdout == b"new"
    assert (tmp_path / "redirected").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["redirected"]
    assert os.readlink("/dev/stdout") == was


def test_all_are_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"old")
    targets = outputs.resolved([], [one, two])
    monkeypatch.setattr(outputs.shutil, "copymode", None)

    with pytest.raises(TypeError):
        outputs.write(dict.fromkeys(targets, b"new"))

    assert one.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["one"]

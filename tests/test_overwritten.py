"""Another distribution's package `matching` in place of ours is named, wherever it is met first."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from copies import ROOT, Copy

THEIRS = '"""Another library."""\n__all__ = ["Game"]\n'


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The project beside another distribution, which has overwritten one file."""
    made = Copy(tmp_path, "matching", "mentorship", "webapp", "worker")
    made.write("matching/__init__.py", THEIRS)
    info = tmp_path / "matching-1.4.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: matching\nVersion: 1.4.3\n")
    (info / "RECORD").write_text("matching/__init__.py,,\n")
    (info / "top_level.txt").write_text("matching\n")
    return made


@pytest.mark.parametrize(
    "arguments",
    [
        ("-m", "matching", "verify", "a", "b", "c", "d"),
        ("-m", "mentorship", "doctor"),
        ("-m", "worker.solver"),
        ("-c", "import worker.app"),
    ],
)
def test_the_distribution_that_overwrote_the_library_is_named(
    copy: Copy, arguments: tuple[str, ...]
) -> None:
    for number, name in enumerate("abcd"):
        copy.write(name, str(number))

    done = copy.run(*arguments)

    assert done.returncode != 0
    assert "is not Preceptor's own: matching has overwritten it" in done.stderr
    assert "pip uninstall matching; pip install --force-reinstall" in done.stderr


@pytest.mark.parametrize("arguments", [("-m", "mentorship", "doctor"), ("-c", "import worker.app")])
def test_a_package_without_one_file_of_ours_is_named(
    copy: Copy, arguments: tuple[str, ...]
) -> None:
    for file in (copy.folder / "matching").glob("*.py"):
        if file.name != "__init__.py":
            file.unlink()

    done = copy.run(*arguments)

    assert done.returncode != 0
    assert "is not Preceptor's own, but that of matching" in done.stderr


def doctor(copy: Copy) -> dict[str, Any]:
    """What the doctor says of the packages, whatever else the copy lacks."""
    done = copy.run("-m", "mentorship", "doctor", "--json", DATABASE_URL="sqlite:///none.db")
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return next(each for each in findings if each["check"] == "packages")


def test_the_doctor_names_a_distribution_that_shares_the_folder(copy: Copy) -> None:
    # Ours was installed last: it works, until theirs is removed, or installed again.
    shutil.copy(ROOT / "matching" / "__init__.py", copy.folder / "matching" / "__init__.py")

    found = doctor(copy)

    assert not found["ok"]
    assert found["seen"].startswith("matching installs a package `matching` into the same folder")
    assert found["fix"].startswith("pip uninstall matching; pip install --force-reinstall")


def test_the_doctor_names_files_that_are_not_as_they_were_installed(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "matching", "mentorship", "webapp", "worker")
    info = tmp_path / "preceptor-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: preceptor\nVersion: 9.9\n")
    (info / "top_level.txt").write_text("matching\n")
    recorded = []
    for name in ("matching/__init__.py", "matching/arrays.py"):
        digest = hashlib.sha256((tmp_path / name).read_bytes()).digest()
        recorded.append(f"{name},sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')},1")
    (info / "RECORD").write_text("\n".join([*recorded, "matching/gone.py,sha256=x,1"]) + "\n")

    assert doctor(copy)["seen"] == "matching/gone.py differs from what was installed"
    (info / "RECORD").write_text("\n".join(recorded) + "\n")
    assert doctor(copy)["ok"]
    with (tmp_path / "matching" / "arrays.py").open("a") as file:
        file.write("# Another's.\n")
    assert doctor(copy)["seen"] == "matching/arrays.py differs from what was installed"

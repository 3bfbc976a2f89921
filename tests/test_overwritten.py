"""Another distribution's package `matching` in place of ours is named, wherever it is met first."""

from __future__ import annotations

from pathlib import Path

import pytest
from copies import Copy

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

"""The data folder: one service at a time, and no one else looks into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mentorship.commands import main
from mentorship.errors import Invalid
from mentorship.service import folder


@pytest.fixture(autouse=True)
def freed() -> Iterator[None]:
    """What a test locks, it frees; a process that runs a service never does."""
    yield
    while folder._locks:
        folder._locks.pop().close()


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o777])
def test_a_folder_that_others_can_look_into_is_closed(tmp_path: Path, mode: int) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)

    folder.lock(data)

    assert data.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_someone_else_is_refused_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)

    def refuse(self: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(Invalid, match=f"chmod 700 {tmp_path}"):
        folder.lock(tmp_path)


def test_a_database_that_is_made_by_hand_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        result = CliRunner().invoke(main, ["migrate", "--data", str(tmp_path)])
        assert os.umask(0o022) == 0o022, "it is put back"
    finally:
        os.umask(before)

    assert result.exit_code == 0, result.output
    assert (tmp_path / "preceptor.db").stat().st_mode & 0o777 == 0o600

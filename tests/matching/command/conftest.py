"""A folder in which people were matched."""

from __future__ import annotations

from pathlib import Path

import crowds
import pytest
from matching_command import as_file, pair


@pytest.fixture(scope="session")
def matched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which 60 and 25 people were matched."""
    folder = tmp_path_factory.mktemp("matched")
    people, mentors = crowds.make(60, 25, seed=1)
    people[3]["rounds_waiting"] = 2
    as_file(folder / "mentees.csv", "mentee", people)
    as_file(folder / "mentors.csv", "mentor", mentors)
    done = pair(folder)
    assert done.exit_code == 0, done.stderr
    assert "no round could score more than" in done.stdout
    return folder


@pytest.fixture
def folder(matched: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    for file in matched.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path

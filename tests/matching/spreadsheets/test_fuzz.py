"""Whatever a file holds, it is read or refused; `benchmarks/fuzz_files.py` tries 100,000."""

from __future__ import annotations

import contextlib
import random

import fuzzing
import pytest

from matching.spreadsheets import tables
from matching.spreadsheets.limits import UPLOAD, UnreadableFile


@pytest.mark.parametrize(("name", "data"), fuzzing.SOUND)
def test_the_files_that_are_changed_are_sound(name: str, data: bytes) -> None:
    assert list(tables.read(data, "mentee", name, UPLOAD).rows)


@pytest.mark.parametrize("seed", range(8))
def test_a_file_changed_at_random_is_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    for _file in range(50):
        name, data = fuzzing.mutated(chance)
        with contextlib.suppress(UnreadableFile):
            for row in tables.read(data, "mentee", name, UPLOAD).rows:
                assert row.number > 0

"""What benchmarks/chaos.py measures in earnest works in the small, and keeps its promises."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from patience import patient
from services import ROOT

log = logging.getLogger(__name__)


@pytest.mark.chaos_long
@pytest.mark.parametrize(
    "words",
    [
        ["emails", "--emails", "120", "--kills", "20"],
        ["takeover", "--times", "1"],
        ["memory", "--jobs", "400"],
    ],
    ids=lambda words: words[0],
)
def test_it_measures(words: list[str], seed: int) -> None:
    command = [sys.executable, ROOT / "benchmarks" / "chaos.py", "--seed", str(seed), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=patient(580))

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout
    log.info("%s", done.stdout)

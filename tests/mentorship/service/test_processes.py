"""What every process of a service does."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: A ring of objects: nothing but a look for garbage finds that no one needs it.
RING = """
class Ring:
    def __init__(self):
        self.me = self
    def __del__(self):
        print("found")
"""


def printed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", RING + code], capture_output=True, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize(("seldom", "found"), [(False, "found\n"), (True, "")])
def test_no_garbage_is_looked_for_when_a_process_ends(seldom: bool, found: str) -> None:
    first = "from mentorship.service import processes; processes.look_for_garbage_seldom()\n"

    assert printed(f"{first if seldom else ''}Ring()") == found


def test_garbage_is_still_looked_for_in_a_process_that_goes_on() -> None:
    code = """
from mentorship.service import processes
processes.look_for_garbage_seldom()
Ring()
print("made")
kept = [[] for _ in range(150_000)]
print("ended")
"""
    assert printed(code).splitlines() == ["made", "found", "ended"]

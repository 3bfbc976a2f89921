"""A further question is one row, and a further criterion one file and one weight."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import matching

QUESTION = '    _asked("hobby", Line(), _MATCH, both="Hobby"),\n'
CRITERION = """
from typing import ClassVar
import numpy as np
from matching.criteria.criterion import Criterion
from matching.features import encoding


class Hobby(Criterion):
    name: ClassVar[str] = "hobby"

    def compare(self, mentees, mentors, on):
        seen = {}
        one, two = (encoding.codes(people, "hobby", seen) for people in (mentees, mentors))
        return lambda start, stop: (one[start:stop, None] == two).astype(np.float32)

    def evidence(self, mentee, mentor):
        return {"hobby": mentee["hobby"]}


CRITERION = Hobby()
"""
USE = """
import datetime, json, matching
from matching.policy import default
from small_rounds import mentee, mentor
people = [mentee("a", hobby="chess")], [mentor("x", hobby="Chess"), mentor("y", hobby="golf")]
wishes = matching.Wishes(datetime.date(2026, 11, 23))
(pair,) = matching.Matcher(*people, default()).match(wishes).pairs
print(json.dumps([matching.__file__, pair.mentor, pair.contributions, pair.reasons]))
"""


def test_a_question_and_a_criterion_are_added_in_their_own_places_only(tmp_path: Path) -> None:
    copy = tmp_path / "matching"
    shutil.copytree(Path(matching.__file__).parent, copy)
    (copy / "criteria" / "hobby.py").write_text(CRITERION)
    for file, before, added in (
        ("policy.yaml", "  identity: 0\n", "  hobby: 90\n"),
        ("profiles/columns.py", '    _asked("city"', QUESTION),
    ):
        text = (copy / file).read_text()
        assert before in text
        (copy / file).write_text(text.replace(before, added + before))

    support = Path(__file__).parents[2] / "support"
    done = subprocess.run(
        [sys.executable, "-c", USE], capture_output=True, text=True, timeout=60, cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{support}", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    used, chosen, contributions, reasons = json.loads(done.stdout)
    assert Path(used).parent == copy
    assert chosen == "x"
    assert contributions["hobby"] > 0.3
    assert {"criterion": "hobby", "hobby": "chess"} in reasons

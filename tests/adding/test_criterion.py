"""A further criterion is one file, its weight, and one row of words."""

from __future__ import annotations

import json
from pathlib import Path

from copies import Copy

QUESTION = '    _asked("hobby", Line(), _MATCH, both="Hobby", title="Hobby"),\n'
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

    def evidence(self, mentee, mentor, similarity):
        return {"hobby": mentee["hobby"]}


CRITERION = Hobby()
"""
WORDS = """    "hobby": Criterion(
        mark("Hobbies"),
        mark("Do both like the same things?"),
        lambda reason, reader, names: _("both like %(hobby)s", hobby=reason["hobby"]),
    ),
"""
MATCH = """
import datetime, json, matching
from small_rounds import mentee, mentor
people = [mentee("a", hobby="chess")], [mentor("x", hobby="Chess"), mentor("y", hobby="golf")]
(pair,) = matching.Matcher().fit(*people).match(on=datetime.date(2026, 11, 23)).pairs
print(json.dumps([matching.__file__, pair.mentor, pair.contributions, pair.reasons]))
"""
READ = """
import json
from mentorship.pairings import reasons
from mentorship.people.sight import Viewer
from webapp.coordinators import policy_form
labels = [amount.label for amount in policy_form.WEIGHTS if amount.name == "weights.hobby"]
found = [{"criterion": "hobby", "hobby": "chess"}]
told = reasons.of_pair(found, reasons.Reader.MENTEE, Viewer.MATCH, "Ana", "Bo")
print(json.dumps([labels, told]))
"""


def test_a_criterion_is_a_file_a_weight_and_a_row_of_words(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "matching", "mentorship", "webapp")
    copy.insert("matching/profiles/columns.py", QUESTION, before='    _asked("city"')
    copy.write("matching/criteria/hobby.py", CRITERION)
    copy.insert("matching/policy.yaml", "  hobby: 90\n", before="  identity: 0\n")
    copy.insert("mentorship/pairings/criteria.py", WORDS, before='    "identity": Criterion(')

    used, chosen, contributions, reasons = json.loads(copy.output("-c", MATCH))
    assert Path(used).parent == tmp_path / "matching"
    assert chosen == "x"
    assert contributions["hobby"] > 0
    assert {"criterion": "hobby", "hobby": "chess"} in reasons
    labels, sentences = json.loads(copy.output("-c", READ))
    assert labels == ["Hobbies"]
    assert sentences == ["Both like chess."]

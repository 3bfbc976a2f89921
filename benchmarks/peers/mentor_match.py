"""Match people with mentor-match, as its README does: JSON on standard input and output."""

import json
import operator
import sys
import time

from matching.mentee import Mentee
from matching.mentor import Mentor
from matching.process import process_data
from matching.rules.rule import Disqualify, Equivalent, Generic, Grade

given = json.load(sys.stdin)
serving = {tuple(pair) for pair in given["serving"]}
began = time.perf_counter()
mentors, mentees = process_data(
    [Mentor(**person) for person in given["mentors"]],
    [Mentee(**person) for person in given["mentees"]],
    # The same rules in each round; in its README's three, each mentee gets up to three mentors.
    given["rounds"]
    * [
        [
            Generic(
                {True: 3, False: 0},
                lambda match: match.mentee.organisation != match.mentor.organisation,
            ),
            Grade(2, operator.gt, {True: 3, False: 0}),
            Equivalent("profession", {True: 6, False: 0}),
            Equivalent("role", {True: 6, False: 0}),
            Disqualify(lambda match: (match.mentee.grade, match.mentor.grade) not in serving),
        ]
    ],
)
seconds = time.perf_counter() - began
matched = sum(bool(mentee.mentors) for mentee in mentees)
print(json.dumps({"seconds": seconds, "matched": matched}))

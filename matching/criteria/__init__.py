"""The criteria: how well a mentor suits a mentee, one aspect and one file each.

A criterion looks at two tables once and returns a comparison (`matching.features.comparisons`):
similarities from 0 to 1 for a block of mentees, NaN where unknown; a missing answer is never
agreement. Its `evidence` says, as data, what a similarity rests on, for the reasons that
people read.

To add one, write `matching/criteria/<name>.py`, whose `CRITERION` is it, and give it a weight under
that name in `policy.yaml`; nothing else in the library names it. What people read about it is one
row of words where they are shown. A question that it needs is one row of `profiles/columns.py`.
Questions of a program's own are criteria too, one `Question` for each that a policy weighs.
"""

from __future__ import annotations

import importlib

from matching import policy
from matching.criteria.criterion import Criterion
from matching.criteria.question import Question
from matching.policy import Policy

__all__ = ["CRITERIA", "Criterion", "Question", "named", "of_policy"]

#: Every criterion, in the order of `policy.yaml`.
CRITERIA: tuple[Criterion, ...] = tuple(
    importlib.import_module(f"{__name__}.{name}").CRITERION for name in policy.criteria()
)
_BY_NAME = {criterion.name: criterion for criterion in CRITERIA}


def of_policy(policy: Policy) -> tuple[Criterion, ...]:
    """Return every criterion, and the questions of the program's own that a policy weighs."""
    return (*CRITERIA, *(named(name) for name in policy.all_weights if name not in _BY_NAME))


def named(name: str) -> Criterion:
    """Return the criterion of a name; what is none is a question of the program's own."""
    return _BY_NAME.get(name) or Question(name)

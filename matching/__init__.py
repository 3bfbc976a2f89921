"""Matching mentees and mentors: tables in; pairs, prices and reasons out.

A library of its own that knows nothing of the service around it:

- `profiles`: what is asked of people, and how their answers are read and checked
- `features`: answers as arrays, and two tables compared
- `criteria`: how well a mentor suits a mentee, one file each
- `scoring`: must-rules, and the score of every pair
- `assignment`: the best assignment over all pairs, and the checker that proves it

`Matcher` goes through them in this order:

    result = Matcher(mentees, mentors, policy).match(Wishes(on=datetime.date.today()))

The assignment works on any scores, and anyone can check its proof:

    constraints = Constraints(capacity=2)
    assignment = assign(scores, constraints, "coverage")
    verify(scores, assignment.pairs, assignment.certificate, constraints, "coverage")

Names are loaded when first used, so that importing the library costs nothing: `language`, `policy`,
`profiles` and `wishes` need the standard library, YAML and idna only, the rest NumPy, scikit-learn
and OR-Tools.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matching.assignment.certificate import Certificate, Refuted
    from matching.assignment.checker import verify
    from matching.assignment.constraints import Constraints
    from matching.assignment.solver import Assignment, Infeasible, assign
    from matching.assignment.stable import blocking_pairs, stable
    from matching.files import InvalidTable, read_table
    from matching.matcher import Matcher
    from matching.policy import Policy
    from matching.results import RoundResult
    from matching.wishes import Wishes

__all__ = [
    "Assignment", "Certificate", "Constraints", "Infeasible", "InvalidTable", "Matcher", "Policy",
    "Refuted", "RoundResult", "Wishes", "assign", "blocking_pairs", "read_table", "stable",
    "verify",
]  # fmt: skip

_HOMES = {
    "Assignment": "assignment.solver",
    "Certificate": "assignment.certificate",
    "Constraints": "assignment.constraints",
    "Infeasible": "assignment.solver",
    "InvalidTable": "files",
    "Matcher": "matcher",
    "Policy": "policy",
    "Refuted": "assignment.certificate",
    "RoundResult": "results",
    "Wishes": "wishes",
    "assign": "assignment.solver",
    "blocking_pairs": "assignment.stable",
    "read_table": "files",
    "stable": "assignment.stable",
    "verify": "assignment.checker",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'matching' has no attribute {name!r}")
    return getattr(importlib.import_module(f"matching.{_HOMES[name]}"), name)

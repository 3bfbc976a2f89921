"""Matching mentees and mentors: tables in; pairs, prices and reasons out.

A library of its own that knows nothing of the service around it:

- `profiles`: what is asked of people, and how their answers are read and checked
- `features`: answers as arrays, and two tables compared
- `criteria`: how well a mentor suits a mentee, one file each
- `scoring`: must-rules, and the score of every pair
- `assignment`: the best assignment over all pairs, and the checker that proves it

`Matcher` goes through them in this order:

    result = Matcher(policy).fit(mentees, mentors).match(existing=last_round.pairs)

The assignment works on any scores, and anyone can check its proof:

    constraints = Constraints(capacity=2)
    assignment = assign(scores, constraints, "coverage")
    verify(scores, assignment.pairs, assignment.certificate, constraints, "coverage")

Names are loaded when first used, so that importing the library costs nothing: `effects`,
`language`, `policy`, `profiles` and `wishes` need the standard library, YAML and idna only, the
rest NumPy, scikit-learn and OR-Tools.
"""

from __future__ import annotations

import importlib
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matching.assignment.certificate import Certificate, Refuted
    from matching.assignment.checker import Verified, verify
    from matching.assignment.constraints import Constraints
    from matching.assignment.solver import Assignment, Infeasible, assign
    from matching.assignment.stable import blocking_pairs, stable
    from matching.files import InvalidTable, read_table
    from matching.matcher import Matcher
    from matching.policy import InvalidPolicy, Policy
    from matching.profiles.people import InvalidPeople
    from matching.results import Pair, RoundResult, RuledOut, Unmatched
    from matching.wishes import InvalidWishes, Wishes

    __version__: str

__all__ = [
    "Assignment", "Certificate", "Constraints", "Infeasible", "InvalidPeople", "InvalidPolicy",
    "InvalidTable", "InvalidWishes", "Matcher", "Pair", "Policy", "Refuted", "RoundResult",
    "RuledOut", "Unmatched", "Verified", "Wishes", "assign", "blocking_pairs", "read_table",
    "stable", "verify",
]  # fmt: skip

_HOMES = {
    "Assignment": "assignment.solver",
    "Certificate": "assignment.certificate",
    "Constraints": "assignment.constraints",
    "Infeasible": "assignment.solver",
    "InvalidPeople": "profiles.people",
    "InvalidPolicy": "policy",
    "InvalidTable": "files",
    "InvalidWishes": "wishes",
    "Matcher": "matcher",
    "Pair": "results",
    "Policy": "policy",
    "Refuted": "assignment.certificate",
    "RoundResult": "results",
    "RuledOut": "results",
    "Unmatched": "results",
    "Verified": "assignment.checker",
    "Wishes": "wishes",
    "assign": "assignment.solver",
    "blocking_pairs": "assignment.stable",
    "read_table": "files",
    "stable": "assignment.stable",
    "verify": "assignment.checker",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return metadata.version("preceptor")
    if name in _HOMES:
        return getattr(importlib.import_module(f"matching.{_HOMES[name]}"), name)
    if not name.startswith("_"):
        # A module of the library, as `matching.policy`.
        try:
            return importlib.import_module(f"matching.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"matching.{name}":
                raise
    raise AttributeError(f"module 'matching' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})

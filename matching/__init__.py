"""Matching mentees and mentors: tables in; pairs, prices and reasons out.

A library of its own that knows nothing of the service around it. Names are loaded when first used,
so that importing it costs nothing: `matching.policy`, `matching.taxonomy` and `matching.columns`
need the standard library and YAML only, the rest NumPy, scikit-learn and OR-Tools.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matching.assignment import Assignment, Infeasible, assign
    from matching.certificate import Certificate, Refuted, verify
    from matching.deferred import blocking_pairs, stable
    from matching.matcher import Matcher, RoundResult
    from matching.policy import Policy
    from matching.tables import InvalidTable, read_table
    from matching.text import TextSimilarity

__all__ = [
    "Assignment", "Certificate", "Infeasible", "InvalidTable", "Matcher", "Policy", "Refuted",
    "RoundResult", "TextSimilarity", "assign", "blocking_pairs", "read_table", "stable", "verify",
]  # fmt: skip

_HOMES = {
    "Assignment": "assignment",
    "Certificate": "certificate",
    "Infeasible": "assignment",
    "InvalidTable": "tables",
    "Matcher": "matcher",
    "Policy": "policy",
    "Refuted": "certificate",
    "RoundResult": "matcher",
    "TextSimilarity": "text",
    "assign": "assignment",
    "blocking_pairs": "deferred",
    "read_table": "tables",
    "stable": "deferred",
    "verify": "certificate",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'matching' has no attribute {name!r}")
    return getattr(importlib.import_module(f"matching.{_HOMES[name]}"), name)

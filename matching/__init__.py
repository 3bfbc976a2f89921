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
    from matching.matcher import Matcher, RoundResult
    from matching.policy import Policy
    from matching.text import TextSimilarity

__all__ = [
    "Assignment", "Infeasible", "Matcher", "Policy", "RoundResult", "TextSimilarity", "assign",
]  # fmt: skip

_HOMES = {
    "Assignment": "assignment",
    "Infeasible": "assignment",
    "Matcher": "matcher",
    "Policy": "policy",
    "RoundResult": "matcher",
    "TextSimilarity": "text",
    "assign": "assignment",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'matching' has no attribute {name!r}")
    return getattr(importlib.import_module(f"matching.{_HOMES[name]}"), name)

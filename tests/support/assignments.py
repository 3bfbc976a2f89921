"""Assignments by one set of named arguments, so that a test can state a case as a dictionary."""

from __future__ import annotations

from typing import Any

from matching import Assignment, Certificate, Constraints, assign, verify
from matching.assignment.checker import Verified


def assign_with(
    scores: Any,
    *,
    objective: Any = "coverage",
    order: Any = None,
    progress: Any = None,
    **constraints: Any,
) -> Assignment:
    """Return the best assignment under these constraints."""
    limits = Constraints(**constraints)
    return assign(scores, limits, objective, order=order, progress=progress)


def verify_with(
    scores: Any,
    pairs: Any,
    certificate: Certificate,
    *,
    objective: Any = "coverage",
    **constraints: Any,
) -> Verified:
    """Return what a certificate proves of pairs under these constraints."""
    return verify(scores, pairs, certificate, Constraints(**constraints), objective)


def sharing(loads: Any) -> int:
    """Return how many couples of mentees share a mentor, by the number of mentees of each."""
    return int((loads * (loads - 1) // 2).sum())

"""What a round came to, in numbers: how many, how well, how evenly, and how much moved."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from matching.features import Floats


def measure(
    scores: Floats, loads: list[int], unmatched_causes: list[str], broken: int, could_stay: int
) -> dict[str, Any]:
    """Return the measures of a round.

    `scores` are those of the pairs, in [0, 1]; `loads` the mentees of each mentor. Churn is the
    share of the existing pairs that could have stayed and were broken, None without any.
    """
    ordered = np.sort(scores)
    tenth = max(1, len(ordered) // 10)
    return {
        "matched": len(ordered),
        "unmatched": len(unmatched_causes),
        "unmatched_by_cause": dict(Counter(unmatched_causes)),
        "total": round(float(ordered.sum()), 6),
        "mean": round(float(ordered.mean()), 6) if len(ordered) else None,
        "lowest": round(float(ordered[0]), 6) if len(ordered) else None,
        "mean_of_lowest_tenth": round(float(ordered[:tenth].mean()), 6) if len(ordered) else None,
        "gini": round(gini(ordered), 6),
        "mentors_by_load": {str(load): n for load, n in sorted(Counter(loads).items())},
        "churn": round(broken / could_stay, 6) if could_stay else None,
    }


def gini(values: Floats) -> float:
    """Return the Gini coefficient of ordered values that are not negative, 0 (equal) to 1."""
    if not len(values) or values.sum() == 0:
        return 0.0
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ values / (len(values) * values.sum()))

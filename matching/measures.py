"""A round in numbers: how many are matched, how well, how evenly, and how much changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from matching.arrays import Flags, Floats, Ints
from matching.profiles.people import Answers

#: Figures of smaller groups are hidden: their members could be recognized.
SMALLEST_GROUP = 5


def measure(
    scores: Floats,
    loads: Sequence[int],
    unmatched_causes: Sequence[str],
    *,
    blocking: int,
    broken: int,
    could_stay: int,
) -> dict[str, Any]:
    """Return the measures of a round.

    `scores` are those of the pairs, in [0, 1]; `loads` the mentees of each mentor; `blocking`
    counts pairs who would both rather have each other. Churn is the share of the existing pairs
    that could have stayed and were broken, None without any.
    """
    return {
        "matched": len(scores),
        "unmatched": len(unmatched_causes),
        "unmatched_by_cause": dict(Counter(unmatched_causes)),
        **of_scores(scores),
        "mentors_by_load": by_load(loads),
        "blocking_pairs": blocking,
        "churn": round(broken / could_stay, 6) if could_stay else None,
    }


def wanting_more(open_demand: Ints, covered: Flags) -> dict[str, int]:
    """Return how many mentees who are covered, by a mentor at least, want how many more."""
    return by_load(open_demand[covered & (open_demand > 0)].tolist())


def by_load(loads: Sequence[int]) -> dict[str, int]:
    """Return how many mentors have how many mentees, or how often any number is there."""
    return {str(load): count for load, count in sorted(Counter(loads).items())}


def of_scores(scores: Floats) -> dict[str, Any]:
    """Return how good and how even scores in [0, 1] are; None where there are none."""
    ordered = np.sort(scores)
    tenth = max(1, len(ordered) // 10)
    return {
        "total": round(float(ordered.sum()), 6),
        "mean": round(float(ordered.mean()), 6) if len(ordered) else None,
        "lowest": round(float(ordered[0]), 6) if len(ordered) else None,
        "mean_of_lowest_tenth": round(float(ordered[:tenth].mean()), 6) if len(ordered) else None,
        "gini": round(gini(ordered), 6),
    }


def gini(values: Floats) -> float:
    """Return the Gini coefficient of ordered values that are not negative, 0 (equal) to 1."""
    if not len(values) or values.sum() == 0:
        return 0.0
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ values / (len(values) * values.sum()))


def by_group(
    mentees: Sequence[Answers], best: Sequence[float | None], *, with_identity: bool
) -> dict[str, list[dict[str, Any]]]:
    """Return how many of each group were matched and how well, largest groups first.

    `best` is the highest score of each mentee's pairs, None without one. Groups are career stages,
    countries and, where a program asks, communities that people opted into ("not_shared" for those
    who did not). Numbers of fewer than `SMALLEST_GROUP` people are None; a community that has no
    more, or that all but few are in, is not even named, so that no one learns that someone there
    is in it. For the same reason it is left open how many of a community were matched where few
    were, or all but few.
    """
    groups = {
        "stage": _told([([str(m["career_stage"])], b) for m, b in zip(mentees, best, strict=True)]),
        "country": _told(
            [([str(m.get("country") or "")], b) for m, b in zip(mentees, best, strict=True)]
        ),
    }
    if with_identity:
        identity = _told(
            [
                (m.get("communities") or ["not_shared"], b)
                for m, b in zip(mentees, best, strict=True)
            ]
        )
        groups["identity"] = [
            _blurred(row) for row in identity if row["people"] and _is_many(len(mentees), row)
        ]
    return groups


def _is_many(total: int, row: Mapping[str, Any]) -> bool:
    """Return whether neither a group nor those outside of it are few."""
    return bool(total - row["people"] >= SMALLEST_GROUP)


def _blurred(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without figures about few people."""
    parts = (row["matched"], row["people"] - row["matched"])
    is_told = all(part >= SMALLEST_GROUP for part in parts)
    return row if is_told else row | {"matched": None, "mean": None}


def _told(people: Iterable[tuple[Sequence[str], float | None]]) -> list[dict[str, Any]]:
    groups: dict[str, list[float | None]] = {}
    for names, best in people:
        for name in names:
            groups.setdefault(name, []).append(best)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    shown = [len(members) >= SMALLEST_GROUP for _, members in ordered]
    hidden = sum(
        len(members) for (_, members), is_shown in zip(ordered, shown, strict=True) if not is_shown
    )
    if 0 < hidden < SMALLEST_GROUP and any(shown):
        # Few enough to be worked out from the sum of all: the smallest group shown is hidden too.
        shown[len(shown) - 1 - shown[::-1].index(True)] = False
    return [
        _of_group(name, members if is_shown else None)
        for (name, members), is_shown in zip(ordered, shown, strict=True)
    ]


def _of_group(name: str, members: list[float | None] | None) -> dict[str, Any]:
    if members is None:
        return {"group": name, "people": None, "matched": None, "mean": None}
    scores = [score for score in members if score is not None]
    enough = len(scores) >= SMALLEST_GROUP
    mean = round(sum(scores) / len(scores), 6) if enough else None
    return {"group": name, "people": len(members), "matched": len(scores), "mean": mean}

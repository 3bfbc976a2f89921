"""Why a pair fits, and why somebody is left without one: data, never sentences.

Sentences are made for each reader by whoever shows them, who also leaves out what that reader must
not see (the taxonomy marks sensitive goals).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.criteria import CRITERIA
from matching.features import Answers, Flags, Table

Reason = dict[str, Any]
_MOST = 3


def of_pair(mentee: Answers, mentor: Answers, contributions: Mapping[str, float]) -> list[Reason]:
    """Return the evidence behind the largest contributions, at most three, largest first."""
    by_name = {criterion.name: criterion for criterion in CRITERIA}
    found: list[Reason] = []
    for name in contributions:
        evidence = by_name[name].evidence(mentee, mentor) if name in by_name else None
        if evidence is None:
            continue
        found.append({"criterion": name, **evidence})
        if len(found) == _MOST:
            break
    return found


def of_unmatched_mentee(
    mentee: int, mentees: Table, mentors: Table, excluded: Mapping[str, Flags], fits: Flags
) -> Reason:
    """Return why a mentee has nobody; `fits` are their pairs that rules and floor allow.

    The cause is one of `rule` (one rule alone excludes everybody who is left by the others, with
    how many it would open), `rules` (several together do), `floor` (nobody suits well enough) and
    `places` (those who suit have no place left).
    """
    if fits[mentee].any():
        return {"cause": "places", "suitable": int(fits[mentee].sum()), **_demand(mentee, mentees)}
    barred = {name: forbidden[mentee] for name, forbidden in excluded.items()}
    anybody = ~np.logical_or.reduce(list(barred.values()))
    if anybody.any():
        return {"cause": "floor", "allowed": int(anybody.sum())}
    opened: dict[str, int] = {}
    for name in barred:
        others = [flags for other, flags in barred.items() if other != name]
        opened[name] = int((~np.logical_or.reduce(others)).sum())
    best = max(opened, key=lambda name: opened[name], default="")
    if len(mentors) and opened[best]:
        return {"cause": "rule", "rule": best, "would_open": opened[best]}
    return {"cause": "rules"}


def of_unmatched_mentor(mentor: int, mentees: Table, fits: Flags) -> Reason:
    """Return why a mentor with a free place has nobody new."""
    if not len(mentees):
        return {"cause": "no_mentees"}
    return {"cause": "demand", "suitable": int(fits[:, mentor].sum())}


def _demand(mentee: int, mentees: Table) -> dict[str, Any]:
    """Return the field that a mentee named first and how many others named it first too."""
    fields = mentees[mentee].get("specialty_interests") or []
    if not fields:
        return {}
    first = [(person.get("specialty_interests") or [None])[0] for person in mentees]
    return {"field": fields[0], "asked_by": first.count(fields[0])}

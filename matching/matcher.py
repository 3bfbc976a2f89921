"""One round of matching: from two tables to pairs, reasons, measures and a proof."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator

from matching import measures, reasons, rules, scores
from matching.assignment import MILLION, Assignment, Ints, Progress, assign
from matching.features import Answers, Flags, Table
from matching.policy import Policy
from matching.reasons import Reason

Mode = Literal["keep", "better", "afresh"]
IdPairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Pair:
    """A pair by ids; `score` in millionths, `kept` where it existed before."""

    mentee: str
    mentor: str
    score: int
    contributions: Mapping[str, float]
    reasons: Sequence[Reason]
    kept: bool


@dataclass(frozen=True)
class Unmatched:
    """A mentee without a mentor, or a mentor with free places and nobody, and why."""

    person: str
    role: Literal["mentee", "mentor"]
    reason: Reason


@dataclass(frozen=True)
class RoundResult:
    """What a round found; `assignment` holds the proof, over `mentors` in order of their prices."""

    pairs: Sequence[Pair]
    unmatched: Sequence[Unmatched]
    measures: Mapping[str, Any]
    assignment: Assignment
    mentors: Sequence[str]

    def certificate(self) -> dict[str, Any]:
        """Return the proof as plain data: value, upper bound, gap, and the prices of each stage."""
        proof = self.assignment.certificate
        return {
            "objective": proof.objective,
            "value": self.assignment.value,
            "upper_bound": self.assignment.upper_bound,
            "gap": self.assignment.gap,
            "covered": self.assignment.covered,
            "is_optimal": proof.is_optimal,
            "mentors": list(self.mentors),
            "stages": [
                {
                    "name": stage.name,
                    "value": stage.value,
                    "upper_bound": stage.upper_bound,
                    "covered": stage.covered,
                    "prices": list(stage.prices),
                }
                for stage in proof.stages
            ],
        }


class Matcher(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Matches mentees and mentors under a policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def fit(self, mentees: Table, mentors: Table) -> Self:
        """Take the people: answers as `matching.columns` reads them, one mapping for each.

        Raises `ValueError` where two people of one role have the same id.
        """
        self.mentees_ = list(mentees)
        self.mentors_ = list(mentors)
        self.mentee_rows_ = _rows(self.mentees_, "mentee_id")
        self.mentor_rows_ = _rows(self.mentors_, "mentor_id")
        return self

    def match(
        self,
        *,
        existing: IdPairs | None = None,
        mode: Mode = "keep",
        keep_bonus: float = 0.0,
        pinned: IdPairs | None = None,
        forbidden: IdPairs | None = None,
        priority: Mapping[str, float] | None = None,
        on: datetime.date,
        progress: Progress | None = None,
    ) -> RoundResult:
        """Return the best round.

        Pairs are given as (mentee id, mentor id). With `mode` "keep" the `existing` ones stay;
        with "better" they stay unless something better than `keep_bonus` appears (a mentor who
        pauses or lowers their places keeps whom they have); with "afresh" they count for nothing.
        `forbidden` pairs are added to those that must-rules exclude, and `priority` is in score
        units, by mentee id. `on` is the day whose week and time zones count.
        """
        tell = progress or (lambda stage, done, total: None)
        mentees, mentors = self.mentees_, self.mentors_
        before = self._indices("existing", existing)
        fixed = self._indices("pinned", pinned)
        if mode == "keep":
            fixed = np.unique(np.concatenate([fixed, before]), axis=0)

        tell("rules", 0, 1)
        excluded = dict(rules.excluded_by(mentees, mentors))
        banned = np.zeros((len(mentees), len(mentors)), dtype=bool)
        ruled_out = self._indices("forbidden", forbidden)
        banned[ruled_out[:, 0], ruled_out[:, 1]] = True
        excluded["former"] = banned
        allowed = ~np.logical_or.reduce(list(excluded.values()))
        tell("scoring", 0, 1)
        scored = scores.score(mentees, mentors, self.policy, allowed, on)
        offered = np.where(allowed, scored.score, -1.0)
        if mode == "better":
            lasting = [flags for name, flags in excluded.items() if name not in rules.NEW_ONLY]
            stays = ~np.logical_or.reduce(lasting)[before[:, 0], before[:, 1]]
            still = before[stays]
            offered[still[:, 0], still[:, 1]] = scored.score[still[:, 0], still[:, 1]]
        # A pair that already meets stays even if a rule has changed since it was made.
        offered[fixed[:, 0], fixed[:, 1]] = scored.score[fixed[:, 0], fixed[:, 1]]

        # An excess of mentees over capacity is the coordinator's to end, not the round's.
        stay = before if mode == "better" else fixed
        places = np.maximum(
            np.array([m.get("capacity", 1) for m in mentors], dtype=np.int64),
            np.bincount(stay[:, 1], minlength=len(mentors)),
        )
        found = assign(
            offered,
            capacity=places,
            demand=np.maximum(1, np.bincount(fixed[:, 0], minlength=len(mentees))),
            pinned=fixed,
            kept=before if mode == "better" else None,
            keep_bonus=keep_bonus if mode == "better" else 0.0,
            priority=[(priority or {}).get(m["mentee_id"], 0.0) for m in mentees],
            objective=self.policy.objective,
            floor=self.policy.floor,
            progress=progress,
        )
        tell("explaining", 0, 1)
        return self._result(found, scored, excluded, offered >= self.policy.floor, before, places)

    def _result(
        self,
        found: Assignment,
        scored: scores.Scores,
        excluded: Mapping[str, Flags],
        fits: Flags,
        before: Ints,
        places: Ints,
    ) -> RoundResult:
        mentees, mentors = self.mentees_, self.mentors_
        kept = {(int(i), int(j)) for i, j in before}
        pairs = []
        for i, j in ((int(i), int(j)) for i, j in found.pairs):
            parts = scored.contributions(i, j)
            pairs.append(
                Pair(
                    mentee=mentees[i]["mentee_id"],
                    mentor=mentors[j]["mentor_id"],
                    score=round(float(scored.score[i, j]) * MILLION),
                    contributions={name: round(part, 6) for name, part in parts.items()},
                    reasons=reasons.of_pair(mentees[i], mentors[j], parts),
                    kept=(i, j) in kept,
                )
            )
        loads = np.bincount(found.pairs[:, 1], minlength=len(mentors))
        left = np.bincount(found.pairs[:, 0], minlength=len(mentees)) == 0
        unmatched = [
            Unmatched(
                mentees[i]["mentee_id"],
                "mentee",
                reasons.of_unmatched_mentee(i, mentees, mentors, excluded, fits),
            )
            for i in np.flatnonzero(left).tolist()
        ]
        causes = [str(person.reason["cause"]) for person in unmatched]
        active = [m.get("status", "active") == "active" for m in mentors]
        unmatched += [
            Unmatched(
                mentors[j]["mentor_id"],
                "mentor",
                reasons.of_unmatched_mentor(j, mentees, fits),
            )
            for j in np.flatnonzero((loads == 0) & (places > 0) & np.array(active, bool)).tolist()
        ]
        chosen = {(int(i), int(j)) for i, j in found.pairs}
        could_stay = [pair for pair in kept if fits[pair] or pair in chosen]
        return RoundResult(
            pairs=pairs,
            unmatched=unmatched,
            measures=measures.measure(
                np.array([pair.score / MILLION for pair in pairs]),
                loads.tolist(),
                causes,
                broken=sum(pair not in chosen for pair in could_stay),
                could_stay=len(could_stay),
            ),
            assignment=found,
            mentors=[mentor["mentor_id"] for mentor in mentors],
        )

    def _indices(self, name: str, pairs: IdPairs | None) -> Ints:
        """Return (k, 2) indices of pairs of ids. Raises `ValueError` for an id nobody has."""
        found = []
        for mentee, mentor in pairs or ():
            if mentee not in self.mentee_rows_ or mentor not in self.mentor_rows_:
                raise ValueError(f"{name}: {mentee} and {mentor} are not both in the tables")
            found.append((self.mentee_rows_[mentee], self.mentor_rows_[mentor]))
        return np.array(found, dtype=np.int64).reshape(-1, 2)


def _rows(people: Sequence[Answers], column: str) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row, person in enumerate(people):
        if rows.setdefault(person[column], row) != row:
            raise ValueError(f"{column} {person[column]} is used twice")
    return rows

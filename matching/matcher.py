"""One round of matching: from two tables to pairs, reasons, measures and a proof."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from sklearn.base import BaseEstimator

from matching import explanation, measures, reasons
from matching.arrays import Codes, Floats, Ints
from matching.assignment.blocks import MILLION
from matching.assignment.certificate import Certificate, Refuted, Verified, verify
from matching.assignment.constraints import PairSet
from matching.assignment.solver import Assignment, Progress, assign
from matching.policy import Policy
from matching.profiles import people, times
from matching.profiles.columns import DEFAULT_CAPACITY
from matching.profiles.people import Table
from matching.reasons import Reason
from matching.scoring import rules
from matching.scoring.scores import Scores

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
        found = self.assignment
        return {
            "value": found.value,
            "upper_bound": found.upper_bound,
            "gap": found.gap,
            "covered": found.covered,
            "considered": found.considered,
            "is_optimal": found.certificate.is_optimal,
            "mentors": list(self.mentors),
            **found.certificate.to_dict(),
        }


class Matcher(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Matches mentees and mentors under a policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def fit(self, mentees: Table, mentors: Table) -> Self:
        """Take the people: answers as `matching.read_table` returns them, one mapping for each.

        Raises `InvalidPeople`, a `ValueError`, that names the row and column of what is wrong.
        """
        self.mentees_ = people.check("mentee", mentees)
        self.mentors_ = people.check("mentor", mentors)
        self.mentee_rows_ = {person["mentee_id"]: row for row, person in enumerate(self.mentees_)}
        self.mentor_rows_ = {person["mentor_id"]: row for row, person in enumerate(self.mentors_)}
        self.scores_: tuple[datetime.date, Scores] | None = None
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

        Raises `ValueError` for ids that nobody has and for pairs that contradict each other.
        """
        tell = progress or (lambda stage, done, total: None)
        given = self._problem(existing, mode, keep_bonus, pinned, forbidden, priority, on, tell)
        found = assign(given.scores, **given.limits(self.policy), progress=progress)
        tell("explaining", 0, 1)
        return self._result(given, found, tell)

    def verify(
        self,
        pairs: IdPairs,
        certificate: Certificate,
        *,
        existing: IdPairs | None = None,
        mode: Mode = "keep",
        keep_bonus: float = 0.0,
        pinned: IdPairs | None = None,
        forbidden: IdPairs | None = None,
        priority: Mapping[str, float] | None = None,
        on: datetime.date,
    ) -> Verified:
        """Prove that `pairs` are what `match` should find with these arguments.

        Raises `matching.Refuted` where they are not, and `ValueError` as `match` does.
        """
        given = self._problem(existing, mode, keep_bonus, pinned, forbidden, priority, on, _silent)
        try:
            found = self._indices("pairs", pairs)
        except ValueError as error:
            raise Refuted(str(error)) from None
        return verify(given.scores, found, certificate, **given.limits(self.policy))

    def frontier(
        self,
        *,
        existing: IdPairs,
        keep_bonuses: Sequence[float] = (0.0, 0.02, 0.05, 0.1, 0.2),
        forbidden: IdPairs | None = None,
        on: datetime.date,
    ) -> list[dict[str, Any]]:
        """Return what keeping pairs costs: matched, total and broken pairs for each keep bonus.

        The total is that of the scores, without bonuses.
        """
        points = []
        existing, forbidden = list(existing), list(forbidden or ())
        for bonus in keep_bonuses:
            given = self._problem(existing, "better", bonus, None, forbidden, None, on, _silent)
            found = assign(given.scores, **given.limits(self.policy))
            chosen = {tuple(pair) for pair in found.pairs.tolist()}
            broken = sum(tuple(pair) not in chosen for pair in given.could_stay.pairs.tolist())
            kept = len(given.could_stay.pairs) - broken
            points.append(
                {
                    "keep_bonus": bonus,
                    "matched": len(found.pairs),
                    "total": (found.value - round(bonus * MILLION) * kept) / MILLION,
                    "broken": broken,
                }
            )
        return points

    def _problem(
        self,
        existing: IdPairs | None,
        mode: Mode,
        keep_bonus: float,
        pinned: IdPairs | None,
        forbidden: IdPairs | None,
        priority: Mapping[str, float] | None,
        on: datetime.date,
        tell: Progress,
    ) -> _Problem:
        if mode not in get_args(Mode):
            raise ValueError(f"mode: must be one of {', '.join(get_args(Mode))}, not {mode!r}")
        if not 0 <= keep_bonus <= 1:
            raise ValueError(f"keep_bonus: must be from 0 to 1, not {keep_bonus}")
        if not isinstance(on, datetime.date):
            raise ValueError(f"on: must be a date, not {on!r}")
        if not times.EARLIEST <= on <= times.LATEST:
            raise ValueError(f"on: must be from {times.EARLIEST} to {times.LATEST}, not {on}")
        mentees, mentors = self.mentees_, self.mentors_
        shape = (len(mentees), len(mentors))
        forbidden = list(forbidden or ())
        before = PairSet("existing", self._indices("existing", existing), shape)
        fixed = self._indices("pinned", pinned)
        if mode == "keep":
            fixed = np.unique(np.concatenate([fixed, before.pairs]), axis=0)
        unknown = sorted(set(priority or {}) - set(self.mentee_rows_))
        if unknown:
            raise ValueError(f"priority: {unknown[0]} is not among the mentees")
        fixed_pairs = PairSet("pinned", fixed, shape)
        banned = set(forbidden)
        for i, j in fixed.tolist():
            mentee, mentor = mentees[i]["mentee_id"], mentors[j]["mentor_id"]
            if (mentee, mentor) in banned:
                raise ValueError(f"pinned: {mentee} and {mentor} are also forbidden")
            if rules.is_one_person(mentees[i], mentors[j]):
                raise ValueError(f"pinned: {mentee} and {mentor} are the same person")
        former = PairSet("forbidden", self._indices("forbidden", forbidden), shape)
        tell("scoring", 0, 1)
        if self.scores_ is None or self.scores_[0] != on:
            self.scores_ = (on, Scores(mentees, mentors, self.policy, on))
        scores = self.scores_[1]
        could_stay = scores.under(former=former).lasting(before)
        # A pair that already meets stays even if a rule has changed since it was made.
        exempt = np.concatenate([fixed, could_stay.pairs]) if mode == "better" else fixed
        exempt_pairs = PairSet("exempt", np.unique(exempt, axis=0), shape)
        # An excess of mentees over capacity is the coordinator's to end, not the round's; but
        # nobody is added to it.
        stay = before.pairs if mode == "better" else fixed
        offered = np.array([m.get("capacity", DEFAULT_CAPACITY) for m in mentors], dtype=np.int64)
        loads = np.bincount(stay[:, 1], minlength=len(mentors))
        return _Problem(
            scores=scores.under(former=former, exempt=exempt_pairs, full=loads > offered),
            places=np.maximum(offered, loads),
            demand=np.maximum(1, np.bincount(fixed[:, 0], minlength=len(mentees))),
            pinned=fixed_pairs,
            before=before,
            could_stay=could_stay,
            kept=could_stay.pairs if mode == "better" else None,
            keep_bonus=keep_bonus if mode == "better" else 0.0,
            priority=np.array([(priority or {}).get(m["mentee_id"], 0.0) for m in mentees]),
            apart=rules.minutes_apart(mentees, mentors, on),
        )

    def _result(self, given: _Problem, found: Assignment, tell: Progress) -> RoundResult:
        mentees, mentors = self.mentees_, self.mentors_
        explained = explanation.explain(
            given.scores, found, self.policy, given.places, given.apart, tell
        )
        kept = {tuple(pair) for pair in given.before.pairs.tolist()}
        pairs = []
        for (i, j), score, similarities in zip(
            found.pairs.tolist(), found.scores.tolist(), explained.similarities, strict=True
        ):
            parts = given.scores.contributions(similarities)
            pairs.append(
                Pair(
                    mentee=mentees[i]["mentee_id"],
                    mentor=mentors[j]["mentor_id"],
                    score=score,
                    contributions={name: round(part, 6) for name, part in parts.items()},
                    reasons=reasons.of_pair(mentees[i], mentors[j], parts),
                    kept=(i, j) in kept,
                )
            )
        fields = reasons.demand_for_fields(mentees)
        unmatched = [
            Unmatched(
                mentees[i]["mentee_id"],
                "mentee",
                reason | (fields[i] if reason["cause"] == "places" else {}),
            )
            for i, reason in explained.left
        ]
        causes = [str(person.reason["cause"]) for person in unmatched]
        loads = np.bincount(found.pairs[:, 1], minlength=len(mentors))
        active = np.array([m.get("status", "active") == "active" for m in mentors], dtype=bool)
        unmatched += [
            Unmatched(
                mentors[j]["mentor_id"],
                "mentor",
                reasons.of_unmatched_mentor(int(explained.suitable[j]), len(mentees)),
            )
            for j in np.flatnonzero((loads == 0) & (given.places > 0) & active).tolist()
        ]
        best: list[float | None] = [None] * len(mentees)
        for (i, _), score in zip(found.pairs.tolist(), found.scores.tolist(), strict=True):
            best[i] = max(best[i] or 0.0, score / MILLION)
        chosen = {tuple(pair) for pair in found.pairs.tolist()}
        could_stay = {tuple(pair) for pair in given.could_stay.pairs.tolist()} | (kept & chosen)
        return RoundResult(
            pairs=pairs,
            unmatched=unmatched,
            measures=measures.measure(
                found.scores / MILLION,
                loads.tolist(),
                causes,
                blocking=explained.blocking,
                broken=len(could_stay - chosen),
                could_stay=len(could_stay),
            )
            | {
                "groups": measures.by_group(
                    mentees, best, with_identity=self.policy.weights["identity"] > 0
                )
            },
            assignment=found,
            mentors=[mentor["mentor_id"] for mentor in mentors],
        )

    def _indices(self, name: str, pairs: IdPairs | None) -> Ints:
        """Return (k, 2) indices of pairs of ids. Raises `ValueError` for an id nobody has."""
        found = []
        for pair in pairs or ():
            if not isinstance(pair, list | tuple) or [type(id) for id in pair] != [str, str]:
                raise ValueError(f"{name}: {pair!r:.60} is no pair of a mentee's and a mentor's id")
            mentee, mentor = pair
            if mentee not in self.mentee_rows_ or mentor not in self.mentor_rows_:
                raise ValueError(f"{name}: {mentee} and {mentor} are not both in the tables")
            found.append((self.mentee_rows_[mentee], self.mentor_rows_[mentor]))
        return np.array(found, dtype=np.int64).reshape(-1, 2)


@dataclass(frozen=True)
class _Problem:
    """One assignment to be made, in indices; arrays as `matching.assign` takes them."""

    scores: Scores
    places: Ints
    demand: Ints
    pinned: PairSet
    before: PairSet
    could_stay: PairSet
    kept: Ints | None
    keep_bonus: float
    priority: Floats
    apart: Callable[[int, int], Codes]

    def limits(self, policy: Policy) -> dict[str, Any]:
        """Return what `matching.assign` and `matching.verify` take besides scores."""
        return {
            "capacity": self.places,
            "demand": self.demand,
            "pinned": self.pinned.pairs,
            "kept": self.kept,
            "keep_bonus": self.keep_bonus,
            "priority": self.priority,
            "objective": policy.objective,
            "floor": policy.floor,
        }


def _silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""

"""One round of matching: from two tables to pairs, reasons, measures and a proof."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matching import explanation, measures, reasons
from matching.arrays import Flags, Ints
from matching.assignment.blocks import MILLION
from matching.assignment.certificate import Certificate, Refuted
from matching.assignment.checker import Verified, verify
from matching.assignment.constraints import Constraints, PairSet
from matching.assignment.draws import Order
from matching.assignment.solver import Assignment, Progress, assign
from matching.features.encoding import Apart, minutes_apart
from matching.language import gettext as _
from matching.policy import Policy
from matching.profiles import people
from matching.profiles.columns import DEFAULT_CAPACITY
from matching.profiles.people import Table
from matching.results import Pair, RoundResult, RuledOut, Unmatched
from matching.scoring import must_rules
from matching.scoring.scores import Scores
from matching.wishes import IdPair, InvalidWishes, Wishes, checked_pairs


class Matcher:
    """Mentees and mentors who are matched under a policy; scores are computed once for a day."""

    def __init__(self, mentees: Table, mentors: Table, policy: Policy) -> None:
        """Take the people: answers as `matching.read_table` returns them, one mapping for each.

        Raises `InvalidPeople`, a `ValueError`, that names the row and column of what is wrong.
        """
        self.policy = policy
        self.mentees = people.check("mentee", mentees)
        self.mentors = people.check("mentor", mentors)
        self._mentee_rows = {person["mentee_id"]: row for row, person in enumerate(self.mentees)}
        self._mentor_rows = {person["mentor_id"]: row for row, person in enumerate(self.mentors)}
        self._scores: tuple[datetime.date, Scores] | None = None

    def match(self, wishes: Wishes, *, progress: Progress | None = None) -> RoundResult:
        """Return the best round under these wishes.

        `progress(phase, done, total)` is called now and then, from this thread. Raises
        `InvalidWishes`, a `ValueError`, for unknown ids and for pairs that contradict each
        other.
        """
        tell = progress or _silent
        setup = self._setup(wishes, tell)
        assignment = assign(
            setup.scores,
            setup.constraints,
            self.policy.objective,
            order=setup.order,
            progress=progress,
        )
        tell("explaining", 0, 1)
        return self._result(setup, assignment, tell)

    def verify(self, pairs: Iterable[IdPair], certificate: Certificate, wishes: Wishes) -> Verified:
        """Return what was verified: that `pairs` are what `match` should find under these wishes.

        Raises `matching.Refuted` where they are not, and `InvalidWishes` as `match` does.
        """
        setup = self._setup(wishes, _silent)
        try:
            indices = self._indices("pairs", checked_pairs("pairs", pairs))
        except InvalidWishes as error:
            raise Refuted(str(error)) from None
        return verify(setup.scores, indices, certificate, setup.constraints, self.policy.objective)

    def frontier(
        self, wishes: Wishes, keep_bonuses: Sequence[float] = (0.0, 0.02, 0.05, 0.1, 0.2)
    ) -> list[dict[str, Any]]:
        """Return what keeping pairs costs: matched, total and broken pairs for each keep bonus.

        The total is that of the scores, without bonuses. Of the wishes, the day and the existing
        and forbidden pairs count.
        """
        points = []
        for bonus in keep_bonuses:
            asked = replace(wishes, mode="better", keep_bonus=bonus, pinned=(), priority={})
            setup = self._setup(asked, _silent)
            assignment = assign(
                setup.scores, setup.constraints, self.policy.objective, order=setup.order
            )
            chosen = {tuple(pair) for pair in assignment.pairs.tolist()}
            broken = sum(tuple(pair) not in chosen for pair in setup.could_stay.pairs.tolist())
            kept = len(setup.could_stay.pairs) - broken
            points.append(
                {
                    "keep_bonus": bonus,
                    "matched": len(assignment.pairs),
                    "total": (assignment.value - round(bonus * MILLION) * kept) / MILLION,
                    "broken": broken,
                }
            )
        return points

    def _setup(self, wishes: Wishes, tell: Progress) -> _Setup:
        mentees, mentors = self.mentees, self.mentors
        shape = (len(mentees), len(mentors))
        before = PairSet("existing", self._indices("existing", wishes.existing), shape)
        pinned = self._indices("pinned", wishes.pinned)
        for name, named in (("priority", wishes.priority), ("demand", wishes.demand)):
            unknown = sorted(set(named) - set(self._mentee_rows))
            if unknown:
                raise InvalidWishes(
                    _(
                        "%(wish)s: %(mentee)s is not among the mentees",
                        wish=name,
                        mentee=unknown[0],
                    )
                )
        asked = np.concatenate([pinned, before.pairs]) if wishes.mode == "keep" else pinned
        self._check_pinned(asked, set(wishes.forbidden))
        former = PairSet("forbidden", self._indices("forbidden", wishes.forbidden), shape)
        tell("scoring", 0, 1)
        scores = self._scores_on(wishes.on)
        against = scores.under(former=former).against(before)
        could_stay = PairSet("kept", _without(before, against), shape)
        if wishes.mode == "keep":
            personal = {name: against[name] for name in must_rules.PERSONAL if name in against}
            pinned = np.unique(np.concatenate([pinned, _without(before, personal)]), axis=0)
        pinned_pairs = PairSet("pinned", pinned, shape)
        is_better = wishes.mode == "better"
        # A pair that already meets stays even if a rule has changed since it was made.
        exempt = pinned_pairs.pairs
        if is_better:
            exempt = np.concatenate([exempt, could_stay.pairs])
        exempt_pairs = PairSet("exempt", np.unique(exempt, axis=0), shape)
        # An excess of mentees over capacity is the coordinator's to end, not the round's; but
        # no one is added to it.
        stay = before.pairs if is_better else pinned_pairs.pairs
        offered = np.array([m.get("capacity", DEFAULT_CAPACITY) for m in mentors], dtype=np.int64)
        loads = np.bincount(stay[:, 1], minlength=len(mentors))
        places = np.maximum(offered, loads)
        return _Setup(
            scores=scores.under(former=former, exempt=exempt_pairs, full=loads > offered),
            constraints=Constraints(
                capacity=places,
                demand=np.maximum(
                    [wishes.demand.get(mentee, 1) for mentee in self._mentee_rows],
                    np.bincount(pinned_pairs.pairs[:, 0], minlength=len(mentees)),
                ),
                pinned=pinned_pairs.pairs,
                kept=could_stay.pairs if is_better else None,
                keep_bonus=wishes.keep_bonus if is_better else 0.0,
                priority=np.array([wishes.priority.get(m["mentee_id"], 0.0) for m in mentees]),
                floor=self.policy.floor,
                fill=wishes.fill,
            ),
            order=Order.drawn([*self._mentee_rows], [*self._mentor_rows], wishes.seed),
            places=places,
            before=before,
            could_stay=could_stay,
            against=against,
            apart=minutes_apart(mentees, mentors, wishes.on),
        )

    def _check_pinned(self, pinned: Ints, forbidden: set[IdPair]) -> None:
        """Raise `InvalidWishes` for a pinned pair, (k, 2) in indices, that can never be one."""
        for i, j in pinned.tolist():
            mentee, mentor = self.mentees[i]["mentee_id"], self.mentors[j]["mentor_id"]
            if (mentee, mentor) in forbidden:
                raise InvalidWishes(
                    _(
                        "pinned: %(mentee)s and %(mentor)s are also forbidden",
                        mentee=mentee,
                        mentor=mentor,
                    )
                )
            if must_rules.is_one_person(self.mentees[i], self.mentors[j]):
                raise InvalidWishes(
                    _(
                        "pinned: %(mentee)s and %(mentor)s are the same person",
                        mentee=mentee,
                        mentor=mentor,
                    )
                )

    def _scores_on(self, day: datetime.date) -> Scores:
        if self._scores is None or self._scores[0] != day:
            self._scores = (day, Scores(self.mentees, self.mentors, self.policy, day))
        return self._scores[1]

    def _result(self, setup: _Setup, assignment: Assignment, tell: Progress) -> RoundResult:
        mentees, mentors = self.mentees, self.mentors
        explained = explanation.explain(
            setup.scores, assignment, self.policy, setup.places, setup.apart, tell
        )
        kept = {tuple(pair) for pair in setup.before.pairs.tolist()}
        pairs = []
        for (i, j), score, similarities in zip(
            assignment.pairs.tolist(),
            assignment.scores.tolist(),
            explained.similarities,
            strict=True,
        ):
            parts = setup.scores.contributions(similarities)
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
        loads = np.bincount(assignment.pairs[:, 1], minlength=len(mentors))
        active = np.array([m.get("status", "active") == "active" for m in mentors], dtype=bool)
        unmatched += [
            Unmatched(
                mentors[j]["mentor_id"],
                "mentor",
                reasons.of_unmatched_mentor(int(explained.suitable[j]), len(mentees)),
            )
            for j in np.flatnonzero((loads == 0) & (setup.places > 0) & active).tolist()
        ]
        best: list[float | None] = [None] * len(mentees)
        for (i, _mentor), score in zip(
            assignment.pairs.tolist(), assignment.scores.tolist(), strict=True
        ):
            best[i] = max(best[i] or 0.0, score / MILLION)
        chosen = {tuple(pair) for pair in assignment.pairs.tolist()}
        could_stay = {tuple(pair) for pair in setup.could_stay.pairs.tolist()} | (kept & chosen)
        return RoundResult(
            pairs=pairs,
            unmatched=unmatched,
            ruled_out=[
                RuledOut(
                    mentee=mentees[i]["mentee_id"],
                    mentor=mentors[j]["mentor_id"],
                    rules=rules,
                    by_person=not set(rules).isdisjoint(must_rules.PERSONAL),
                    kept=(i, j) in chosen,
                )
                for k, (i, j) in enumerate(setup.before.pairs.tolist())
                if (rules := [name for name, flags in setup.against.items() if flags[k]])
            ],
            measures=measures.measure(
                assignment.scores / MILLION,
                loads.tolist(),
                causes,
                blocking=explained.blocking,
                broken=len(could_stay - chosen),
                could_stay=len(could_stay),
            )
            | {
                "open_demand": int(assignment.open_demand.sum()),
                "groups": measures.by_group(
                    mentees, best, with_identity=self.policy.weights["identity"] > 0
                ),
            },
            assignment=assignment,
            mentors=[mentor["mentor_id"] for mentor in mentors],
        )

    def _indices(self, wish: str, pairs: Iterable[IdPair]) -> Ints:
        """Return (k, 2) indices of pairs of ids. Raises `InvalidWishes` for an unknown id."""
        indices = []
        for mentee, mentor in pairs:
            if mentee not in self._mentee_rows or mentor not in self._mentor_rows:
                raise InvalidWishes(
                    _(
                        "%(wish)s: %(mentee)s and %(mentor)s are not both in the tables",
                        wish=wish,
                        mentee=mentee,
                        mentor=mentor,
                    )
                )
            indices.append((self._mentee_rows[mentee], self._mentor_rows[mentor]))
        return np.array(indices, dtype=np.int64).reshape(-1, 2)


@dataclass(frozen=True)
class _Setup:
    """One assignment to be made, in indices; `places` (n,) counts those of each mentor.

    `against` says by rule which of the pairs `before` it forbids.
    """

    scores: Scores
    constraints: Constraints
    order: Order
    places: Ints
    before: PairSet
    could_stay: PairSet
    against: Mapping[str, Flags]
    apart: Apart


def _without(pairs: PairSet, against: Mapping[str, Flags]) -> Ints:
    """Return the pairs, (k, 2) in indices, that nothing is against."""
    keeps = np.ones(len(pairs.pairs), dtype=bool)
    for flags in against.values():
        keeps &= ~flags
    return pairs.pairs[keeps]


def _silent(phase: str, done: int, total: int) -> None:
    """Report no progress."""

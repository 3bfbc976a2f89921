"""One round of matching: from two tables to pairs, reasons, measures and a proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from matching import explanation, measures, reasons
from matching.arrays import Flags, Ints
from matching.assignment.blocks import MILLION
from matching.assignment.certificate import Certificate, Refuted, compare
from matching.assignment.checker import Verified, verify
from matching.assignment.constraints import Constraints, PairSet
from matching.assignment.draws import Order
from matching.assignment.solver import Assignment, Progress, assign
from matching.features.encoding import Apart, minutes_apart
from matching.language import gettext as _
from matching.policy import InvalidPolicy, Policy, default
from matching.profiles import people
from matching.profiles.columns import DEFAULT_CAPACITY
from matching.profiles.people import Table
from matching.results import Pair, RoundResult, RuledOut, Unmatched
from matching.scoring import must_rules
from matching.scoring.scores import Scores
from matching.wishes import IdPair, InvalidWishes, PairLike, Wishes, id_pairs


class Matcher(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Matches mentees and mentors under a policy, the default one unless another is given.

    `fit` takes the people, and `match` pairs them:

        result = Matcher().fit(mentees, mentors).match(on=day, existing=last_round.pairs)

    What `match` and `verify` return comes from the fitted people and from the policy as it is at
    the call: no score is kept from an earlier one.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy

    def fit(self, mentees: Table, mentors: Table) -> Self:
        """Return the matcher with its own copy of the people, one mapping of answers for each.

        Answers are as `matching.read_table` returns them; None and NaN are no answer. Raises
        `InvalidPeople`, a `ValueError`, that names the row and column of what is wrong, and
        `InvalidPolicy`.
        """
        self._checked_policy()
        self.mentees_ = people.check("mentee", mentees)
        self.mentors_ = people.check("mentor", mentors)
        return self

    def match(
        self, wishes: Wishes | None = None, *, progress: Progress | None = None, **named: Any
    ) -> RoundResult:
        """Return the best round under these wishes: a `Wishes`, or its entries by name.

        `progress(phase, done, total)` is called now and then, from this thread. Raises
        `InvalidWishes`, a `ValueError`, for unknown ids and for pairs that contradict each
        other, and scikit-learn's `NotFittedError` before `fit`.
        """
        tell = progress or _silent
        setup = self._setup(_wishes(wishes, named), tell)
        assignment = assign(
            setup.scores,
            setup.constraints,
            setup.policy.objective,
            order=setup.order,
            progress=progress,
        )
        tell("explaining", 0, 1)
        return self._result(setup, assignment, tell)

    def verify(
        self,
        pairs: Iterable[PairLike],
        certificate: Certificate | Mapping[str, Any],
        wishes: Wishes | None = None,
        **named: Any,
    ) -> Verified:
        """Return what was verified: that `pairs` are what `match` should find under these wishes.

        Everything is computed again from the people and the policy. The scores of a result's
        `pairs` are compared too, and each claim of its `certificate()`; reasons are not looked
        at. Raises `matching.Refuted` where something does not hold, and what `match` raises.
        """
        setup = self._setup(_wishes(wishes, named), _silent)
        given = list(pairs)
        try:
            ids = id_pairs("pairs", given)
            indices = self._indices("pairs", ids)
        except InvalidWishes as error:
            raise Refuted(str(error)) from None
        objective = setup.policy.objective
        verified = verify(setup.scores, indices, certificate, setup.constraints, objective)
        scores = {
            pair: each.score
            for pair, each in zip(ids, given, strict=True)
            if isinstance(each, Pair)
        }
        self.check_scores(verified, scores)
        if isinstance(certificate, Mapping):
            facts = verified.facts() | {"mentors": [m["mentor_id"] for m in self.mentors_]}
            compare("certificate", facts | dict(certificate), facts)
        return verified

    def check_scores(self, verified: Verified, claimed: Mapping[IdPair, int]) -> None:
        """Raise `Refuted` for a score, in millionths, that a verified pair does not have."""
        for (i, j), score in zip(verified.pairs.tolist(), verified.scores.tolist(), strict=True):
            pair = self.mentees_[i]["mentee_id"], self.mentors_[j]["mentor_id"]
            if claimed.get(pair, score) != score:
                raise Refuted(
                    _(
                        "the score of %(mentee)s and %(mentor)s is %(score)s",
                        mentee=pair[0],
                        mentor=pair[1],
                        score=f"{score / MILLION:.6f}",
                    )
                )

    def frontier(
        self,
        wishes: Wishes | None = None,
        *,
        keep_bonuses: Sequence[float] = (0.0, 0.02, 0.05, 0.1, 0.2),
        **named: Any,
    ) -> list[dict[str, Any]]:
        """Return what keeping pairs costs: matched, total and broken pairs for each keep bonus.

        The total is that of the scores, without bonuses. Of the wishes, the day and the existing
        and forbidden pairs count.
        """
        wishes = _wishes(wishes, named)
        check_is_fitted(self)
        scores = Scores(self.mentees_, self.mentors_, self._checked_policy(), wishes.on)
        points = []
        for bonus in keep_bonuses:
            asked = replace(wishes, mode="better", keep_bonus=bonus, pinned=(), priority={})
            setup = self._setup(asked, _silent, scores)
            assignment = assign(
                setup.scores, setup.constraints, setup.policy.objective, order=setup.order
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

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn should know: people are no matrix of numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags

    def _checked_policy(self) -> Policy:
        """Return the policy as it is now. Raises `InvalidPolicy` for anything else."""
        if self.policy is not None and not isinstance(self.policy, Policy):
            raise InvalidPolicy(
                _(
                    "must be a Policy, not %(found)s; Policy.from_dict and Policy.from_yaml make "
                    "one",
                    found=f"{self.policy!r:.60}",
                ),
                "policy",
            )
        return self.policy or default()

    def _setup(self, wishes: Wishes, tell: Progress, scores: Scores | None = None) -> _Setup:
        """Return the assignment to be made; `scores` are those of the wishes' day, if at hand."""
        check_is_fitted(self)
        policy = self._checked_policy()
        mentees, mentors = self.mentees_, self.mentors_
        shape = (len(mentees), len(mentors))
        before = PairSet("existing", self._indices("existing", wishes.existing), shape)
        pinned = self._indices("pinned", wishes.pinned)
        ids = [person["mentee_id"] for person in mentees], [m["mentor_id"] for m in mentors]
        wishes.check_mentees(ids[0])
        asked = np.concatenate([pinned, before.pairs]) if wishes.mode == "keep" else pinned
        self._check_pinned(asked, set(id_pairs("forbidden", wishes.forbidden)))
        former = PairSet("forbidden", self._indices("forbidden", wishes.forbidden), shape)
        tell("scoring", 0, 1)
        if scores is None:
            scores = Scores(mentees, mentors, policy, wishes.on)
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
            policy=policy,
            scores=scores.under(former=former, exempt=exempt_pairs, full=loads > offered),
            constraints=Constraints(
                capacity=places,
                demand=np.maximum(
                    np.array([wishes.demand.get(id, 1) for id in ids[0]], dtype=np.int64),
                    np.bincount(pinned_pairs.pairs[:, 0], minlength=len(mentees)),
                ),
                pinned=pinned_pairs,
                kept=could_stay if is_better else None,
                keep_bonus=wishes.keep_bonus if is_better else 0.0,
                priority=np.array([wishes.priority.get(id, 0.0) for id in ids[0]]),
                floor=policy.floor,
                fill=wishes.fill,
            ),
            order=Order.drawn(*ids, wishes.seed),
            places=places,
            before=before,
            could_stay=could_stay,
            against=against,
            apart=minutes_apart(mentees, mentors, wishes.on),
        )

    def _check_pinned(self, pinned: Ints, forbidden: set[IdPair]) -> None:
        """Raise `InvalidWishes` for a pinned pair, (k, 2) in indices, that can never be one."""
        for i, j in pinned.tolist():
            mentee, mentor = self.mentees_[i]["mentee_id"], self.mentors_[j]["mentor_id"]
            if (mentee, mentor) in forbidden:
                raise InvalidWishes(
                    _(
                        "pinned: %(mentee)s and %(mentor)s are also forbidden",
                        mentee=mentee,
                        mentor=mentor,
                    )
                )
            if must_rules.is_one_person(self.mentees_[i], self.mentors_[j]):
                raise InvalidWishes(
                    _(
                        "pinned: %(mentee)s and %(mentor)s are the same person",
                        mentee=mentee,
                        mentor=mentor,
                    )
                )

    def _result(self, setup: _Setup, assignment: Assignment, tell: Progress) -> RoundResult:
        mentees, mentors = self.mentees_, self.mentors_
        explained = explanation.explain(
            setup.scores, assignment, setup.policy, setup.places, setup.apart, tell
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
                    reasons=reasons.of_pair(mentees[i], mentors[j], similarities, parts),
                    cautions=reasons.cautions(
                        mentees[i], mentors[j], similarities, score / MILLION
                    ),
                    kept=(i, j) in kept,
                )
            )
        fields = reasons.demand_for_fields(mentees, mentors, setup.places)
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
                    mentees, best, with_identity=setup.policy.weights["identity"] > 0
                ),
            },
            assignment=assignment,
            mentors=[mentor["mentor_id"] for mentor in mentors],
        )

    def _indices(self, wish: str, pairs: Iterable[PairLike]) -> Ints:
        """Return (k, 2) indices of pairs of ids. Raises `InvalidWishes` for an unknown id."""
        mentees = {person["mentee_id"]: row for row, person in enumerate(self.mentees_)}
        mentors = {person["mentor_id"]: row for row, person in enumerate(self.mentors_)}
        indices = []
        for mentee, mentor in id_pairs(wish, pairs):
            if mentee not in mentees or mentor not in mentors:
                raise InvalidWishes(
                    _(
                        "%(wish)s: %(mentee)s and %(mentor)s are not both in the tables",
                        wish=wish,
                        mentee=mentee,
                        mentor=mentor,
                    )
                )
            indices.append((mentees[mentee], mentors[mentor]))
        return np.array(indices, dtype=np.int64).reshape(-1, 2)


@dataclass(frozen=True)
class _Setup:
    """One assignment to be made, in indices; `places` (n,) counts those of each mentor.

    `against` says by rule which of the pairs `before` it forbids.
    """

    policy: Policy
    scores: Scores
    constraints: Constraints
    order: Order
    places: Ints
    before: PairSet
    could_stay: PairSet
    against: Mapping[str, Flags]
    apart: Apart


def _wishes(wishes: Wishes | None, named: Mapping[str, Any]) -> Wishes:
    """Return the wishes that were given in one of two ways. Raises `TypeError` for both."""
    if wishes is not None and named:
        raise TypeError(f"give Wishes, or {', '.join(named)} by name, not both")
    if not isinstance(wishes, Wishes | None):
        raise TypeError(f"wishes: must be Wishes, not {wishes!r:.60}")
    return wishes or Wishes(**named)


def _without(pairs: PairSet, against: Mapping[str, Flags]) -> Ints:
    """Return the pairs, (k, 2) in indices, that nothing is against."""
    keeps = np.ones(len(pairs.pairs), dtype=bool)
    for flags in against.values():
        keeps &= ~flags
    return pairs.pairs[keeps]


def _silent(phase: str, done: int, total: int) -> None:
    """Report no progress."""

"""One round of matching: from two tables to pairs, reasons, measures and a proof."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from matching import explanation, measures, reasons
from matching import frontier as frontiers
from matching.assignment.blocks import MILLION
from matching.assignment.certificate import Certificate, Refuted, compare
from matching.assignment.checker import Verified, verify
from matching.assignment.solver import Assignment, Progress, assign
from matching.frontier import Frontier
from matching.language import gettext as _
from matching.nearest import Search
from matching.policy import InvalidPolicy, Policy, default
from matching.problem import Problem, indices, state
from matching.profiles import people
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
        questions = self._checked_policy().questions
        self.mentees_ = people.check("mentee", mentees, questions)
        self.mentors_ = people.check("mentor", mentors, questions)
        return self

    def match(
        self,
        wishes: Wishes | None = None,
        *,
        progress: Progress | None = None,
        with_candidates: bool = False,
        **named: Any,
    ) -> RoundResult:
        """Return the best round under these wishes: a `Wishes`, or its entries by name.

        `progress(phase, done, total)` is called now and then, from this thread. The result's
        `candidates`, with which the effect of a decision can be told, are looked for on demand.
        Raises
        `InvalidWishes`, a `ValueError`, for unknown ids and for pairs that contradict each
        other, and scikit-learn's `NotFittedError` before `fit`.
        """
        tell = progress or _silent
        problem = self._problem(_wishes(wishes, named), tell)
        assignment = assign(
            problem.scores,
            problem.constraints,
            problem.policy.objective,
            order=problem.order,
            progress=progress,
        )
        tell("explaining", 0, 1)
        search = None
        if with_candidates and problem.policy.objective != "fair":
            limits = problem.constraints.checked(problem.scores.shape)
            search = Search(assignment, limits)
        return self._result(problem, assignment, tell, search)

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
        problem = self._problem(_wishes(wishes, named), _silent)
        given = list(pairs)
        try:
            ids = id_pairs("pairs", given)
            rows = indices("pairs", self.mentees_, self.mentors_, ids)
        except InvalidWishes as error:
            raise Refuted(str(error)) from None
        objective = problem.policy.objective
        verified = verify(problem.scores, rows, certificate, problem.constraints, objective)
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
        most: int = frontiers.MOST_ROUNDS,
        seconds: float = float("inf"),
        progress: Progress | None = None,
        **named: Any,
    ) -> Frontier:
        """Return what changing more or fewer of the existing pairs gains, each point proved best.

        Of the wishes, how pairs stay is varied. After `most` rounds or so many seconds no further
        one is begun. `progress` and what is raised are as of `match`.
        """
        wishes = _wishes(wishes, named)
        check_is_fitted(self)
        tell = progress or _silent
        scores = Scores(self.mentees_, self.mentors_, self._checked_policy(), wishes.on)
        posed = itertools.count()

        def pose(asked: Wishes) -> Problem:
            tell("changing", next(posed), most)
            return self._problem(asked, _silent, scores)

        return frontiers.find(pose, wishes, most, seconds)

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

    def _problem(self, wishes: Wishes, tell: Progress, scores: Scores | None = None) -> Problem:
        """Return what is left to be assigned, by the policy as it is now."""
        check_is_fitted(self)
        policy = self._checked_policy()
        return state(self.mentees_, self.mentors_, policy, wishes, tell, scores)

    def _result(
        self, problem: Problem, assignment: Assignment, tell: Progress, search: Search | None
    ) -> RoundResult:
        mentees, mentors = self.mentees_, self.mentors_
        explained = explanation.explain(
            problem.scores, assignment, problem.policy, problem.places, problem.apart, tell,
            search,
        )  # fmt: skip
        kept = {tuple(pair) for pair in problem.before.pairs.tolist()}
        pairs = []
        for (i, j), score, similarities, standings in zip(
            assignment.pairs.tolist(),
            assignment.scores.tolist(),
            explained.similarities,
            explained.standings,
            strict=True,
        ):
            parts = problem.scores.contributions(similarities)
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
                    standings=standings,
                    kept=(i, j) in kept,
                )
            )
        fields = reasons.demand_for_fields(mentees, mentors, problem.places)
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
            for j in np.flatnonzero((loads == 0) & (problem.places > 0) & active).tolist()
        ]
        best: list[float | None] = [None] * len(mentees)
        for (i, _mentor), score in zip(
            assignment.pairs.tolist(), assignment.scores.tolist(), strict=True
        ):
            best[i] = max(best[i] or 0.0, score / MILLION)
        chosen = {tuple(pair) for pair in assignment.pairs.tolist()}
        could_stay = {tuple(pair) for pair in problem.could_stay.pairs.tolist()} | (kept & chosen)
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
                for k, (i, j) in enumerate(problem.before.pairs.tolist())
                if (rules := [name for name, flags in problem.against.items() if flags[k]])
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
                "wanting_more": measures.wanting_more(
                    assignment.open_demand, np.array([score is not None for score in best], bool)
                ),
                "groups": measures.by_group(
                    mentees, best, with_identity=problem.policy.weights["identity"] > 0
                ),
            },
            assignment=assignment,
            mentors=[mentor["mentor_id"] for mentor in mentors],
            candidates=search.found(mentees, mentors, explained.nearest) if search else None,
        )


def _wishes(wishes: Wishes | None, named: Mapping[str, Any]) -> Wishes:
    """Return the wishes that were given in one of two ways. Raises `TypeError` for both."""
    if wishes is not None and named:
        raise TypeError(f"give Wishes, or {', '.join(named)} by name, not both")
    if not isinstance(wishes, Wishes | None):
        raise TypeError(f"wishes: must be Wishes, not {wishes!r:.60}")
    return wishes or Wishes(**named)


def _silent(phase: str, done: int, total: int) -> None:
    """Report no progress."""

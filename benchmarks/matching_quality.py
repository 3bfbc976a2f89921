"""How good scores and pairs are against a cohort's hidden truth; a child of benchmarks/matching.py.

Every scorer and every way to pair keeps the must-rules, so that what differs is what is compared.
What the truth can and cannot show stands in cohort/COHORT.md.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matching_ours import ON, People, people, places_of
from sklearn.feature_extraction.text import TfidfVectorizer

import matching
from matching.criteria.distance import Distance
from matching.features import encoding
from matching.policy import Policy, default
from matching.profiles import slots, taxonomy
from matching.scoring.scores import Scores
from mentorship.people import suggestions
from mentorship.roles import Role

sys.path.insert(0, str(Path(__file__).parent / "cohort"))

import evaluate  # noqa: E402 - it lies with the cohorts

Floats = npt.NDArray[np.float64]
Pairs = npt.NDArray[np.int64]

#: How many mentors are tried, one by one, with everything ticked that can be.
TICKING = 10
_ALL = {
    "topics": list(taxonomy.load().ids("goal")),
    "specialties": list(taxonomy.load().ids("specialty")),
    "experiences_offered": list(taxonomy.load().ids("experience")),
    "modalities": list(taxonomy.load().ids("modality")),
    "availability": [f"{day} 07:00-22:00" for day in slots.DAYS],
}
TICKED: dict[str, dict[str, list[str]]] = {
    "as they are": {},
    "with all topics": {"topics": _ALL["topics"]},
    "with all fields": {"specialties": _ALL["specialties"]},
    "with everything": _ALL,
}


class Cohort:
    """The people of a cohort, what is true of their pairs, and the figures of scores and pairs."""

    def __init__(self, folder: str) -> None:
        self.mentees, self.mentors = people(folder)
        self.places = places_of(self.mentors)
        self.minutes = self._minutes_in_common()
        self.is_wished = self._is_wished()
        self.rows = {person["mentee_id"]: k for k, person in enumerate(self.mentees)}
        self.columns = {person["mentor_id"]: k for k, person in enumerate(self.mentors)}
        self.quality = np.zeros((len(self.rows), len(self.columns)))
        with (Path(folder) / "pairs_scored.csv").open(encoding="utf-8") as file:
            for pair in csv.DictReader(file):
                at = self.rows[pair["mentee_id"]], self.columns[pair["mentor_id"]]
                self.quality[at] = float(pair["latent_quality"])
        self.truth = evaluate.truth(folder)

    def of_scores(self, scores: Floats) -> dict[str, float]:
        """Return how well scores rank each mentee's mentors."""

        def score(mentee: str, mentors: list[str]) -> Floats:
            found: Floats = scores[self.rows[mentee], [self.columns[mentor] for mentor in mentors]]
            return found

        # It prints a line of its own for each scorer.
        with contextlib.redirect_stdout(io.StringIO()):
            ndcg, regret = evaluate.measure(self.truth, score, "")
        return {"NDCG@10": ndcg, "regret@5": regret}

    def of_pairs(self, pairs: Pairs) -> dict[str, float]:
        """Return how good pairs are, how good that is for all, and which of them can meet.

        "An hour" is the share of those who both gave hours with an hour in common; "against", the
        share of those with a wished distance where the mentor is not as far ahead.
        """
        at = pairs[:, 0], pairs[:, 1]
        true = self.quality[at]
        return {
            "matched": len(pairs),
            "a pair": float(true.mean()),
            "a mentee": float(true.sum()) / len(self.mentees),
            "an hour": float((self.minutes[at] >= 60).sum() / (self.minutes[at] >= 0).sum()),
            "against": 1 - float(np.nanmean(self.is_wished[at])),
        }

    def _minutes_in_common(self) -> Floats:
        """Return the free minutes in common in a usual week, -1 where one of two gave none."""
        gave = [
            [bool(p.get("availability")) and p.get("hours_vary") != "yes" for p in people]
            for people in (self.mentees, self.mentors)
        ]
        minutes = encoding.shared_minutes(self.mentees, self.mentors, ON)(0, len(self.mentees))
        known = np.logical_and.outer(*gave)
        found: Floats = np.where(known, minutes, -1).astype(np.float64)
        return found

    def _is_wished(self) -> Floats:
        """Return 1 where a mentor is as far ahead as wished, 0 elsewhere, NaN without a wish."""
        junior, senior = (encoding.stages(people)[1] for people in (self.mentees, self.mentors))
        found = np.full((len(self.mentees), len(self.mentors)), np.nan)
        for row, person in enumerate(self.mentees):
            if person.get("mentor_seniority") in Distance.wishes:
                least, most = Distance.wishes[person["mentor_seniority"]]
                ahead = senior - junior[row]
                found[row] = (ahead >= least) & (ahead <= most)
        return found

    def best(self, scores: Floats, policy: Policy, floor: float) -> Pairs:
        """Return our assignment by some scores."""
        constraints = matching.Constraints(self.places, floor=floor)
        return matching.assign(scores, constraints, policy.objective).pairs


def all_scores(given: People, policy: Policy) -> Floats:
    scores = Scores(*given, policy, ON)
    return scores.rows(0, scores.shape[0])


def with_suggestions(given: People) -> People:
    """Return the people as they are once each has confirmed what is suggested to them."""
    mentees, mentors = (
        [suggestions.added(p, suggestions.of_answers(role, p)) for p in people]
        for role, people in zip(Role, given, strict=True)
    )
    return mentees, mentors


def in_best_ten(cohort: Cohort, policy: Policy, answers: dict[str, list[str]]) -> float:
    """Return of how many mentees a mentor is among the best ten who gives these answers.

    The mean over some mentors, each changed alone, of the mentees who may have them.
    """
    before = all_scores((cohort.mentees, cohort.mentors), policy)
    wanted = np.flatnonzero((before >= 0).mean(axis=0) > 0.3)
    shares = []
    for column in np.random.default_rng(1).choice(wanted, TICKING, replace=False).tolist():
        mentors = [dict(mentor) for mentor in cohort.mentors]
        mentors[column] |= answers
        if "availability" in answers:
            mentors[column].pop("hours_vary", None)
        scores = all_scores((cohort.mentees, mentors), policy)
        theirs = scores[:, [column]]
        rank = (scores > theirs).sum(axis=1)
        shares.append((rank[theirs[:, 0] >= 0] < 10).mean())
    return float(np.mean(shares))


def in_order(scores: Floats, places: npt.NDArray[Any], floor: float) -> Pairs:
    """Return the pairs where mentees come one by one and take their best mentor with a place."""
    free = places.copy()
    pairs = []
    for row, theirs in enumerate(scores):
        column = int(np.where(free > 0, theirs, -1).argmax())
        if free[column] > 0 and theirs[column] >= floor:
            free[column] -= 1
            pairs.append((row, column))
    return np.array(pairs)


def greedy(scores: Floats, places: npt.NDArray[Any], floor: float) -> Pairs:
    """Return the pairs where the best pair of all is made first, then the next."""
    free = places.copy()
    waiting = np.ones(len(scores), dtype=bool)
    pairs = []
    for at in np.argsort(-scores, axis=None, kind="stable").tolist():
        row, column = divmod(at, scores.shape[1])
        if scores[row, column] < floor:
            break
        if waiting[row] and free[column] > 0:
            waiting[row] = False
            free[column] -= 1
            pairs.append((row, column))
    return np.array(pairs)


def likeness(mentees: list[dict[str, Any]], mentors: list[dict[str, Any]]) -> Floats:
    """Return the cosines of plain TF-IDF on what people wrote; 0 for those who wrote nothing."""
    wrote = [person.get("statement", "") for person in mentees]
    others = [person.get("bio", "") for person in mentors]
    vectors = TfidfVectorizer(stop_words="english").fit_transform(wrote + others)
    cosines: Floats = (vectors[: len(wrote)] @ vectors[len(wrote) :].T).toarray()
    return cosines.clip(0, 1)


def figures(folder: str) -> dict[str, dict[str, float]]:
    cohort, policy = Cohort(folder), default()
    given = cohort.mentees, cohort.mentors
    ours = all_scores(given, policy)
    forbidden = ours < 0
    chance = np.where(forbidden, -1, np.random.default_rng(1).random(ours.shape))
    text = np.where(forbidden, -1, likeness(*given))
    places, floor = cohort.places, policy.floor
    table = {
        "ours": cohort.of_scores(ours) | cohort.of_pairs(cohort.best(ours, policy, floor)),
        "our score, first come": cohort.of_pairs(in_order(ours, places, floor)),
        "our score, best pair first": cohort.of_pairs(greedy(ours, places, floor)),
        "random": cohort.of_scores(chance) | cohort.of_pairs(in_order(chance, places, 0.0)),
        "text alone": cohort.of_scores(text) | cohort.of_pairs(cohort.best(text, policy, 0.0)),
    }
    confirmed = with_suggestions(given)
    scores = all_scores(confirmed, policy)
    table["ours, what texts name confirmed"] = cohort.of_scores(scores) | cohort.of_pairs(
        cohort.best(scores, policy, floor)
    )
    for name, answers in TICKED.items():
        table[f"a mentor, {name}"] = {"best ten": in_best_ten(cohort, policy, answers)}
    for name, weight in policy.weights.items():
        if weight:
            without = replace(policy, weights={**policy.weights, name: 0})
            scores = all_scores(given, without)
            table[f"ours without {name}"] = cohort.of_scores(scores) | cohort.of_pairs(
                cohort.best(scores, policy, floor)
            )
    return table


if __name__ == "__main__":
    print(json.dumps(figures(json.load(sys.stdin)["folder"])))

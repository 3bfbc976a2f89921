"""What outcomes teach in a made-up world whose truth is known; a child of benchmarks/matching.py.

Six rounds, each of people of its own. A pair goes well with log odds of INTERCEPT + SLOPE times its
true quality, and what is its mentee's and its mentor's own; of those who would say that it goes
well 70 % answer, of others 50 %. What is learned is judged by ranking mentors for people of other
cohorts.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from matching_ours import ON
from matching_quality import Cohort, all_scores

import matching
from matching import learning
from matching.learning import Outcome
from matching.policy import default
from matching.scoring.scores import Scores
from mentorship.programs.presets import PRESETS

Floats = npt.NDArray[np.float64]
Weights = Mapping[str, float]

INTERCEPT, SLOPE, OWN = -1.6, 4.0, 0.5
ANSWER_IF_WELL, ANSWER_IF_NOT = 0.7, 0.5
ROUNDS = 6
#: After how many answers something is learned; the last is all that six rounds give.
LOOKS = (100, 500, 1_700)
#: Where there is no signal, a coordinator looks after so many more answers each time.
EVERY = 300


@dataclass(frozen=True)
class Made:
    """The pairs of one round: where they stand, who is in them, and how good they are."""

    standings: list[Any]
    at: npt.NDArray[np.int64]
    quality: Floats
    shape: tuple[int, int]


def made(cohort: Cohort, weights: Weights) -> Made:
    policy = replace(default(), weights=weights)
    pairs = matching.Matcher(policy).fit(cohort.mentees, cohort.mentors).match(on=ON).pairs
    at = np.array([(cohort.rows[pair.mentee], cohort.columns[pair.mentor]) for pair in pairs])
    quality = cohort.quality[at[:, 0], at[:, 1]]
    return Made([pair.standings for pair in pairs], at, quality, cohort.quality.shape)


def answers(rounds: list[Made], generator: np.random.Generator, slope: float) -> list[Outcome]:
    """Return who answers in six of these rounds, and what, in a random order."""
    found = []
    for k in generator.choice(len(rounds), ROUNDS, replace=False).tolist():
        one = rounds[k]
        own = [generator.normal(0, OWN, number)[one.at[:, side]]
               for side, number in enumerate(one.shape)]  # fmt: skip
        # Without signal as many go well.
        odds = slope * one.quality + (SLOPE - slope) * one.quality.mean() + INTERCEPT + sum(own)
        well = generator.random(len(odds)) < 1 / (1 + np.exp(-odds))
        told = generator.random(len(odds)) < np.where(well, ANSWER_IF_WELL, ANSWER_IF_NOT)
        found += [Outcome(one.standings[row], bool(well[row])) for row in np.flatnonzero(told)]
    return [found[k] for k in generator.permutation(len(found))]


def ndcg(cohorts: list[Cohort], weights: Weights) -> float:
    """Return how well these weights rank mentors for people of other cohorts."""
    policy = replace(default(), weights=weights)
    return statistics.fmean(
        cohort.of_scores(all_scores((cohort.mentees, cohort.mentors), policy))["NDCG@10"]
        for cohort in cohorts
    )


def best(cohorts: list[Cohort]) -> Weights:
    """Return weights fitted to the truth of the very cohorts by which they are judged."""
    deviations, truths = [], []
    names = [name for name, weight in default().weights.items() if weight]
    for cohort in cohorts:
        scores = Scores(cohort.mentees, cohort.mentors, default(), ON)
        block = scores.block(0, scores.shape[0])
        spaced = np.zeros((*scores.shape, len(names)))
        for k, name in enumerate(names):
            if name in block.similarity:
                spaced[..., k] = np.nan_to_num(
                    (block.similarity[name] - scores.usual[name]) / scores.spreads[name]
                )
        for row, allowed in enumerate(block.allowed):
            if allowed.sum() > 1:
                of_row, truth = spaced[row, allowed], cohort.quality[row, allowed]
                deviations.append(of_row - of_row.mean(axis=0))
                truths.append(truth - truth.mean())
    fitted = np.linalg.lstsq(np.concatenate(deviations), np.concatenate(truths), rcond=None)[0]
    weights = np.round(np.maximum(fitted / fitted.max() * 100, 0), 1)
    return {
        **dict.fromkeys(default().weights, 0),
        **dict(zip(names, weights.tolist(), strict=True)),
    }


def starts() -> Iterator[tuple[str, Weights]]:
    """Yield weights that a program may begin with."""
    for name, preset in PRESETS.items():
        yield name, {**default().weights, **preset.weights}
    # Before they were argued from evidence, with the criteria that there have been since.
    former = {"help": 25, "choice": 20, "specialty": 15, "style": 15, "text": 10, "stage": 5,
              "distance": 10, "hours": 10, "rhythm": 5, "place": 5, "identity": 0}  # fmt: skip
    yield "as shipped in 0.1", former
    yield "all alike", {name: float(weight > 0) for name, weight in default().weights.items()}


def learned(outcomes: list[Outcome], weights: Weights) -> tuple[Weights, bool]:
    """Return the weights that are learned, whether or not the gate lets them be suggested."""
    gate = learning.GATE
    learning.GATE = 2.0
    try:
        lesson = learning.learn(weights, outcomes)
    finally:
        learning.GATE = gate
    return lesson.weights, lesson.leave < gate


def ceiling(given: dict[str, Any]) -> dict[str, float]:
    judges = [Cohort(folder) for folder in given["judges"]]
    return {"best": ndcg(judges, best(judges))}


def figures(given: dict[str, Any]) -> dict[str, Any]:
    weights = dict(starts())[given["start"]]
    judges = [Cohort(folder) for folder in given["judges"]]
    pairs = [made(Cohort(folder), weights) for folder in given["rounds"]]
    before = ndcg(judges, weights)
    gains: dict[int, list[tuple[float, bool]]] = {look: [] for look in LOOKS}
    numbers = []
    for repetition in range(given["repetitions"]):
        told = answers(pairs, np.random.default_rng(repetition), SLOPE)
        numbers.append(len(told))
        for look in LOOKS:
            after, is_suggested = learned(told[:look], weights)
            gains[look].append((ndcg(judges, after) - before, is_suggested))
    at_last, ever = 0, 0
    for repetition in range(given["without_signal"]):
        told = answers(pairs, np.random.default_rng(10_000 + repetition), 0.0)
        seen = [
            learning.learn(weights, told[:look]).leave < learning.GATE
            for look in (*range(EVERY, len(told), EVERY), len(told))
        ]
        at_last += seen[-1]
        ever += any(seen)
    return {
        "before": before,
        "answers": statistics.fmean(numbers),
        "gains": gains,
        "at_last": at_last,
        "ever": ever,
    }


if __name__ == "__main__":
    tasks = {task.__name__: task for task in (ceiling, figures)}
    print(json.dumps(tasks[sys.argv[1]](json.load(sys.stdin))))

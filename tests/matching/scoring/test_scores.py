"""A score says how far a pair stands out, weights do what they say, and silence is no advantage."""

from __future__ import annotations

import dataclasses
from typing import Any

import crowds
import numpy as np
import pytest
from small_rounds import ON, WITH_IDENTITY, match, mentee, mentor

from matching.criteria import CRITERIA
from matching.policy import Policy, default
from matching.profiles.columns import of_role
from matching.scoring.scores import LEAST_SPREAD, SPREAD, USUAL, Scores


def only(**weights: float) -> Policy:
    """Return a policy that weighs nothing else."""
    return dataclasses.replace(default(), weights=dict.fromkeys(default().weights, 0) | weights)


def of_all(people: Any, mentors: Any, policy: Policy = WITH_IDENTITY) -> Any:
    """Return all scores, NaN where a rule forbids the pair."""
    scores = Scores(people, mentors, policy, ON).rows(0, len(people))
    return np.where(scores < 0, np.nan, scores)


@pytest.mark.parametrize("seed", range(3))
def test_a_weight_says_how_much_of_the_ranking_a_criterion_decides(seed: int) -> None:
    """What it adds varies among one mentee's mentors in proportion to its weight."""
    people, mentors = crowds.make(200, 90, seed=seed)
    scores = Scores(people, mentors, default(), ON)
    block = scores.block(0, len(people))
    share = {}
    for name, weight in scores.weights.items():
        similarity = np.where(
            np.isnan(block.similarity[name]), scores.usual[name], block.similarity[name]
        )
        spread = np.nanmean(np.nanstd(np.where(block.allowed, similarity, np.nan), axis=1))
        if name != "choice" and spread > LEAST_SPREAD:
            share[name] = scores.worth[name] * spread / weight

    assert len(share) >= 6
    assert max(share.values()) / min(share.values()) < 1.02


@pytest.mark.parametrize("seed", range(3))
def test_one_spread_of_the_score_is_five_points_whatever_is_asked(seed: int) -> None:
    people, mentors = crowds.make(150, 80, seed=seed)

    for policy in (default(), only(specialty=1), only(style=3, help=1)):
        scores = of_all(people, mentors, policy)
        assert np.nanmean(np.nanstd(scores, axis=1)) == pytest.approx(SPREAD, rel=0.02)
        assert abs(np.nanmedian(scores) - USUAL) < SPREAD


@pytest.mark.parametrize("seed", range(4))
def test_no_answer_of_a_mentee_is_worse_than_leaving_it_out(seed: int) -> None:
    """Not with any mentor, whatever the question."""
    people, mentors = crowds.make(40, 60, seed=seed)
    required = {name for name, column in of_role("mentee").items() if column.required}
    answered = {name for person in people for name in person} - required
    ruling = {"do_not_match", "exclude_own_institution", "language_required", "rounds_waiting"}
    compared = 0
    for name in sorted(answered - ruling - {"email"}):
        silent = [
            {k: v for k, v in person.items() if k != name} | {"mentee_id": f"{row}-", "email": ""}
            for row, person in enumerate(people)
        ]
        scores = of_all([*people, *silent], mentors)
        answers, leaves_out = scores[: len(people)], scores[len(people) :]
        both = ~np.isnan(answers) & ~np.isnan(leaves_out)
        assert (answers[both] >= leaves_out[both] - 1e-6).all(), name
        compared += int(both.sum())
    assert compared > 10_000


@pytest.mark.parametrize("seed", range(3))
def test_saying_less_does_not_bring_a_mentor_forward(seed: int) -> None:
    """Deleting answers must not raise the rank that a mentor can expect."""
    people, mentors = crowds.make(150, 80, seed=seed)
    silent = set(range(0, 80, 2))
    scored = {"specialties", "experiences_offered", "bio", "availability", "modalities"}
    scored |= {"meetings_per_month", "country", "style_feedback", "style_contact", "style_focus"}
    quiet = [
        {name: value for name, value in person.items() if row not in silent or name not in scored}
        for row, person in enumerate(mentors)
    ]

    def ranks(others: list[dict[str, Any]]) -> Any:
        score = Scores(people, others, default(), ON).rows(0, 150)
        return (-score).argsort(axis=1).argsort(axis=1)

    before, after = ranks(mentors), ranks(quiet)
    chosen = sorted(silent)

    assert after[:, chosen].mean() >= before[:, chosen].mean()


def test_someone_who_says_nothing_is_matched_where_there_is_a_place() -> None:
    people, mentors = crowds.make(30, 60, seed=2)
    required = {name for name, column in of_role("mentee").items() if column.required}
    silent = [
        {k: v for k, v in p.items() if k in required}
        | {"mentee_id": f"s{n}", "email": f"s{n}@e.org"}
        for n, p in enumerate(people)
    ]

    found = match([*people, *silent], mentors)

    places = sum(person["capacity"] for person in mentors)
    assert len(found.pairs) == min(places, 60)
    assert {f"s{n}" for n in range(30)} <= {pair.mentee for pair in found.pairs}


def test_where_one_mentor_is_all_there_is_scores_tell_mentees_apart() -> None:
    people = [
        mentee("a", specialty_interests=["psychiatry"]),
        mentee("b", specialty_interests=["nephrology"]),
    ]

    (pair,) = match(people, [mentor("x", specialties=["nephrology"])]).pairs

    assert pair.mentee == "b"
    assert pair.score > 500_000


def test_a_weak_pair_is_made_and_marked() -> None:
    people = [mentee(f"a{k}") for k in range(8)] + [mentee("far", goals=["personal-finance"])]
    mentors = [mentor(f"x{k}") for k in range(8)] + [
        mentor("odd", topics=["teaching"], specialties=["dentistry"])
    ]

    pairs = {pair.mentee: pair for pair in match(people, mentors).pairs if pair.mentor == "odd"}

    ((_, weak),) = pairs.items()
    assert weak.score < 500_000
    assert weak.cautions[-1] == {"criterion": "score"}


def test_contributions_and_the_usual_score_are_the_score() -> None:
    people, mentors = crowds.make(80, 40, seed=5)

    for pair in match(people, mentors).pairs:
        assert pair.score / 1e6 == pytest.approx(USUAL + sum(pair.contributions.values()), abs=1e-5)
        assert list(pair.contributions.values()) == sorted(
            pair.contributions.values(), reverse=True
        )


def test_a_mentor_who_was_asked_for_stands_out_by_several_spreads() -> None:
    people, mentors = crowds.make(100, 60, seed=6)
    plain = of_all(people, mentors, default())
    column = next(j for j in range(60) if not np.isnan(plain[0, j]))
    people[0] |= {"mentor_picks": [mentors[column]["mentor_id"]]}

    picked = of_all(people, mentors, default())[0, column]

    assert SPREAD < picked - plain[0, column] < 4 * SPREAD


def test_criteria_without_a_weight_are_not_even_computed() -> None:
    people, mentors = crowds.make(10, 5, seed=1)

    block = Scores(people, mentors, only(stage=1), ON).block(0, 10)

    assert set(block.similarity) == {"stage"}
    assert {criterion.name for criterion in CRITERIA} > set(block.similarity)

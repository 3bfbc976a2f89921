"""A program's own questions count as its policy says, and silence is never an advantage."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import crowds
import numpy as np
import pytest
from click.testing import CliRunner
from small_rounds import ON, couples, match, mentee, mentor

from matching import Wishes, advice, learning, reasons
from matching.__main__ import main
from matching.criteria import Question
from matching.policy import Policy, default
from matching.scoring.scores import Scores

DAYS, CAMPUSES = ["mon", "tue", "wed", "thu", "fri"], ["north", "south", "west"]


def asking(**questions: Any) -> Policy:
    """Return the default policy with questions of a program's own."""
    return dataclasses.replace(default(), questions=questions)


def crowd(
    mentees: int, mentors: int, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return people of whom most have answered two questions more."""
    rng = np.random.default_rng(seed)
    people, others = crowds.make(mentees, mentors, seed=seed)
    for person in (*people, *others):
        if rng.random() < 0.8:
            person["campus"] = str(rng.choice(CAMPUSES))
        if rng.random() < 0.8:
            person["days"] = [day for day in DAYS if rng.random() < 0.4]
    return people, others


def scores_of(people: Any, others: Any, policy: Policy) -> Any:
    """Return all scores, NaN where a rule forbids the pair."""
    found = Scores(people, others, policy, ON).rows(0, len(people))
    return np.where(found < 0, np.nan, found)


def test_the_same_answer_counts_and_each_further_one_half_as_much_as_the_one_before() -> None:
    people = [mentee("a", days=["mon", "tue", "wed"]), mentee("b", days=[]), mentee("c")]
    others = [
        mentor("w", days=["wed"]), mentor("x", days=["tue", "wed"]), mentor("y", days=["fri"]),
        mentor("z", days=["Mon", "TUE", "wed", "fri"]), mentor("silent"),
    ]  # fmt: skip

    values = Question("days").compare(people, others, ON)(0, 3)  # type: ignore[misc]

    assert values[0, :4].tolist() == pytest.approx([4 / 7, 6 / 7, 0, 1])
    assert np.isnan(values[0, 4])
    assert (values[1:] == 0).all()
    assert Question("campus").compare(people, others, ON) is None
    one = Question("campus").compare(
        [mentee("a", campus="north")], [mentor("x", campus="North"), mentor("y", campus="west")], ON
    )
    assert one is not None
    assert one(0, 1).tolist() == [[1, 0]]


@pytest.mark.parametrize("seed", range(4))
def test_a_question_that_no_policy_names_changes_nothing(seed: int) -> None:
    people, others = crowd(60, 40, seed)
    without = [
        [{k: v for k, v in each.items() if k not in ("campus", "days")} for each in side]
        for side in (people, others)
    ]

    unused = match(*without)
    of_no_weight = match(people, others, asking(campus=1e-3, days="must"))
    of_one_side = match(people, without[1], asking(campus=5, days=5))

    assert [pair.score for pair in unused.pairs] == pytest.approx(
        [pair.score for pair in of_one_side.pairs], abs=100
    )
    assert couples(unused) == couples(of_one_side)
    assert couples(unused) != couples(of_no_weight)
    with pytest.raises(ValueError, match="'campus' is not asked of mentees"):
        match(people, others)


@pytest.mark.parametrize("seed", range(4))
def test_no_answer_of_a_mentee_is_worse_than_leaving_it_out_or_ticking_less(seed: int) -> None:
    people, others = crowd(50, 60, seed)
    policy = asking(campus=20, days=20)
    for name in ("campus", "days"):
        silent = [
            {k: v for k, v in person.items() if k != name} | {"mentee_id": f"{row}-", "email": ""}
            for row, person in enumerate(people)
        ]
        scores = scores_of([*people, *silent], others, policy)
        answers, leaves_out = scores[: len(people)], scores[len(people) :]
        both = ~np.isnan(answers)
        assert (answers[both] >= leaves_out[both] - 1e-6).all(), name
        assert (answers[both] > leaves_out[both] + 1e-6).any(), name
    fewer = [
        person | {"days": person.get("days", [])[1:], "mentee_id": f"{row}-", "email": ""}
        for row, person in enumerate(people)
    ]
    scores = scores_of([*people, *fewer], others, policy)
    both = ~np.isnan(scores[: len(people)])
    assert (scores[: len(people)][both] >= scores[len(people) :][both] - 1e-6).all()


@pytest.mark.parametrize("seed", range(3))
def test_saying_less_does_not_bring_a_mentor_forward(seed: int) -> None:
    people, others = crowd(150, 80, seed)
    silent = set(range(0, 80, 2))
    quiet = [
        {k: v for k, v in each.items() if row not in silent or k not in ("campus", "days")}
        for row, each in enumerate(others)
    ]

    def ranks(side: list[dict[str, Any]]) -> Any:
        score = Scores(people, side, asking(campus=30, days=30), ON).rows(0, 150)
        return (-score).argsort(axis=1).argsort(axis=1)

    before, after = ranks(others), ranks(quiet)

    assert after[:, sorted(silent)].mean() >= before[:, sorted(silent)].mean()


def test_a_weight_says_how_much_of_the_ranking_a_question_decides() -> None:
    people, others = crowd(200, 90, seed=5)
    scores = Scores(people, others, asking(campus=25, days=25), ON)
    block = scores.block(0, len(people))
    share = {}
    for name in ("help", "specialty", "campus", "days"):
        known = np.where(
            np.isnan(block.similarity[name]), scores.usual[name], block.similarity[name]
        )
        spread = np.nanmean(np.nanstd(np.where(block.allowed, known, np.nan), axis=1))
        share[name] = scores.worth[name] * spread

    assert max(share.values()) / min(share.values()) < 1.02


@pytest.mark.parametrize("seed", range(12))
def test_what_a_pair_must_share_is_shared_by_every_pair(seed: int) -> None:
    people, others = crowd(40, 40, seed)
    of_mentee = {person["mentee_id"]: person for person in people}
    of_mentor = {person["mentor_id"]: person for person in others}

    found = match(people, others, asking(campus="must", days="must"))

    assert found.pairs
    for pair in found.pairs:
        one, two = of_mentee[pair.mentee], of_mentor[pair.mentor]
        assert one["campus"] == two["campus"]
        assert set(one["days"]) & set(two["days"])


def test_reasons_name_the_answer_that_both_gave_and_the_question_that_ruled_out() -> None:
    people = [mentee("a", days=["mon", "tue"]), mentee("b", days=["sat"])]
    others = [mentor("x", days=["tue"]), mentor("y", days=["tue"]), mentor("z", days=["tue"])]

    weighed = match(people, others, asking(days=500))
    required = match(people, others, asking(days="must"))

    (pair,) = (pair for pair in weighed.pairs if pair.mentee == "a")
    assert pair.reasons[0] == {"criterion": "days", "shared": ["tue"]}
    assert "days" in pair.contributions
    (left,) = (each for each in required.unmatched if each.role == "mentee")
    assert left.person == "b"
    assert {k: left.reason[k] for k in ("cause", "rule", "would_open", "all")} == {
        "cause": "rule", "rule": "days", "would_open": 3, "all": True,
    }  # fmt: skip
    assert left.reason["change"] == {"what": "days", "mentors": 3}


def test_a_question_takes_the_place_of_no_other_reason() -> None:
    one = mentee("a", days=["mon"], campus="north", specialty_interests=["cardiology"])
    other = mentor("x", days=["mon"], campus="north", specialties=["cardiology"])
    policy = asking(days=20, campus=20)
    own = {"days", "campus"}
    names = ["days", *(name for name in policy.all_weights if name not in own), "campus"]
    parts = {name: 1 / (1 + place) for place, name in enumerate(names)}
    alike = dict.fromkeys(names, 1.0)

    found = reasons.of_pair(one, other, alike, parts)
    without = reasons.of_pair(one, other, alike, {n: p for n, p in parts.items() if n not in own})

    assert found[0] == {"criterion": "days", "shared": ["mon"]}
    assert [each for each in found if each["criterion"] not in own] == without
    assert len(without) == 3


def test_advice_says_what_dropping_the_requirement_gains() -> None:
    people = [mentee("a", days=["sat"]), mentee("b", days=["tue"])]
    others = [mentor("x", days=["tue"]), mentor("y", days=["tue"])]

    found = advice.forecast(people, others, asking(days="must"), Wishes(ON))

    assert (found.waiting, found.matched) == (2, 1)
    assert [(each.gain, each.change) for each in found.advice if each.kind == "rule"] == [
        (1, {"rule": "days", "value": False})
    ]


def test_outcomes_never_speak_of_a_question_of_the_programs_own() -> None:
    people, others = crowd(120, 120, seed=1)
    policy = asking(campus=30, days=30)
    pairs = match(people, others, policy).pairs
    outcomes = [learning.Outcome(pair.standings, k % 3 > 0) for k, pair in enumerate(pairs)]

    lesson = learning.learn(policy.weights, outcomes)

    assert not any("days" in pair.standings for pair in pairs)
    assert set(lesson.weights) == set(policy.weights)
    assert "days" not in lesson.intervals


def test_two_spreadsheets_and_a_policy_are_enough(tmp_path: Path) -> None:
    tables = {
        "mentees.csv": [
            ["mentee_id", "career_stage", "languages", "Clinic days", "Colour"],
            ["a", "resident", "English", "Monday; Tuesday", "red"],
            ["b", "resident", "English", "friday", "blue"],
        ],
        "mentors.csv": [
            ["mentor_id", "career_stage", "languages", "capacity", "Clinic days"],
            ["x", "attending", "English", "1", "Friday;Monday"],
            ["y", "attending", "English", "1", "tuesday"],
        ],
    }
    for name, rows in tables.items():
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    (tmp_path / "policy.yaml").write_text(asking(clinic_days="must").to_yaml())
    files = [str(tmp_path / name) for name in ("mentees.csv", "mentors.csv")]
    out, report = str(tmp_path / "pairs.csv"), str(tmp_path / "report.json")
    with_policy = ["--policy", str(tmp_path / "policy.yaml"), "--on", "2026-11-23"]

    made = CliRunner().invoke(
        main, ["pair", *files, "--out", out, "--report", report, *with_policy]
    )
    proved = CliRunner().invoke(main, ["verify", *files, out, report])

    assert made.exit_code == 0, made.output
    with Path(out).open() as file:
        assert {(row["mentee_id"], row["mentor_id"]) for row in csv.DictReader(file)} == {
            ("a", "y"), ("b", "x"),
        }  # fmt: skip
    assert json.loads(Path(report).read_text())["policy"]["questions"] == {"clinic_days": "must"}
    assert proved.output.startswith("Proved"), proved.output

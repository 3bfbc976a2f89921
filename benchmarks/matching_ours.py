"""What benchmarks/matching.py has done by the library and by SciPy, each task in a child process.

`python -P benchmarks/matching_ours.py TASK` reads JSON on standard input and prints JSON.
"""

from __future__ import annotations

import copy
import datetime
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from children import SHORT
from scipy.optimize import linear_sum_assignment

import matching
import matching.matcher
from matching.assignment import flow, pricing, ties
from matching.assignment.bounds import Remaining
from matching.assignment.draws import Order
from matching.policy import Objective, default
from matching.profiles import taxonomy
from matching.profiles.columns import DEFAULT_CAPACITY
from matching.scoring.scores import Scores

ON = datetime.date(2026, 11, 23)
MILLION = 1_000_000
ROWS = 500
#: What both libraries of the row `small` ask, beside what a profile cannot be without.
ASKED = {
    "mentee": ("mentee_id", "full_name", "email", "career_stage", "institution",
               "specialty_interests", "goals"),
    "mentor": ("mentor_id", "full_name", "email", "career_stage", "institution", "specialties",
               "topics"),
}  # fmt: skip

Answers = dict[str, Any]
People = tuple[list[Answers], list[Answers]]


def people(folder: str) -> People:
    path = Path(folder)
    return (
        [dict(person) for person in matching.read_table(path / "mentees.csv", "mentee")],
        [dict(person) for person in matching.read_table(path / "mentors.csv", "mentor")],
    )


def places_of(mentors: list[Answers]) -> np.ndarray:
    return np.array([mentor.get("capacity", DEFAULT_CAPACITY) for mentor in mentors])


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of some work, the median of three where it is short, and its result."""
    seconds: list[float] = []
    while not seconds or (seconds[0] < SHORT and len(seconds) < 3):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), result


def memory(name: str) -> int:
    """Return `VmRSS`, the resident memory now, or `VmHWM`, the most there was, in bytes."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return 1024 * int(found[1])


def forget_peak() -> int:
    """Start counting the peak of memory again; return what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def plain(person: Answers, role: str) -> Answers:
    """Return a person who said only what both libraries ask: one field, one goal, one place."""
    kept = {name: person[name] for name in ASKED[role] if name in person}
    field, goal = ASKED[role][-2:]
    entries = taxonomy.load().entries["goal"]
    # Goals for which seniority does not count would be a rule that the other library has not.
    goals = [name for name in person.get(goal, []) if not entries[name].get("any_stage")]
    kept |= {"timezone": "Europe/London", "languages": ["en"]}
    kept |= {field: person.get(field, [])[:1], goal: goals[:1]}
    return kept | ({"capacity": 1} if role == "mentor" else {})


def as_theirs(person: Answers, role: str, stages: list[str]) -> Answers:
    """Return a person as mentor-match wants them."""
    field, goal = (person[name] for name in ASKED[role][-2:])
    return {
        "email": person["email"],
        "first name": person["full_name"],
        "grade": stages.index(person["career_stage"]),
        "organisation": person.get("institution"),
        # Saying nothing makes no one similar to others.
        "profession": field[0] if field else person["email"],
        "role": goal[0] if goal else person["email"],
    }


def serving() -> list[tuple[int, int]]:
    """Return which stages (of a mentee, of a mentor) the must-rule about stages allows."""
    stages = list(taxonomy.load().entries["stage"].values())
    return [
        (i, j)
        for i, mentee in enumerate(stages)
        for j, mentor in enumerate(stages)
        if mentor["order"] > mentee["order"] or mentee["mentored_by"].get(mentor["id"], 0) > 0
    ]


def small(given: Answers) -> Answers:
    mentees, mentors = people(given["folder"])
    mentees = [plain(person, "mentee") for person in mentees]
    mentors = [plain(person, "mentor") for person in mentors]
    # The other library has no floor, so none here.
    policy = replace(default(), floor=0.0)

    def match() -> Any:
        return matching.Matcher(policy).fit(mentees, mentors).match(on=ON)

    match()
    seconds, result = timed(match)
    stages = list(taxonomy.load().entries["stage"])
    return {
        "seconds": seconds,
        "matched": len(result.pairs),
        "reasons": sum(len(pair.reasons) for pair in result.pairs),
        "theirs": {
            "mentees": [as_theirs(person, "mentee", stages) for person in mentees],
            "mentors": [as_theirs(person, "mentor", stages) for person in mentors],
            "serving": serving(),
        },
    }


def dense_scores(given: Answers) -> Answers:
    """Write the scores of all pairs, -1 where a pair may not be used, as both sides get them."""
    mentees, mentors = people(given["folder"])
    policy = default()
    scores = Scores(mentees, mentors, policy, ON)
    with Path(given["scores"]).open("wb") as file:
        for start in range(0, len(mentees), ROWS):
            whole = np.rint(scores.rows(start, min(start + ROWS, len(mentees))) * MILLION)
            whole[whole < round(policy.floor * MILLION)] = -MILLION
            (whole / MILLION).tofile(file)
    return {"places": places_of(mentors).tolist(), "mentees": len(mentees)}


def dense_ours(given: Answers) -> Answers:
    scores = np.fromfile(given["scores"]).reshape(given["mentees"], -1)
    before = forget_peak()
    began = time.perf_counter()
    found = matching.assign(scores, matching.Constraints(given["places"]))
    seconds = time.perf_counter() - began
    extra = memory("VmHWM") - before
    return {"seconds": seconds, "extra": extra, "value": found.value, "covered": found.covered}


def dense_theirs(given: Answers) -> Answers:
    """Solve the same with one column a place."""
    scores = np.fromfile(given["scores"]).reshape(given["mentees"], -1)
    owners = np.repeat(np.arange(len(given["places"])), given["places"])
    before = forget_peak()
    began = time.perf_counter()
    # One more covered mentee outweighs all scores. With places as rows SciPy needs no copy.
    constant = 1 + MILLION * given["mentees"]
    cost = np.empty((len(owners), given["mentees"]))
    for start in range(0, given["mentees"], ROWS):
        block = np.rint(scores[start : start + ROWS].T[owners] * MILLION)
        cost[:, start : start + ROWS] = np.where(block >= 0, -constant - block, 0)
    rows, columns = linear_sum_assignment(cost)
    seconds = time.perf_counter() - began
    extra = memory("VmHWM") - before
    worth = -cost[rows, columns]
    used = worth > 0
    return {
        "seconds": seconds,
        "extra": extra,
        "value": int((worth[used] - constant).sum()),
        "covered": int(used.sum()),
    }


def stable_lists(given: Answers) -> Answers:
    """Write random lists: mentees name `listed` mentors, who rank all by whom they are named."""
    chance = np.random.default_rng(13)
    mentees, mentors = given["mentees"], given["mentors"]
    named = [chance.permutation(mentors)[: given["listed"]].tolist() for _ in range(mentees)]
    naming: list[list[int]] = [[] for _ in range(mentors)]
    for mentee in chance.permutation(mentees).tolist():
        for mentor in named[mentee]:
            naming[mentor].append(mentee)
    for listed in naming:
        chance.shuffle(listed)
    # Each mentor has a place, together enough for 85 of 100.
    total = max(0, round(0.85 * mentees) - mentors)
    capacity = 1 + chance.multinomial(total, np.full(mentors, 1 / mentors))
    lists = {"mentees": named, "mentors": naming, "capacity": capacity.tolist()}
    Path(given["lists"]).write_text(json.dumps(lists))
    return {}


def stable(given: Answers) -> Answers:
    lists = json.loads(Path(given["lists"]).read_text())
    preferences = lists["mentees"], lists["mentors"]
    began = time.perf_counter()
    pairs = matching.stable(*preferences, capacity=lists["capacity"])
    seconds = time.perf_counter() - began
    blocking = matching.blocking_pairs(pairs, *preferences, capacity=lists["capacity"])
    return {"seconds": seconds, "pairs": pairs.tolist(), "blocking": len(blocking)}


def changed(mentees: list[Answers], mentors: list[Answers], share: float) -> People:
    """Return the people after a while: of the share a third says something new, leaves, joins."""
    chance = random.Random(99)
    both = []
    for role, before, names in (
        ("mentee", mentees, ("specialty_interests", "goals")),
        ("mentor", mentors, ("specialties", "topics")),
    ):
        after = copy.deepcopy(before)
        number = max(1, round(share * len(after) / 3))
        some = chance.sample(range(len(after)), 2 * number)
        for at in some[:number]:
            other = chance.choice(before)
            after[at] |= {name: other[name] for name in names if name in other}
        joined = [
            chance.choice(before)
            | {f"{role}_id": f"new-{role}-{k}", "email": f"new-{role}-{k}@example.org"}
            for k in range(number)
        ]
        left = set(some[number:])
        both.append([person for at, person in enumerate(after) if at not in left] + joined)
    return both[0], both[1]


def rematch(given: Answers) -> Answers:
    mentees, mentors = people(given["folder"])
    policy = default()
    former = matching.Matcher(policy).fit(mentees, mentors).match(on=ON).pairs
    mentees, mentors = changed(mentees, mentors, 0.01)
    there = {person["mentee_id"] for person in mentees}
    also = {person["mentor_id"] for person in mentors}
    existing = [
        (pair.mentee, pair.mentor)
        for pair in former
        if pair.mentee in there and pair.mentor in also
    ]
    found: Answers = {}
    for mode in ("better", "afresh"):
        alone: list[float] = []
        matching.matcher.assign = stopwatch(matching.assign, alone)  # type: ignore[attr-defined]

        def match(mode: Any = mode) -> Any:
            matcher = matching.Matcher(policy).fit(mentees, mentors)
            return matcher.match(on=ON, existing=existing, mode=mode)

        seconds, result = timed(match)
        found[mode] = {
            "seconds": seconds,
            "alone": statistics.median(alone),
            "value": result.assignment.value,
            "covered": result.assignment.covered,
        }
    return found


def stopwatch(work: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    """Return a function that does the same and notes how long it took."""

    def watched(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = work(*given, **named)
        seconds.append(time.perf_counter() - began)
        return result

    return watched


def ties_settled(given: Answers) -> Answers:
    """Time assignments of a cohort, and within them what settles equal totals, by objective."""
    mentees, mentors = people(given["folder"])
    scores, capacity = Scores(mentees, mentors, default(), ON), places_of(mentors)
    dense = np.concatenate(
        [scores.rows(at, min(at + ROWS, len(mentees))) for at in range(0, len(mentees), ROWS)]
    )
    constraints = matching.Constraints(capacity, floor=default().floor)
    order = Order.drawn(*([str(k) for k in range(size)] for size in dense.shape), "benchmark")
    found: Answers = {}
    settled = ties.settled
    for objective in get_args(Objective):
        own: list[float] = []
        ties.settled = stopwatch(settled, own)
        seconds, result = timed(
            lambda objective=objective: matching.assign(dense, constraints, objective, order=order)
        )
        proving, _ = timed(
            lambda objective=objective, result=result: matching.verify(
                dense, result.pairs, result.certificate, constraints, objective
            )
        )
        found[objective] = {
            "seconds": seconds,
            "own": statistics.median(own),
            "proving": proving,
            "gap": result.gap,
        }
    return found


def topk(given: Answers) -> Answers:
    """Count whom an optimum over each mentee's best k mentors leaves without one, and over all."""
    mentees, mentors = people(given["folder"])
    policy = default()
    scores, capacity = Scores(mentees, mentors, policy, ON), places_of(mentors)
    constraints = matching.Constraints(capacity, floor=policy.floor)
    ours = matching.assign(scores, constraints, policy.objective)
    limits = constraints.checked(scores.shape)
    left, order = Remaining.of(limits), Order.of(None, scores.shape)
    problem = flow.FlowProblem.of(
        capacity=left.capacity,
        minimum=left.minimum,
        demand=left.demand,
        priority=limits.priority,
        counted=left.free,
        fills=False,
        keep_bonus=0,
        threshold=limits.floor,
        most=MILLION,
        held=left.held,
        order=order,
    )
    best = pricing.Pool(scores, limits, order).best(given["k"], lambda done, total: None)
    listed = flow.solve(problem, best)
    return {"mentees": len(mentees), "ours": ours.covered, "listed": len(np.unique(listed.rows))}


TASKS = {
    task.__name__: task
    for task in (
        small,
        dense_scores,
        dense_ours,
        dense_theirs,
        ties_settled,
        stable_lists,
        stable,
        rematch,
        topk,
    )
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](json.load(sys.stdin))))

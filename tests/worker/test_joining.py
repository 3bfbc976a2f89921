"""Advice to let people in: doing what it says and matching anew gives the number that it states."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import crowds
import numpy as np
import pytest

from matching import Matcher, Wishes
from matching.policy import Policy, default
from worker import forecaster

ON = datetime.date(2026, 11, 23)
PROGRAMS, FEW = 200, 25


@dataclass(frozen=True)
class Case:
    """A program at random, with people who wait for approval and mentors who are paused."""

    mentees: list[dict[str, Any]]
    mentors: list[dict[str, Any]]
    policy: Policy
    waiting: set[str]
    paused: set[str]
    met: list[tuple[str, str]]

    @classmethod
    def of(cls, seed: int) -> Case:
        rng = np.random.default_rng(seed)
        mentees, mentors = crowds.make(int(rng.integers(4, 16)), int(rng.integers(2, 9)), seed)
        policy = replace(
            default(),
            floor=float(rng.choice([0.0, 0.5, 0.53])),
            objective=str(rng.choice(["coverage", "total", "fair"])),  # type: ignore[arg-type]
            rules={"stage": True, "language": True, "hours_apart": int(rng.choice([3, 5, 12]))},
        )
        for mentor in mentors:
            mentor["status"] = "paused" if rng.random() < 0.3 else "active"
        ids = [row["mentee_id"] for row in mentees] + [row["mentor_id"] for row in mentors]
        # Nothing is forecast where no one is here of one side.
        here = {mentees[0]["mentee_id"], mentors[0]["mentor_id"]}
        waiting = {id for id in ids if rng.random() < 0.2} - here
        paused = {
            row["mentor_id"]
            for row in mentors
            if row["status"] == "paused" and row["mentor_id"] not in waiting
        }
        case = cls(mentees, mentors, policy, waiting, paused, [])
        pairs = case.matched(set()).pairs[: int(rng.integers(0, 3))]
        return replace(case, met=[(pair.mentee, pair.mentor) for pair in pairs])

    def tables(self, joining: set[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The people who take part once these have been let in: mentees, and mentors."""
        here = joining | (self.all - self.waiting)
        return (
            [row for row in self.mentees if row["mentee_id"] in here],
            [
                row | ({"status": "active"} if row["mentor_id"] in joining else {})
                for row in self.mentors
                if row["mentor_id"] in here
            ],
        )

    @property
    def all(self) -> set[str]:
        mentees = {row["mentee_id"] for row in self.mentees}
        return mentees | {row["mentor_id"] for row in self.mentors}

    def matched(self, joining: set[str]) -> Any:
        """The round that comes of it once these have been let in."""
        fitted = Matcher(self.policy).fit(*self.tables(joining))
        return fitted.match(Wishes(ON, seed="1", existing=self.met))

    def problem(self, joining: set[str]) -> dict[str, Any]:
        """The same as plain data, as a worker gets it."""
        mentees, mentors = self.tables(joining)
        return {
            "mentees": mentees, "mentors": mentors, "policy": self.policy.to_dict(),
            "on": ON.isoformat(), "existing": [list(pair) for pair in self.met], "parted": [],
            "mode": "keep", "keep_bonus": 0, "demand": {}, "pinned": [], "fill": "first",
            "forbidden": [], "priority": {}, "seed": "1",
        }  # fmt: skip


def check(seed: int) -> set[tuple[str, bool]]:
    """Follow the advice of one program; return which kinds were given, and which were not."""
    case = Case.of(seed)
    joining = {"approve": case.waiting, "resume": case.paused}
    problem = case.problem(set()) | {
        "kinds": [], "askable": [], "new_places": None,
        "joining": {
            kind: {"people": sorted(people), "problem": case.problem(people)}
            for kind, people in joining.items()
            if people
        },
    }  # fmt: skip

    told = forecaster.forecast(problem, lambda *_: None)

    mine = {mentee for mentee, _mentor in case.met}
    now = {pair.mentee for pair in case.matched(set()).pairs} - mine
    assert told["matched"] == len(now)
    given = {each["kind"]: each for each in told["advice"]}
    for kind, people in joining.items():
        then = {pair.mentee for pair in case.matched(people).pairs} - mine
        gain = len(then) - len(now) if people else 0
        if gain > 0:
            assert given[kind]["gain"] == gain, (seed, kind)
            assert given[kind]["change"] == {"people": sorted(people)}
        else:
            assert kind not in given, (seed, kind)
    return {(kind, kind in given) for kind, people in joining.items() if people}


@pytest.mark.parametrize(
    "seeds",
    [
        range(FEW),
        *(
            pytest.param(range(start, PROGRAMS, 5), marks=pytest.mark.chaos_long)
            for start in range(5)
        ),
    ],
)
def test_letting_people_in_matches_as_many_as_the_advice_says(seeds: range) -> None:
    seen = Counter(each for seed in seeds for each in check(seed))

    kinds = {"approve", "resume"}
    assert set(seen) == {(kind, is_given) for kind in kinds for is_given in (True, False)}

"""Every sentence that anyone is told of a round is true, over many made-up programs."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import told
from small_rounds import ON, WITH_IDENTITY, couples

import matching
from matching.policy import Policy, default
from matching.wishes import IdPair

GENERATOR = Path(__file__).parents[3] / "benchmarks" / "cohort" / "generate_cohort.py"
FEW = range(60_201, 60_203)
MANY = range(60_501, 60_521)
STRICT = dataclasses.replace(
    default(), floor=0.55, rules={"stage": True, "language": True, "hours_apart": 3}
)
POLICIES = {
    "as shipped": default(),
    "strict": STRICT,
    "total": dataclasses.replace(STRICT, floor=0.52, objective="total"),
    "fair": dataclasses.replace(default(), objective="fair"),
    "identity": WITH_IDENTITY,
}
#: People who name only this.
BARE = {"mentee_id", "full_name", "email", "career_stage", "timezone", "languages"}


def cohort(
    folder: Path, seed: int, size: tuple[int, int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a generated cohort.

    Every tenth mentee asks for nothing, others would like two or three mentors.
    """
    subprocess.run(
        [sys.executable, str(GENERATOR), "--mentees", str(size[0]), "--mentors", str(size[1]),
         "--seed", str(seed), "--out", str(folder), "--no-truth"],
        check=True, capture_output=True,
    )  # fmt: skip
    mentees, mentors = (
        [dict(person) for person in matching.read_table(folder / f"{role}s.csv", role)]
        for role in ("mentee", "mentor")
    )
    for wanted, some in ((2, mentees[::4]), (3, mentees[::15])):
        for mentee in some:
            mentee["mentors_wanted"] = wanted
    for mentee in mentees[::10]:
        for name in set(mentee) - BARE:
            del mentee[name]
    return mentees, mentors


def better(pairs: list[IdPair], mentees: list[str]) -> dict[str, Any]:
    """A rematch of pairs of whom every second one has the mentor of another."""
    turned = [(one, other) for (one, _), (_, other) in itertools.pairwise(pairs)]
    return {"existing": pairs[::2] + turned[1::2], "mode": "better", "keep_bonus": 0.05}


def by_hand(pairs: list[IdPair], mentees: list[str]) -> dict[str, Any]:
    """Some pairs are made by hand, others kept apart; a mentor and some mentees are left out."""
    turned = [(one, other) for (one, _), (_, other) in itertools.pairwise(pairs[5:12])]
    pinned, existing, left_out = [pairs[0], *turned[::2]], pairs[12::6], pairs[-1][1]
    closed = [(mentee, left_out) for mentee in mentees]
    return {
        "existing": existing,
        "pinned": pinned,
        "forbidden": [pair for pair in pairs[1:5] + closed if pair not in pinned + existing],
        "demand": dict.fromkeys((one for one, _ in pairs[13:40:8]), 0),
        "priority": {one: 0.02 * k for k, one in enumerate(mentees[::9])},
    }


def all_wanted(pairs: list[IdPair], mentees: list[str]) -> dict[str, Any]:
    """All mentors whom mentees want come before scores; a third keep the one they have."""
    return {"fill": "all", "existing": pairs[::3]}


#: What rounds are asked for, given the pairs of one that was asked for nothing.
ASKED: dict[str, Callable[[list[IdPair], list[str]], dict[str, Any]]] = {
    "kept": lambda pairs, mentees: {"existing": pairs[::3]},
    "better": better,
    "by hand": by_hand,
    "all wanted": all_wanted,
}


def looked_at(folder: Path, seed: int, size: tuple[int, int]) -> tuple[Counter[str], list[str]]:
    """Return how often each kind of thing was told in a cohort's rounds, and what was untrue."""
    mentees, mentors = cohort(folder, seed, size)
    ids = [mentee["mentee_id"] for mentee in mentees]
    found: Counter[str] = Counter()
    untrue: list[str] = []

    def look(policy: Policy, **asked: Any) -> matching.RoundResult:
        wishes = matching.Wishes(ON, **asked)
        result = matching.Matcher(policy).fit(mentees, mentors).match(wishes)
        round = told.Round(mentees, mentors, policy, wishes, result)
        round.check()
        found.update(round.told)
        untrue.extend(round.untrue)
        return result

    for policy in POLICIES.values():
        pairs = couples(look(policy))
        for ask in ASKED.values():
            asked = ask(pairs, ids)
            if policy.objective != "total" or asked.get("fill") != "all":
                look(policy, **asked)
    return found, untrue


@pytest.mark.parametrize(
    ("seed", "size"),
    [
        (FEW[0], (60, 24)),
        *(pytest.param(seed, (60, 24), marks=pytest.mark.chaos_long) for seed in FEW[1:]),
        *(pytest.param(seed, (120, 45), marks=pytest.mark.chaos_long) for seed in MANY),
    ],
)
def test_nothing_that_is_told_is_untrue(tmp_path: Path, seed: int, size: tuple[int, int]) -> None:
    found, untrue = looked_at(tmp_path, seed, size)
    print(f"{seed}: {sum(found.values())} held, {len(untrue)} untrue")  # noqa: T201 - seen with -s

    assert untrue == []
    # And something was told of each kind.
    for kind in ("reason help", "cautions", "unmatched: floor", "unmatched: places", "ruled out"):
        assert found[kind], kind
    assert any(kind.startswith("change") for kind in found)

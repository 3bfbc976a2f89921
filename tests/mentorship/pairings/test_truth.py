"""Every sentence that anyone is told of a round is true, over many made-up programs."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import told
from small_rounds import ON, WITH_IDENTITY, couples, match

import matching
from matching.policy import Policy, default

GENERATOR = Path(__file__).parents[3] / "benchmarks" / "cohort" / "generate_cohort.py"
FEW = range(60_201, 60_204)
MANY = range(60_401, 60_421)
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
    """Return a generated cohort in which every tenth mentee asks for nothing."""
    subprocess.run(
        [sys.executable, str(GENERATOR), "--mentees", str(size[0]), "--mentors", str(size[1]),
         "--seed", str(seed), "--out", str(folder), "--no-truth"],
        check=True, capture_output=True,
    )  # fmt: skip
    mentees, mentors = (
        [dict(person) for person in matching.read_table(folder / f"{role}s.csv", role)]
        for role in ("mentee", "mentor")
    )
    for mentee in mentees[::10]:
        for name in set(mentee) - BARE:
            del mentee[name]
    return mentees, mentors


def looked_at(folder: Path, seed: int, size: tuple[int, int]) -> tuple[Counter[str], list[str]]:
    """Return how often each kind of thing was told in a cohort's rounds, and what was untrue."""
    mentees, mentors = cohort(folder, seed, size)
    found: Counter[str] = Counter()
    untrue: list[str] = []

    def look(policy: Policy, existing: list[tuple[str, str]]) -> matching.RoundResult:
        result = match(mentees, mentors, policy, existing=existing)
        round = told.Round(mentees, mentors, policy, ON, result, existing)
        round.check()
        found.update(round.told)
        untrue.extend(round.untrue)
        return result

    for name, policy in POLICIES.items():
        result = look(policy, [])
        if name == "strict":
            look(policy, couples(result)[::3])
    return found, untrue


@pytest.mark.parametrize(
    ("seed", "size"),
    [
        *((seed, (80, 30)) for seed in FEW),
        *(pytest.param(seed, (120, 45), marks=pytest.mark.chaos_long) for seed in MANY),
    ],
)
def test_nothing_that_is_told_is_untrue(tmp_path: Path, seed: int, size: tuple[int, int]) -> None:
    found, untrue = looked_at(tmp_path, seed, size)
    print(f"{seed}: {sum(found.values())} held, {len(untrue)} untrue")  # noqa: T201 - seen with -s

    assert untrue == []
    # And something was told of each kind.
    for kind in ("reason help", "cautions", "unmatched: floor", "unmatched: places"):
        assert found[kind], kind
    assert any(kind.startswith("change") for kind in found)

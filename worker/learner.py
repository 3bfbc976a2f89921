"""The child process that learns from outcomes, as `worker.solver` matches a round."""

from __future__ import annotations

import dataclasses
from typing import Any

from worker import solver
from worker.solver import Progress


def learn(problem: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Return what outcomes say about a version's weights; see `matching.learning.learn`."""
    from matching.learning import Outcome
    from matching.learning import learn as learned
    from matching.scoring.scores import Standing

    progress("learning", 0, 1)
    outcomes = [
        Outcome({name: Standing(**at) for name, at in each["standings"].items()}, each["went_well"])
        for each in problem["outcomes"]
    ]
    found = dataclasses.asdict(learned(problem["weights"], outcomes))
    return found | {"version": problem["version"]}


if __name__ == "__main__":
    solver.main(learn)

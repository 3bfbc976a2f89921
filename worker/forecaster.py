"""The child process that computes a forecast, as `worker.solver` matches a round."""

from __future__ import annotations

import dataclasses
from typing import Any

from worker import solver
from worker.solver import Progress


def forecast(problem: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Return the answer to a problem, both as plain data; see `mentorship.rounds.forecasts`.

    Raises `ValueError` for invalid people or an invalid policy.
    """
    # As in the solver: loading it takes a second or more.
    from matching import Policy, advice

    policy = Policy.from_dict(problem["policy"])
    found = advice.forecast(
        problem["mentees"],
        problem["mentors"],
        policy,
        solver.wishes(problem),
        kinds=problem["kinds"],
        askable=problem["askable"],
        new_places=problem["new_places"],
    )
    told = dataclasses.asdict(found)
    for kind, joining in problem["joining"].items():
        with_them = joining["problem"]
        gain = (
            advice.matched(
                with_them["mentees"], with_them["mentors"], policy, solver.wishes(with_them)
            )
            - found.matched
        )
        if gain > 0:
            change = {"people": joining["people"]}
            told["advice"].append({"kind": kind, "gain": gain, "change": change})
    told["advice"].sort(key=lambda each: -each["gain"])
    return told


if __name__ == "__main__":
    solver.main(forecast)

"""The child process that computes a forecast, as `worker.solver` matches a round."""

from __future__ import annotations

import dataclasses
from typing import Any

from worker import solver
from worker.solver import Progress


def forecast(problem: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Return the answer to a problem, both as plain data; see `mentorship.rounds.forecasts`.

    Raises `ValueError` for people or a policy that cannot be meant.
    """
    # As in the solver: loading it takes a second or more.
    from matching import Policy, advice

    found = advice.forecast(
        problem["mentees"],
        problem["mentors"],
        Policy.from_dict(problem["policy"]),
        solver.wishes(problem),
        kinds=problem["kinds"],
        askable=problem["askable"],
        new_places=problem["new_places"],
    )
    return dataclasses.asdict(found)


if __name__ == "__main__":
    solver.main(forecast)

"""What outcomes say about a program's policy, for its coordinators; nothing changes by itself."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.policy import Policy
from mentorship.errors import WrongState
from mentorship.language import gettext as _
from mentorship.models import Lesson, Program
from mentorship.programs import policies


@dataclass(frozen=True)
class Advice:
    """What outcomes say about the current version of a policy, to be shown.

    `number` identifies what is said. `outcomes` of pairs are known, `well` of them good ones;
    `leave` is the probability that the weights are right, None where there is too little to say.
    `suggested` is the policy with other weights, None without a reason for any, and `intervals`
    say between which numbers each weight may well be. `is_due` while there is news that a worker
    has not looked at, `failed` where workers tried without success.
    """

    number: int
    outcomes: int
    well: int
    leave: float | None
    suggested: Policy | None
    intervals: dict[str, tuple[float, float]]
    is_due: bool
    failed: bool


def of_program(session: Session, program: Program, most_starts: int) -> Advice:
    """Return what outcomes say about a program's current policy."""
    lesson = session.scalars(select(Lesson).where(Lesson.program_id == program.id)).one()
    current = policies.current(session, program.id)
    found = lesson.found or {}
    # What was learned of other weights says nothing about these; a worker learns again.
    is_of_this = found.get("version") == current.version
    knows = is_of_this and bool(found["intervals"])
    suggested = None
    policy = policies.content(current)
    if knows and found["weights"] != dict(policy.weights):
        weights = {name: _plain(weight) for name, weight in found["weights"].items()}
        suggested = dataclasses.replace(policy, weights=weights)
    failed = lesson.starts >= most_starts
    return Advice(
        number=lesson.learned,
        outcomes=found.get("outcomes", 0),
        well=found.get("well", 0),
        leave=found["leave"] if knows else None,
        suggested=suggested,
        intervals={name: (low, high) for name, (low, high) in found["intervals"].items()}
        if knows
        else {},
        is_due=lesson.changes > lesson.learned and not failed,
        failed=failed,
    )


def suggestion(
    session: Session, program: Program, most_starts: int, *, number: int | None
) -> Policy:
    """Return the policy that was suggested when a page showed what is said under this number.

    Raises `WrongState` where outcomes say something else by now.
    """
    advice = of_program(session, program, most_starts)
    if advice.suggested is None or advice.number != number:
        raise WrongState(_("outcomes suggest something else by now; reload the page, then decide"))
    return advice.suggested


def _plain(weight: float) -> float:
    """Return a whole number as one, as people type it."""
    return int(weight) if weight == int(weight) else weight

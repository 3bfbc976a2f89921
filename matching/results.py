"""What a round comes to: pairs with their reasons, who is unmatched and why, measures, a proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching.assignment.solver import Assignment
from matching.candidates import Candidates
from matching.profiles.columns import Role
from matching.reasons import Reason
from matching.scoring.scores import Standing


@dataclass(frozen=True)
class Pair:
    """A pair by ids; `score` in millionths, `kept` where it existed before.

    `contributions` say what each criterion adds to the usual score; `cautions` what a coordinator
    should look at before the two meet; `standings`, where the pair stands in each criterion that
    outcomes may speak for.
    """

    mentee: str
    mentor: str
    score: int
    contributions: Mapping[str, float]
    reasons: Sequence[Reason]
    cautions: Sequence[Reason]
    standings: Mapping[str, Standing]
    kept: bool


@dataclass(frozen=True)
class Unmatched:
    """A mentee without a mentor, or a mentor with free places and no mentee, and why."""

    person: str
    role: Role
    reason: Reason


@dataclass(frozen=True)
class RuledOut:
    """A pair that existed and that `rules`, by name, forbid now; `kept` where it stays anyway.

    `by_person` says that one of the two made one of these rules, not the program.
    """

    mentee: str
    mentor: str
    rules: Sequence[str]
    by_person: bool
    kept: bool


@dataclass(frozen=True, repr=False)
class RoundResult:
    """What a round came to; `assignment` holds the proof, over `mentors` in order of its prices.

    `candidates` tell what decisions by hand would cost (`matching.effects`); None where they were
    not asked for, and of a fair round, whose lowest pair may change with any decision.
    """

    pairs: Sequence[Pair]
    unmatched: Sequence[Unmatched]
    ruled_out: Sequence[RuledOut]
    measures: Mapping[str, Any]
    assignment: Assignment
    mentors: Sequence[str]
    candidates: Candidates | None = None

    __hash__ = None  # type: ignore[assignment]  # its lists have none

    def __repr__(self) -> str:
        return (
            f"<RoundResult: {len(self.pairs):,} pairs, {len(self.unmatched):,} unmatched, "
            f"{self.assignment!r}>"
        )

    def certificate(self) -> dict[str, Any]:
        """Return the proof as plain data: value, upper bound, gap, and the prices of each step."""
        proved = self.assignment
        return {
            "value": proved.value,
            "upper_bound": proved.upper_bound,
            "gap": proved.gap,
            "covered": proved.covered,
            "considered": proved.considered,
            "is_optimal": proved.certificate.is_optimal,
            "mentors": list(self.mentors),
            **proved.certificate.to_dict(),
        }

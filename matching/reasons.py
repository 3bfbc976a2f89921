"""Why a pair fits, and why someone is unmatched: data, never sentences.

The program that shows reasons makes sentences for each reader, and leaves out what that reader must
not see (the taxonomy marks sensitive goals).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching import criteria
from matching.arrays import Codes, Flags, Floats, Ints
from matching.assignment.flow import SETTLED
from matching.profiles.people import Answers, Table
from matching.scoring import must_rules
from matching.scoring.scores import FORMER, USUAL, Block

Reason = dict[str, Any]
_MOST = 3

FLOOR, PRIORITY = "floor", "priority"
#: The rules by which a mentor takes no one, or not this one person.
CLOSED = frozenset({must_rules.Status.name, must_rules.Capacity.name, must_rules.Myself.name})
#: What is tried, in this order, to find the smallest change that would have matched someone: what
#: a program can decide, then what a mentor or the mentee would have to give, and wishes of identity
#: or safety last. A program's own questions come before its minimum score. Being paired with
#: oneself is never tried.
RELAXATIONS = (
    "hours_apart", "stage", FLOOR, "capacity", "status", "language", "institution", PRIORITY,
    "former", "gender", "do_not_match",
)  # fmt: skip
_RULES = {rule.name for rule in must_rules.RULES}


def of_pair(
    mentee: Answers,
    mentor: Answers,
    similarities: Mapping[str, float],
    contributions: Mapping[str, float],
) -> list[Reason]:
    """Return the evidence behind what stands out most, the largest first.

    At most three, and the questions of the program's own that stand out among them: if one may be
    told to no one, it takes the place of no reason, which would tell that it is there.
    """
    reasons: list[Reason] = []
    number = 0
    for name in contributions:
        criterion = criteria.named(name)
        evidence = criterion.evidence(mentee, mentor, similarities[name])
        if evidence is None:
            continue
        reasons.append({"criterion": name, **evidence})
        number += not isinstance(criterion, criteria.Question)
        if number == _MOST:
            break
    return reasons


def cautions(
    mentee: Answers, mentor: Answers, similarities: Mapping[str, float], score: float
) -> list[Reason]:
    """Return what coordinators should look at before a pair meets, in the order of criteria.

    Last, `score` where the pair falls short of what is usual in its program.
    """
    found: list[Reason] = [
        {"criterion": name, **caution}
        for name, similarity in similarities.items()
        if (caution := criteria.named(name).caution(mentee, mentor, similarity)) is not None
    ]
    return [*found, *([{"criterion": "score"}] if score < USUAL else [])]


@dataclass(frozen=True)
class Left:
    """Unmatched mentees of one block, and what their chances were; arrays of shape (k, mentors).

    `score` in whole millionths; `excluded` by rule; `gain` is what the best assignment would have
    won by each pair, were it allowed: score, and what a first match counts, less what the mentor's
    last place is worth. A pair that gains would have been made. `apart`, minutes between clocks, is
    0 where no rule is about them.
    """

    score: Ints
    excluded: Mapping[str, Flags]
    gain: Ints
    apart: Codes

    @classmethod
    def of(
        cls, block: Block, score: Floats, rows: Ints, first: Ints, ceilings: Ints, apart: Codes
    ) -> Left:
        """Return those of a block who stand at `rows`.

        `score` is the block's in whole millionths; `apart` is in minutes between clocks.
        """
        of_theirs = score[rows].astype(np.int64)
        return cls(
            score=of_theirs,
            excluded={name: flags[rows] for name, flags in block.excluded.items()},
            gain=of_theirs + first[:, None] - ceilings,
            apart=apart,
        )

    def reasons(self, floor: int, step: int, *, with_changes: bool) -> list[Reason]:
        """Return why each is unmatched, and the smallest change that would have matched them.

        The cause is one of `rule` (one rule alone excludes all mentors that the others leave,
        with how many who suit it would open, and whether it excludes `all` who take mentees),
        `rules` (several together do), `floor` (no one suits well enough) and `places` (those who
        suit have no place left). `floor` and `step`, what one missed round counts, are millionths.
        """
        barred = np.zeros(self.score.shape, dtype=np.int64)
        for flags in self.excluded.values():
            barred += flags
        enough = self.score >= floor
        suitable = ((barred == 0) & enough).sum(axis=1)
        allowed = (barred == 0).sum(axis=1)
        alone = {name: flags & (barred == 1) for name, flags in self.excluded.items()}
        opened = {name: (flags & enough).sum(axis=1) for name, flags in alone.items()}
        takes = np.ones(self.score.shape, dtype=bool)
        for name in CLOSED & set(self.excluded):
            takes &= ~self.excluded[name]
        bars_all: dict[str, Flags] = {
            name: np.all(flags | ~takes, axis=1) for name, flags in self.excluded.items()
        }
        changes: list[Reason | None] = [None] * len(self.score)
        if with_changes:
            changes = self._changes(barred == 0, alone, enough, step)
        reasons = []
        for k in range(len(self.score)):
            most = max(opened, key=lambda name: int(opened[name][k]), default="")  # noqa: B023
            if suitable[k]:
                reason: Reason = {"cause": "places", "suitable": int(suitable[k])}
            elif allowed[k]:
                reason = {"cause": "floor", "allowed": int(allowed[k])}
            elif most and opened[most][k]:
                reason = {"cause": "rule", "rule": most, "would_open": int(opened[most][k])}
                reason["all"] = bool(bars_all[most][k])
            else:
                reason = {"cause": "rules"}
            reasons.append(reason | ({"change": changes[k]} if changes[k] else {}))
        return reasons

    def _changes(
        self, allowed: Flags, alone: Mapping[str, Flags], enough: Flags, step: int
    ) -> list[Reason | None]:
        """Return for each mentee the first relaxation that would have matched them, or None."""
        gains = self.gain > 0
        changes: list[Reason | None] = [None] * len(self.score)
        questions = [name for name in alone if name not in _RULES | {FORMER}]
        of_program = RELAXATIONS.index(FLOOR)
        for name in (*RELAXATIONS[:of_program], *questions, *RELAXATIONS[of_program:]):
            if name == FLOOR:
                would = allowed & ~enough & gains
            elif name == PRIORITY:
                would = allowed & enough & (self.gain > -SETTLED // 2) & (step > 0)
            else:
                would = alone.get(name, np.zeros_like(allowed)) & enough & gains
            for k in np.flatnonzero(would.any(axis=1)).tolist():
                if changes[k] is None:
                    changes[k] = {"what": name} | self._how_far(name, k, would[k], step)
        return changes

    def _how_far(self, name: str, k: int, would: Flags, step: int) -> Reason:
        if name == FLOOR:
            return {"score": int(self.score[k][would].max())}
        if name == PRIORITY:
            short = int(-self.gain[k][would].max())
            return {"short": short, "rounds": short // step + 1}
        if name == "hours_apart":
            hours = int(-(-self.apart[k][would].min() // 60))
            return {"hours": hours, "mentors": int((self.apart[k][would] <= 60 * hours).sum())}
        return {"mentors": int(would.sum())}


def of_unmatched_mentor(suitable: int, mentees: int) -> Reason:
    """Return why a mentor with a free place has no new mentee; `suitable` mentees had others."""
    return {"cause": "demand", "suitable": suitable} if mentees else {"cause": "no_mentees"}


def demand_for_fields(mentees: Table, mentors: Table, places: Ints) -> Sequence[Reason]:
    """Return for each mentee the field that they named first, who else did, and its places.

    `places` (n,) counts those of each mentor.
    """
    first = [(person.get("specialty_interests") or [None])[0] for person in mentees]
    asked = Counter(first)
    offered: Counter[str] = Counter()
    for mentor, free in zip(mentors, places.tolist(), strict=True):
        offered.update(dict.fromkeys(mentor.get("specialties") or (), free))
    return [
        {"field": field, "asked_by": asked[field], "places": offered[field]} if field else {}
        for field in first
    ]

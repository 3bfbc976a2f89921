"""What would match more people: each change is tried, and its gain is counted by matching again.

A change is a lower minimum score, a must-rule of the program's that is relaxed, one more place with
mentors who are here, or one more mentor in a field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from matching.arrays import Flags, Ints
from matching.assignment import blocks
from matching.assignment.blocks import MILLION
from matching.assignment.solver import Assignment, assign
from matching.policy import ANY_HOURS_APART, Policy
from matching.problem import Problem, state
from matching.profiles import people
from matching.profiles.columns import DEFAULT_CAPACITY
from matching.profiles.people import Answers, Table
from matching.reasons import Left, Reason
from matching.scoring import must_rules
from matching.scoring.scores import Scores
from matching.wishes import Wishes

Kind = Literal["floor", "rule", "places", "mentor"]
KINDS: tuple[Kind, ...] = ("floor", "rule", "places", "mentor")
#: How many mentors are asked for one more place each, at most.
MOST_ASKED = 3
#: How many mentors are tried for that, and fields for one more: many among few people, few where
#: matching takes long, so that about this many pairs are looked at.
FEWEST_TRIES, MOST_TRIES, PAIRS_TRIED = 6, 40, 4_000_000
#: The id of the mentor who is not here yet; no profile has it.
NEW_MENTOR = "one-more-mentor"
_POINTS = 100
#: Rows of bits that are looked at together.
_ROWS = 1_000


@dataclass(frozen=True)
class Advice:
    """A change, and how many more of those who wait would have a mentor with it.

    `change` is plain data. `floor`: `{"floor", "pairs"}`, the new minimum and all pairs that would
    be below that of today, as `[mentee, mentor, score in millionths]`; `rule`: `{"rule", "value"}`;
    `places`: `{"mentors"}`, who each get one more place; `mentor`: `{"answers"}` of someone new.
    """

    kind: Kind
    gain: int
    change: Mapping[str, Any]


@dataclass(frozen=True)
class Forecast:
    """What matching people would come to now.

    `waiting` counts mentees without a mentor who stays, `matched` how many of them would have one.
    `ruled_out` holds those whom must-rules keep from every mentor, with or without a free place,
    and why. `advice` is in order of effect.
    """

    waiting: int
    matched: int
    ruled_out: Sequence[tuple[str, Reason]]
    advice: Sequence[Advice]


def forecast(
    mentees: Table,
    mentors: Table,
    policy: Policy,
    wishes: Wishes,
    *,
    kinds: Collection[Kind] = KINDS,
    askable: Collection[str] | None = None,
    new_places: int | None = None,
) -> Forecast:
    """Return what a round would come to, and advice of these kinds.

    `askable` are the ids of mentors who may be asked for one more place, None for all; `new_places`
    is how many places one more mentor would have, None for as many as those who are here. Raises
    `InvalidPeople` and `InvalidWishes`.
    """
    waiting, offering = (
        people.check("mentee", mentees, policy.questions),
        people.check("mentor", mentors, policy.questions),
    )
    now = _Case(waiting, offering, policy, wishes)
    chances = _Chances.of(now)
    tried: dict[Kind, Callable[[], list[Advice]]] = {
        "floor": lambda: _floors(now),
        "rule": lambda: _rules(now),
        "places": lambda: _places(now, chances, askable),
        "mentor": lambda: _mentors(now, new_places),
    }
    found: list[Advice] = []
    if now.matched < now.waiting:
        found = [advice for kind in KINDS if kind in kinds for advice in tried[kind]()]
    return Forecast(
        now.waiting,
        now.matched,
        chances.ruled_out,
        sorted(found, key=lambda advice: -advice.gain),
    )


def matched(mentees: Table, mentors: Table, policy: Policy, wishes: Wishes) -> int:
    """Return how many mentees without a mentor who stays a round would match.

    Raises `InvalidPeople` and `InvalidWishes`.
    """
    waiting, offering = (
        people.check("mentee", mentees, policy.questions),
        people.check("mentor", mentors, policy.questions),
    )
    return _Case(waiting, offering, policy, wishes).matched


class _Case:
    """People under a policy, matched."""

    def __init__(
        self,
        mentees: Table,
        mentors: Table,
        policy: Policy,
        wishes: Wishes,
        scores: Scores | None = None,
    ) -> None:
        self.mentees, self.mentors, self.policy, self.wishes = mentees, mentors, policy, wishes
        self.scores = scores or Scores(mentees, mentors, policy, wishes.on)
        self.problem: Problem = state(
            mentees, mentors, policy, wishes, lambda phase, done, total: None, self.scores
        )
        self.assignment: Assignment = assign(
            self.problem.scores,
            self.problem.constraints,
            policy.objective,
            order=self.problem.order,
        )

    @property
    def waits(self) -> Flags:
        """Return which mentees have no mentor who stays, (m,)."""
        waits = np.ones(len(self.mentees), dtype=bool)
        waits[self._pinned] = False
        return waits

    @property
    def waiting(self) -> int:
        return int(self.waits.sum())

    @property
    def matched(self) -> int:
        """Return how many of those who wait would have a mentor."""
        return self.assignment.covered - (len(self.mentees) - self.waiting)

    @property
    def is_left(self) -> Flags:
        """Return which mentees would have no mentor, (m,)."""
        is_left: Flags = np.bincount(self.assignment.rows, minlength=len(self.mentees)) == 0
        return is_left

    @property
    def _pinned(self) -> Ints:
        pinned = self.problem.constraints.pinned
        pairs: Ints = pinned.pairs  # type: ignore[union-attr]  # `state` makes a set of pairs
        return np.unique(pairs[:, 0])

    @property
    def tries(self) -> int:
        """Return how many changes of a kind are tried."""
        pairs = max(1, len(self.mentees) * len(self.mentors))
        return min(MOST_TRIES, max(FEWEST_TRIES, PAIRS_TRIED // pairs))

    def under(self, policy: Policy, scores: Scores | None = None) -> _Case:
        return _Case(self.mentees, self.mentors, policy, self.wishes, scores)

    def with_mentors(self, mentors: Table) -> _Case:
        return _Case(self.mentees, mentors, self.policy, self.wishes)


@dataclass(frozen=True)
class _Chances:
    """Whom each mentee could have, if places didn't matter.

    `fits` holds a bit for each mentor in rows for mentees; `ruled_out` those who could have no one.
    """

    fits: npt.NDArray[np.uint8]
    ruled_out: list[tuple[str, Reason]]

    @classmethod
    def of(cls, case: _Case) -> _Chances:
        floor = round(case.policy.floor * MILLION)
        is_active = np.array([m.get("status", "active") == "active" for m in case.mentors], bool)
        is_left = case.is_left

        def look(start: int, stop: int) -> tuple[npt.NDArray[np.uint8], list[tuple[str, Reason]]]:
            block = case.problem.scores.block(start, stop)
            score = np.rint(block.score.astype(np.float64) * MILLION)
            closed = (must_rules.Capacity.name, must_rules.Status.name)
            rules = {n: flags for n, flags in block.excluded.items() if n not in closed}
            may = np.broadcast_to(is_active, score.shape).copy()
            for flags in rules.values():
                may &= ~flags
            rows = np.flatnonzero(is_left[start:stop] & ~may.any(axis=1))
            # Among those who take mentees at all: others would open nothing.
            left = Left(
                score=score[rows].astype(np.int64)[:, is_active],
                excluded={name: flags[rows][:, is_active] for name, flags in rules.items()},
                gain=np.zeros((len(rows), int(is_active.sum())), np.int64),
                apart=np.zeros((len(rows), int(is_active.sum())), np.int32),
            )
            ids = [case.mentees[start + row]["mentee_id"] for row in rows.tolist()]
            reasons = left.reasons(floor, 0, with_changes=False)
            may &= score >= floor
            return np.packbits(may, axis=1), list(zip(ids, reasons, strict=True))

        bits = [np.zeros((0, -(-len(case.mentors) // 8)), np.uint8)]
        ruled_out: list[tuple[str, Reason]] = []
        if is_active.any():
            for fits, some in blocks.each(case.problem.scores.shape, look):
                bits.append(fits)
                ruled_out += some
        return cls(np.concatenate(bits), ruled_out)

    def within(self, mentees: Ints, mentors: int) -> Ints:
        """Return how many of these mentees could have each mentor, (n,)."""
        total = np.zeros(mentors, dtype=np.int64)
        for start in range(0, len(mentees), _ROWS):
            some = self.fits[mentees[start : start + _ROWS]]
            total += np.unpackbits(some, axis=1, count=mentors).sum(axis=0, dtype=np.int64)
        return total


def _floors(now: _Case) -> list[Advice]:
    """Return the highest minimum scores, in whole points, that gain all there is, and half."""
    if not now.policy.floor:
        return []
    tried: dict[int, _Case] = {}

    def gain(points: int) -> int:
        if points not in tried:
            policy = replace(now.policy, floor=points / _POINTS)
            tried[points] = now.under(policy, now.scores)
        return tried[points].matched - now.matched

    below = (round(now.policy.floor * MILLION) - 1) // (MILLION // _POINTS)
    most = gain(0)
    found: dict[int, None] = {}
    for enough in (most, (most + 1) // 2):
        low, high = 0, below + 1
        while most > 0 and high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if gain(middle) >= enough else (low, middle)
        found[low] = None
    return [
        Advice("floor", gain(points), _lower(now, tried[points], points / _POINTS))
        for points in found
        if gain(points) > 0
    ]


def _lower(now: _Case, then: _Case, floor: float) -> dict[str, Any]:
    pairs, scores = then.assignment.pairs, then.assignment.scores
    is_low = scores < round(now.policy.floor * MILLION)
    is_low &= ~np.isin(
        pairs[:, 0] * len(now.mentors) + pairs[:, 1],
        now.problem.before.pairs[:, 0] * len(now.mentors) + now.problem.before.pairs[:, 1],
    )
    return {
        "floor": floor,
        "pairs": [
            [now.mentees[i]["mentee_id"], now.mentors[j]["mentor_id"], score]
            for (i, j), score in zip(pairs[is_low].tolist(), scores[is_low].tolist(), strict=True)
        ],
    }


def _rules(now: _Case) -> list[Advice]:
    """Return what each of the program's rules gains if it is dropped, or its limit is wider."""
    rules = dict(now.policy.rules)

    def gain(rule: str, value: Any) -> int:
        relaxed = replace(now.policy, rules=rules | {rule: value})
        return now.under(relaxed).matched - now.matched

    found = [
        Advice("rule", more, {"rule": rule, "value": False})
        for rule in ("stage", "language")
        if rules[rule] and (more := gain(rule, False)) > 0
    ]
    for question in now.policy.must_share:
        others = {name: use for name, use in now.policy.questions.items() if name != question}
        more = now.under(replace(now.policy, questions=others)).matched - now.matched
        if more > 0:
            found.append(Advice("rule", more, {"rule": question, "value": False}))
    limit = rules["hours_apart"]
    if limit < ANY_HOURS_APART and (most := gain("hours_apart", ANY_HOURS_APART)) > 0:
        # The fewest hours with which as many are matched.
        low, high, more = int(limit), ANY_HOURS_APART, most
        while high - low > 1:
            middle = (low + high) // 2
            if (reached := gain("hours_apart", middle)) >= most:
                high, more = middle, reached
            else:
                low = middle
        found.append(Advice("rule", more, {"rule": "hours_apart", "value": high}))
    return found


def _places(now: _Case, chances: _Chances, askable: Collection[str] | None) -> list[Advice]:
    """Return a mentor whose one more place would match one more, and several who together do more.

    Such a mentor can be reached from a mentee who is left by alternating paths: this one could have
    that mentor, whose mentees could have others instead.
    """
    mentors = len(now.mentors)
    if not len(chances.fits):
        return []
    mentees_of: list[list[int]] = [[] for _ in range(mentors)]
    for i, j in now.assignment.pairs.tolist():
        mentees_of[j].append(i)
    new = np.flatnonzero(now.is_left)
    seen = now.is_left.copy()
    directly = chances.within(new, mentors)
    reached = np.zeros(mentors, dtype=bool)
    while len(new):
        fresh = (chances.within(new, mentors) > 0) & ~reached
        reached |= fresh
        moved = {i for j in np.flatnonzero(fresh).tolist() for i in mentees_of[j]}
        new = np.array(sorted(i for i in moved if not seen[i]), dtype=np.int64)
        seen[new] = True
    candidates = [
        j
        for j in np.argsort(-directly, kind="stable").tolist()
        if reached[j] and (askable is None or now.mentors[j]["mentor_id"] in askable)
    ]
    found: list[Advice] = []
    chosen: list[int] = []
    for j in candidates[: now.tries]:
        if len(chosen) == MOST_ASKED:
            break
        gain = now.with_mentors(_one_more_place(now.mentors, [*chosen, j])).matched - now.matched
        if gain > (found[-1].gain if found else 0):
            chosen.append(j)
            ids = [now.mentors[k]["mentor_id"] for k in chosen]
            found.append(Advice("places", gain, {"mentors": ids}))
    return found[:1] + found[1:][-1:]


def _one_more_place(mentors: Table, which: Collection[int]) -> list[Answers]:
    return [
        {**mentor, "capacity": mentor.get("capacity", DEFAULT_CAPACITY) + 1}
        if j in which
        else mentor
        for j, mentor in enumerate(mentors)
    ]


def _mentors(now: _Case, places: int | None) -> list[Advice]:
    """Return what one more mentor like those who are here would gain, by field."""
    left = [now.mentees[i] for i in np.flatnonzero(now.is_left).tolist()]
    fields = Counter(wanted[0] for mentee in left if (wanted := mentee.get("specialty_interests")))
    here = [m for m in now.mentors if m.get("status", "active") == "active"]
    found = []
    for field, asked in sorted(fields.items(), key=lambda each: (-each[1], each[0]))[: now.tries]:
        answers = _usual(here, left) | {"mentor_id": NEW_MENTOR, "specialties": [field]}
        answers["capacity"] = places or answers["capacity"]
        gain = now.with_mentors([*now.mentors, answers]).matched - now.matched
        if gain > 0:
            found.append((gain, asked, Advice("mentor", gain, {"answers": answers})))
    best = sorted(found, key=lambda each: (-each[0], -each[1]))
    return [advice for _gain, _asked, advice in best[:2]]


def _usual(mentors: Sequence[Answers], mentees: Sequence[Answers]) -> dict[str, Any]:
    """Return what most mentors answer; where there are none, a senior one near those who wait."""
    people = mentors or mentees
    stages = Counter(m["career_stage"] for m in mentors) or Counter(["senior-physician"])
    places = sorted(m.get("capacity", DEFAULT_CAPACITY) for m in mentors) or [DEFAULT_CAPACITY]
    languages = Counter(language for p in people for language in p.get("languages") or ())
    zones = Counter(p["timezone"] for p in people if p.get("timezone"))
    return {
        "career_stage": _most_common(stages),
        "capacity": max(1, places[len(places) // 2]),
        **({"languages": [_most_common(languages)]} if languages else {}),
        **({"timezone": _most_common(zones)} if zones else {}),
    }


def _most_common(counted: Counter[str]) -> str:
    return min(counted, key=lambda each: (-counted[each], each))

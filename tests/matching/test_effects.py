"""The effect of a decision is what solving again around it gives, by every kind of decision."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import replace

import crowds
import numpy as np
import pytest
from long_forms import first_of

from matching import Matcher, RoundResult, Wishes, nearest
from matching.candidates import Candidates
from matching.effects import Change, Effect, Effects, Unknown
from matching.policy import Policy, default
from matching.profiles.people import Table
from matching.wishes import id_pairs

ON = datetime.date(2026, 11, 23)
PROGRAMS = 200


class Program:
    """A small program at random, solved, and solved again with decisions."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.mentees, self.mentors = crowds.make(
            int(rng.integers(3, 18)), int(rng.integers(2, 9)), seed
        )
        for mentee in self.mentees:
            mentee["mentors_wanted"] = int(rng.choice([1, 1, 1, 2]))
        for mentor in self.mentors:
            mentor["capacity"] = max(1, mentor["capacity"])
        self.policy: Policy = replace(
            default(),
            floor=float(rng.choice([0.0, 0.45, 0.5])),
            objective=str(rng.choice(["coverage", "coverage", "total"])),  # type: ignore[arg-type]
        )
        fills = self.policy.objective == "coverage" and rng.random() < 0.5
        first = self._match(Wishes(ON, seed=str(seed)))
        self.wishes = Wishes(
            ON,
            seed=str(seed),
            existing=first.pairs[: int(rng.integers(0, 4))],
            mode=str(rng.choice(["keep", "better", "afresh"])),  # type: ignore[arg-type]
            keep_bonus=0.05,
            fill="all" if fills else "first",
            priority={m["mentee_id"]: 0.05 for m in self.mentees if rng.random() < 0.2},
        )
        self.result = self._match(self.wishes)

    def _match(self, wishes: Wishes, mentors: Table | None = None) -> RoundResult:
        matcher = Matcher(self.policy).fit(self.mentees, mentors or self.mentors)
        return matcher.match(wishes, with_candidates=True)

    @property
    def candidates(self) -> Candidates:
        assert self.result.candidates is not None
        return self.result.candidates

    def solved_again(self, changes: list[Change]) -> RoundResult:
        """Return the round solved again with the decisions in its wishes."""
        apart = [(c.mentee, c.mentor) for c in changes if c.kind == "part"]
        out = {c.mentee for c in changes if c.kind == "leave_out" and c.mentee}
        closed = {c.mentor for c in changes if c.kind == "leave_out" and c.mentor}
        meet = id_pairs("existing", self.wishes.existing)
        apart += [
            (m["mentee_id"], mentor)
            for m in self.mentees
            for mentor in closed
            if (m["mentee_id"], mentor) not in meet
        ]
        more = Counter(c.mentor for c in changes if c.kind == "add_place")
        mentors = [m | {"capacity": m["capacity"] + more[m["mentor_id"]]} for m in self.mentors]
        wishes = replace(
            self.wishes,
            existing=[pair for pair in meet if pair not in apart],
            pinned=[(c.mentee, c.mentor) for c in changes if c.kind == "pair"],
            forbidden=apart,
            demand=dict.fromkeys(out, 0),
        )
        return self._match(wishes, mentors)

    def change(self) -> Change:
        """Return a decision at random about people of the round."""
        rng = self.rng
        # Where existing pairs may end, whom they keep who are left out is decided with that.
        kinds = ["pair", "pair", "part", "part", "add_place"]
        if self.wishes.mode == "keep" or not self.wishes.existing:
            kinds += ["leave_out", "close"]
        kind = rng.choice(kinds)
        pair = self.result.pairs[int(rng.integers(len(self.result.pairs)))]
        mentee, mentor = pair.mentee, pair.mentor
        if kind == "pair":
            known = self.candidates.scores_of(mentee)
            return Change("pair", mentee, str(rng.choice(sorted(known))))
        if kind == "part":
            return Change("part", mentee, mentor)
        if kind == "leave_out":
            return Change("leave_out", mentee)
        return Change("add_place" if kind == "add_place" else "leave_out", mentor=mentor)


def moved(before: RoundResult, after: RoundResult) -> set[str]:
    """Return the mentees whose mentors differ."""
    mentors: list[dict[str, set[str]]] = [{}, {}]
    for of, result in zip(mentors, (before, after), strict=True):
        for pair in result.pairs:
            of.setdefault(pair.mentee, set()).add(pair.mentor)
    return {m for m in {*mentors[0], *mentors[1]} if mentors[0].get(m) != mentors[1].get(m)}


def told(effect: Effect, changes: list[Change]) -> set[str]:
    """Return the mentees for whom something changes, decided or told of."""
    decided = {c.mentee for c in changes if c.kind in ("pair", "leave_out") and c.mentee}
    return decided | {move.mentee for move in effect.moves}


@pytest.mark.parametrize("tenth", first_of(range(10)))
def test_an_effect_is_what_solving_again_gives(tenth: int) -> None:
    kinds: Counter[str] = Counter()
    refused = same = 0
    for seed in range(tenth, PROGRAMS, 10):
        program = Program(seed)
        if not program.result.pairs:
            continue
        for _time in range(3):
            changes = [program.change() for _number in range(int(program.rng.integers(1, 4)))]
            try:
                effect = Effects(program.candidates).of(*changes)
            except ValueError:
                refused += 1  # they contradict each other
                continue
            after = program.solved_again(changes)
            now, then = program.result.assignment, after.assignment
            assert effect.total == then.value - now.value, (seed, changes)
            assert effect.matched == then.covered - now.covered, (seed, changes)
            kinds.update(change.kind for change in changes)
            # Among rounds with equal totals another may be taken: others may move then.
            differs = moved(program.result, after)
            same += differs <= told(effect, changes) and {m.mentee for m in effect.moves} <= differs
    assert set(kinds) == {"pair", "part", "leave_out", "add_place"}
    tried = sum(1 for _each in range(tenth, PROGRAMS, 10)) * 3
    assert refused < tried / 4
    assert same > 0.8 * (tried - refused - 6)


@pytest.mark.parametrize("most", [1, 2, 4])
def test_what_is_not_stored_is_never_guessed(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "MOST_STORED", 0)
    monkeypatch.setattr(nearest, "FEWEST_EACH", most)
    known = unknown = 0
    for seed in range(30):
        program = Program(seed)
        for _time in range(2 if program.result.pairs else 0):
            change = program.change()
            try:
                effect = Effects(program.candidates).of(change)
            except Unknown:
                unknown += 1
                continue
            then = program.solved_again([change]).assignment
            assert effect.total == then.value - program.result.assignment.value, (seed, change)
            known += 1
    assert known > 20
    assert unknown > 0


def test_candidates_come_back_from_bytes_as_they_were() -> None:
    stored = Program(3).candidates

    again = Candidates.from_bytes(stored.to_bytes())

    for name, value in vars(stored).items():
        if isinstance(value, list):
            assert list(getattr(again, name)) == value, name
    assert again.each == stored.each
    assert again.coverage == stored.coverage
    changes = [Change("part", stored.mentees[i], stored.mentors[j]) for i, j, *_ in stored.pairs]
    assert Effects(again).of(*changes) == Effects(stored).of(*changes)


def test_of_a_fair_round_no_effect_is_told() -> None:
    program = Program(5)
    fair = replace(program.policy, objective="fair")
    result = Matcher(fair).fit(program.mentees, program.mentors).match(with_candidates=True)

    assert result.candidates is None

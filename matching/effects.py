"""What a decision by hand costs a round, worked out from its candidates without solving again.

A round that is the best can be made the best around one more decision by sending one unit of flow
along the shortest path that puts things right again: to pair two people, from the mentor back to
the mentee; to keep two apart, from the mentee to the mentor (Ahuja, Magnanti and Orlin, Network
Flows, 1993, section 9.7). The prices that prove the round make all lengths 0 or more, so that
Dijkstra's search finds it near where it begins.

Only the best pairs of each mentee are stored, with how good the best of the others is at most: a
path that could be beaten by one of those is not used, and the effect is left to the next solving.
Nothing here needs the libraries for numbers, so that pages can use it.
"""

from __future__ import annotations

import copy
import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from matching.candidates import Candidates
from matching.changes import Change, Effect, Move, Unknown

__all__ = ["Change", "Effect", "Effects", "Move", "Unknown"]


@dataclass(frozen=True)
class _Path:
    """A shortest path: its nodes, its length, and how far each node that it could use is."""

    nodes: Sequence[int]
    length: int
    near: dict[int, int]


@dataclass
class Effects:
    """A round as its candidates describe it, changed by one decision after another.

    Nodes are mentees from 0, then mentors, and the pool of all places. A node's potential is what a
    unit there is worth: less its price for a mentor, what another mentor must add for a mentee.
    """

    candidates: Candidates
    _mentors_of: list[dict[int, int]] = field(init=False)
    _mentees_of: list[set[int]] = field(init=False)
    _settled: set[tuple[int, int]] = field(init=False)
    _potential: list[int] = field(init=False)
    _beyond: list[float] = field(init=False)
    _decided: set[tuple[int, int]] = field(default_factory=set)
    _apart: set[tuple[int, int]] = field(default_factory=set)
    _left_out: set[int] = field(default_factory=set)
    _closed: set[int] = field(default_factory=set)
    _extra: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stored = self.candidates
        self._of_mentee = {id: i for i, id in enumerate(stored.mentees)}
        self._of_mentor = {id: j for j, id in enumerate(stored.mentors)}
        self._kept = set(stored.kept)
        self._pool = len(stored.mentees) + len(stored.mentors)
        self._mentors_of = [{} for _ in stored.mentees]
        self._mentees_of = [set() for _ in stored.mentors]
        for i, j, score, _is_settled in stored.pairs:
            self._join(i, j, score)
        self._settled = {(i, j) for i, j, _score, is_settled in stored.pairs if is_settled}
        self._potential = [
            *(self._wanted(i) for i in range(len(stored.mentees))),
            *(-price for price in stored.prices),
            0,
        ]
        self._beyond = [math.inf if least < 0 else least for least in stored.beyond]

    def of(self, *changes: Change) -> Effect:
        """Return the effect of some changes together, and leave the round as it is.

        Raises `Unknown` where the stored candidates do not hold it, `KeyError` for people who are
        not in the round, and `ValueError` for changes that contradict each other.
        """
        tried = copy.copy(self)
        for name in ("_mentors_of", "_mentees_of"):
            setattr(tried, name, [each.copy() for each in getattr(self, name)])
        for name in (
            "_settled", "_potential", "_beyond", "_decided", "_apart", "_left_out", "_closed",
            "_extra",
        ):  # fmt: skip
            setattr(tried, name, getattr(self, name).copy())
        return tried.make(*changes)

    def make(self, *changes: Change) -> Effect:
        """Make some changes, solve around them, and return their effect; raises as `of` does."""
        stored = self.candidates
        before = [set(theirs) for theirs in self._mentors_of]
        gained = sum(self._made(change) for change in changes)
        named = {
            (self._of_mentee[c.mentee], self._of_mentor[c.mentor])
            for c in changes
            if c.mentee is not None and c.mentor is not None
        }
        left_out = {change.mentee for change in changes if change.kind == "leave_out"}
        matched = pairs = 0
        moves: list[Move] = []
        for i, (old, theirs) in enumerate(zip(before, self._mentors_of, strict=True)):
            if old == theirs.keys():
                continue
            matched += bool(theirs) - bool(old)
            pairs += len(theirs) - len(old)
            if stored.mentees[i] not in left_out:
                lost, won = sorted(old - theirs.keys()), sorted(theirs.keys() - old)
                moves += self._moves(i, lost, won, named)
        total = gained - stored.coverage * matched - stored.each * pairs
        return Effect(total, matched, moves)

    def _moves(
        self, i: int, lost: list[int], won: list[int], named: set[tuple[int, int]]
    ) -> Iterator[Move]:
        """Yield what changes for a mentee, but for pairs that a decision names."""
        ids = self.candidates.mentors
        for at in range(max(len(lost), len(won))):
            gone = lost[at] if at < len(lost) else None
            come = won[at] if at < len(won) else None
            if come is not None and (i, come) in named:
                continue
            yield Move(
                self.candidates.mentees[i],
                None if gone is None else ids[gone],
                None if come is None else ids[come],
            )

    def _made(self, change: Change) -> int:
        """Make one change, solve around it, and return what the round gains."""
        i = -1 if change.mentee is None else self._of_mentee[change.mentee]
        j = -1 if change.mentor is None else self._of_mentor[change.mentor]
        if change.kind == "pair":
            return self._pair(i, j)
        if change.kind == "part":
            return self._part(i, j)
        if change.kind == "leave_out":
            return self._leave_out(i) if change.mentee is not None else self._close(j)
        return self._add_place(j)

    def _pair(self, i: int, j: int) -> int:
        """Pair two people for good: a unit of flow returns from the mentor to the mentee."""
        if (i, j) in self._apart or i in self._left_out:
            raise ValueError("these two are kept apart, or one of them is left out")
        self._decided.add((i, j))
        gained = 0
        if j not in self._mentors_of[i]:
            score = dict(self._row(i)).get(j)
            if score is None:
                raise Unknown("the score of these two is not stored")
            path = self._shortest(self._mentor(j), i)
            gained = self._worth(i, j, score) + self._sent(path)
            self._join(i, j, score)
        self._settled.add((i, j))
        return gained

    def _part(self, i: int, j: int) -> int:
        """Keep two people apart: if they are a pair, its flow finds another way to the mentor."""
        if (i, j) in self._decided:
            raise ValueError("it is already decided that these two are a pair")
        self._apart.add((i, j))
        if j not in self._mentors_of[i]:
            return 0
        score = self._mentors_of[i][j]
        self._settled.discard((i, j))
        path = self._shortest(i, self._mentor(j), without=(i, j))
        del self._mentors_of[i][j]
        self._mentees_of[j].discard(i)
        return self._sent(path) - self._worth(i, j, score)

    def _leave_out(self, i: int) -> int:
        gained = 0
        if any(mentee == i for mentee, _mentor in self._decided):
            raise ValueError("it is already decided that this mentee has a mentor")
        self._left_out.add(i)
        for j in self._loose(i):
            score = self._mentors_of[i][j]
            is_last = len(self._mentors_of[i]) == 1
            lost = self._worth(i, j, score) + (self._first(i) if is_last else 0)
            path = self._shortest(self._pool, self._mentor(j), without=(i, j))
            del self._mentors_of[i][j]
            self._mentees_of[j].discard(i)
            gained += self._sent(path) - lost
        return gained

    def _close(self, j: int) -> int:
        gained = 0
        if any(mentor == j for _mentee, mentor in self._decided):
            raise ValueError("it is already decided that this mentor has a mentee")
        mine = {i for i in self._mentees_of[j] if (i, j) not in self._settled}
        self._extra[j] = len(self._mentees_of[j]) - len(mine) - self.candidates.places[j]
        self._closed.add(j)
        others = set(range(len(self.candidates.mentees))) - self._mentees_of[j]
        self._apart |= {(i, j) for i in others}
        for i in sorted(mine):
            gained += self._part(i, j)
        return gained

    def _add_place(self, j: int) -> int:
        """Give a mentor one more place: the flow takes it if that is worth something."""
        if j in self._closed:
            raise ValueError("this mentor is left out")
        self._extra[j] = self._extra.get(j, 0) + 1
        path = self._shortest(self._pool, self._mentor(j))
        if self._gain(path) > 0:
            return self._sent(path)
        self._settle(path)
        return 0

    def _row(self, i: int) -> Iterator[tuple[int, int]]:
        stored = self.candidates
        for at in range(stored.starts[i], stored.starts[i + 1]):
            yield stored.columns[at], stored.scores[at]

    def _worth(self, i: int, j: int, score: int) -> int:
        """Return what a pair counts."""
        bonus = self.candidates.keep_bonus if (i, j) in self._kept else 0
        return score + bonus + self.candidates.each

    def _first(self, i: int) -> int:
        """Return what the first mentor of a mentee counts."""
        return self.candidates.bonuses[i] + self.candidates.coverage

    def _join(self, i: int, j: int, score: int) -> None:
        self._mentors_of[i][j] = score
        self._mentees_of[j].add(i)

    def _mentor(self, j: int) -> int:
        """Return the node of a mentor."""
        return len(self.candidates.mentees) + j

    def _loose(self, i: int) -> list[int]:
        """Return the mentors of a mentee that are not settled."""
        return [j for j in self._mentors_of[i] if (i, j) not in self._settled]

    def _wanted(self, i: int) -> int:
        """Return what another mentor must be worth to a mentee beyond their price, as solved."""
        theirs, stored = self._mentors_of[i], self.candidates
        if not theirs:
            return -self._first(i)
        worth = {j: self._worth(i, j, theirs[j]) - stored.prices[j] for j in theirs}
        loose = [worth[j] for j in self._loose(i)]
        if len(theirs) < stored.demand[i]:
            return min([*loose, 0])
        # No path comes to someone whose pairs are all settled: it can only begin there.
        return min(loose or worth.values())

    def _arcs(self, node: int, without: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
        """Yield where a unit could go next, but for new pairs of a mentee, and what that gains."""
        stored = self.candidates
        mentees = len(stored.mentees)
        if node == self._pool:
            for i in range(mentees):
                if i not in self._left_out and len(self._mentors_of[i]) < stored.demand[i]:
                    yield i, 0 if self._mentors_of[i] else self._first(i)
            for j in range(len(stored.mentors)):
                if self._mentees_of[j]:
                    yield mentees + j, 0
        elif node < mentees:
            theirs = self._mentors_of[node]
            if self._loose(node) or (without is not None and without[0] == node):
                yield self._pool, -self._first(node) if len(theirs) == 1 else 0
        else:
            j = node - mentees
            for i in self._mentees_of[j]:
                if (i, j) not in self._settled and (i, j) != without:
                    yield i, -self._worth(i, j, self._mentors_of[i][j])
            if len(self._mentees_of[j]) < stored.places[j] + self._extra.get(j, 0):
                yield self._pool, 0

    def _new_pairs(self, i: int, here: int, best: list[float]) -> Iterator[tuple[int, int]]:
        """Yield the lengths of ways on to mentors by a new pair, shorter than the `best` so far.

        `here` is the length to mentee i with their potential. Of all arcs nearly all are these, and
        nearly all of them are too long: what else there is to know of a pair is asked afterwards.
        """
        stored, potential, mentees = self.candidates, self._potential, len(self.candidates.mentees)
        row = slice(stored.starts[i], stored.starts[i + 1])
        most = here - stored.each - stored.keep_bonus
        for j, score in zip(stored.columns[row], stored.scores[row], strict=True):
            other = mentees + j
            if most - score - potential[other] >= best[other]:
                continue
            if j not in self._mentors_of[i] and (i, j) not in self._apart:
                yield here - self._worth(i, j, score) - potential[other], other

    def _shortest(self, start: int, end: int, without: tuple[int, int] | None = None) -> _Path:
        """Return the shortest path along which one unit can flow, `without` using a pair again.

        Raises `Unknown` where a pair that is not stored might lie on a shorter one.
        """
        potential, mentees = self._potential, len(self.candidates.mentees)
        near: dict[int, int] = {}
        came_from: dict[int, int] = {}
        best = [math.inf] * (self._pool + 1)
        best[start] = 0
        queue = [(0, start)]
        #: From here on, a pair that is not stored could lie on a shorter path.
        horizon = math.inf
        while queue:
            at, node = heapq.heappop(queue)
            if node in near:
                continue
            if at > horizon:
                break
            near[node] = at
            if node == end:
                nodes = [end]
                while nodes[-1] != start:
                    nodes.append(came_from[nodes[-1]])
                return _Path(nodes[::-1], at, near)
            here = at + potential[node]
            found = [
                (here - gain - potential[other], other) for other, gain in self._arcs(node, without)
            ]
            if node < mentees and node not in self._left_out:
                horizon = min(horizon, at + self._beyond[node])
                found += self._new_pairs(node, here, best)
            for length, other in found:
                # What is longer than a way to the end lies on no shorter one.
                if length < best[other] and length <= best[end]:
                    best[other], came_from[other] = length, node
                    heapq.heappush(queue, (length, other))
        if horizon == math.inf:
            raise ValueError("no round can be made around this")
        raise Unknown("a pair that is not stored might be better")

    def _gain(self, path: _Path) -> int:
        start, end = path.nodes[0], path.nodes[-1]
        return self._potential[start] - self._potential[end] - path.length

    def _sent(self, path: _Path) -> int:
        """Send a unit along a path, and return what that gains."""
        gain = self._gain(path)
        mentees = len(self.candidates.mentees)
        made: list[tuple[int, int, int]] = []
        for node, other in zip(path.nodes, path.nodes[1:], strict=False):
            if node < mentees <= other < self._pool:
                made.append((node, other - mentees, dict(self._row(node))[other - mentees]))
            elif other < mentees <= node < self._pool:
                del self._mentors_of[other][node - mentees]
                self._mentees_of[node - mentees].discard(other)
        for i, j, score in made:
            self._join(i, j, score)
        self._settle(path)
        return gain

    def _settle(self, path: _Path) -> None:
        """Move potentials so that no arc of what is left has a length below 0."""
        for node, at in path.near.items():
            if at < path.length:
                self._potential[node] += at - path.length
                if node < len(self._beyond):
                    self._beyond[node] += at - path.length

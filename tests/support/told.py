"""What people were told of a round, held against their raw answers and the taxonomy.

Nothing here calls a criterion, a must-rule or the reasons: whatever these say is worked out again,
pair by pair, in the plainest way. Scores are taken as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from compared import WEEK, Answers, bars, evidence, look_at, minutes_apart, places

from matching import Constraints, Pair, RoundResult, Wishes, assign
from matching.assignment.draws import Order
from matching.assignment.solver import Assignment
from matching.policy import Policy
from matching.scoring.scores import Scores
from mentorship.pairings import why_unmatched
from mentorship.pairings.sentences import Reader

#: Changes that are told, the smallest first; nothing of who ruled out whom is told.
SMALLEST_FIRST = [
    "hours_apart", "stage", "floor", "capacity", "status", "language", "institution", "priority",
    "former", "gender", "do_not_match",
]  # fmt: skip
SILENT = ("goals", "specialty_interests", "experiences_wanted")


#: Rules that keep new mentees away only, and those by which one person rules the other out.
NEW_ONLY = {"status", "capacity"}
PERSONAL = {"do_not_match", "institution", "gender"}

At = tuple[int, int]


@dataclass
class Round:
    """A round, its people, what it was asked for, and which of what is told was found untrue."""

    mentees: list[Answers]
    mentors: list[Answers]
    policy: Policy
    wishes: Wishes
    result: RoundResult
    untrue: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.on = self.wishes.on
        self.mentee_of = {m["mentee_id"]: m for m in self.mentees}
        self.mentor_of = {m["mentor_id"]: m for m in self.mentors}
        self.row_of = {id: row for row, id in enumerate(self.mentee_of)}
        self.column_of = {id: column for column, id in enumerate(self.mentor_of)}
        scores = Scores(self.mentees, self.mentors, self.policy, self.on).block(
            0, len(self.mentees)
        )
        self.score = np.rint(scores.score.astype(float) * 1e6).astype(int)
        self.floor = round(self.policy.floor * 1e6)
        self.matched = {pair.mentee for pair in self.result.pairs}
        self.loads = Counter(pair.mentor for pair in self.result.pairs)
        self.got = Counter(pair.mentee for pair in self.result.pairs)
        self.bars = [
            [bars(one, two, self.policy, self.on) for two in self.mentors] for one in self.mentees
        ]
        for i, j in self._at(self.wishes.forbidden):
            self.bars[i][j].append("former")
        self._ask()
        self.barred = np.array([[bool(rules) for rules in line] for line in self.bars])

    def _ask(self) -> None:
        """Work out what the round was asked for, and whom rules keep from each other by that."""
        self.before = self._at(self.wishes.existing)
        #: By which rules an existing pair would not be made today.
        self.against = {
            (i, j): [rule for rule in self.bars[i][j] if rule not in NEW_ONLY]
            for i, j in self.before
        }
        self.wanted = [
            self.wishes.demand.get(m["mentee_id"], m.get("mentors_wanted", 1)) for m in self.mentees
        ]
        has = Counter(i for i, j in self.before if not self.against[i, j])
        stays: set[At] = set()
        if self.wishes.mode == "keep":
            stays = {at for at in self.before if not PERSONAL & set(self.against[at])}
        elif self.wishes.mode == "better":
            stays = {
                (i, j) for i, j in self.before
                if not self.against[i, j] and has[i] > self.wanted[i]
            }  # fmt: skip
        self.pinned = sorted({*stays, *self._at(self.wishes.pinned)})
        self.may_stay: list[At] = []
        if self.wishes.mode == "better":
            self.may_stay = [at for at in self.before if not self.against[at]]
        held = Counter(j for _, j in self.pinned)
        if self.wishes.mode == "better":
            held |= Counter(j for _, j in self.before)
        self.places = [max(places(m), held[j]) for j, m in enumerate(self.mentors)]
        for j, mentor in enumerate(self.mentors):
            if held[j] > places(mentor) > 0:
                # More mentees than places: no one is added to them.
                for line in self.bars:
                    line[j].append("capacity")
        for i, j in {*self.pinned, *self.may_stay}:
            self.bars[i][j] = []
        asked = Counter(i for i, _ in self.pinned)
        self.demand = [max(wanted, asked[i]) for i, wanted in enumerate(self.wanted)]

    def _at(self, pairs: Iterable[Any]) -> list[At]:
        """Return the rows and columns of pairs of ids, each once."""
        return list(
            dict.fromkeys((self.row_of[mentee], self.column_of[mentor]) for mentee, mentor in pairs)
        )

    def check(self) -> None:
        """Look at everything that anyone is told."""
        for pair in self.result.pairs:
            self._pair(pair)
        for left in self.result.unmatched:
            if left.role == "mentee":
                self._mentee(self.row_of[left.person], left.reason)
            else:
                self._mentor(self.column_of[left.person], left.reason)
        self._whole()

    def _whole(self) -> None:
        """Look at what the round as a whole says of decisions, existing pairs and open wishes."""
        made = {
            (self.row_of[pair.mentee], self.column_of[pair.mentor]) for pair in self.result.pairs
        }
        self._hold("pairs that stay are made", made.issuperset(self.pinned), self.pinned)
        kept = {
            (self.row_of[p.mentee], self.column_of[p.mentor]) for p in self.result.pairs if p.kept
        }
        self._hold("kept", kept == made & set(self.before), kept)
        for i, j in made:
            self._hold("may be paired", not self.bars[i][j], self.mentees[i], self.mentors[j])
        ruled_out = {
            (self.row_of[each.mentee], self.column_of[each.mentor]): (
                sorted(each.rules), each.by_person, each.kept
            )
            for each in self.result.ruled_out
        }  # fmt: skip
        expected = {
            at: (sorted(rules), bool(PERSONAL & set(rules)), at in made)
            for at, rules in self.against.items() if rules
        }  # fmt: skip
        self._hold("ruled out", ruled_out == expected, ruled_out, expected)
        left = {u.person for u in self.result.unmatched if u.role == "mentee"}
        waiting = {
            m["mentee_id"] for m, wanted in zip(self.mentees, self.demand, strict=True) if wanted
        }
        self._hold(
            "who is unmatched", left == waiting - self.matched, left ^ (waiting - self.matched)
        )
        measures = self.result.measures
        self._hold("how many are unmatched", measures["unmatched"] == len(left), measures)
        short = {
            id: self.demand[row] - self.got[id] for id, row in self.row_of.items()
        }  # fmt: skip
        self._hold("open demand", measures["open_demand"] == sum(short.values()), measures)
        more = Counter(str(n) for id, n in short.items() if n and id in self.matched)
        self._hold("wanting more", measures["wanting_more"] == more, measures, more)
        could = {at for at, rules in self.against.items() if not rules} | made & set(self.before)
        churn = round(len(could - made) / len(could), 6) if could else None
        self._hold("churn", measures["churn"] == churn, measures, churn)
        self._hold("blocking pairs", measures["blocking_pairs"] == self._blocking(made), measures)

    def _blocking(self, made: set[At]) -> int:
        """Return how many who are no pair would both rather have each other, or another besides."""
        worst_of_mentee, worst_of_mentor = dict[int, Any](), dict[int, Any]()
        for i, j in made:
            for worst, who in ((worst_of_mentee, i), (worst_of_mentor, j)):
                worst[who] = min(worst.get(who, self.score[i, j]), self.score[i, j])

        def would(worst: dict[int, Any], who: int, score: int, has_room: bool) -> bool:
            return has_room or (who in worst and score > worst[who])

        mentors = list(self.mentor_of)
        return sum(
            would(worst_of_mentee, i, self.score[i, j], self.got[id] < self.demand[i])
            and would(worst_of_mentor, j, self.score[i, j], self.loads[mentors[j]] < self.places[j])
            for id, i in self.row_of.items()
            for j in range(len(mentors))
            if not self.bars[i][j] and self.score[i, j] >= self.floor and (i, j) not in made
        )

    def _hold(self, kind: str, is_true: bool, *about: object) -> None:
        self.told[kind] += 1
        if not is_true:
            self.untrue.append(f"{kind}: {about!r:.300}")

    def _pair(self, pair: Pair) -> None:
        one, two = self.mentee_of[pair.mentee], self.mentor_of[pair.mentor]
        for reason in pair.reasons:
            name = reason["criterion"]
            says = {n: value for n, value in reason.items() if n != "criterion"}
            self._hold(f"reason {name}", says == evidence(name, one, two, self.on), one, two, says)
        names = [reason["criterion"] for reason in pair.reasons]
        # None that stands out more was passed over, though there was something to say.
        could = [n for n in pair.contributions if evidence(n, one, two, self.on) is not None]
        self._hold("order of reasons", names == could[:3], names, could)
        weighed = {name for name, weight in self.policy.weights.items() if weight}
        cautions = [
            {"criterion": name} | caution
            for name in self.policy.weights
            if name in weighed and (caution := look_at(name, one, two, self.on)) is not None
        ]
        if pair.score < 500_000:
            cautions.append({"criterion": "score"})
        by_name = sorted(pair.cautions, key=str)
        self._hold("cautions", by_name == sorted(cautions, key=str), one, two, by_name, cautions)

    def _mentee(self, row: int, reason: dict[str, Any]) -> None:
        person, bars = self.mentees[row], self.bars[row]
        free = [column for column, rules in enumerate(bars) if not rules]
        fit = [column for column in free if self.score[row, column] >= self.floor]
        alone = Counter(
            rules[0] for c, rules in enumerate(bars)
            if len(rules) == 1 and self.score[row, c] >= self.floor
        )  # fmt: skip
        cause = reason["cause"]
        about = person["mentee_id"], reason
        is_true = {
            "places": reason.get("suitable") == len(fit) > 0,
            "floor": reason.get("allowed") == len(free) > 0 and not fit,
            "rule": not free and alone[reason.get("rule")] == reason.get("would_open") > 0
            if cause == "rule" else True,
            "rules": not free and not alone,
        }[cause]  # fmt: skip
        self._hold(f"unmatched: {cause}", is_true, *about, fit, alone)
        if wanted := reason.get("field"):
            first = [(m.get("specialty_interests") or [""])[0] for m in self.mentees]
            is_counted = first[row] == wanted and first.count(wanted) == reason["asked_by"]
            self._hold("asked for a field first", is_counted, *about)
        self._sentence(row, why_unmatched.in_words(reason, Reader.MENTEE), fit)
        if change := reason.get("change"):
            self._change(row, change)

    def _sentence(self, row: int, words: str, fit: list[int]) -> None:
        person = self.mentees[row]
        open_ = [
            rules for rules, mentor in zip(self.bars[row], self.mentors, strict=True)
            if not {"status", "capacity", "self"} & set(rules)
        ]  # fmt: skip
        asked = any(person.get(name) for name in SILENT)
        full = all(self.loads[self.mentors[c]["mentor_id"]] >= places(self.mentors[c]) for c in fit)
        if words.startswith("More people asked for"):
            wanted = (person.get("specialty_interests") or [""])[0]
            first = sum((m.get("specialty_interests") or [""])[0] == wanted for m in self.mentees)
            offered = sum(places(m) for m in self.mentors if wanted in m.get("specialties", ()))
            is_true = bool(wanted) and first > offered and full and bool(fit)
        elif "had no free places" in words:
            is_true = full and bool(fit)
        elif "language" in words:
            is_true = all("language" in rules for rules in open_)
        elif "your stage" in words:
            is_true = all("stage" in rules for rules in open_)
        elif "time zone" in words:
            is_true = all("hours_apart" in rules for rules in open_)
        else:
            is_true = not fit and (asked or "you asked" not in words)
        self._hold("told mentees: " + words.split(" for ")[0][:40], is_true, person, words)

    def _mentor(self, column: int, reason: dict[str, Any]) -> None:
        # Who wants no mentor, as someone whom a coordinator leaves out, is not among them.
        fit = [
            row for row in range(len(self.mentees))
            if not self.bars[row][column] and self.score[row, column] >= self.floor
            and self.demand[row]
        ]  # fmt: skip
        counted = reason["cause"] == "demand" and reason["suitable"] == len(fit)
        self._hold("unmatched mentor", counted, self.mentors[column], reason, len(fit))
        elsewhere = all(self.mentees[row]["mentee_id"] in self.matched for row in fit)
        words = why_unmatched.in_words(reason, Reader.MENTOR)
        self._hold("told mentors", elsewhere, self.mentors[column], words)

    def _change(self, row: int, change: dict[str, Any]) -> None:
        """Solve again with the change made, and with each that would have been a smaller one."""
        what = change["what"]
        if what == "priority":
            usable, step = self._usable(self.floor), self.policy.waiting_bonus
            for rounds in (change["rounds"] - 1, change["rounds"]):
                is_in = row in self._best(usable, {row: rounds * step}).pairs[:, 0]
                self._hold("change priority", is_in == (rounds == change["rounds"]), row, change)
        elif what == "floor":
            usable, least = self._usable(self.floor), 10_000 * int(change["score"] / 10_000)
            found = [
                column
                for column, rules in enumerate(self.bars[row])
                if not rules and least <= self.score[row, column] <= change["score"]
            ]
            usable[row, found] = self.score[row, found] / 1e6
            made = self._best(usable).pairs
            is_made = bool(np.isin(made[made[:, 0] == row, 1], found).any())
            self._hold("change floor", is_made, row, change)
        else:
            most = 60 * change["hours"] if what == "hours_apart" else WEEK
            surely, made = self._opened_by(what, row, most)
            is_true = surely <= change["mentors"] <= made and made > 0
            self._hold(f"change {what}", is_true, row, change, surely, made)
            if what == "hours_apart":
                surely, _made = self._opened_by(what, row, most - 60)
                self._hold("no smaller limit", surely == 0, row, change, surely)
        smaller = SMALLEST_FIRST[: SMALLEST_FIRST.index(what)]
        for name in set(smaller) - {"floor"}:
            surely, _made = self._opened_by(name, row, WEEK)
            self._hold("no smaller change", surely == 0, row, change, name)

    def _opened_by(self, rule: str, row: int, most_apart: int) -> tuple[int, int]:
        """Return how many mentors a mentee would get, each were that pair not forbidden by a rule.

        First those with whom the round comes to more than without, then all: among rounds that
        come to the same, evenness and the draw decide, so some of these may be told of or not.
        """
        usable, surely, made = self._usable(self.floor), 0, 0
        before = self._worth(self._best(usable))
        for column, rules in enumerate(self.bars[row]):
            apart = minutes_apart(self.mentees[row], self.mentors[column], self.on)
            is_enough = self.score[row, column] >= self.floor
            if rules == [rule] and is_enough and apart <= most_apart:
                usable[row, column] = self.score[row, column] / 1e6
                found = self._best(usable, first_place_of=column)
                is_made = [row, column] in found.pairs.tolist()
                surely += is_made and self._worth(found) > before
                made += is_made
                usable[row, column] = -1
        return surely, made

    def _worth(self, found: Assignment) -> tuple[int, int, int]:
        """Return what a round comes to, what counts most first."""
        return (
            found.covered * (self.policy.objective == "coverage"),
            len(found.pairs) * (self.wishes.fill == "all"),
            found.value,
        )

    def _usable(self, floor: int) -> Any:
        """Return scores, -1 for pairs that a rule forbids or that lie below a floor."""
        usable = np.where(self.score >= floor, self.score / 1e6, -1)
        usable[self.barred] = -1
        for i, j in self.pinned:
            usable[i, j] = self.score[i, j] / 1e6
        return usable

    def _best(
        self, usable: Any, priority: dict[int, float] | None = None, first_place_of: int = -1
    ) -> Assignment:
        """Return the best round; a mentor without places may be given the first.

        `priority`, by row, is added to what the round was asked for.
        """
        capacity = self.places.copy()
        if first_place_of >= 0:
            capacity[first_place_of] = max(1, capacity[first_place_of])
        waits = np.array([self.wishes.priority.get(id, 0.0) for id in self.mentee_of])
        for row, more in (priority or {}).items():
            waits[row] += more
        constraints = Constraints(
            capacity,
            demand=self.demand,
            pinned=self.pinned,
            kept=self.may_stay or None,
            keep_bonus=self.wishes.keep_bonus if self.may_stay else 0.0,
            priority=waits,
            fill=self.wishes.fill,
        )
        # Equals are drawn as they were in the round.
        ids = [m["mentee_id"] for m in self.mentees], [m["mentor_id"] for m in self.mentors]
        order = Order.drawn(*ids, self.wishes.seed)
        return assign(usable, constraints, self.policy.objective, order=order)

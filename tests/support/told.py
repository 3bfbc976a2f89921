"""What people were told of a round, held against their raw answers and the taxonomy.

Nothing here calls a criterion, a must-rule or the reasons: whatever these say is worked out again,
pair by pair, in the plainest way. Scores are taken as they are.
"""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from compared import WEEK, Answers, ahead, evidence, look_at, minutes_apart, places, plain

from matching import Constraints, Pair, RoundResult, Wishes, assign
from matching.assignment.draws import Order
from matching.policy import Policy
from matching.profiles import taxonomy
from matching.scoring.scores import Scores
from mentorship.pairings import why_unmatched
from mentorship.pairings.sentences import Reader

#: Changes that are told, the smallest first; nothing of who ruled out whom is told.
SMALLEST_FIRST = [
    "hours_apart", "stage", "floor", "capacity", "status", "language", "institution", "priority",
    "former", "gender", "do_not_match",
]  # fmt: skip
WOMEN = {"require-woman": ("woman",)}
SILENT = ("goals", "specialty_interests", "experiences_wanted")


@dataclass
class Round:
    """A round, its people, and which of what is told was found untrue."""

    mentees: list[Answers]
    mentors: list[Answers]
    policy: Policy
    on: datetime.date
    result: RoundResult
    existing: list[tuple[str, str]] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.mentee_of = {m["mentee_id"]: m for m in self.mentees}
        self.mentor_of = {m["mentor_id"]: m for m in self.mentors}
        scores = Scores(self.mentees, self.mentors, self.policy, self.on).block(
            0, len(self.mentees)
        )
        self.score = np.rint(scores.score.astype(float) * 1e6).astype(int)
        self.bars = [[self._bars(one, two) for two in self.mentors] for one in self.mentees]
        self.barred = np.array([[bool(rules) for rules in line] for line in self.bars])
        self.floor = round(self.policy.floor * 1e6)
        rows = {m["mentee_id"]: row for row, m in enumerate(self.mentees)}
        columns = {m["mentor_id"]: column for column, m in enumerate(self.mentors)}
        self.kept = [(rows[mentee], columns[mentor]) for mentee, mentor in self.existing]
        self.matched = {pair.mentee for pair in self.result.pairs}
        self.loads = Counter(pair.mentor for pair in self.result.pairs)

    def check(self) -> None:
        """Look at everything that anyone is told."""
        for pair in self.result.pairs:
            self._pair(pair)
        rows = {m["mentee_id"]: row for row, m in enumerate(self.mentees)}
        columns = {m["mentor_id"]: column for column, m in enumerate(self.mentors)}
        for left in self.result.unmatched:
            if left.role == "mentee":
                self._mentee(rows[left.person], left.reason)
            else:
                self._mentor(columns[left.person], left.reason)

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
        fit = [
            row for row in range(len(self.mentees))
            if not self.bars[row][column] and self.score[row, column] >= self.floor
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
                is_in = row in self._mentees_of(usable, {row: rounds * step})
                self._hold("change priority", is_in == (rounds == change["rounds"]), row, change)
        elif what == "floor":
            usable, least = self._usable(self.floor), 10_000 * int(change["score"] / 10_000)
            found = [
                column
                for column, rules in enumerate(self.bars[row])
                if not rules and least <= self.score[row, column] <= change["score"]
            ]
            usable[row, found] = self.score[row, found] / 1e6
            is_in = row in self._mentees_of(usable)
            self._hold("change floor", is_in and bool(found), row, change)
        else:
            most = 60 * change["hours"] if what == "hours_apart" else WEEK
            found = self._opened_by(what, row, most)
            self._hold(f"change {what}", found == change["mentors"] > 0, row, change, found)
            if what == "hours_apart":
                found = self._opened_by(what, row, most - 60)
                self._hold("no smaller limit", found == 0, row, change)
        smaller = SMALLEST_FIRST[: SMALLEST_FIRST.index(what)]
        for name in set(smaller) - {"floor"}:
            self._hold("no smaller change", not self._opened_by(name, row, WEEK), row, change, name)

    def _opened_by(self, rule: str, row: int, most_apart: int) -> int:
        """Return how many mentors a mentee would get were that pair not forbidden by a rule."""
        usable, opened = self._usable(self.floor), 0
        for column, rules in enumerate(self.bars[row]):
            apart = minutes_apart(self.mentees[row], self.mentors[column], self.on)
            is_enough = self.score[row, column] >= self.floor
            if rules == [rule] and is_enough and apart <= most_apart:
                usable[row, column] = self.score[row, column] / 1e6
                opened += row in self._mentees_of(usable, first_place_of=column)
                usable[row, column] = -1
        return opened

    def _usable(self, floor: int) -> Any:
        """Return scores, -1 for pairs that a rule forbids or that lie below a floor."""
        usable = np.where(self.score >= floor, self.score / 1e6, -1)
        usable[self.barred] = -1
        for i, j in self.kept:
            usable[i, j] = self.score[i, j] / 1e6
        return usable

    def _mentees_of(
        self, usable: Any, priority: dict[int, float] | None = None, first_place_of: int = -1
    ) -> set[int]:
        """Return the mentees of the best round; a mentor without places may be given the first."""
        loads = Counter(j for _, j in self.kept)
        capacity = [max(places(m), loads[j]) for j, m in enumerate(self.mentors)]
        if first_place_of >= 0:
            capacity[first_place_of] = max(1, capacity[first_place_of])
        waits = np.array([(priority or {}).get(row, 0.0) for row in range(len(self.mentees))])
        constraints = Constraints(capacity, pinned=self.kept, priority=waits)
        # Equals are drawn as they were in the round.
        ids = [m["mentee_id"] for m in self.mentees], [m["mentor_id"] for m in self.mentors]
        order = Order.drawn(*ids, Wishes(self.on).seed)
        found = assign(usable, constraints, self.policy.objective, order=order)
        return set(found.pairs[:, 0].tolist())

    def _bars(self, one: Answers, two: Answers) -> list[str]:
        """Return the rules that forbid a pair."""
        ids = {one["mentee_id"], one.get("email")}, {two["mentor_id"], two.get("email")}
        spoken = set(one.get("languages", ())) & set(two.get("languages", ()))
        required = one.get("language_required")
        same_place = bool(one.get("institution")) and plain(one["institution"]) == plain(
            two.get("institution") or ""
        )
        rules = self.policy.rules
        wish = one.get("mentor_gender_preference", "")
        found = {
            "status": two.get("status", "active") != "active",
            "capacity": places(two) <= 0,
            "self": bool(one.get("email")) and one.get("email") == two.get("email"),
            "do_not_match": bool(
                set(one.get("do_not_match", ())) & ids[1]
                or set(two.get("do_not_match", ())) & ids[0]
            ),
            "language": (rules["language"] and not spoken)
            or bool(required and required not in two.get("languages", ())),
            "stage": self._is_barred_by_stage(one, two),
            "institution": same_place
            and "yes" in (one.get("exclude_own_institution"), two.get("exclude_own_institution")),
            "hours_apart": rules["hours_apart"] < 12
            and minutes_apart(one, two, self.on) > 60 * rules["hours_apart"],
            "gender": bool(self.policy.weights["identity"])
            and wish.startswith("require-")
            and two.get("gender") not in WOMEN[wish],
        }
        return [name for name, is_so in found.items() if is_so]

    def _is_barred_by_stage(self, one: Answers, two: Answers) -> bool:
        accepted = two.get("accepts_stages")
        if accepted and one["career_stage"] not in accepted:
            return True
        stages, goals = (taxonomy.load().entries[kind] for kind in ("stage", "goal"))
        serves = (
            ahead(one, two) > 0 or two["career_stage"] in stages[one["career_stage"]]["mentored_by"]
        )
        taught = any(
            goals[goal].get("any_stage")
            for goal in set(one.get("goals", ())) & set(two.get("topics", ()))
        )
        return bool(self.policy.rules["stage"]) and not serves and not taught

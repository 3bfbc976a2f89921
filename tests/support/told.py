"""What people were told of a round, held against their raw answers and the taxonomy.

Nothing here calls a criterion, a must-rule or the reasons: whatever these say is worked out again,
pair by pair, in the plainest way. Scores are taken as they are.
"""

from __future__ import annotations

import datetime
import functools
import unicodedata
import zoneinfo
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matching import Constraints, Pair, RoundResult, Wishes, assign
from matching.assignment.draws import Order
from matching.policy import Policy
from matching.profiles import taxonomy
from matching.scoring.scores import Scores
from mentorship.pairings import why_unmatched
from mentorship.pairings.sentences import Reader

Answers = dict[str, Any]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK = 7 * 24 * 60
#: How many steps of the taxonomy's `order` ahead each wish means, least and most.
AHEAD = {"near-peer": (1, 10), "few-years": (8, 26), "senior": (24, 100)}
#: Changes that are told, the smallest first; nothing of who ruled out whom is told.
SMALLEST_FIRST = [
    "hours_apart", "stage", "floor", "capacity", "status", "language", "institution", "priority",
    "former", "gender", "do_not_match",
]  # fmt: skip
WOMEN = {"require-woman": ("woman",)}
STYLES = ("style_feedback", "style_structure", "style_contact", "style_focus")
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


def evidence(name: str, one: Answers, two: Answers, on: datetime.date) -> Answers | None:
    """Return what may be told of a pair by a criterion, None for nothing."""
    if name == "help":
        goals = both(one, "goals", two, "topics")
        doors = both(one, "experiences_wanted", two, "experiences_offered")
        first = bool(goals) and goals[0] == one["goals"][0]
        said = {"goals": goals, "experiences": doors, "first_wish": first}
        return said if goals or doors else None
    if name == "choice":
        picked = {"picked": True}
        return (
            picked
            if {two["mentor_id"], two.get("email")} & set(one.get("mentor_picks", ()))
            else None
        )
    if name == "specialty":
        if shared := both(one, "specialty_interests", two, "specialties"):
            return {"shared": shared}
        related, fields = nearest(one, two)
        return {"related": fields} if related >= 0.3 else None
    if name == "style":
        sides = [
            (one[q], two[q]) for q in STYLES
            if one.get(q) not in (None, "either") and two.get(q) not in (None, "either")
        ]  # fmt: skip
        alike = sum(a == b for a, b in sides)
        return {"alike": alike} if alike >= 2 and alike > len(sides) - alike else None
    if name == "distance":
        wish = one.get("mentor_seniority")
        return {"seniority": wish} if wish in AHEAD and is_as_wished(one, two) else None
    if name == "hours":
        return {"free": True} if (common(one, two, on) or 0) >= 30 else None
    if name == "rhythm":
        ways = both(one, "modalities", two, "modalities")
        return {"modalities": ways} if ways else None
    if name == "place":
        for column, wish in (("institution", "institution_wish"), ("country", "region_wish")):
            here, there = (plain(person.get(column) or "") for person in (one, two))
            if here and here == there and "same" in (one.get(wish), two.get(wish)):
                return {column: two[column]}
        return None
    # Identity, own words and stages are never told.
    assert name in ("identity", "text", "stage"), name
    return None


def look_at(name: str, one: Answers, two: Answers, on: datetime.date) -> Answers | None:
    """Return what coordinators should be cautioned of by a criterion, None for nothing."""
    if name == "hours":
        return {"free": False} if common(one, two, on) == 0 else None
    if name == "distance":
        wish = one.get("mentor_seniority")
        if wish not in AHEAD or is_as_wished(one, two):
            return None
        return {"seniority": wish, "further": ahead(one, two) > AHEAD[wish][1]}
    if name == "specialty":
        related, fields = nearest(one, two)
        return {"apart": fields} if fields and related < 0.3 else None
    return None


def both(one: Answers, mine: str, two: Answers, theirs: str) -> list[str]:
    return [entry for entry in one.get(mine, ()) if entry in two.get(theirs, ())]


def places(mentor: Answers) -> int:
    return int(mentor.get("capacity", 2))


def ahead(one: Answers, two: Answers) -> int:
    stages = taxonomy.load().entries["stage"]
    return int(stages[two["career_stage"]]["order"] - stages[one["career_stage"]]["order"])


def is_as_wished(one: Answers, two: Answers) -> bool:
    least, most = AHEAD[one["mentor_seniority"]]
    return least <= ahead(one, two) <= most


def plain(name: str) -> str:
    """Return the letters and digits of a name."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


@functools.cache
def offset(zone: str, year: int) -> int:
    """Return by how many minutes a clock is ahead of UTC on most days of a year."""
    first = datetime.datetime(year, 1, 1, 12, tzinfo=datetime.UTC)
    days = (first + datetime.timedelta(days=day) for day in range(365))
    found = Counter(day.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset() for day in days)
    most = found.most_common(1)[0][0]
    assert most is not None
    return int(most.total_seconds() // 60)


def minutes_apart(one: Answers, two: Answers, on: datetime.date) -> int:
    mine, theirs = (offset(p.get("timezone", "UTC"), on.year) for p in (one, two))
    apart = abs(mine - theirs) % 1440
    return min(apart, 1440 - apart)


def free_minutes(person: Answers, on: datetime.date) -> set[int]:
    """Return each minute of a week, in UTC, in which a person is free."""
    minutes: set[int] = set()
    for slot in person["availability"]:
        day, hours = slot.split(" ")
        began, ended = (
            60 * int(hour) + int(minute)
            for hour, minute in (time.split(":") for time in hours.split("-"))
        )
        first = 1440 * DAYS.index(day) - offset(person.get("timezone", "UTC"), on.year)
        last = ended if ended > began else ended + 1440
        minutes |= {(first + minute) % WEEK for minute in range(began, last)}
    return minutes


def common(one: Answers, two: Answers, on: datetime.date) -> int | None:
    """Return the minutes of a week in which two are free; None where one did not say."""
    if any(not p.get("availability") or p.get("hours_vary") == "yes" for p in (one, two)):
        return None
    return len(free_minutes(one, on) & free_minutes(two, on))


def nearest(one: Answers, two: Answers) -> tuple[float, list[str]]:
    """Return how related the nearest two fields are, and which; the first of equals."""
    best, fields = -1.0, []
    for wanted in one.get("specialty_interests", ()):
        for of_mentor in two.get("specialties", ()):
            if (value := related(wanted, of_mentor)) > best:
                best, fields = value, [wanted, of_mentor]
    return best, fields


@functools.cache
def related(one: str, two: str) -> float:
    """Return how related the taxonomy says that two fields are, the highest of what it says."""
    data = taxonomy.load().data
    usual = data["relatedness_defaults"]
    subs = {sub["id"]: sub for sub in data["subspecialties"]}
    if one == two:
        return 1.0
    found = [0.0]
    if one not in subs and two not in subs:
        found.append(usual["unrelated"])
    for child, other in ((one, two), (two, one)):
        if child in subs:
            found.append(usual["parent_child"] if subs[child]["parent"] == other else 0.0)
            found.append(usual["also_under"] if other in subs[child].get("also_under", ()) else 0.0)
    if one in subs and two in subs and subs[one]["parent"] == subs[two]["parent"]:
        found.append(usual["siblings"])
    found += [v for a, b, v in data["related"] if {a, b} == {one, two}]
    return max(found)

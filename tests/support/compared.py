"""What two people's raw answers have in common, worked out from them and the taxonomy alone.

Nothing here calls a criterion, a must-rule or the reasons.
"""

from __future__ import annotations

import datetime
import functools
import unicodedata
import zoneinfo
from collections import Counter
from typing import Any

from matching.policy import Policy
from matching.profiles import taxonomy

Answers = dict[str, Any]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK = 7 * 24 * 60
#: How many steps of the taxonomy's `order` ahead each wish means, least and most.
AHEAD = {"near-peer": (1, 10), "few-years": (8, 26), "senior": (24, 100)}
WOMEN = {"require-woman": ("woman",)}
STYLES = ("style_feedback", "style_structure", "style_contact", "style_focus")


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


def bars(one: Answers, two: Answers, policy: Policy, on: datetime.date) -> list[str]:
    """Return the must-rules that forbid a pair, whatever a round was asked for."""
    ids = {one["mentee_id"], one.get("email")}, {two["mentor_id"], two.get("email")}
    spoken = set(one.get("languages", ())) & set(two.get("languages", ()))
    required = one.get("language_required")
    same_place = bool(one.get("institution")) and plain(one["institution"]) == plain(
        two.get("institution") or ""
    )
    rules = policy.rules
    wish = one.get("mentor_gender_preference", "")
    found = {
        "status": two.get("status", "active") != "active",
        "capacity": places(two) <= 0,
        "self": bool(one.get("email")) and one.get("email") == two.get("email"),
        "do_not_match": bool(
            set(one.get("do_not_match", ())) & ids[1] or set(two.get("do_not_match", ())) & ids[0]
        ),
        "language": (rules["language"] and not spoken)
        or bool(required and required not in two.get("languages", ())),
        "stage": _is_barred_by_stage(one, two, policy),
        "institution": same_place
        and "yes" in (one.get("exclude_own_institution"), two.get("exclude_own_institution")),
        "hours_apart": rules["hours_apart"] < 12
        and minutes_apart(one, two, on) > 60 * rules["hours_apart"],
        "gender": bool(policy.weights["identity"])
        and wish.startswith("require-")
        and two.get("gender") not in WOMEN[wish],
    }
    return [name for name, is_so in found.items() if is_so]


def _is_barred_by_stage(one: Answers, two: Answers, policy: Policy) -> bool:
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
    return bool(policy.rules["stage"]) and not serves and not taught

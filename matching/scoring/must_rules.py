"""The must-rules: what forbids a pair whatever its score. None is ever traded against score.

A rule looks at two tables once and returns an exclusion: a function of a block of mentees that
says which pairs it forbids. It returns None where it forbids nothing. So each rule can say which
pairs it excluded. Some are the program's to choose, in the policy's `rules`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar, Protocol

import numpy as np

from matching.arrays import Flags
from matching.criteria.identity import Identity
from matching.features import comparisons, encoding, relations
from matching.policy import ANY_HOURS_APART, Policy
from matching.profiles import normal_forms, taxonomy
from matching.profiles.people import Answers, Table

Exclusion = Callable[[int, int], Flags]


class Rule(Protocol):
    """One reason why two people must not be paired."""

    @property
    def name(self) -> str:
        """Return the name that reasons know it by."""
        ...

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return a function of `start` and `stop` that says which pairs this rule forbids."""
        ...


class Status:
    """A mentor who pauses takes no mentees."""

    name: ClassVar[str] = "status"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True in the columns of mentors who pause."""
        return _mentors([m.get("status", "active") != "active" for m in mentors])


class Capacity:
    """A mentor without a place takes no mentees; how many others take, the assignment decides."""

    name: ClassVar[str] = "capacity"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True in the columns of mentors who offer no place."""
        return _mentors([m.get("capacity", 1) <= 0 for m in mentors])


class Myself:
    """One person in both roles is never paired with themselves."""

    name: ClassVar[str] = "self"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True where both are known by one address."""
        columns = _index(mentors, "email")
        both = (
            (row, column)
            for row, mentee in enumerate(mentees)
            for column in columns.get(normal_forms.person(mentee.get("email") or ""), ())
        )
        return pairs((len(mentees), len(mentors)), both)


class DoNotMatch:
    """Pairs that either side has ruled out, by id or by address."""

    name: ClassVar[str] = "do_not_match"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True where one names the other."""
        rows, columns = _index(mentees, "mentee_id"), _index(mentors, "mentor_id")
        named = [
            (row, column)
            for row, mentee in enumerate(mentees)
            for other in mentee.get("do_not_match") or ()
            for column in columns.get(normal_forms.person(other), ())
        ]
        named += [
            (row, column)
            for column, mentor in enumerate(mentors)
            for other in mentor.get("do_not_match") or ()
            for row in rows.get(normal_forms.person(other), ())
        ]
        return pairs((len(mentees), len(mentors)), named)


class Language:
    """A shared language, where the policy asks for one, and the one that the mentee requires."""

    name: ClassVar[str] = "language"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True where they cannot hold a meeting."""
        mine, theirs = (
            encoding.ticked(people, "languages", "language") for people in (mentees, mentors)
        )
        at = {id: k for k, id in enumerate(taxonomy.load().ids("language"))}
        # The required language counts more than all shared ones together.
        extra = len(at) + 1
        needed = np.full(len(mentees), int(policy.rules["language"]), dtype=np.float32)
        for row, mentee in enumerate(mentees):
            if (required := mentee.get("language_required")) is not None:
                mine[row, at[required]] += extra
                needed[row] += extra
        if not needed.any():
            return None
        spoken = comparisons.product(mine, theirs, 1)
        return lambda start, stop: spoken(start, stop) < needed[start:stop, None]


class Seniority:
    """The mentor is further on, or of a stage that usually mentors this one, and accepts it.

    Waived where the mentor offers a skill that juniors often teach seniors (the taxonomy's
    `any_stage` goals) and the mentee asks for it. What a mentor accepts always holds.
    """

    name: ClassVar[str] = "stage"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True where the mentor's stage cannot serve or the mentee's is not accepted."""
        of_mentee, _ = encoding.stages(mentees)
        of_mentor, senior = encoding.stages(mentors)
        order = np.array([s["order"] for s in taxonomy.load().entries["stage"].values()])
        # One row for each stage of a mentee.
        serves = senior > order[:, None]
        serves |= relations.stage_fit()[:, of_mentor] > 0
        accepted = encoding.ticked(mentors, "accepts_stages", "stage").T > 0
        accepted |= ~encoding.answered(mentors, "accepts_stages")
        if not policy.rules["stage"]:
            return lambda start, stop: ~accepted[of_mentee[start:stop]]
        goals = taxonomy.load().entries["goal"].values()
        any_stage = np.array([bool(goal.get("any_stage")) for goal in goals])
        asked = encoding.ticked(mentees, "goals", "goal")[:, any_stage]
        topics = encoding.ticked(mentors, "topics", "goal")[:, any_stage]
        taught = comparisons.product(asked, topics, 1)

        def rows(start: int, stop: int) -> Flags:
            stages = of_mentee[start:stop]
            may: Flags = taught(start, stop) > 0
            may |= serves[stages]
            may &= accepted[stages]
            return ~may

        return rows


class Institution:
    """No one from the same institution, if either side asks for that."""

    name: ClassVar[str] = "institution"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True where both are at one institution and either excludes it."""
        seen: dict[str, int] = {}
        one, two = (
            encoding.codes(people, "institution", seen, normal_forms.institution)
            for people in (mentees, mentors)
        )
        # Two unknown institutions are not one institution.
        one[one < 0] = -2
        refuse = [
            np.array([p.get("exclude_own_institution") == "yes" for p in people], dtype=bool)
            for people in (mentees, mentors)
        ]
        if not refuse[0].any() and not refuse[1].any():
            return None

        def rows(start: int, stop: int) -> Flags:
            same: Flags = one[start:stop, None] == two
            same &= refuse[0][start:stop, None] | refuse[1]
            return same

        return rows


class HoursApart:
    """Clocks that differ by more hours than the policy allows, the shorter way around."""

    name: ClassVar[str] = "hours_apart"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True where the two would meet at the edges of their days."""
        limit = policy.rules["hours_apart"]
        if limit >= ANY_HOURS_APART:
            return None
        apart = encoding.minutes_apart(mentees, mentors, on)
        return lambda start, stop: apart(start, stop) > 60 * limit


class Gender:
    """A mentee who requires a woman is matched with mentors who said they are women.

    Where the policy gives identity no weight, its questions are not asked and gender has no effect:
    an answer from a time when they were must no longer keep people apart.
    """

    name: ClassVar[str] = "gender"

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True where the requirement is not met, or it is unknown whether it is."""
        if not policy.weights[Identity.name]:
            return None
        wished = [str(m.get("mentor_gender_preference") or "") for m in mentees]
        required = [wish if wish.startswith("require-") else "" for wish in wished]
        kinds = sorted(set(required))
        if kinds in ([], [""]):
            return None
        genders = np.array([mentor.get("gender", "") for mentor in mentors])
        refused = np.array(
            [
                ~np.isin(genders, Identity.preferences[k]) if k else np.zeros(len(mentors))
                for k in kinds
            ],
            dtype=bool,
        )
        kind_of = np.array([kinds.index(kind) for kind in required], dtype=np.int64)
        return lambda start, stop: refused[kind_of[start:stop]]


class SharedAnswer:
    """Two people share an answer to a question of the program's own. No answer is not shared."""

    def __init__(self, question: str) -> None:
        self.name = question

    def excludes(
        self, mentees: Table, mentors: Table, policy: Policy, on: datetime.date
    ) -> Exclusion | None:
        """Return True where the two have no answer in common."""
        shared = encoding.shared_answers(mentees, mentors, self.name)
        return lambda start, stop: shared(start, stop) == 0


#: In the order in which they are named where several exclude a pair.
RULES: tuple[Rule, ...] = (
    Status(), Capacity(), Myself(), DoNotMatch(), Language(), Seniority(), Institution(),
    HoursApart(), Gender(),
)  # fmt: skip

#: Rules that keep new mentees away and say nothing against a pair that meets already.
NEW_ONLY = (Status.name, Capacity.name)

#: Rules by which one of two people rules the other out. They end a pair that exists already, even
#: where existing pairs are kept; the program's own rules do not.
PERSONAL = (DoNotMatch.name, Institution.name, Gender.name)


def excluded_by(
    mentees: Table, mentors: Table, policy: Policy, on: datetime.date
) -> dict[str, Exclusion]:
    """Return the exclusion of each rule that forbids anything, by name."""
    rules = (*RULES, *map(SharedAnswer, policy.must_share))
    exclusions = {rule.name: rule.excludes(mentees, mentors, policy, on) for rule in rules}
    return {name: exclusion for name, exclusion in exclusions.items() if exclusion is not None}


def between(mentee: Answers, mentor: Answers, policy: Policy, on: datetime.date) -> list[str]:
    """Return the rules that forbid a pair, whether or not the mentor takes new mentees."""
    exclusions = excluded_by([mentee], [mentor], policy, on)
    return [
        name
        for name, excludes in exclusions.items()
        if name not in NEW_ONLY and excludes(0, 1)[0, 0]
    ]


def without_program_rules(policy: Policy) -> Policy:
    """Return a policy in which only what people themselves ask for excludes a pair."""
    return replace(
        policy, rules={"stage": False, "language": False, "hours_apart": ANY_HOURS_APART}
    )


def is_one_person(mentee: Answers, mentor: Answers) -> bool:
    """Return whether both roles are those of one person, known by the address."""
    one, two = (normal_forms.address(person.get("email") or "") for person in (mentee, mentor))
    return bool(one) and one == two


def pairs(shape: tuple[int, int], indices: Iterable[tuple[int, int]]) -> Exclusion | None:
    """Return an exclusion of these pairs of indices, None without any."""
    array = np.unique(np.array(list(indices), dtype=np.int64).reshape(-1, 2), axis=0)
    if not len(array):
        return None

    def rows(start: int, stop: int) -> Flags:
        excluded = np.zeros((stop - start, shape[1]), dtype=bool)
        first, last = np.searchsorted(array[:, 0], [start, stop])
        excluded[array[first:last, 0] - start, array[first:last, 1]] = True
        return excluded

    return rows


def _mentors(excluded: list[bool]) -> Exclusion | None:
    flags = np.array(excluded, dtype=bool)
    return of_mentors(flags) if flags.any() else None


def of_mentors(flags: Flags) -> Exclusion:
    """Return an exclusion of some mentors, (n,), from every pair."""
    return lambda start, stop: np.broadcast_to(flags, (stop - start, len(flags)))


def _index(people: Table, id_column: str) -> dict[str, list[int]]:
    """Return the rows of people by id and by address."""
    index: dict[str, list[int]] = {}
    for row, person in enumerate(people):
        names = (person.get(id_column), person.get("email"))
        for key in {normal_forms.person(name) for name in names if name}:
            index.setdefault(key, []).append(row)
    return index

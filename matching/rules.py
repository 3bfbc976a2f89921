"""The must-rules: what forbids a pair whatever its score. None is ever traded against score.

A rule returns which pairs it allows. Each can therefore also say whom it excluded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from matching import features, taxonomy
from matching.criteria import Identity
from matching.features import Flags, Table


class Rule(Protocol):
    """One reason why two people must not be paired."""

    name: ClassVar[str]

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return which pairs may be made as far as this rule goes, shape (mentees, mentors)."""
        ...


class Status:
    """A mentor who pauses takes nobody."""

    name: ClassVar[str] = "status"

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return True in the columns of active mentors."""
        active = np.array([m.get("status", "active") == "active" for m in mentors], dtype=bool)
        return np.broadcast_to(active, (len(mentees), len(mentors)))


class Capacity:
    """A mentor who offers no place takes nobody; how many they take is the assignment's part."""

    name: ClassVar[str] = "capacity"

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return True in the columns of mentors who offer at least one place."""
        places = np.array([m.get("capacity", 1) > 0 for m in mentors], dtype=bool)
        return np.broadcast_to(places, (len(mentees), len(mentors)))


class Myself:
    """One person in both roles is never paired with themselves."""

    name: ClassVar[str] = "self"

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return False where both are known by one address."""
        seen: dict[str, int] = {}
        one, two = (features.codes(people, "email", seen) for people in (mentees, mentors))
        differ: Flags = (one[:, None] != two) | (one < 0)[:, None]
        return differ


class Language:
    """A shared language, and the one that the mentee requires."""

    name: ClassVar[str] = "language"

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return True where they can hold a meeting."""
        mine, theirs = (
            features.ticked(people, "languages", "language") for people in (mentees, mentors)
        )
        shared = (mine @ theirs.T) > 0
        at = {id: k for k, id in enumerate(taxonomy.load().ids("language"))}
        for row, mentee in enumerate(mentees):
            if (required := mentee.get("language_required")) is not None:
                shared[row] &= theirs[:, at[required]] > 0
        return shared


class Stage:
    """The mentor is further on, or of a stage that usually mentors this one, and accepts it.

    Waived where the mentor offers a skill that juniors often teach seniors (the taxonomy's
    `any_stage` goals) and the mentee asks for it.
    """

    name: ClassVar[str] = "stage"

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return True where the mentor's stage can serve and accepts the mentee's."""
        of_mentee, junior = features.stages(mentees)
        of_mentor, senior = features.stages(mentors)
        ahead = senior[None, :] > junior[:, None]
        rated = features.stage_fit()[np.ix_(of_mentee, of_mentor)] > 0
        goals = taxonomy.load().entries["goal"].values()
        any_stage = np.array([bool(goal.get("any_stage")) for goal in goals], dtype=np.float64)
        asked = features.ticked(mentees, "goals", "goal") * any_stage
        taught = (asked @ features.ticked(mentors, "topics", "goal").T) > 0
        accepted = features.ticked(mentors, "accepts_stages", "stage")
        accepted[~features.has(mentors, "accepts_stages")] = 1
        accepts: Flags = accepted[:, of_mentee].T > 0
        return (ahead | rated | taught) & accepts


class Institution:
    """Nobody from the own institution, where either side says so (an evaluator might be)."""

    name: ClassVar[str] = "institution"

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return False where both are at one institution and either excludes it."""
        seen: dict[str, int] = {}
        one, two = (features.codes(people, "institution", seen) for people in (mentees, mentors))
        excludes = [
            np.array([p.get("exclude_own_institution") == "yes" for p in people], dtype=bool)
            for people in (mentees, mentors)
        ]
        same: Flags = (one[:, None] == two) & (one >= 0)[:, None]
        allowed: Flags = ~(same & (excludes[0][:, None] | excludes[1]))
        return allowed


class DoNotMatch:
    """Pairs that either side has ruled out, by id or by address."""

    name: ClassVar[str] = "do_not_match"

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return False where one names the other."""
        allowed = np.ones((len(mentees), len(mentors)), dtype=bool)
        rows, columns = _index(mentees, "mentee_id"), _index(mentors, "mentor_id")
        for row, mentee in enumerate(mentees):
            for other in mentee.get("do_not_match") or []:
                if other in columns:
                    allowed[row, columns[other]] = False
        for column, mentor in enumerate(mentors):
            for other in mentor.get("do_not_match") or []:
                if other in rows:
                    allowed[rows[other], column] = False
        return allowed


class Gender:
    """A mentee who requires a woman is matched with mentors who said that they are one."""

    name: ClassVar[str] = "gender"

    def allows(self, mentees: Table, mentors: Table) -> Flags:
        """Return False where the requirement is not known to be met."""
        allowed = np.ones((len(mentees), len(mentors)), dtype=bool)
        genders = np.array([mentor.get("gender", "") for mentor in mentors])
        for row, mentee in enumerate(mentees):
            preference = mentee.get("mentor_gender_preference", "")
            if preference.startswith("require-"):
                allowed[row] = np.isin(genders, Identity.preferences[preference])
        return allowed


#: In the order in which the first one to exclude somebody is named.
RULES: tuple[Rule, ...] = (
    Status(), Capacity(), Myself(), DoNotMatch(), Language(), Stage(), Institution(), Gender(),
)  # fmt: skip


#: Rules that keep new mentees away and say nothing against a pair that meets already.
NEW_ONLY = (Status.name, Capacity.name)


def excluded_by(mentees: Table, mentors: Table) -> Mapping[str, Flags]:
    """Return for each rule the pairs that it forbids, shape (mentees, mentors)."""
    return {rule.name: ~rule.allows(mentees, mentors) for rule in RULES}


def _index(people: Table, id_column: str) -> dict[str, int]:
    """Return the row of each person by id and by address, in small letters."""
    index: dict[str, int] = {}
    for row, person in enumerate(people):
        for key in (id_column, "email"):
            value: Any = person.get(key)
            if value:
                index.setdefault(str(value).lower(), row)
    return index

"""The criteria: how well a mentor suits a mentee, one aspect each.

A criterion looks at two tables once and returns a comparison (`matching.features.comparisons`):
similarities from 0 to 1 for a block of mentees, NaN where it is not known; a missing answer is
never agreement.
It returns None where nothing is known of anybody. Its `evidence` says, as data, what a similarity
rests on, for the reasons that people read. A further criterion is a class here and a weight in
`policy.yaml`; `matching.profiles.columns` says which questions it reads.
"""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Protocol

import numpy as np
from scipy import sparse

from matching.arrays import Flags, Singles
from matching.features import comparisons, encoding
from matching.features.comparisons import Comparison, Part
from matching.features.encoding import QUANTUM
from matching.features.text import TextSimilarity, with_concepts
from matching.profiles import taxonomy
from matching.profiles.people import Answers, Table

Evidence = dict[str, Any]


class Criterion(Protocol):
    """One aspect of a pair."""

    name: ClassVar[str]

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return a comparison of all mentees with all mentors, None where it would be empty."""
        ...

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return what speaks for this pair, or None where there is nothing to say."""
        ...


class Help:
    """Help wanted against help offered, and experiences wished for against doors to open."""

    name: ClassVar[str] = "help"
    #: Advice that depends on a country counts this much from a mentor who works elsewhere.
    elsewhere = 0.4
    #: What goals count beside experiences, where both are known.
    goals_share = 0.75

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the share of the mentee's goals and wishes that the mentor can serve."""
        doors = comparisons.product(
            encoding.ranked(mentees, "experiences_wanted", "experience"),
            encoding.ticked(mentors, "experiences_offered", "experience"),
            QUANTUM,
        )
        return comparisons.mean(
            [
                comparisons.part(
                    self.goals_share,
                    self._goals(mentees, mentors),
                    mentees,
                    "goals",
                    mentors,
                    "topics",
                ),
                comparisons.part(
                    1 - self.goals_share,
                    doors,
                    mentees,
                    "experiences_wanted",
                    mentors,
                    "experiences_offered",
                ),
            ]
        )

    def _goals(self, mentees: Table, mentors: Table) -> Comparison:
        wanted = encoding.ranked(mentees, "goals", "goal")
        topics = encoding.ticked(mentors, "topics", "goal")
        offered = np.zeros_like(topics)
        for goal, related in enumerate(encoding.related_goals()):
            np.maximum(offered, topics[:, goal, None] * encoding.quantised(related), out=offered)
        entries = taxonomy.load().entries["goal"]
        bound = np.array([bool(goal.get("place_bound")) for goal in entries.values()])
        everywhere = comparisons.product(
            wanted[:, ~bound],
            offered[:, ~bound],
            QUANTUM**2,
        )
        in_place = comparisons.product(wanted[:, bound], offered[:, bound], QUANTUM**2)
        seen: dict[str, int] = {}
        aims = [{"country": p.get("practice_country") or p.get("country")} for p in mentees]
        here = encoding.codes(aims, "country", seen)
        # Whoever aims nowhere shares no country with anybody who works nowhere.
        here[here < 0] = -2
        there = encoding.codes(mentors, "country", seen)

        def rows(start: int, stop: int) -> Singles:
            value = everywhere(start, stop)
            placed = in_place(start, stop)
            counts = (here[start:stop, None] == there) * np.float32(1 - self.elsewhere)
            counts += np.float32(self.elsewhere)
            placed *= counts
            value += placed
            return value

        return rows

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the mentee's goals that the mentor offers, and the doors they can open."""
        goals = [g for g in mentee.get("goals") or [] if g in (mentor.get("topics") or [])]
        offered = mentor.get("experiences_offered") or []
        doors = [e for e in mentee.get("experiences_wanted") or [] if e in offered]
        if not goals and not doors:
            return None
        first = bool(goals) and goals[0] == mentee["goals"][0]
        return {"goals": goals, "experiences": doors, "first_wish": first}


class Choice:
    """Mentors whom the mentee named: the first counts fully, later ones a little less."""

    name: ClassVar[str] = "choice"
    #: What the tenth pick and later ones count; others lie on the line from the first.
    least = 0.5

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return what a pick counts; a mentor who was not named is not known, never 0."""
        columns = {key: k for k, mentor in enumerate(mentors) for key in _names_of(mentor)}
        picked = {
            (row, columns[pick.strip().casefold()]): 1 - (1 - self.least) * min(rank, 9) / 9
            for row, mentee in enumerate(mentees)
            # From the last to the first: somebody named twice counts as they were first.
            for rank, pick in reversed(list(enumerate(mentee.get("mentor_picks") or [])))
            if pick.strip().casefold() in columns
        }
        if not picked:
            return None
        pairs = np.array(sorted(picked), dtype=np.int64)
        values = np.array([picked[pair] for pair in sorted(picked)], dtype=np.float32)
        return comparisons.scattered((len(mentees), len(mentors)), pairs, values)

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return that the mentee asked for this mentor."""
        picks = {pick.strip().casefold() for pick in mentee.get("mentor_picks") or []}
        picked = picks & set(_names_of(mentor))
        return {"picked": True} if picked else None


class Specialty:
    """Fields the mentee is drawn to against fields the mentor works in, by the taxonomy's tree."""

    name: ClassVar[str] = "specialty"

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return how near the mentor's fields come to the mentee's, the first counting most."""
        fields = encoding.ticked(mentors, "specialties", "specialty")
        related = encoding.quantised(encoding.relatedness())
        reach = np.zeros_like(fields)
        for row, ticked in enumerate(fields):
            reach[row] = related[np.flatnonzero(ticked)].max(axis=0, initial=0)
        near = comparisons.product(
            encoding.ranked(mentees, "specialty_interests", "specialty"), reach, QUANTUM**2
        )
        return comparisons.mean(
            [comparisons.part(1, near, mentees, "specialty_interests", mentors, "specialties")]
        )

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the fields both named, or the nearest two."""
        wanted, fields = mentee.get("specialty_interests") or [], mentor.get("specialties") or []
        shared = [field for field in wanted if field in fields]
        if shared:
            return {"shared": shared}
        at = {id: k for k, id in enumerate(taxonomy.load().ids("specialty"))}
        nearest = max(
            ((encoding.relatedness()[at[w], at[f]], w, f) for w in wanted for f in fields),
            default=(0.0, "", ""),
        )
        return {"related": list(nearest[1:])} if nearest[0] >= 0.3 else None


class Style:
    """Four short paired questions on how people like to work."""

    name: ClassVar[str] = "style"
    questions = ("style_feedback", "style_structure", "style_contact", "style_focus")

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the share of questions answered alike, of those on which both took a side."""
        sides, known = [], []
        for question in self.questions:
            seen: dict[str, int] = {}
            answers = [_side(people, question) for people in (mentees, mentors)]
            one, two = (encoding.codes(side, question, seen) for side in answers)
            sides.append([side[:, None] == np.arange(len(seen)) for side in (one, two)])
            known.append((one >= 0, two >= 0))
        left, right = (np.hstack(side).astype(np.float32) for side in zip(*sides, strict=True))
        alike = comparisons.product(left, right, 1)
        parts = [Part(1, None if k else alike, *both) for k, both in enumerate(known)]
        return comparisons.mean(parts) if left.any() and right.any() else None

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return that both like to work the same way; the answers themselves stay private."""
        alike = [
            question
            for question in self.questions
            if mentee.get(question) not in (None, "either")
            and mentee.get(question) == mentor.get(question)
        ]
        return {"alike": len(alike)} if len(alike) >= 2 else None


class Text:
    """What people write about themselves, compared by rare words."""

    name: ClassVar[str] = "text"
    #: Cosines of short texts are small; this quantile of a program's pairs counts as 1 (that of
    #: 500 mentees' pairs in a larger program).
    top = 0.99

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return cosines on the scale of this program's likest pairs."""
        left = [[with_concepts(p["statement"])] if p.get("statement") else [] for p in mentees]
        right = [[with_concepts(p["bio"])] if p.get("bio") else [] for p in mentors]
        vectors = TextSimilarity().fit_transform([*left, *right])
        if vectors is None:
            return None
        one, two = (sparse.csr_array(part) for part in (vectors[: len(left)], vectors[len(left) :]))
        likeness = comparisons.cosines(one, two)
        some = encoding.standing_for_all(mentees)
        values = np.concatenate([likeness(start, stop).ravel() for start, stop in some])
        known = values[~np.isnan(values)]
        scale = float(np.quantile(known, self.top)) if known.size else 0.0
        return comparisons.share_of(likeness, scale) if scale > 0 else None

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return nothing: a likeness of words is no reason that a person would give."""
        return None


class Stage:
    """Career-stage distance: who usually mentors this stage well, and how far ahead is wished."""

    name: ClassVar[str] = "stage"
    #: Steps of seniority (the taxonomy's `order`) that each wish means, least and most.
    wishes: ClassVar[dict[str, tuple[int, int]]] = {
        "near-peer": (0, 10),
        "few-years": (8, 26),
        "senior": (24, 100),
    }

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the taxonomy's rating, halved where the distance is not the one wished for."""
        of_mentee, junior = encoding.stages(mentees)
        of_mentor, senior = encoding.stages(mentors)
        wishes = [mentee.get("mentor_seniority", "") for mentee in mentees]
        # Mentees of one stage with one wish compare alike: each kind is worked out once.
        kinds, kind_of = (
            np.unique(
                [
                    (stage, order, list(self.wishes).index(wish) if wish in self.wishes else -1)
                    for stage, order, wish in zip(of_mentee, junior, wishes, strict=True)
                ],
                axis=0,
                return_inverse=True,
            )
            if len(mentees)
            else (np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=np.int64))
        )
        table = np.zeros((len(kinds), len(mentors)), dtype=np.float32)
        for kind, (stage, order, wish) in enumerate(kinds.tolist()):
            fit = encoding.stage_fit()[stage, of_mentor]
            table[kind] = np.where(fit > 0, fit, 0.15)
            if wish >= 0:
                least, most = list(self.wishes.values())[wish]
                outside = (senior - order < least) | (senior - order > most)
                table[kind] *= np.where(outside, 0.5, 1.0)
        return lambda start, stop: table[kind_of[start:stop]]

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the distance that was wished for, where it is met."""
        wish = mentee.get("mentor_seniority", "any")
        if wish not in self.wishes:
            return None
        (junior,), (senior,) = encoding.stages([mentee])[1], encoding.stages([mentor])[1]
        least, most = self.wishes[wish]
        return {"seniority": wish} if least <= senior - junior <= most else None


class Rhythm:
    """Free hours in common, meetings a month and ways to meet."""

    name: ClassVar[str] = "rhythm"

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the mean of what is known of hours, frequency and ways to meet."""
        ways = comparisons.product(
            encoding.ticked(mentees, "modalities", "modality"),
            encoding.ticked(mentors, "modalities", "modality"),
            1,
        )

        def any_way(start: int, stop: int) -> Singles:
            value = ways(start, stop)
            return np.minimum(value, 1, out=value)

        return comparisons.mean(
            [
                self._hours(mentees, mentors, on),
                self._meetings(mentees, mentors),
                comparisons.part(1, any_way, mentees, "modalities", mentors, "modalities"),
            ]
        )

    def _hours(self, mentees: Table, mentors: Table, on: datetime.date) -> Part:
        """Return how far weekly overlap suffices: half at 40 minutes, nearly all at 3 hours."""
        free = sparse.csr_array(encoding.week(mentees, on))
        theirs = np.ascontiguousarray(encoding.week(mentors, on).T)
        enough = encoding.quantised(1 - np.exp(-1.1 * 0.5 * np.arange(encoding.HALF_HOURS + 1)))
        enough /= np.float32(QUANTUM)
        known = [_keeps_hours(people) for people in (mentees, mentors)]
        free = sparse.csr_array(free.multiply(known[0][:, None]))
        theirs *= known[1]

        def rows(start: int, stop: int) -> Singles:
            shared: Singles = free[start:stop] @ theirs
            return enough.take(shared.astype(np.intp))

        return Part(1, rows, *known)

    def _meetings(self, mentees: Table, mentors: Table) -> Part:
        one, two = (
            np.array([p.get("meetings_per_month") or 0 for p in people], dtype=np.float32)
            for people in (mentees, mentors)
        )
        # One row for each number of meetings that a mentee may want; 0 is no answer.
        wanted, kind_of = np.unique(one, return_inverse=True)
        alike = 1 - np.minimum(np.abs(wanted[:, None] - two), 3) / np.float32(3)
        alike *= (wanted[:, None] > 0) & (two > 0)
        return Part(1, lambda start, stop: alike[kind_of[start:stop]], one > 0, two > 0)

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the ways to meet that both named."""
        theirs = mentor.get("modalities") or []
        shared = [way for way in mentee.get("modalities") or [] if way in theirs]
        return {"modalities": shared} if shared else None


class Place:
    """Institution and region, as each side wants them: the same, different, or no matter."""

    name: ClassVar[str] = "place"
    wishes: ClassVar[dict[str, int]] = {"same": 1, "different": -1}  # 0 is no matter

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return the share of wishes that are met, of those that were made and can be told."""
        parts = []
        for wish, column in (("institution_wish", "institution"), ("region_wish", "country")):
            seen: dict[str, int] = {}
            one, two = (encoding.codes(people, column, seen) for people in (mentees, mentors))
            # Somebody at no known place is where nobody else is.
            one[one < 0] = -2
            said = [
                np.array([self.wishes.get(p.get(wish, ""), 0) for p in people], dtype=np.int64)
                for people in (mentees, mentors)
            ]
            wishes = said[0] * (one >= 0), said[1] * (two >= 0)
            if wishes[0].any() or wishes[1].any():
                parts += [
                    Part(1, comparisons.as_wished(one, two, *wishes), wishes[0] != 0, two >= 0),
                    Part(1, None, one >= 0, wishes[1] != 0),
                ]
        return comparisons.mean(parts) if parts else None

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the institution or country that both share, where somebody wished for it."""
        for wish, column in (("institution_wish", "institution"), ("region_wish", "country")):
            mine, theirs = (str(p.get(column) or "").strip().casefold() for p in (mentee, mentor))
            wished = "same" in (mentee.get(wish), mentor.get(wish))
            if mine and mine == theirs and wished:
                return {column: mentor[column]}
        return None


class Identity:
    """Communities that both opted into, and a mentor's gender where one was preferred.

    Only ever raises a pair: where nothing is shared it is not known. Off by default.
    """

    name: ClassVar[str] = "identity"
    preferences: ClassVar[dict[str, tuple[str, ...]]] = {
        "prefer-woman": ("woman",),
        "require-woman": ("woman",),
        "prefer-woman-or-nonbinary": ("woman", "nonbinary"),
        "prefer-man": ("man",),
    }

    def compare(self, mentees: Table, mentors: Table, on: datetime.date) -> Comparison | None:
        """Return 1 where something is shared or preferred, else not known."""
        mine = encoding.ticked(mentees, "communities", "community")
        theirs = encoding.ticked(mentors, "communities", "community")
        both = comparisons.product(mine, theirs, 1)
        genders = np.array([mentor.get("gender", "") for mentor in mentors])
        # One row for each preference; 0 is none.
        met = np.array(
            [np.isin(genders, wished) for wished in ((), *self.preferences.values())], dtype=bool
        ).reshape(-1, len(mentors))
        at = {name: k + 1 for k, name in enumerate(self.preferences)}
        preference = np.array(
            [at.get(m.get("mentor_gender_preference", ""), 0) for m in mentees], dtype=np.int64
        )

        def rows(start: int, stop: int) -> Singles:
            shared = both(start, stop) > 0
            shared |= met[preference[start:stop]]
            return np.where(shared, np.float32(1), np.float32(np.nan))

        return rows

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return nothing: who belongs to what is never written into a reason."""
        return None


CRITERIA: tuple[Criterion, ...] = (
    Help(), Choice(), Specialty(), Style(), Text(), Stage(), Rhythm(), Place(), Identity(),
)  # fmt: skip


def _names_of(mentor: Answers) -> list[str]:
    keys = ("mentor_id", "email")
    return [str(mentor[key]).strip().casefold() for key in keys if mentor.get(key)]


def _side(people: Table, question: str) -> list[dict[str, Any]]:
    """Return the answers to a paired question, "either" as no answer."""
    answers = [person.get(question) for person in people]
    return [{question: None if answer == "either" else answer} for answer in answers]


def _keeps_hours(people: Table) -> Flags:
    """Return whose weekly hours are known: given, and not changing from week to week."""
    return np.array(
        [bool(p.get("availability")) and p.get("hours_vary") != "yes" for p in people], dtype=bool
    )

"""The criteria: how well a mentor suits a mentee, one aspect each.

A criterion compares two tables and returns a similarity in [0, 1] for every pair, NaN where it is
not known; a missing answer is never agreement. Its `evidence` says, as data, what a similarity
rests on, for the reasons that people read. A further criterion is a class here and a weight in the
policy.
"""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Protocol

import numpy as np

from matching import features, taxonomy
from matching.features import Answers, Floats, Table
from matching.text import TextSimilarity

Evidence = dict[str, Any]


class Criterion(Protocol):
    """One aspect of a pair."""

    name: ClassVar[str]

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return similarities, shape (mentees, mentors), NaN where not known."""
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

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return the share of the mentee's goals and wishes that the mentor can serve."""
        wanted = features.ranked(mentees, "goals", "goal")
        topics = features.ticked(mentors, "topics", "goal")
        offered = (topics[:, :, None] * features.related_goals()).max(axis=1, initial=0)
        entries = taxonomy.load().entries["goal"]
        bound = np.array([bool(goal.get("place_bound")) for goal in entries.values()])
        seen: dict[str, int] = {}
        aims = [{"country": p.get("practice_country") or p.get("country")} for p in mentees]
        here = features.codes(aims, "country", seen)
        there = features.codes(mentors, "country", seen)
        same = (here[:, None] == there) & (here >= 0)[:, None]
        goals = wanted[:, ~bound] @ offered[:, ~bound].T
        goals += (wanted[:, bound] @ offered[:, bound].T) * np.where(same, 1.0, self.elsewhere)
        goals[~features.has(mentees, "goals")] = np.nan
        goals[:, ~features.has(mentors, "topics")] = np.nan

        doors = features.ranked(mentees, "experiences_wanted", "experience")
        opened = doors @ features.ticked(mentors, "experiences_offered", "experience").T
        opened[~features.has(mentees, "experiences_wanted")] = np.nan
        opened[:, ~features.has(mentors, "experiences_offered")] = np.nan
        both = self.goals_share * goals + (1 - self.goals_share) * opened
        return np.where(np.isnan(goals), opened, np.where(np.isnan(opened), goals, both))

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

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return what a pick counts; a mentor who was not named is not known, never 0."""
        chosen = np.full((len(mentees), len(mentors)), np.nan)
        columns = {key: k for k, mentor in enumerate(mentors) for key in _names_of(mentor)}
        for row, mentee in enumerate(mentees):
            for rank, pick in enumerate(mentee.get("mentor_picks") or []):
                if (column := columns.get(pick)) is not None:
                    chosen[row, column] = 1 - (1 - self.least) * min(rank, 9) / 9
        return chosen

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return that the mentee asked for this mentor."""
        picked = set(mentee.get("mentor_picks") or []) & set(_names_of(mentor))
        return {"picked": True} if picked else None


class Specialty:
    """Fields the mentee is drawn to against fields the mentor works in, by the taxonomy's tree."""

    name: ClassVar[str] = "specialty"

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return how near the mentor's fields come to the mentee's, the first counting most."""
        wanted = features.ranked(mentees, "specialty_interests", "specialty")
        fields = features.ticked(mentors, "specialties", "specialty")
        related = features.relatedness()
        reach = np.zeros_like(fields)
        for row, ticked in enumerate(fields):
            reach[row] = related[ticked > 0].max(axis=0, initial=0)
        near = np.minimum(wanted @ reach.T, 1.0)
        near[~features.has(mentees, "specialty_interests")] = np.nan
        near[:, ~features.has(mentors, "specialties")] = np.nan
        return near

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the fields both named, or the nearest two."""
        wanted, fields = mentee.get("specialty_interests") or [], mentor.get("specialties") or []
        shared = [field for field in wanted if field in fields]
        if shared:
            return {"shared": shared}
        at = {id: k for k, id in enumerate(taxonomy.load().ids("specialty"))}
        nearest = max(
            ((features.relatedness()[at[w], at[f]], w, f) for w in wanted for f in fields),
            default=(0.0, "", ""),
        )
        return {"related": list(nearest[1:])} if nearest[0] >= 0.3 else None


class Style:
    """Four short paired questions on how people like to work."""

    name: ClassVar[str] = "style"
    questions = ("style_feedback", "style_structure", "style_contact", "style_focus")

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return the share of questions answered alike, of those on which both took a side."""
        known = np.zeros((len(mentees), len(mentors)))
        alike = np.zeros_like(known)
        for question in self.questions:
            seen: dict[str, int] = {}
            sides = [_side(people, question) for people in (mentees, mentors)]
            one, two = (features.codes(side, question, seen) for side in sides)
            both = (one >= 0)[:, None] & (two >= 0)
            known += both
            alike += both & (one[:, None] == two)
        return np.divide(alike, known, out=np.full_like(known, np.nan), where=known > 0)

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
    #: Cosines of short texts are small; this quantile of a program's pairs counts as 1.
    top = 0.99

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return cosines on the scale of this program's likest pairs."""
        left = [[p["statement"]] if p.get("statement") else [] for p in mentees]
        right = [[p["bio"]] if p.get("bio") else [] for p in mentors]
        cosines = TextSimilarity().fit([*left, *right]).similarity(left, right)
        known = cosines[~np.isnan(cosines)]
        scale = np.quantile(known, self.top) if known.size else 0
        return np.minimum(cosines / scale, 1.0) if scale > 0 else cosines

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

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return the taxonomy's rating, halved where the distance is not the one wished for."""
        of_mentee, junior = features.stages(mentees)
        of_mentor, senior = features.stages(mentors)
        fit = features.stage_fit()[np.ix_(of_mentee, of_mentor)]
        fit = np.where(fit > 0, fit, 0.15)
        gap = senior[None, :] - junior[:, None]
        for row, mentee in enumerate(mentees):
            if (wish := self.wishes.get(mentee.get("mentor_seniority", ""))) is not None:
                outside = (gap[row] < wish[0]) | (gap[row] > wish[1])
                fit[row] *= np.where(outside, 0.5, 1.0)
        return fit

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the distance that was wished for, where it is met."""
        wish = mentee.get("mentor_seniority", "any")
        if wish not in self.wishes:
            return None
        (junior,), (senior,) = features.stages([mentee])[1], features.stages([mentor])[1]
        least, most = self.wishes[wish]
        return {"seniority": wish} if least <= senior - junior <= most else None


class Rhythm:
    """Free hours in common, meetings a month and ways to meet."""

    name: ClassVar[str] = "rhythm"

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return the mean of what is known of hours, frequency and ways to meet."""
        parts = [self._hours(mentees, mentors, on), self._meetings(mentees, mentors)]
        ways = [features.ticked(people, "modalities", "modality") for people in (mentees, mentors)]
        shared = np.minimum(ways[0] @ ways[1].T, 1.0)
        shared[~features.has(mentees, "modalities")] = np.nan
        shared[:, ~features.has(mentors, "modalities")] = np.nan
        return _mean([*parts, shared])

    def _hours(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return how far weekly overlap suffices: half at 40 minutes, nearly all at 3 hours."""
        overlap = 0.5 * (features.week(mentees, on) @ features.week(mentors, on).T)
        enough = 1 - np.exp(-1.1 * overlap)
        enough[~_keeps_hours(mentees)] = np.nan
        enough[:, ~_keeps_hours(mentors)] = np.nan
        return enough

    def _meetings(self, mentees: Table, mentors: Table) -> Floats:
        one, two = (
            np.array([p.get("meetings_per_month") or np.nan for p in people], dtype=np.float64)
            for people in (mentees, mentors)
        )
        return 1 - np.minimum(np.abs(one[:, None] - two), 3) / 3

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return the ways to meet that both named."""
        theirs = mentor.get("modalities") or []
        shared = [way for way in mentee.get("modalities") or [] if way in theirs]
        return {"modalities": shared} if shared else None


class Place:
    """Institution and region, as each side wants them: the same, different, or no matter."""

    name: ClassVar[str] = "place"

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return the share of wishes that are met, of those that were made and can be told."""
        wishes: list[Floats] = []
        for wish, column in (("institution_wish", "institution"), ("region_wish", "country")):
            seen: dict[str, int] = {}
            one, two = (features.codes(people, column, seen) for people in (mentees, mentors))
            same = (one[:, None] == two).astype(np.float64)
            same[one < 0] = np.nan
            same[:, two < 0] = np.nan
            for people, axis in ((mentees, 0), (mentors, 1)):
                wanted = np.array([_wanted(person.get(wish)) for person in people])
                wishes.append(1 - np.abs(same - np.expand_dims(wanted, 1 - axis)))
        return _mean(wishes)

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

    def similarity(self, mentees: Table, mentors: Table, on: datetime.date) -> Floats:
        """Return 1 where something is shared or preferred, else not known."""
        mine, theirs = (
            features.ticked(people, "communities", "community") for people in (mentees, mentors)
        )
        met = (mine @ theirs.T) > 0
        genders = np.array([mentor.get("gender", "") for mentor in mentors])
        for row, mentee in enumerate(mentees):
            wished = self.preferences.get(mentee.get("mentor_gender_preference", ""), ())
            met[row] |= np.isin(genders, wished)
        return np.where(met, 1.0, np.nan)

    def evidence(self, mentee: Answers, mentor: Answers) -> Evidence | None:
        """Return nothing: who belongs to what is never written into a reason."""
        return None


CRITERIA: tuple[Criterion, ...] = (
    Help(), Choice(), Specialty(), Style(), Text(), Stage(), Rhythm(), Place(), Identity(),
)  # fmt: skip


def _mean(parts: list[Floats]) -> Floats:
    """Return the mean of what is known, NaN where nothing is."""
    stack = np.stack(parts)
    known = (~np.isnan(stack)).sum(axis=0)
    total = np.nansum(stack, axis=0)
    mean: Floats = np.full_like(total, np.nan)
    np.divide(total, known, out=mean, where=known > 0)
    return mean


def _names_of(mentor: Answers) -> list[str]:
    return [str(mentor[key]).lower() for key in ("mentor_id", "email") if mentor.get(key)]


def _side(people: Table, question: str) -> list[dict[str, Any]]:
    """Return the answers to a paired question, "either" as no answer."""
    answers = [person.get(question) for person in people]
    return [{question: None if answer == "either" else answer} for answer in answers]


def _keeps_hours(people: Table) -> Any:
    """Return whose weekly hours are known: given, and not changing from week to week."""
    return features.has(people, "availability") & np.array(
        [person.get("hours_vary") != "yes" for person in people], dtype=bool
    )


def _wanted(wish: str | None) -> float:
    return {"same": 1.0, "different": 0.0}.get(wish or "", np.nan)

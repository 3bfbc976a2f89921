"""What a forecast says to coordinators: whom a round would match, and what would match more."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from matching.profiles import taxonomy
from mentorship.language import gettext as _
from mentorship.language import ngettext, number
from mentorship.models import Forecast, Profile, Program
from mentorship.pairings import why_unmatched
from mentorship.pairings.sentences import Reader, label
from mentorship.people import questions, sight
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer


@dataclass(frozen=True)
class LowPair:
    """A pair that a lower minimum score would let in; `score` in points."""

    mentee: Profile
    mentor: Profile
    score: int


@dataclass(frozen=True)
class Told:
    """One advice in words; `assumes` says what a figure was counted for.

    `asked` are the mentors whom it is about; `pairs` some of those below the minimum of today, the
    lowest first, and `low` how many these are in all.
    """

    kind: str
    gain: int
    title: str
    assumes: str = ""
    asked: Sequence[Profile] = ()
    pairs: Sequence[LowPair] = ()
    low: int = 0


@dataclass(frozen=True)
class RuledOut:
    """People whom rules keep from every mentor, and why; of `number` of them some by name."""

    reason: str
    number: int
    people: list[Profile] = field(default_factory=list)


#: How many people stand by name below a reason.
MOST_NAMES = 8


def of_forecast(session: Session, forecast: Forecast) -> list[Told]:
    """Return the advice of a forecast in words, in order of effect."""
    result = forecast.result or {"advice": []}
    entries = result["advice"]
    people = _people(session, [id for entry in entries for id in _ids(entry["change"])])
    readable = {
        each.name: each
        for each in questions.of(session.get_one(Program, forecast.program_id))
        if sight.sees_answers(Viewer.COORDINATOR, each)
    }
    words: Mapping[str, Callable[..., Told]] = {
        "floor": _floor, "places": _places, "mentor": _mentor,
        "approve": _joining, "resume": _joining,
        "rule": functools.partial(_rule, readable=readable),
    }  # fmt: skip
    return [
        words[entry["kind"]](entry, people, result)
        for entry in entries
        # What rests on answers that no one may read is not told.
        if not questions.is_own(rule := entry["change"].get("rule", "")) or rule in readable
    ]


def ruled_out(session: Session, forecast: Forecast) -> list[RuledOut]:
    """Return whom rules keep from every mentor whatever places are free, by reason."""
    result = forecast.result or {}
    entries = result.get("ruled_out", [])
    by_reason: dict[str, list[str]] = {}
    asked = questions.of(session.get_one(Program, forecast.program_id))
    for id, reason in entries:
        words = why_unmatched.in_words(reason, Reader.COORDINATOR, asked, few=result["few"])
        by_reason.setdefault(words, []).append(id)
    shown = [id for ids in by_reason.values() for id in ids[:MOST_NAMES]]
    people = _people(session, shown)
    return [
        RuledOut(words, len(ids), [people[id] for id in ids[:MOST_NAMES] if id in people])
        for words, ids in sorted(by_reason.items(), key=lambda each: (-len(each[1]), each[0]))
    ]


def _people(session: Session, ids: Sequence[str]) -> dict[str, Profile]:
    wanted = {uuid.UUID(id) for id in ids}
    if not wanted:
        return {}
    # Their names are all that is shown.
    query = select(Profile).where(Profile.id.in_(wanted)).options(defer(Profile.answers))
    found = session.scalars(query)
    return {str(profile.id): profile for profile in found}


def _ids(change: Mapping[str, Any]) -> list[str]:
    return [
        *change.get("mentors", ()),
        *change.get("people", ()),
        *(id for mentee, mentor, _score in change.get("pairs", ()) for id in (mentee, mentor)),
    ]


def _floor(
    entry: Mapping[str, Any], people: Mapping[str, Profile], result: Mapping[str, Any]
) -> Told:
    change = entry["change"]
    pairs = [
        LowPair(people[mentee], people[mentor], int(score / 10_000))
        for mentee, mentor, score in change["pairs"]
        if mentee in people and mentor in people
    ]
    before, after = (number(round(100 * floor, 1)) for floor in (result["floor"], change["floor"]))
    title = _("Lower the minimum score from %(before)s to %(after)s", before=before, after=after)
    return Told("floor", entry["gain"], title, pairs=pairs, low=change["number"])


def _rule(
    entry: Mapping[str, Any],
    people: Mapping[str, Profile],
    result: Mapping[str, Any],
    readable: Mapping[str, ProgramQuestion],
) -> Told:
    change = entry["change"]
    if (question := readable.get(change["rule"])) is not None:
        title = _("Stop requiring the same answer to “%(question)s”", question=question.label)
        return Told("rule", entry["gain"], title)
    titles = {
        "stage": _("Drop the career-stage rule"),
        "language": _("Drop the shared-language rule"),
        "hours_apart": ngettext(
            "Allow up to %(n)s hour between time zones",
            "Allow up to %(n)s hours between time zones",
            int(change["value"]),
        ),
    }
    return Told("rule", entry["gain"], titles[change["rule"]])


def _places(
    entry: Mapping[str, Any], people: Mapping[str, Profile], result: Mapping[str, Any]
) -> Told:
    ids = entry["change"]["mentors"]
    asked = [people[id] for id in ids if id in people]
    title = _("Ask %(n)s mentors for one more place each", n=number(len(ids)))
    if len(ids) == 1:
        name = sight.name(asked[0], Viewer.COORDINATOR) if asked else _("a mentor")
        title = _("Ask %(name)s for one more place", name=name)
    return Told("places", entry["gain"], title, asked=asked)


def _joining(
    entry: Mapping[str, Any], people: Mapping[str, Profile], result: Mapping[str, Any]
) -> Told:
    number = entry["change"]["number"]
    title = (
        ngettext("Approve the person who is waiting", "Approve the %(n)s people waiting", number)
        if entry["kind"] == "approve"
        else ngettext(
            "Ask the paused mentor to resume", "Ask the %(n)s paused mentors to resume", number
        )
    )
    ids = entry["change"]["people"]
    # Of many, some names would tell nothing.
    asked = [people[id] for id in ids if id in people] if len(ids) == number else []
    return Told(entry["kind"], entry["gain"], title, asked=asked)


def _mentor(
    entry: Mapping[str, Any], people: Mapping[str, Profile], result: Mapping[str, Any]
) -> Told:
    answers = entry["change"]["answers"]
    assumed = [
        ngettext("%(n)s place", "%(n)s places", answers["capacity"]),
        label("stage", answers["career_stage"]),
    ]
    if languages := answers.get("languages"):
        assumed.append(_(taxonomy.load().label("language", languages[0])))
    if zone := answers.get("timezone"):
        assumed.append(zone.replace("_", " "))
    return Told(
        "mentor",
        entry["gain"],
        _("Find one mentor in %(field)s", field=label("specialty", answers["specialties"][0])),
        _("Assumes %(what)s.", what=", ".join(assumed)),
    )

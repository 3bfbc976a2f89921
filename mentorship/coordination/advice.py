"""What a forecast says to coordinators: whom a round would match, and what would match more."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from matching.profiles import taxonomy
from mentorship.language import gettext as _
from mentorship.language import listed, ngettext, number
from mentorship.models import Forecast, Profile
from mentorship.pairings import why_unmatched
from mentorship.pairings.sentences import Reader, label
from mentorship.people import sight
from mentorship.people.sight import Viewer


@dataclass(frozen=True)
class LowPair:
    """A pair that a lower minimum score would let in; `score` in points."""

    mentee: Profile
    mentor: Profile
    score: int


@dataclass(frozen=True)
class Told:
    """One advice in words; `asked` are the mentors whom it is about."""

    kind: str
    gain: int
    title: str
    detail: str
    asked: Sequence[Profile] = ()
    pairs: Sequence[LowPair] = ()


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
    entries = (forecast.result or {}).get("advice", [])
    people = _people(session, [id for entry in entries for id in _ids(entry["change"])])
    words = {"floor": _floor, "rule": _rule, "places": _places, "mentor": _mentor}
    return [words[entry["kind"]](entry, people) for entry in entries]


def ruled_out(session: Session, forecast: Forecast) -> list[RuledOut]:
    """Return whom rules keep from every mentor whatever places are free, by reason."""
    result = forecast.result or {}
    entries = result.get("ruled_out", [])
    by_reason: dict[str, list[str]] = {}
    for id, reason in entries:
        words = why_unmatched.in_words(reason, Reader.COORDINATOR, few=result["few"])
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
        *(id for mentee, mentor, _score in change.get("pairs", ()) for id in (mentee, mentor)),
    ]


def _more(gain: int) -> str:
    return ngettext("%(n)s more matched.", "%(n)s more matched.", gain)


def _floor(entry: Mapping[str, Any], people: Mapping[str, Profile]) -> Told:
    change = entry["change"]
    pairs = [
        LowPair(people[mentee], people[mentor], int(score / 10_000))
        for mentee, mentor, score in sorted(change["pairs"], key=lambda pair: -pair[2])
        if mentee in people and mentor in people
    ]
    points = number(round(100 * change["floor"]))
    return Told(
        "floor",
        entry["gain"],
        _("Lower the minimum score to %(points)s", points=points)
        if change["floor"]
        else _("Set no minimum score"),
        _more(entry["gain"]),
        pairs=pairs,
    )


def _rule(entry: Mapping[str, Any], people: Mapping[str, Profile]) -> Told:
    change = entry["change"]
    titles = {
        "stage": _("Drop the career-stage rule"),
        "language": _("Drop the shared-language rule"),
        "hours_apart": _("Allow up to %(hours)s hours between time zones", hours=change["value"]),
    }
    return Told("rule", entry["gain"], titles[change["rule"]], _more(entry["gain"]))


def _places(entry: Mapping[str, Any], people: Mapping[str, Profile]) -> Told:
    asked = [people[id] for id in entry["change"]["mentors"] if id in people]
    names = [sight.name(profile, Viewer.COORDINATOR) for profile in asked]
    title = (
        _("Ask %(name)s for one more place", name=names[0])
        if len(names) == 1
        else _("Ask %(names)s for one more place each", names=listed(names))
    )
    return Told("places", entry["gain"], title, _more(entry["gain"]), asked=asked)


def _mentor(entry: Mapping[str, Any], people: Mapping[str, Profile]) -> Told:
    answers = entry["change"]["answers"]
    assumed = [label("stage", answers["career_stage"])]
    if languages := answers.get("languages"):
        assumed.append(
            _("speaking %(language)s", language=_(taxonomy.load().label("language", languages[0])))
        )
    if zone := answers.get("timezone"):
        assumed.append(_("time zone %(zone)s", zone=zone))
    places = ngettext("With %(n)s place", "With %(n)s places", answers["capacity"])
    return Told(
        "mentor",
        entry["gain"],
        _("Find one mentor in %(field)s", field=label("specialty", answers["specialties"][0])),
        _(
            "%(places)s, %(gain)s more matched. Counted for: %(assumed)s.",
            places=places,
            gain=number(entry["gain"]),
            assumed="; ".join(assumed),
        ),
    )

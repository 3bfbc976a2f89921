"""The words of each criterion: its label and hint for coordinators, and its clause in a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.pairings.sentences import Reader, Reason, label, labels

Names = dict[str, str]


def _help(reason: Reason, reader: Reader, names: Names) -> str:
    goals, doors = list(reason.get("goals", [])), reason.get("experiences", [])
    parts = []
    if goals:
        topic = _topic(goals, bool(reason.get("first_wish")), reader)
        if reader is Reader.MENTOR:
            said = _(
                "%(mentee)s is looking for help that you offer: %(topic)s", **names, topic=topic
            )
        else:
            said = _("%(mentor)s offers help with %(topic)s", **names, topic=topic)
        parts.append(said)
    if doors:
        opened = labels("experience", doors[:2])
        if reader is Reader.MENTOR:
            said = _("you can offer an opportunity they're looking for: %(door)s", door=opened)
        else:
            said = _("%(mentor)s can offer this opportunity: %(door)s", **names, door=opened)
        parts.append(said)
    return "; ".join(parts)


def _topic(goals: Sequence[str], is_first: bool, reader: Reader) -> str:
    topic = labels("goal", goals[:1])
    if is_first and reader is Reader.MENTEE:
        topic = _("%(topic)s (your first choice)", topic=topic)
    elif is_first:
        topic = _("%(topic)s (first choice)", topic=topic)
    if not goals[1:3]:
        return topic
    more = labels("goal", goals[1:3])
    return _("%(topic)s and %(more)s", topic=topic, more=more)


def _choice(reason: Reason, reader: Reader, names: Names) -> str:
    if reader is Reader.MENTEE:
        return _("you asked for %(mentor)s by name", **names)
    if reader is Reader.MENTOR:
        return _("%(mentee)s asked for you by name", **names)
    return _("%(mentee)s asked for %(mentor)s by name", **names)


def _specialty(reason: Reason, reader: Reader, names: Names) -> str:
    if "shared" in reason:
        fields = labels("specialty", reason["shared"][:2])
        if reader is Reader.MENTEE:
            return _("%(mentor)s works in %(fields)s, which interests you", **names, fields=fields)
        if reader is Reader.MENTOR:
            return _("you work in %(fields)s, which interests %(mentee)s", **names, fields=fields)
        said = _("%(mentor)s works in %(fields)s, which interests %(mentee)s")
        return said % (names | {"fields": fields})
    wanted, field = (label("specialty", id) for id in reason["related"])
    said = {
        Reader.MENTEE: _("%(mentor)s works in %(field)s, close to %(wanted)s, which interests you"),
        Reader.MENTOR: _("you work in %(field)s, close to %(wanted)s, which interests %(mentee)s"),
        Reader.COORDINATOR: _(
            "%(mentor)s works in %(field)s, close to %(wanted)s, which interests %(mentee)s"
        ),
    }[reader]
    return said % (names | {"field": field, "wanted": wanted})


def _style(reason: Reason, reader: Reader, names: Names) -> str:
    if reader is Reader.COORDINATOR:
        return _("both like to work in similar ways")
    return _("you both like to work in similar ways")


def _distance(reason: Reason, reader: Reader, names: Names) -> str:
    distance = {
        "near-peer": _("only a little further along"),
        "few-years": _("a few years ahead"),
        "senior": _("far along in their career"),
    }[reason["seniority"]]
    said = {
        Reader.MENTEE: _("%(mentor)s is %(distance)s, as you wanted"),
        Reader.MENTOR: _("%(mentee)s wanted someone %(distance)s, like you"),
        Reader.COORDINATOR: _("%(mentor)s is %(distance)s, as %(mentee)s wanted"),
    }[reader]
    return said % (names | {"distance": distance})


def _hours(reason: Reason, reader: Reader, names: Names) -> str:
    if reader is Reader.COORDINATOR:
        return _("both are free at the same times of the week")
    return _("you are both free at the same times of the week")


def _rhythm(reason: Reason, reader: Reader, names: Names) -> str:
    ways = labels("modality", reason["modalities"][:2])
    if reader is Reader.COORDINATOR:
        return _("both like to meet this way: %(ways)s", ways=ways)
    return _("you both like to meet this way: %(ways)s", ways=ways)


def _place(reason: Reason, reader: Reader, names: Names) -> str:
    is_you = reader is not Reader.COORDINATOR
    if "institution" in reason:
        said = _("you are both at %(place)s") if is_you else _("both are at %(place)s")
        return said % {"place": reason["institution"]}
    return _("you are both in the same country") if is_you else _("both are in the same country")


@dataclass(frozen=True)
class Criterion:
    """One criterion of the policy, as people read of it."""

    label: str
    #: What a coordinator who weighs it has to know.
    hint: str
    #: Its part of the reasons for a match; None for one that no one is told of.
    clause: Callable[[Reason, Reader, Names], str] | None = None
    #: The answers that its clause shows; only those who may read them all are told it.
    shows: tuple[str, ...] = ()


#: By name, in the order of the policy.
CRITERIA: dict[str, Criterion] = {
    "help": Criterion(
        mark("Help"),
        mark("Does the mentor offer the help and opportunities that the mentee is looking for?"),
        _help,
        ("goals", "topics", "experiences_wanted", "experiences_offered"),
    ),
    "choice": Criterion(
        mark("Mentors asked for by name"),
        mark("Did the mentee ask for this mentor? This can only raise a pair's score."),
        _choice,
        ("mentor_picks",),
    ),
    "specialty": Criterion(
        mark("Specialty"),
        mark("How close are the mentor's specialties to those the mentee is interested in?"),
        _specialty,
        ("specialty_interests", "specialties"),
    ),
    "style": Criterion(
        mark("Ways of working"),
        mark("Do both prefer the same feedback, structure, contact, and focus?"),
        _style,
    ),
    "text": Criterion(
        mark("Own words"),
        mark("How similar is what both wrote about themselves, judged by the less common words?"),
    ),
    "stage": Criterion(
        mark("Career stage"),
        mark("Do mentors of this stage usually help people at the mentee's?"),
    ),
    "distance": Criterion(
        mark("Distance wanted"),
        mark("Is the mentor as far ahead as the mentee wants: near-peer, a few years, senior?"),
        _distance,
        ("career_stage", "mentor_seniority"),
    ),
    "hours": Criterion(
        mark("Free hours"),
        mark("Are both free at the same times of the week?"),
        _hours,
        ("availability",),
    ),
    "rhythm": Criterion(
        mark("How often and how to meet"),
        mark("Do meetings per month and ways to meet go together?"),
        _rhythm,
        ("modalities",),
    ),
    "place": Criterion(
        mark("Place"),
        mark("Are preferences for the same or another institution and region met?"),
        _place,
        ("institution", "country"),
    ),
    "identity": Criterion(
        mark("Shared identity"),
        mark(
            "Do both name the same community, or is the mentor of a gender that the mentee "
            "prefers? People are asked about this only while it is above 0. Setting it to 0 "
            "deletes their answers."
        ),
    ),
}

"""Reasons as sentences, made for each reader in the language in use.

What a reader must not see is left out here: coordinators never read about sensitive goals, and no
one reads a score, a rank or a verdict on a person.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from matching.profiles import taxonomy
from mentorship.language import gettext as _
from mentorship.language import listed, ngettext, number
from mentorship.language import mark as _mark
from mentorship.models import Pairing
from mentorship.states import Ending, PairingState

Reason = Mapping[str, Any]


class Reader(enum.StrEnum):
    """Whom a sentence is for."""

    MENTEE = "mentee"
    MENTOR = "mentor"
    COORDINATOR = "coordinator"


def of_pair(reasons: Sequence[Reason], reader: Reader, mentee: str, mentor: str) -> list[str]:
    """Return a sentence for each reason; `mentee` and `mentor` are what the two are called."""
    names = {"mentee": mentee, "mentor": mentor}
    if reader is Reader.COORDINATOR:
        reasons = without_sensitive(reasons)
    return [
        sentence
        for reason in reasons
        if (sentence := _sentence(_CLAUSES[reason["criterion"]](reason, reader, names)))
    ]


def of_pairing(pairing: Pairing, reader: Reader) -> list[str]:
    """Return why two people suit each other, as one of them may read it.

    Sensitive goals are for a mentor who has agreed to meet, so they are left out of questions.
    """
    reasons = pairing.reasons
    if pairing.state is PairingState.ASKED:
        reasons = without_sensitive(reasons)
    return of_pair(reasons, reader, pairing.mentee.person.called, pairing.mentor.person.called)


def without_sensitive(reasons: Sequence[Reason]) -> list[Reason]:
    """Return reasons without the goals that only the two people may read about."""
    entries = taxonomy.load().entries["goal"]
    cleaned: list[Reason] = []
    for reason in reasons:
        goals = list(reason.get("goals", []))
        kept = [goal for goal in goals if not entries[goal].get("sensitive")]
        is_first = bool(reason.get("first_wish")) and kept[:1] == goals[:1]
        cleaned.append({**reason, "goals": kept, "first_wish": is_first} if goals else reason)
    return cleaned


def of_unmatched(reason: Reason, reader: Reader) -> str:
    """Return why someone is unmatched; participants are never ranked, nor told to wish for less."""
    cause = reason["cause"]
    if reader is Reader.COORDINATOR:
        change = reason.get("change")
        return " ".join(
            [_for_coordinator(reason), *([_would_have_matched(change)] if change else [])]
        )
    if cause == "places":
        field = reason.get("field")
        if field and reason.get("asked_by", 0) > 1:
            return _(
                "More people asked for %(field)s than there were places.",
                field=label("specialty", field),
            )
        return _("The mentors who could have helped you had no place left this time.")
    if cause == "floor":
        return _("No mentor this time offered enough of what you asked for.")
    if cause == "rule" and reason["rule"] == "language":
        return _("No mentor with a free place spoke a language that you could meet in.")
    if cause == "rule" and reason["rule"] == "stage":
        return _("No mentor this time works with people at your stage.")
    if cause == "rule" and reason["rule"] == "hours_apart":
        return _("No mentor with a free place was close enough to your time zone this time.")
    if cause == "demand":
        return _("This time there were fewer mentees than places for what you offer.")
    if cause == "no_mentees":
        return _("No mentee was looking for a mentor this time.")
    return _("No mentor met everything that has to be met for a pair this time.")


def of_ending(reason: str, other: str) -> str:
    """Return why a pairing ended, for the one who did not end it; `other` is the other's name."""
    if reason == Ending.LEFT:
        return _("%(other)s no longer takes part in the program.", other=other)
    if reason == Ending.FINISHED:
        return _("%(other)s says that you have done what you set out to do.", other=other)
    if reason.startswith(Ending.BY_ROUND):
        return _("A new round changed who meets whom. %(other)s has been told.", other=other)
    return _("It wasn't the right match. That happens, and it says nothing about either of you.")


def _for_coordinator(reason: Reason) -> str:
    cause = reason["cause"]
    if cause == "places":
        suitable = ngettext(
            "%(n)s suitable mentor, no place left",
            "%(n)s suitable mentors, no place left",
            reason["suitable"],
        )
        field = reason.get("field")
        if field and reason.get("asked_by", 0) > 1:
            return _(
                "%(suitable)s; %(asked)s people asked for %(field)s first.",
                suitable=suitable,
                asked=reason["asked_by"],
                field=label("specialty", field),
            )
        return f"{suitable}."
    if cause == "floor":
        return ngettext(
            "%(n)s possible mentor, but no pair reaches the program's minimum score.",
            "%(n)s possible mentors, but no pair reaches the program's minimum score.",
            reason["allowed"],
        )
    if cause == "rule":
        return ngettext(
            "%(rule)s rules out everyone left. Without it, %(n)s mentor would be available.",
            "%(rule)s rules out everyone left. Without it, %(n)s mentors would be available.",
            reason["would_open"],
            rule=_(_RULES[reason["rule"]]),
        )
    if cause == "demand":
        if not reason["suitable"]:
            return _("No mentee suits.")
        return ngettext(
            "%(n)s suitable mentee, matched elsewhere.",
            "%(n)s suitable mentees, matched elsewhere.",
            reason["suitable"],
        )
    if cause == "no_mentees":
        return _("There was no mentee to be matched.")
    return _("Several rules together exclude every mentor.")


def _would_have_matched(change: Reason) -> str:
    """Return the smallest change that would have matched a mentee, as the round's prices say."""
    what = change["what"]
    if what == "floor":
        return _(
            "Would match if the minimum score were %(score)s.",
            score=number(int(change["score"] / 10_000)),
        )
    if what == "priority":
        return ngettext(
            "Was %(points)s points short of a place; one missed round counts as much.",
            "Was %(points)s points short of a place; %(n)s missed rounds count as much.",
            change["rounds"],
            points=number(round(change["short"] / 10_000, 1)),
        )
    if what == "hours_apart":
        return ngettext(
            "With a limit of %(hours)s hours, %(n)s mentor would be available.",
            "With a limit of %(hours)s hours, %(n)s mentors would be available.",
            change["mentors"],
            hours=number(change["hours"]),
        )
    return _(_WITHOUT[what], n=number(change["mentors"]))


_WITHOUT = {
    "status": _mark("Paused mentors who would suit: %(n)s."),
    "capacity": _mark("Mentors without places who would suit: %(n)s."),
    "stage": _mark("Mentors available without the career-stage rule: %(n)s."),
    "language": _mark("Mentors available without the shared-language rule: %(n)s."),
    "institution": _mark("Mentors available without the own-institution rule: %(n)s."),
    # One sentence for all three, for the same reason as below.
    "former": _mark("Mentors available without requirements and exclusions: %(n)s."),
    "gender": _mark("Mentors available without requirements and exclusions: %(n)s."),
    "do_not_match": _mark("Mentors available without requirements and exclusions: %(n)s."),
}

# One sentence for all three, so that it does not tell who required or ruled out what.
_PRIVATE = _mark("A requirement, a pair that was ruled out, or a pairing that ended before")
_RULES = {
    "status": _mark("That every other mentor is paused"),
    "capacity": _mark("That no other mentor offers a place"),
    "self": _mark("That no one mentors themselves"),
    "do_not_match": _PRIVATE,
    "language": _mark("The shared-language rule"),
    "stage": _mark("The career-stage rule"),
    "institution": _mark("The own-institution rule"),
    "hours_apart": _mark("The time-zone limit"),
    "gender": _PRIVATE,
    "former": _PRIVATE,
}

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
        opened = _labels("experience", doors[:2])
        if reader is Reader.MENTOR:
            said = _("you can open a door they are looking for: %(door)s", door=opened)
        else:
            said = _("%(mentor)s can open a door to %(door)s", **names, door=opened)
        parts.append(said)
    return "; ".join(parts)


def _topic(goals: Sequence[str], is_first: bool, reader: Reader) -> str:
    topic = _labels("goal", goals[:1])
    if is_first and reader is Reader.MENTEE:
        topic = _("%(topic)s (your first choice)", topic=topic)
    elif is_first:
        topic = _("%(topic)s (first choice)", topic=topic)
    if not goals[1:3]:
        return topic
    more = _labels("goal", goals[1:3])
    return _("%(topic)s and %(more)s", topic=topic, more=more)


def _choice(reason: Reason, reader: Reader, names: Names) -> str:
    if reader is Reader.MENTEE:
        return _("you asked for %(mentor)s by name", **names)
    if reader is Reader.MENTOR:
        return _("%(mentee)s asked for you by name", **names)
    return _("%(mentee)s asked for %(mentor)s by name", **names)


def _specialty(reason: Reason, reader: Reader, names: Names) -> str:
    if "shared" in reason:
        fields = _labels("specialty", reason["shared"][:2])
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


def _stage(reason: Reason, reader: Reader, names: Names) -> str:
    distance = {
        "near-peer": _("only a little further on"),
        "few-years": _("a few years ahead"),
        "senior": _("far along in their career"),
    }[reason["seniority"]]
    said = {
        Reader.MENTEE: _("%(mentor)s is %(distance)s, as you wished"),
        Reader.MENTOR: _("%(mentee)s wished for someone %(distance)s, as you are"),
        Reader.COORDINATOR: _("%(mentor)s is %(distance)s, as %(mentee)s wished"),
    }[reader]
    return said % (names | {"distance": distance})


def _rhythm(reason: Reason, reader: Reader, names: Names) -> str:
    ways = _labels("modality", reason["modalities"][:2])
    if reader is Reader.COORDINATOR:
        return _("both like to meet this way: %(ways)s", ways=ways)
    return _("you both like to meet this way: %(ways)s", ways=ways)


def _place(reason: Reason, reader: Reader, names: Names) -> str:
    is_you = reader is not Reader.COORDINATOR
    if "institution" in reason:
        said = _("you are both at %(place)s") if is_you else _("both are at %(place)s")
        return said % {"place": reason["institution"]}
    return _("you are both in the same country") if is_you else _("both are in the same country")


_CLAUSES = {
    "help": _help,
    "choice": _choice,
    "specialty": _specialty,
    "style": _style,
    "stage": _stage,
    "rhythm": _rhythm,
    "place": _place,
}


def label(kind: str, id: str) -> str:
    """Return a label as it stands inside a sentence: a capital only where the word needs it."""
    words = _(taxonomy.load().label(kind, id))
    return words[0].lower() + words[1:] if words[1:2].islower() else words


def _labels(kind: str, ids: Sequence[str]) -> str:
    return listed([label(kind, id) for id in ids])


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}." if clause else ""

"""Reasons as sentences, made for each reader.

What a reader must not see is left out here: coordinators never read of sensitive goals, and nobody
reads a score, a rank or a verdict on a person.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from matching import taxonomy

Reason = Mapping[str, Any]


class Reader(enum.StrEnum):
    """Whom a sentence is for."""

    MENTEE = "mentee"
    MENTOR = "mentor"
    COORDINATOR = "coordinator"


def of_pair(reasons: Sequence[Reason], reader: Reader, mentee: str, mentor: str) -> list[str]:
    """Return a sentence for each reason; `mentee` and `mentor` are what the two are called."""
    if reader is Reader.MENTEE:
        mentee = "you"
    elif reader is Reader.MENTOR:
        mentor = "you"
    return [
        sentence
        for reason in reasons
        if (sentence := _SENTENCES[reason["criterion"]](reason, reader, mentee, mentor))
    ]


def of_unmatched(reason: Reason, reader: Reader) -> str:
    """Return why somebody has nobody; participants are never ranked, nor told to wish for less."""
    cause = reason["cause"]
    if reader is Reader.COORDINATOR:
        return _for_coordinator(reason)
    if cause == "places":
        field = reason.get("field")
        if field and reason.get("asked_by", 0) > 1:
            return f"More people asked for {_label('specialty', field)} than there were places."
        return "The mentors who could have helped you had no place left this time."
    if cause == "floor":
        return "No mentor this time offered enough of what you asked for."
    if cause == "rule" and reason["rule"] == "language":
        return "No mentor with a free place spoke a language that you could meet in."
    if cause == "rule" and reason["rule"] == "stage":
        return "No mentor this time works with people at your stage."
    if cause == "demand":
        return "This time there were fewer mentees than places for what you offer."
    if cause == "no_mentees":
        return "No mentee was looking for a mentor this time."
    return "No mentor met everything that has to be met for a pair this time."


def _for_coordinator(reason: Reason) -> str:
    cause = reason["cause"]
    if cause == "places":
        field = reason.get("field")
        text = f"{count(reason['suitable'], 'suitable mentor')}, no place left"
        if field and reason.get("asked_by", 0) > 1:
            text += f"; {reason['asked_by']} people asked for {_label('specialty', field)} first"
        return text + "."
    if cause == "floor":
        allowed = count(reason["allowed"], "possible mentor")
        return f"{allowed}, but no pair reaches the program's lowest score."
    if cause == "rule":
        rule = _RULES[reason["rule"]]
        return f"{rule} excludes everybody left; without it there would be {reason['would_open']}."
    if cause == "demand":
        if not reason["suitable"]:
            return "No mentee suits."
        return f"{count(reason['suitable'], 'suitable mentee')}, matched elsewhere."
    if cause == "no_mentees":
        return "There was no mentee to be matched."
    return "Several rules together exclude every mentor."


# One sentence for all three, so that it does not tell who required or ruled out what.
_PRIVATE = "A requirement, a pair that was ruled out, or a pairing that ended before"
_RULES = {
    "status": "Every other mentor pausing",
    "capacity": "Every other mentor offering no place",
    "self": "That nobody mentors themselves",
    "do_not_match": _PRIVATE,
    "language": "The rule of a shared language",
    "stage": "The rule of career stages",
    "institution": "The rule against one's own institution",
    "gender": _PRIVATE,
    "former": _PRIVATE,
}


def _help(reason: Reason, reader: Reader, mentee: str, mentor: str) -> str:
    goals, doors = list(reason.get("goals", [])), reason.get("experiences", [])
    if reader is Reader.COORDINATOR:
        entries = taxonomy.load().entries["goal"]
        goals = [goal for goal in goals if not entries[goal].get("sensitive")]
    parts = []
    if goals:
        first = reason.get("first_wish") and goals[0] == reason["goals"][0]
        wish = ", the first wish" if first and reader is not Reader.MENTEE else ""
        wish = ", your first wish" if first and reader is Reader.MENTEE else wish
        topic = f"{_labels('goal', goals[:1])}{wish}"
        if goals[1:3]:
            topic += f"{',' if wish else ''} and {_labels('goal', goals[1:3])}"
        if reader is Reader.MENTOR:
            parts.append(f"{mentee} asks for help that you offer: {topic}")
        else:
            parts.append(f"{mentor} offers help with {topic}")
    if doors:
        offers = "can open a door to" if mentor != "you" else "can open a door that they wish for:"
        parts.append(f"{mentor} {offers} {_labels('experience', doors[:2])}")
    return _sentence("; ".join(parts))


def _choice(reason: Reason, reader: Reader, mentee: str, mentor: str) -> str:
    return _sentence(f"{mentee} asked for {mentor} by name")


def _specialty(reason: Reason, reader: Reader, mentee: str, mentor: str) -> str:
    is_drawn, works = _verb(mentee, "is", "are"), _verb(mentor, "works", "work")
    if "shared" in reason:
        fields = _labels("specialty", reason["shared"][:2])
        return _sentence(f"{mentee} {is_drawn} drawn to {fields}, where {mentor} {works}")
    wanted, field = (_label("specialty", id) for id in reason["related"])
    return _sentence(f"{mentor} {works} in {field}, close to {wanted}, which draws {mentee}")


def _style(reason: Reason, reader: Reader, mentee: str, mentor: str) -> str:
    return "You both like to work in similar ways." if "you" in (mentee, mentor) else (
        "Both like to work in similar ways."
    )  # fmt: skip


def _stage(reason: Reason, reader: Reader, mentee: str, mentor: str) -> str:
    distance = {
        "near-peer": "only a little further on",
        "few-years": "a few years ahead",
        "senior": "far along in their career",
    }[reason["seniority"]]
    wish = "as you wished" if mentee == "you" else f"as {mentee} wished"
    if mentor == "you":
        return _sentence(f"{mentee} wished for somebody {distance}, as you are")
    return _sentence(f"{mentor} is {distance}, {wish}")


def _rhythm(reason: Reason, reader: Reader, mentee: str, mentor: str) -> str:
    both = "you both" if "you" in (mentee, mentor) else "both"
    return _sentence(
        f"{both} like to meet this way: {_labels('modality', reason['modalities'][:2])}"
    )


def _place(reason: Reason, reader: Reader, mentee: str, mentor: str) -> str:
    both = "you are both" if "you" in (mentee, mentor) else "both are"
    where = f"at {reason['institution']}" if "institution" in reason else "in the same country"
    return _sentence(f"{both} {where}")


_SENTENCES = {
    "help": _help,
    "choice": _choice,
    "specialty": _specialty,
    "style": _style,
    "stage": _stage,
    "rhythm": _rhythm,
    "place": _place,
}


def _label(kind: str, id: str) -> str:
    """Return a label as it stands inside a sentence: a capital only where the word needs it."""
    label = taxonomy.load().label(kind, id)
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def _labels(kind: str, ids: Sequence[str]) -> str:
    return " and ".join(_label(kind, id) for id in ids)


def count(number: int, thing: str) -> str:
    """Return "1 pair" or "2 pairs"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _verb(who: str, they: str, you: str) -> str:
    return you if who == "you" else they


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else ""

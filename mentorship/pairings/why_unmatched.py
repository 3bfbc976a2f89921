"""Why someone is unmatched, as sentences for each reader.

A must-rule has its words here, in `_RULES` and `_WITHOUT`.
"""

from __future__ import annotations

from collections.abc import Iterable

from mentorship.language import gettext as _
from mentorship.language import mark, ngettext, number
from mentorship.pairings.sentences import Reader, Reason, label


def in_words(reason: Reason, reader: Reader) -> str:
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


def rules_in_words(rules: Iterable[str]) -> list[str]:
    """Return the names of must-rules, in words that do not tell who ruled out what."""
    return list(dict.fromkeys(_(_RULES[rule]) for rule in rules))


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
    "status": mark("Paused mentors who would suit: %(n)s."),
    "capacity": mark("Mentors without places who would suit: %(n)s."),
    "stage": mark("Mentors available without the career-stage rule: %(n)s."),
    "language": mark("Mentors available without the shared-language rule: %(n)s."),
    "institution": mark("Mentors available without the own-institution rule: %(n)s."),
    # One sentence for all three, for the same reason as below.
    "former": mark("Mentors available without requirements and exclusions: %(n)s."),
    "gender": mark("Mentors available without requirements and exclusions: %(n)s."),
    "do_not_match": mark("Mentors available without requirements and exclusions: %(n)s."),
}
# One sentence for all three, so that it does not tell who required or ruled out what.
_PRIVATE = mark("A requirement, a pair that was ruled out, or a pairing that ended before")
_RULES = {
    "status": mark("That every other mentor is paused"),
    "capacity": mark("That no other mentor offers a place"),
    "self": mark("That no one mentors themselves"),
    "do_not_match": _PRIVATE,
    "language": mark("The shared-language rule"),
    "stage": mark("The career-stage rule"),
    "institution": mark("The own-institution rule"),
    "hours_apart": mark("The time-zone limit"),
    "gender": _PRIVATE,
    "former": _PRIVATE,
}

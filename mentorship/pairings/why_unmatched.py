"""Why someone is unmatched, as sentences for each reader.

A must-rule has its words here, in `_RULES` and `_WITHOUT`; one of a program's own questions is
named by the question. What rests on answers that no one may read is one sentence for all of them,
without a number; and a number of fewer than `sight.FEW` is not told, so that a dry run with few
people tells no one's secret. `asked` are the own questions of the program: of one that is not
among them no one may read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mentorship.language import gettext as _
from mentorship.language import mark, ngettext, number
from mentorship.pairings.sentences import Reader, Reason, label
from mentorship.people import questions, sight
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer

#: Rules that rest on a secret: who ruled out whom, a requirement, a former pairing's end.
_SECRET = ("do_not_match", "gender", "institution", "former")


def told_cause(reason: Reason, asked: Sequence[ProgramQuestion] = ()) -> str:
    """Return the cause, as far as coordinators may know it."""
    is_secret = reason["cause"] == "rule" and not _is_told(
        reason["rule"], Viewer.COORDINATOR, asked
    )
    return "rules" if is_secret else str(reason["cause"])


def in_words(
    reason: Reason,
    reader: Reader,
    asked: Sequence[ProgramQuestion] = (),
    *,
    few: bool = False,
) -> str:
    """Return why someone is unmatched; participants are never ranked, nor told to wish for less.

    With `few`, so few took part that coordinators are not told whether a rule or the score decided.
    """
    cause = told_cause(reason, asked)
    if reader is Reader.COORDINATOR:
        if few and cause in ("floor", "rule", "rules"):
            return _("No participating mentor is a fit.")
        change = _would_have_matched(reason.get("change"), asked)
        return " ".join([_for_coordinator(reason, asked), *([change] if change else [])])
    if cause == "places":
        field = reason.get("field")
        # Earlier versions did not count the places of a field.
        if field and reason["asked_by"] > reason.get("places", reason["asked_by"]):
            return _(
                "More people asked for %(field)s than there were places.",
                field=label("specialty", field),
            )
        return _("The mentors who could have helped you had no free places this time.")
    # Of one rule only where it kept every mentor away: otherwise some did speak the language.
    if cause == "rule" and reason.get("all"):
        if reason["rule"] in _NO_MENTOR:
            return _(_NO_MENTOR[reason["rule"]])
        question = _named(reason["rule"], asked)
        if question and _is_told(question.name, Viewer.MATCH, asked):
            return _(
                "No mentor with a free place answered “%(question)s” as you did.",
                question=question.label,
            )
    if cause == "demand":
        # True of no mentee at all, too: few are not told from none.
        return _("This time, every mentee who could have been matched with you has a mentor.")
    if cause == "no_mentees":
        return _("No mentee was looking for a mentor this time.")
    # One sentence, so that coordinators who read this email learn of no secret rule by it.
    return _("No mentor this time met all the requirements of this program.")


def _for_coordinator(reason: Reason, asked: Sequence[ProgramQuestion]) -> str:
    cause = told_cause(reason, asked)
    if cause == "places":
        suitable = _suitable(reason["suitable"])
        field = reason.get("field")
        if field and reason.get("asked_by", 0) >= sight.FEW:
            return _(
                "%(suitable)s; %(asked)s people chose %(field)s first.",
                suitable=suitable,
                asked=number(reason["asked_by"]),
                field=label("specialty", field),
            )
        return f"{suitable}."
    if cause == "floor":
        if reason["allowed"] < sight.FEW:
            return _("No pair reaches the program's minimum score.")
        return _(
            "%(n)s possible mentors, but no pair reaches the program's minimum score.",
            n=number(reason["allowed"]),
        )
    if cause == "rule":
        rule = _rule_in_words(reason["rule"], asked)
        if reason["would_open"] < sight.FEW:
            return _("%(rule)s rules out all remaining mentors.", rule=rule)
        return _(
            "%(rule)s rules out all remaining mentors. Without it, %(n)s mentors would be "
            "available.",
            n=number(reason["would_open"]),
            rule=rule,
        )
    if cause == "demand":
        if reason["suitable"] < sight.FEW:
            return _("No suitable mentee was left.")
        return _(
            "%(n)s suitable mentees, all matched with other mentors.", n=number(reason["suitable"])
        )
    if cause == "no_mentees":
        return _("There was no mentee to match.")
    return _("The rules exclude every mentor.")


def rules_in_words(rules: Iterable[str], asked: Sequence[ProgramQuestion] = ()) -> list[str]:
    """Return the names of must-rules that coordinators may know."""
    return [
        _rule_in_words(rule, asked) for rule in rules if _is_told(rule, Viewer.COORDINATOR, asked)
    ]


def _rule_in_words(rule: str, asked: Sequence[ProgramQuestion]) -> str:
    if (question := _named(rule, asked)) is not None:
        return _("The same answer to “%(question)s”", question=question.label)
    return _(_RULES[rule])


def _named(rule: str, asked: Sequence[ProgramQuestion]) -> ProgramQuestion | None:
    return next((question for question in asked if question.name == rule), None)


def _is_told(rule: str, viewer: Viewer, asked: Sequence[ProgramQuestion]) -> bool:
    """Return whether someone may know that a rule decided."""
    if not questions.is_own(rule):
        return rule not in _SECRET
    question = _named(rule, asked)
    return question is not None and sight.sees_answers(viewer, question)


def _suitable(mentors: int) -> str:
    if mentors < sight.FEW:
        return _("Suitable mentors have no free places")
    return _("%(n)s suitable mentors, no free places", n=number(mentors))


def _would_have_matched(change: Reason | None, asked: Sequence[ProgramQuestion]) -> str:
    """Return the smallest change that would have matched a mentee, as the round's prices say.

    Nothing where it rests on a secret, or on few mentors.
    """
    if change is None or not _is_told(change["what"], Viewer.COORDINATOR, asked):
        return ""
    what = change["what"]
    if what == "floor":
        # Not that they would be matched: a lower minimum lets in others too, who may come first.
        return _(
            "With a minimum score of %(score)s, a mentor would be available.",
            score=number(int(change["score"] / 10_000)),
        )
    if what == "priority":
        return ngettext(
            "Missed a place by %(points)s points; one missed round adds that much.",
            "Missed a place by %(points)s points; %(n)s missed rounds add that much.",
            change["rounds"],
            points=number(round(change["short"] / 10_000, 1)),
        )
    if change["mentors"] < sight.FEW:
        return ""
    if what == "hours_apart":
        return _(
            "With a limit of %(hours)s hours, %(n)s mentors would be available.",
            n=number(change["mentors"]),
            hours=number(change["hours"]),
        )
    if (question := _named(what, asked)) is not None:
        return _(
            "Mentors available if “%(question)s” didn't require the same answer: %(n)s.",
            n=number(change["mentors"]),
            question=question.label,
        )
    return _(_WITHOUT[what], n=number(change["mentors"]))


_WITHOUT = {
    "status": mark("Suitable mentors who are paused: %(n)s."),
    "capacity": mark("Suitable mentors without free places: %(n)s."),
    "stage": mark("Mentors available without the career-stage rule: %(n)s."),
    "language": mark("Mentors available without the shared-language rule: %(n)s."),
}
_NO_MENTOR = {
    "language": mark("No mentor with a free place spoke a language that you can meet in."),
    "stage": mark("No mentor this time works with people at your stage."),
    "hours_apart": mark(
        "No mentor with a free place was close enough to your time zone this time."
    ),
}
_RULES = {
    "status": mark("The rule that mentors must be active"),
    "capacity": mark("The rule that mentors must offer a place"),
    "self": mark("The rule that no one mentors themselves"),
    "language": mark("The shared-language rule"),
    "stage": mark("The career-stage rule"),
    "hours_apart": mark("The time-zone limit"),
}

"""The results of a round in words and numbers, for coordinators.

Rounds of earlier versions of the service measured less: what they lack is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching.profiles import taxonomy
from mentorship import language
from mentorship.coordination.review import Found
from mentorship.language import gettext as _
from mentorship.language import mark, ngettext
from mentorship.models import Decision, DecisionKind
from mentorship.pairings import why_unmatched
from mentorship.people import questionnaire, questions, sight
from mentorship.people.sight import Viewer
from webapp import labels

#: How good the round is, by what it was to be best at.
_BOUNDS = {
    "coverage": mark(
        "This round scores %(value)s points; no other round that matches as many mentees could "
        "score more than %(bound)s."
    ),
    "fair": mark(
        "This round scores %(value)s points; no other round that matches as many mentees, with "
        "as good a lowest pair, could score more than %(bound)s."
    ),
    "total": mark(
        "This round scores %(value)s points; no other round could score more than %(bound)s."
    ),
}
#: The same where as many as possible of the mentors that mentees wish for come before scores.
_BOUNDS_FILLED = {
    "coverage": mark(
        "This round scores %(value)s points; no other round that matches as many mentees, with "
        "as many pairs, could score more than %(bound)s."
    ),
    "fair": mark(
        "This round scores %(value)s points; no other round that matches as many mentees, with "
        "as many pairs and as good a lowest pair, could score more than %(bound)s."
    ),
}
_SCORES = {
    "lowest": mark("Lowest"),
    "mean_of_lowest_tenth": mark("Mean of the lowest tenth"),
    "mean": mark("Mean"),
}
_CAUSES = {
    "places": mark("Suitable mentors have no free places"),
    "floor": mark("No pair reaches the minimum score"),
    "rules": mark("The rules exclude all remaining mentors"),
}


@dataclass(frozen=True)
class Group:
    """Results of mentees who have something in common; None where they are too few to show."""

    name: str
    people: int | None
    matched: int | None
    mean: float | None


def proof_of(result: Found) -> list[str]:
    """Return sentences on how good the round is, and whether that is proved."""
    proof = result.proof
    if proof["value"] is None or proof["upper_bound"] is None:
        return []
    sentences = [_("This is not proved to be the best.")]
    if result.is_optimal:
        considered = proof["considered"]
        sentences = [
            _("Proved best.")
            if considered is None
            else _(
                "Proved best: all %(n)s possible pairs were looked at.",
                n=language.number(considered),
            )
        ]
    values = {"value": _points(proof["value"]), "bound": _points(proof["upper_bound"])}
    bounds = _BOUNDS_FILLED if result.fills else _BOUNDS
    sentences.append(_(bounds[proof["objective"]], **values))
    if result.decisions and result.free and proof["value"] is not None:
        cost = result.free["value"] - proof["value"]
        sentences.append(
            ngettext(
                "The decision by hand costs %(cost)s points.",
                "The %(n)s decisions by hand cost %(cost)s points.",
                result.decisions,
                cost=_points(cost),
            )
        )
    if proof["gap"]:
        sentences.append(
            _(
                "So the best round may be up to %(gap)s points better, which is %(share)s.",
                gap=_points(proof["gap"]),
                share=language.percent(proof["gap"] / max(1, proof["upper_bound"])),
            )
        )
    return sentences


def proof_in_short(result: Found) -> str:
    """Return in a few words whether a round is proved to be the best, and around what."""
    if not result.is_optimal:
        return _("not proved optimal")
    if not result.decisions:
        return _("proved optimal")
    return ngettext(
        "proved best given 1 decision by hand",
        "proved best given %(n)s decisions by hand",
        result.decisions,
    )


def decision(made: Decision) -> str:
    """Return what was decided by hand, and about whom."""
    mentee, mentor = (
        each and sight.title(each, Viewer.COORDINATOR) for each in (made.mentee, made.mentor)
    )
    if made.kind is DecisionKind.PAIR:
        if made.overrides:
            return _(
                "%(mentee)s is paired with %(mentor)s, even against a rule.",
                mentee=mentee,
                mentor=mentor,
            )
        return _("%(mentee)s is paired with %(mentor)s.", mentee=mentee, mentor=mentor)
    if made.kind is DecisionKind.PART:
        return _("%(mentee)s and %(mentor)s are kept apart.", mentee=mentee, mentor=mentor)
    return _("%(name)s is left out of this round.", name=mentee or mentor)


def refused(made: Decision) -> str:
    """Return why a pair decided by hand was not made; what people require themselves is private."""
    person = made.mentee or made.mentor
    asked = questions.of_profile(person) if person else ()
    rules = why_unmatched.rules_in_words(made.refused or (), asked)
    if len(rules) < len(made.refused or ()) or not rules:
        return _("Not made: one person's requirements rule it out. Whose they are stays private.")
    return _("Not made: %(rules)s.", rules=language.listed(rules))


def spread(measures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return figures of how the scores are spread, of 100, each with its name."""
    scores = [
        (_(name), of_hundred(measures[key]))
        for key, name in _SCORES.items()
        if measures.get(key) is not None
    ]
    if scores and "gini" in measures:
        scores.append((_("Spread of scores"), language.number(round(measures["gini"], 2))))
    return scores


def loads(measures: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the number of mentors by their number of mentees, in words."""
    counted = {int(load): count for load, count in measures.get("mentors_by_load", {}).items()}
    return [
        (ngettext("%(n)s mentee", "%(n)s mentees", load) if load else _("None"), count)
        for load, count in sorted(counted.items())
    ]


def wanting_more(measures: Mapping[str, Any]) -> list[str]:
    """Return sentences on mentees who have a mentor and wish for more than were found."""
    return [
        ngettext(
            "%(n)s mentee with a mentor asked for %(more)s more.",
            "%(n)s mentees with a mentor asked for %(more)s more.",
            count,
            more=language.number(int(more)),
        )
        for more, count in sorted(measures.get("wanting_more", {}).items())
    ]


def causes(measures: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the number of unmatched mentees by cause, in words, the most frequent first."""
    counted: Counter[str] = Counter()
    for cause, number in measures.get("unmatched_by_cause", {}).items():
        # Which rule it was, or whether it was several, may be someone's secret.
        counted["rules" if cause == "rule" else cause] += number
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [(_(_CAUSES.get(cause, cause)), count) for cause, count in ordered]


def remarks(measures: Mapping[str, Any]) -> list[str]:
    """Return sentences on pairs who would prefer each other, and on pairings that end."""
    remarks = []
    blocking = measures.get("blocking_pairs")
    if blocking == 0:
        remarks.append(
            _("No mentee and mentor would both prefer each other to the match they have.")
        )
    elif blocking is not None:
        remarks.append(
            ngettext(
                "One mentee and one mentor would both prefer each other to the match they "
                "have. That's normal: the round is the best for everyone together, and "
                "matching these two would cost others more.",
                "In %(n)s cases, a mentee and a mentor would both prefer each other to the "
                "match they have. That's normal: the round is the best for everyone "
                "together, and matching these two would cost others more.",
                blocking,
            )
        )
    churn = measures.get("churn")
    if churn == 0:
        remarks.append(_("Every pairing that could stay does."))
    elif churn is not None:
        remarks.append(
            _(
                "Of the pairings that could have stayed, %(share)s end with this round.",
                share=language.percent(churn),
            )
        )
    return remarks


def groups(measures: Mapping[str, Any]) -> list[tuple[str, list[Group]]]:
    """Return results by career stage, country and identity, each under its heading."""
    grouped: Mapping[str, Sequence[Mapping[str, Any]]] = measures.get("groups", {})
    return [
        (
            _(heading),
            [
                Group(
                    name(row["group"]) if row["group"] else _("Not specified"),
                    row["people"],
                    row["matched"],
                    row["mean"],
                )
                for row in grouped[kind]
            ],
        )
        for kind, (heading, name) in _GROUPINGS.items()
        if grouped.get(kind)
    ]


def _community(id: str) -> str:
    return _("None") if id == "not_shared" else _(taxonomy.load().label("community", id))


def of_hundred(score: float) -> str:
    """Return a score from 0 to 1 as pages show it."""
    return language.number(round(100 * score))


def _points(millionths: int) -> str:
    # In the points of a score, as the effects of decisions and the totals of dry runs are.
    return language.number(round(millionths / 10_000, 1))


#: By what mentees are grouped: the heading, and how a group is called.
_GROUPINGS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "stage": (mark("Career stage"), labels.stage),
    "country": (mark("Country"), questionnaire.country),
    "identity": (mark("Communities that mentees opted into"), _community),
}

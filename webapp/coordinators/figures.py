"""What a round came to, in words and numbers that a coordinator can use.

Rounds of earlier versions of the service measured less: what is not there is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching.profiles import taxonomy
from mentorship import language
from mentorship.coordination.review import Found
from mentorship.language import gettext as _
from mentorship.language import ngettext
from mentorship.people import questionnaire
from webapp import labels

_MILLION = 1_000_000


@dataclass(frozen=True)
class Group:
    """How those fared who have something in common; None where they are too few to be counted."""

    name: str
    people: int | None
    matched: int | None
    mean: float | None


def proof(found: Found) -> list[str]:
    """Return sentences on how good the round is, and how that is known."""
    told = found.proof
    if told["value"] is None or told["upper_bound"] is None:
        return []
    sentences = [_("This is not proved to be the best.")]
    if found.is_optimal:
        considered = told["considered"]
        sentences = [
            _("Proved best.")
            if considered is None
            else _(
                "Proved best: all %(n)s possible pairs were looked at.",
                n=language.number(considered),
            )
        ]
    values = {"value": _points(told["value"]), "bound": _points(told["upper_bound"])}
    sentences.append(
        {
            "coverage": _(
                "This round comes to %(value)s points; no other in which as many mentees have a "
                "mentor could come to more than %(bound)s.",
                **values,
            ),
            "fair": _(
                "This round comes to %(value)s points; no other in which as many mentees have a "
                "mentor, and the lowest pair is as good, could come to more than %(bound)s.",
                **values,
            ),
            "total": _(
                "This round comes to %(value)s points; no other could come to more than %(bound)s.",
                **values,
            ),
        }[told["objective"]]
    )
    if told["gap"]:
        sentences.append(
            _(
                "So the best may be up to %(gap)s points better, which is %(share)s.",
                gap=_points(told["gap"]),
                share=language.percent(told["gap"] / max(1, told["upper_bound"])),
            )
        )
    return sentences


def spread(measures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the scores are like, of 100, and how uneven, each figure with its name."""
    named = {
        "lowest": _("Lowest"),
        "mean_of_lowest_tenth": _("Mean of the lowest tenth"),
        "mean": _("Mean"),
    }
    found = [
        (name, of_hundred(measures[key]))
        for key, name in named.items()
        if measures.get(key) is not None
    ]
    if found and "gini" in measures:
        found.append((_("Unevenness (Gini)"), language.number(round(measures["gini"], 2))))
    return found


def loads(measures: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return how many mentors have how many mentees."""
    counted = {int(load): count for load, count in measures.get("mentors_by_load", {}).items()}
    return [
        (ngettext("%(n)s mentee", "%(n)s mentees", load) if load else _("No mentee"), count)
        for load, count in sorted(counted.items())
    ]


def causes(measures: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return why how many mentees are without a mentor, the most frequent first."""
    named = {
        "places": _("Those who suit have no place left"),
        "floor": _("No pair reaches the lowest score"),
        "rule": _("One rule excludes everybody who is left"),
        "rules": _("Several rules together exclude everybody"),
    }
    counted: Mapping[str, int] = measures.get("unmatched_by_cause", {})
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [(named.get(cause, cause), count) for cause, count in ordered]


def remarks(measures: Mapping[str, Any]) -> list[str]:
    """Return what the round means for those who would rather have others, and for pairings."""
    found = []
    blocking = measures.get("blocking_pairs")
    if blocking == 0:
        found.append(
            _("No mentee and mentor would both rather have each other than whom they have.")
        )
    elif blocking is not None:
        found.append(
            ngettext(
                "One mentee and one mentor would both rather have each other than whom they have. "
                "That is usual: the round seeks what is best for all together, and to bring them "
                "together would take from others.",
                "In %(n)s cases a mentee and a mentor would both rather have each other than whom "
                "they have. That is usual: the round seeks what is best for all together, and to "
                "bring them together would take from others.",
                blocking,
            )
        )
    churn = measures.get("churn")
    if churn == 0:
        found.append(_("All pairings that could stay do stay."))
    elif churn is not None:
        found.append(
            _(
                "Of the pairings that could have stayed, %(share)s end with this round.",
                share=language.percent(churn),
            )
        )
    return found


def groups(measures: Mapping[str, Any]) -> list[tuple[str, list[Group]]]:
    """Return how mentees fared by career stage, country and identity, each under its heading."""
    kinds: dict[str, tuple[str, Callable[[str], str]]] = {
        "stage": (_("Career stage"), labels.stage),
        "country": (_("Country"), questionnaire.country),
        "identity": (_("Communities that mentees opted into"), _community),
    }
    told: Mapping[str, Sequence[Mapping[str, Any]]] = measures.get("groups", {})
    return [
        (
            heading,
            [
                Group(
                    name(row["group"]) if row["group"] else _("Not said"),
                    row["people"],
                    row["matched"],
                    row["mean"],
                )
                for row in told[kind]
            ],
        )
        for kind, (heading, name) in kinds.items()
        if told.get(kind)
    ]


def _community(id: str) -> str:
    return _("None") if id == "not_shared" else _(taxonomy.load().label("community", id))


def of_hundred(score: float) -> str:
    """Return a score from 0 to 1 as pages show it."""
    return language.number(round(100 * score))


def _points(millionths: int) -> str:
    return language.number(round(millionths / _MILLION, 2))

"""Policies to start from, each for one kind of program: weights, for whom they are, and why.

As the weights of `policy.yaml` they are judgement built on what has been studied, not estimates. A
preset changes what it is about; the program's own rules and minimum score stay, and so does the
weight of identity, whose questions a program asks or does not ask.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from matching import policy
from matching.policy import Policy
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.language import mark


@dataclass(frozen=True)
class Preset:
    """A policy to start from; `settings` are entries of the policy beside its weights."""

    label: str
    #: For whom it is, and what it does.
    purpose: str
    #: What has been found that speaks for it, with its source.
    evidence: str
    weights: Mapping[str, float]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def applied(self, to: Policy) -> Policy:
        """Return a policy changed as the preset says."""
        weights = {**to.weights, **self.weights}
        return dataclasses.replace(to, weights=weights, **self.settings)


_SHIPPED = policy.default()

#: By name, in the order in which they are offered.
PRESETS: Mapping[str, Preset] = {
    "shipped": Preset(
        mark("Default settings"),
        mark("For programs with several purposes: every setting as in a new program."),
        mark(
            "Help that meets a need and similarity are associated with a good relationship "
            "to a similar degree (Marshall 2017), so both count; having a say in the match "
            "is associated with quality (Kendall and Smith-Jentsch 2015, randomized, 65 "
            "pairs)."
        ),
        _SHIPPED.weights,
        # A program's own questions count as it says.
        {n: value for n, value in vars(_SHIPPED).items() if n not in ("weights", "questions")},
    ),
    "residency-advising": Preset(
        mark("Residency advising"),
        mark(
            "For students choosing a specialty and applying to it. What counts most is a "
            "mentor in that specialty who offers the help wanted and is at a stage that "
            "usually advises students."
        ),
        mark(
            "Surgical residents most often chose a mentor for similar interests (Caine 2017, 42 "
            "residents); women in academic medicine ranked the same department and institution "
            "first (Carapinha 2016, 3,100 women)."
        ),
        {
            "help": 30, "choice": 20, "specialty": 40, "style": 5, "text": 5, "stage": 20,
            "distance": 10, "hours": 10, "rhythm": 0, "place": 5,
        },
    ),
    "near-peer": Preset(
        mark("Near-peer"),
        mark(
            "For mentors a step or two ahead, such as residents who mentor students. What "
            "counts most is that the mentor is as far ahead as the mentee wants, and that "
            "the two can meet."
        ),
        mark(
            "Evidence on near-peers is weak. Having a say in the match is associated with "
            "quality (Allen, Eby, and Lentz 2006), and in residency, mentees' schedules are "
            "the most commonly reported barrier (8 of 55 studies, PMC10150829)."
        ),
        {
            "help": 20, "choice": 20, "specialty": 15, "style": 15, "text": 0, "stage": 15,
            "distance": 30, "hours": 20, "rhythm": 5, "place": 5,
        },
    ),
    "research": Preset(
        mark("Research"),
        mark(
            "For projects, theses, and careers in science. Specialty, the help wanted, and "
            "what both wrote about their work count most; how far ahead the mentor is counts "
            "less."
        ),
        mark(
            "In clinical and translational science, an index that includes discipline, "
            "track, and type of research was related to mentoring as predicted (Baker 2025, "
            "76 pairs). Words in common are a weak sign of a good fit, so they stay a small "
            "part."
        ),
        {
            "help": 30, "choice": 20, "specialty": 35, "style": 5, "text": 15, "stage": 15,
            "distance": 5, "hours": 10, "rhythm": 5, "place": 0,
        },
    ),
    "wellbeing": Preset(
        mark("Wellbeing"),
        mark(
            "For support through training rather than advice on a specialty. Ways of "
            "working, needs, and time to meet count most, and no one should be left far "
            "behind: once as many mentees as possible are matched, the lowest-scoring pair "
            "comes first."
        ),
        mark(
            "Similar values are associated with quality (.38 to .59), and how often two "
            "people meet is associated with support (.25; Eby 2013, 40,737 people), but "
            "mostly similarity as people perceive it afterward."
        ),
        {
            "help": 25, "choice": 20, "specialty": 5, "style": 25, "text": 0, "stage": 10,
            "distance": 15, "hours": 25, "rhythm": 10, "place": 5,
        },
        {"objective": "fair"},
    ),
}  # fmt: skip


def get(name: str) -> Preset:
    """Return a preset. Raises `NotFound`."""
    try:
        return PRESETS[name]
    except KeyError:
        raise NotFound(_("there is no preset %(name)s", name=name)) from None

"""What coordinators should look at before a pair meets, as sentences for them alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mentorship.language import gettext as _
from mentorship.models import Pairing
from mentorship.pairings import reasons
from mentorship.pairings.sentences import Reader, Reason, label
from mentorship.people import questions, sight
from mentorship.people.sight import Viewer


def of_pairing(pairing: Pairing) -> list[str]:
    """Return what to look at in a pairing; nothing where one of the two has left."""
    people = (pairing.mentee, pairing.mentor)
    if any(sight.is_hidden(profile, Viewer.COORDINATOR) for profile in people):
        return []
    told = [_WORDS[caution["criterion"]](caution) for caution in pairing.cautions]
    # What they may be told once they meet, whatever they know of each other now.
    asked = questions.of_profile(pairing.mentee)
    if not reasons.of_pair(pairing.reasons, Reader.MENTEE, Viewer.MATCH, "", "", asked):
        told.append(_("There is no reason that can be shared with the two."))
    return told


def _distance(caution: Reason) -> str:
    wish = {
        "near-peer": _("someone only a little further along"),
        "few-years": _("someone a few years ahead"),
        "senior": _("someone far along in their career"),
    }[caution["seniority"]]
    if caution["further"]:
        return _("Further ahead than requested: the mentee asked for %(wish)s.", wish=wish)
    return _("Not as far ahead as requested: the mentee asked for %(wish)s.", wish=wish)


def _specialty(caution: Reason) -> str:
    wanted, field = (label("specialty", id) for id in caution["apart"])
    return _("Specialties far apart: %(wanted)s and %(field)s.", wanted=wanted, field=field)


_WORDS: Mapping[str, Callable[[Reason], str]] = {
    "hours": lambda caution: _("No free time in common in a usual week."),
    "distance": _distance,
    "specialty": _specialty,
    "score": lambda caution: _("A weak pair: a poorer fit than is typical in this program."),
}

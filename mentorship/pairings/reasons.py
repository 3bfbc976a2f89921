"""Why two people were matched, and why their pairing ended, as sentences for each reader.

What a reader must not see is left out here: coordinators never read of sensitive goals, and no one
reads a score, a rank or a verdict on a person.
"""

from __future__ import annotations

from collections.abc import Sequence

from matching.profiles import taxonomy
from mentorship.language import gettext as _
from mentorship.language import sentence
from mentorship.models import Pairing
from mentorship.pairings.criteria import CRITERIA
from mentorship.pairings.sentences import Reader, Reason
from mentorship.states import Ending, PairingState


def of_pair(reasons: Sequence[Reason], reader: Reader, mentee: str, mentor: str) -> list[str]:
    """Return a sentence for each reason; `mentee` and `mentor` are what the two are called."""
    names = {"mentee": mentee, "mentor": mentor}
    if reader is Reader.COORDINATOR:
        reasons = without_sensitive(reasons)
    clauses = ((CRITERIA[reason["criterion"]].clause, reason) for reason in reasons)
    said = [clause(reason, reader, names) for clause, reason in clauses if clause is not None]
    return [sentence(words) for words in said if words]


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


def of_ending(reason: str, other: str) -> str:
    """Return why a pairing ended, for the one who did not end it; `other` is the other's name."""
    if reason == Ending.LEFT:
        return _("%(other)s no longer takes part in the program.", other=other)
    if reason == Ending.FINISHED:
        return _("%(other)s says that you have done what you set out to do.", other=other)
    if reason.startswith(Ending.BY_ROUND):
        return _("A new round changed who meets whom. %(other)s has been told.", other=other)
    return _("It wasn't the right match. That happens, and it says nothing about either of you.")

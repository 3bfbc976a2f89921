"""Why two people were matched, and why their pairing ended, as sentences for each reader.

What a reader must not see is left out here, as `mentorship.people.sight` says; and no one reads a
score, a rank or a verdict on a person.
"""

from __future__ import annotations

from collections.abc import Sequence

from matching.profiles import taxonomy
from mentorship.language import gettext as _
from mentorship.language import sentence
from mentorship.models import Pairing
from mentorship.pairings.criteria import CRITERIA
from mentorship.pairings.sentences import Reader, Reason
from mentorship.people import questionnaire, questions, sight
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer
from mentorship.states import Ending

#: How many reasons are told at most; more are stored where some may be told to no one.
_MOST = 3


def of_pairing(pairing: Pairing, reader: Reader) -> list[str]:
    """Return why two people suit each other, a sentence for each reason that the reader may read.

    Where one of the two has left, coordinators read none.
    """
    is_coordinator = reader is Reader.COORDINATOR
    viewer = Viewer.COORDINATOR if is_coordinator else sight.in_pairing(pairing)
    if any(sight.is_hidden(profile, viewer) for profile in (pairing.mentee, pairing.mentor)):
        return []
    mentee, mentor = (sight.called(each, viewer) for each in (pairing.mentee, pairing.mentor))
    asked = questions.of_profile(pairing.mentee)
    return of_pair(pairing.reasons, reader, viewer, mentee, mentor, asked)


def of_pair(
    reasons: Sequence[Reason],
    reader: Reader,
    viewer: Viewer,
    mentee: str,
    mentor: str,
    asked: Sequence[ProgramQuestion] = (),
) -> list[str]:
    """Return sentences for the first three reasons that a viewer may read.

    The two are called as given; `asked` are the own questions of their program.
    """
    by_name = {question.name: question for question in asked}
    names = {"mentee": mentee, "mentor": mentor}
    if not sight.sees(viewer, sight.PRIVATE_GOALS):
        reasons = without_sensitive(reasons)
    said = []
    for reason in reasons:
        if questions.is_own(reason["criterion"]):
            question = by_name.get(reason["criterion"])
            if question and sight.sees_answers(viewer, question):
                said.append(_same_answer(question, reason, reader))
            continue
        criterion = CRITERIA[reason["criterion"]]
        if criterion.clause and all(sight.sees(viewer, name) for name in criterion.shows):
            said.append(criterion.clause(reason, reader, names))
    return [sentence(words) for words in said if words][:_MOST]


def _same_answer(question: ProgramQuestion, reason: Reason, reader: Reader) -> str:
    words = {
        "question": question.label,
        "answer": questionnaire.shown(question.column, reason["shared"]),
    }
    if reader is Reader.COORDINATOR:
        return _("both answered “%(question)s” with %(answer)s", **words)
    return _("you both answered “%(question)s” with %(answer)s", **words)


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
        return _("%(other)s is no longer in the program.", other=other)
    if reason == Ending.FINISHED:
        return _("%(other)s says you've done what you set out to do.", other=other)
    if reason == Ending.CONCLUDED:
        return _(
            "Your program says that the pairing has run its course. %(other)s has been told.",
            other=other,
        )
    if reason == Ending.BY_COORDINATOR:
        return _(
            "A coordinator of your program ended it, and %(other)s has been told. It's no "
            "reflection on either of you; reply to this email to ask about it.",
            other=other,
        )
    if reason.startswith(Ending.BY_ROUND):
        return _(
            "A new round changed who is paired with whom. %(other)s has been told.", other=other
        )
    return _("It wasn't the right match. That happens, and it's no reflection on either of you.")

"""Buttons in emails: each leads to the page where its reader answers, and changes nothing yet."""

from __future__ import annotations

from collections.abc import Sequence

from mentorship import links
from mentorship.models import Email, Pairing, Profile, Question
from mentorship.settings import Settings

Button = tuple[str, str]

# What they say, and the choice that `mentorship.answers` takes them for.
ASK = [("Yes, I would", "yes"), ("No, thank you", "no")]
NO_CONTACT = ("No contact yet", "no_contact")
NOT_FIT = ("This does not fit", "not_fit")
FIRST_MEETING = [("We met", "met"), NO_CONTACT, NOT_FIT]
PULSE = [
    ("It goes well", "well"), ("It goes slowly", "slow"), NOT_FIT, ("We have finished", "finished"),
]  # fmt: skip


def of(
    pairing: Pairing,
    row: Email,
    question: Question,
    settings: Settings,
    choices: Sequence[tuple[str, str]],
) -> list[Button]:
    """Return a label and a link for each choice, for the reader of an email."""
    page = links.answer(pairing.id, row.person_id, question, settings)
    return [(label, f"{page}?choice={choice}") for label, choice in choices]


def to_step_out(
    pairing: Pairing, row: Email, settings: Settings, other: Profile | None = None
) -> list[Button]:
    """Return the button with which the first two weeks end it; it names `other` of several."""
    label = "This does not fit" + (f": {other.person.called}" if other else "")
    return of(pairing, row, Question.STEP_OUT, settings, [(label, "step_out")])

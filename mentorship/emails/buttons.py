"""Buttons in emails: each leads to the page where its reader answers, and changes nothing yet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from mentorship import links
from mentorship.models import PENDING_ANSWER, Answer, Email, EmailKind, Pairing, Question
from mentorship.settings import Settings
from mentorship.states import PairingState

Button = tuple[str, str]

# What they say, and the choice that `mentorship.pairings.answers` takes them for.
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


def to_step_out(pairings: Sequence[Pairing], row: Email, settings: Settings) -> list[Button]:
    """Return the buttons with which the first two weeks end each; of several, each names a mentee.

    By the whole name, since two of one mentor's mentees may share a first one.
    """
    found = []
    for pairing in pairings:
        mentee = f": {pairing.mentee.person.full_name}" if len(pairings) > 1 else ""
        label = f"{NOT_FIT[0]}{mentee}"
        found += of(pairing, row, Question.STEP_OUT, settings, [(label, "step_out")])
    return found


def of_other_questions(
    session: Session, pairing: Pairing, row: Email, settings: Settings
) -> list[tuple[str, list[Button]]]:
    """Return whom else a reminded reader has been asked about and not answered, with the buttons.

    One reminder speaks of all of them, since no second one may follow soon.
    """
    if row.kind is not EmailKind.PAIRING_QUESTION_REMINDER:
        return []
    me = row.person_id
    unanswered = or_(
        and_(Pairing.mentee_person_id == me, Pairing.mentee_agreed_at.is_(None)),
        and_(Pairing.mentor_person_id == me, Pairing.mentor_agreed_at.is_(None)),
    )
    # What can still be undone is an answer too.
    noted = exists().where(
        Answer.pairing_id == Pairing.id,
        Answer.person_id == me,
        PENDING_ANSWER,
    )
    found = session.scalars(
        select(Pairing)
        .where(
            Pairing.program_id == pairing.program_id,
            Pairing.state == PairingState.ASKED,
            Pairing.id != pairing.id,
            unanswered,
            ~noted,
        )
        .order_by(Pairing.asked_at, Pairing.id)
    ).all()
    return [
        (
            other.other(me).person.full_name,
            of(other, row, Question.ASK, settings, ASK),
        )
        for other in found
    ]

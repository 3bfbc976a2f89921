"""Buttons in emails: each leads to the page where its reader answers, and changes nothing yet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from mentorship.emails import contents
from mentorship.links import Purpose
from mentorship.models import Email, Pairing, Question
from mentorship.pairings import answers, choices
from mentorship.settings import Settings
from mentorship.states import PairingState

Button = tuple[str, str]


def of(
    pairing: Pairing,
    row: Email,
    question: Question,
    settings: Settings,
    *names: str,
) -> list[Button]:
    """Return a label and a link for some choices, or else all, for the reader of an email."""
    page = contents.link(row, Purpose(question.value), pairing.id, settings)
    return [
        (choices.label(question, name), f"{page}?choice={name}")
        for name in names or choices.CHOICES[question]
    ]


def to_agree(pairing: Pairing, row: Email, settings: Settings, background: str) -> list[Button]:
    """Return the buttons that answer whether to meet someone.

    Of several who are asked about, each names the career stage and fields: names come later.
    """
    about = f": {background}" if background else ""
    found = of(pairing, row, Question.ASK, settings)
    return [(f"{label}{about}", link) for label, link in found]


def to_step_out(pairings: Sequence[Pairing], row: Email, settings: Settings) -> list[Button]:
    """Return a button to step out of each pairing; of several, each names its mentee.

    By the full name, since two mentees of one mentor can share a first name.
    """
    buttons = []
    for pairing in pairings:
        mentee = f": {contents.name(pairing.mentee, pairing)}" if len(pairings) > 1 else ""
        for label, link in of(pairing, row, Question.STEP_OUT, settings):
            buttons.append((f"{label}{mentee}", link))
    return buttons


def of_other_questions(
    session: Session, row: Email, settings: Settings
) -> list[tuple[str, list[Button]]]:
    """Return whom else the reader has been asked about and not answered, with the buttons.

    They are told apart by career stage and fields, since names come later.
    """
    me = row.person_id
    unanswered = or_(
        and_(Pairing.mentee_person_id == me, Pairing.mentee_agreed_at.is_(None)),
        and_(Pairing.mentor_person_id == me, Pairing.mentor_agreed_at.is_(None)),
    )
    asked = session.scalars(
        select(Pairing)
        .where(
            Pairing.program_id == row.program_id,
            Pairing.state == PairingState.ASKED,
            Pairing.id != row.cause_id,
            unanswered,
            # What can still be undone is an answer too.
            ~answers.is_pending(Pairing.id, me),
        )
        .order_by(Pairing.asked_at, Pairing.id)
    ).all()
    return [
        (
            contents.card(pairing.other(me), pairing).background,
            of(pairing, row, Question.ASK, settings),
        )
        for pairing in asked
    ]

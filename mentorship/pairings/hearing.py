"""Who knows about a pairing, by the emails that would be the first to tell them."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, String, and_, cast, or_, select
from sqlalchemy.orm import Session

from mentorship import outbox
from mentorship.models import Email, EmailKind, Pairing, Role, Round, Trait
from mentorship.states import EmailState, Ending, PairingState

#: The kinds that tell a mentor of all mentees of one part of a round, which is their cause.
OF_A_PART = (EmailKind.MENTOR_INTRODUCTION, EmailKind.PAIRING_QUESTION)


def unaware(session: Session, pairing: Pairing) -> set[uuid.UUID]:
    """Return the people who cannot know of a pairing: no email that tells them of it has left.

    Exact only if the pairing is locked, or has ended.
    """
    told = select(Email.person_id, has_not_left()).join(Pairing, tells_first())
    rows = session.execute(told.where(Pairing.id == pairing.id)).all()
    heard = {person_id for person_id, has_not_left in rows if not has_not_left}
    return {person_id for person_id, _has_not in rows} - heard


def ended_by(
    session: Session, round_id: uuid.UUID, person_id: uuid.UUID, role: Role
) -> list[Pairing]:
    """Return a person's pairings that a round ended, without those they never heard of."""
    mine = Pairing.mentee_person_id if role is Role.MENTEE else Pairing.mentor_person_id
    # By what the pairings say: the round's own result holds its proof too, and is large.
    by_this_round = f"{Ending.BY_ROUND} " + cast(Round.number, String)
    ended = session.scalars(
        select(Pairing)
        .join(Round, Round.program_id == Pairing.program_id)
        .where(
            Round.id == round_id,
            mine == person_id,
            Pairing.state == PairingState.ENDED,
            Pairing.ended_reason == by_this_round,
        )
        .order_by(Pairing.id)
    ).all()
    return [pairing for pairing in ended if person_id not in unaware(session, pairing)]


def tell_of_endings(
    session: Session, round_id: uuid.UUID, person_id: uuid.UUID, role: Role
) -> None:
    """Owe emails about the pairings that a round ended, in place of one that will not leave."""
    for pairing in ended_by(session, round_id, person_id, role):
        outbox.owe(
            session,
            EmailKind.PAIRING_ENDED,
            to=person_id,
            about=pairing.id,
            program_id=pairing.program_id,
        )


def tells_first() -> ColumnElement[bool]:
    """Match emails that are the first to tell one of the two about a pairing."""
    of_round = and_(
        Email.kind.in_(OF_A_PART),
        Email.cause_id == Pairing.round_id,
        Email.number == Pairing.part,
        Email.person_id == Pairing.mentor_person_id,
    )
    return or_(
        and_(Email.kind.in_(EmailKind.having(Trait.TELLS_FIRST)), Email.cause_id == Pairing.id),
        of_round,
    )


def has_not_left() -> ColumnElement[bool]:
    """Match emails that the relay does not have, and cannot have."""
    unsent = (EmailState.READY, EmailState.CLAIMED, EmailState.SUPERSEDED)
    return and_(Email.state.in_(unsent), Email.doubt_since.is_(None), Email.sent_at.is_(None))

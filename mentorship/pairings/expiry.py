"""Pairings that someone did not answer in time."""

from __future__ import annotations

import datetime
import itertools

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from mentorship import database
from mentorship.models import (
    Pairing,
    Profile,
)
from mentorship.pairings import answers, pairings
from mentorship.people import clock
from mentorship.states import PairingState

MOST_EXPIRED = 100


def expire_unanswered(session: Session) -> int:
    """Expire pairings whose last day to answer is over for both, and return how many.

    One whose answer can still be undone waits until it takes effect.
    """
    at = database.now(session)
    earliest = at - datetime.timedelta(days=clock.DAYS_TO_ANSWER - 1)
    asked = (Pairing.state == PairingState.ASKED) & (Pairing.asked_at < earliest)
    unanswered = asked & ~answers.is_pending(Pairing.id)
    sides = (Pairing.mentee, Pairing.mentor)
    old = session.scalars(
        select(Pairing)
        .where(unanswered)
        .order_by(Pairing.asked_at)
        .options(*(joinedload(side).joinedload(Profile.person) for side in sides))
    )
    over = (
        pairing.id
        for pairing in old
        if pairing.asked_at is not None
        and clock.is_over(
            session, pairing.asked_at, clock.DAYS_TO_ANSWER, (pairing.mentee, pairing.mentor), at
        )
    )
    if not (ids := list(itertools.islice(over, MOST_EXPIRED))):
        return 0
    pairings.lock(session, Pairing.id.in_(ids))
    found = session.scalars(
        select(Pairing)
        .where(Pairing.id.in_(ids), unanswered)
        .order_by(Pairing.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    expired = 0
    for pairing in found:
        with database.apart(session, f"the expiry of pairing {pairing.id}"):
            pairings.run_out(session, pairing)
            expired += 1
    return expired

"""Meetings that two people agreed on."""

from __future__ import annotations

import datetime
import uuid

from sqlalchemy.orm import Session

from mentorship import audit, database, mail
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Pairing
from mentorship.states import PairingState

SHORTEST_MINUTES, LONGEST_MINUTES = 10, 240
LONGEST_WHERE = 500
FURTHEST = datetime.timedelta(days=365)


def agree(
    session: Session,
    pairing: Pairing,
    by: uuid.UUID,
    *,
    at: datetime.datetime,
    minutes: int,
    where: str,
) -> None:
    """Note the meeting that two people agreed on, and tell both; a later one takes its place.

    Noting the same again changes nothing. Raises `NotFound` for somebody who is not in the
    pairing, `WrongState` before they were introduced and after they parted, and `Invalid` for a
    time, a length or a place that cannot be meant.
    """
    if by not in (pairing.mentee_person_id, pairing.mentor_person_id):
        raise NotFound(_("there is no such pairing"))
    # In UTC from the start, as calendars get it.
    at, where = at.astimezone(datetime.UTC), " ".join(where.split())
    session.refresh(pairing, with_for_update=True)
    if pairing.state not in (PairingState.INTRODUCED, PairingState.ACTIVE):
        raise WrongState(_("a meeting can be agreed on while you are introduced to each other"))
    _check(database.now(session), at, minutes, where)
    agreed = (pairing.meeting_at, pairing.meeting_minutes, pairing.meeting_where)
    if agreed == (at, minutes, where):
        return
    pairing.meeting_at, pairing.meeting_minutes, pairing.meeting_where = at, minutes, where
    pairing.meeting_number += 1
    session.flush()
    mail.supersede(session, [pairing.id], EmailKind.MEETING_AGREED)
    for person_id in (pairing.mentee_person_id, pairing.mentor_person_id):
        mail.owe(
            session,
            EmailKind.MEETING_AGREED,
            pairing.program_id,
            person_id,
            pairing.id,
            number=pairing.meeting_number,
        )
    audit.record(
        session,
        str(by),
        "meeting agreed",
        program_id=pairing.program_id,
        subject_id=pairing.id,
        number=pairing.meeting_number,
    )


def _check(now: datetime.datetime, at: datetime.datetime, minutes: int, where: str) -> None:
    if at < now:
        raise Invalid(_("that time is past; choose one to come"))
    if at > now + FURTHEST:
        raise Invalid(_("that is more than a year ahead; choose an earlier time"))
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise Invalid(
            _(
                "a meeting lasts %(least)s to %(most)s minutes, not %(minutes)s",
                least=SHORTEST_MINUTES,
                most=LONGEST_MINUTES,
                minutes=minutes,
            )
        )
    if len(where) > LONGEST_WHERE:
        raise Invalid(
            _(
                "the place has %(length)s characters; shorten it to %(limit)s",
                length=len(where),
                limit=LONGEST_WHERE,
            )
        )
    if not where.isprintable():
        raise Invalid(_("the place holds characters that cannot be shown; type it anew"))

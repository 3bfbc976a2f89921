"""Meetings that a mentee and a mentor agree on, and the emails about them."""

from __future__ import annotations

import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Email, EmailKind, Pairing
from mentorship.pairings import calendars, meetings
from mentorship.programs import programs
from mentorship.settings import Settings

DAY = datetime.timedelta(days=1)


def agree(
    session: Session, settings: Settings, pairing: Pairing, days: float = 3, **changes: object
) -> None:
    at = database.now(session).replace(microsecond=0) + days * DAY
    what = {"at": at, "minutes": 30, "where": "Café, 2nd floor"} | changes
    meetings.agree(session, settings, pairing, pairing.mentee_person_id, **what)  # type: ignore[arg-type]


def emails(session: Session, kind: EmailKind = EmailKind.MEETING_AGREED) -> list[tuple[str, int]]:
    session.flush()
    found = session.scalars(select(Email).where(Email.kind == kind)).all()
    assert {email.person_id for email in found} <= {
        pairing_person
        for pairing in session.scalars(select(Pairing))
        for pairing_person in (pairing.mentee_person_id, pairing.mentor_person_id)
    }
    return sorted((email.state.value, email.number) for email in found)


def calendar_file(session: Session, settings: Settings, pairing: Pairing) -> bytes:
    program = programs.by_id(session, pairing.program_id)
    return calendars.of_meeting(pairing, program, settings, database.now(session))

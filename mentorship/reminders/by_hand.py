"""Reminders that a coordinator asks for about one pairing, within the limits of all reminders.

No one hears from us twice in two weeks, at night, in quiet weeks, after turning reminders off, or
while their address fails.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from mentorship import database, outbox
from mentorship.coordination import health
from mentorship.coordination.health import Finding
from mentorship.errors import WrongState
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Pairing, Person, Role
from mentorship.pairings import answers, care
from mentorship.people import clock
from mentorship.reminders import candidates
from mentorship.states import LIVE_PAIRING, PairingState

#: Days from the introduction on which people may be asked at all; and since which it is "weeks".
_FIRST, _WEEKS = datetime.timedelta(days=7), datetime.timedelta(days=21)


def remind(session: Session, pairing: Pairing, actor: str) -> int:
    """Ask both of a pairing what is open between them; return how many can be asked now.

    Before they agreed to meet that is whether they will; before they met, whether they have; then
    how it is going. Raises `WrongState` for those who have parted, and in the first days.
    """
    # Of two who click at once, the second waits here and then finds no one to remind.
    session.execute(select(Pairing.id).where(Pairing.id == pairing.id).with_for_update())
    session.refresh(pairing)
    at = database.now(session)
    since = pairing.introduced_at or pairing.asked_at
    if pairing.state not in LIVE_PAIRING or since is None:
        raise WrongState(_("these two are no longer paired"))
    if since > at - _FIRST:
        raise WrongState(_("they were introduced less than a week ago; give them a few days"))
    zones, reminded = clock.Zones(session), 0
    for kind, row in list(_rows(session, pairing, at)):
        zone = zones.of(row.Person, pairing.program_id, row.zone)
        due_at = clock.daytime(at, zone, row.Person.id)
        if clock.is_quiet(row.Person, due_at, zone):
            continue
        outbox.owe(
            session,
            kind,
            to=row.Person.id,
            about=pairing.mentor_id if kind is EmailKind.MENTOR_PULSE else pairing.id,
            program_id=pairing.program_id,
            number=_number(kind, row.last, since <= at - _WEEKS),
            due_at=due_at,
        )
        reminded += 1
    if reminded:
        care.record(session, pairing, actor, care.REMINDED)
    session.flush()
    return reminded


def _rows(
    session: Session, pairing: Pairing, at: datetime.datetime
) -> Iterator[tuple[EmailKind, Row[Any]]]:
    """Yield what each of the two can be asked now, and the row of `candidates.query` about it."""
    finding = health.finding_of(session, pairing)
    for role in Role:
        kind = _kind(pairing, finding, role)
        cause: InstrumentedAttribute[Any] = (
            Pairing.mentor_id if kind is EmailKind.MENTOR_PULSE else Pairing.id
        )
        query = candidates.query(kind, role, at, cause).where(
            Pairing.id == pairing.id, ~answers.is_pending(Pairing.id, Person.id)
        )
        if pairing.state is PairingState.ASKED and pairing.agreed_at(role) is not None:
            continue
        for row in session.execute(query):
            yield kind, row


def _kind(pairing: Pairing, finding: Finding, role: Role) -> EmailKind:
    """Return what to ask: coordinators see which, so it depends on no answer given in private."""
    if finding is Finding.ASKED:
        return EmailKind.PAIRING_QUESTION_REMINDER
    has_met = finding.has_sign or pairing.met_at is not None
    if role is Role.MENTEE:
        return EmailKind.MENTEE_PULSE if has_met else EmailKind.FIRST_MEETING
    # "Your mentee hasn't heard from you" is said only where the mentee has said so.
    has_complained = finding is Finding.NO_CONTACT and not has_met
    return EmailKind.NO_CONTACT_YET if has_complained else EmailKind.MENTOR_PULSE


def _number(kind: EmailKind, last: int | None, is_long_ago: bool) -> int:
    """Return the next number; the email about the first meeting says by it how long ago it is."""
    number = (last or 0) + 1
    return max(number, 2) if kind is EmailKind.FIRST_MEETING and is_long_ago else number

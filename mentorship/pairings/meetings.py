"""The meeting that two people agreed on, and telling both."""

from __future__ import annotations

import datetime
import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship import audit, database, outbox
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import Email, EmailKind, Pairing
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING

SHORTEST_MINUTES, LONGEST_MINUTES = 10, 240
LONGEST_WHERE = 500
#: How often a day two people may change it, since both get an email each time.
MOST_A_DAY = 5
FURTHEST = datetime.timedelta(days=365)
#: Emails that are withdrawn once two people agree on a time.
_OVERTAKEN = (EmailKind.MEETING_AGREED, EmailKind.FIRST_MEETING, EmailKind.NO_CONTACT_YET)


def agree(
    session: Session,
    settings: Settings,
    pairing: Pairing,
    by: uuid.UUID,
    *,
    at: datetime.datetime,
    minutes: int,
    where: str,
) -> None:
    """Record the meeting that two people agreed on, and tell both; it replaces an earlier one.

    They are in touch, so neither is asked to write to the other before that time has passed.
    The emails wait as long as an answer can be undone, so that a correction at once sends only
    one. Recording the same again changes nothing. Raises `NotFound` for a person who is not in the
    pairing, `WrongState` before the two are introduced and after they part, and `Invalid` for an
    impossible time, length or place, and beyond `MOST_A_DAY`.
    """
    if by not in (pairing.mentee_person_id, pairing.mentor_person_id):
        raise NotFound(_("there is no such pairing"))
    # In UTC from here on, as calendar files have it.
    at, where = at.astimezone(datetime.UTC), " ".join(where.split())
    session.refresh(pairing, with_for_update=True)
    if pairing.state not in MET_PAIRING:
        raise WrongState(_("a meeting can be agreed on while you are introduced to each other"))
    now = database.now(session)
    _check(now, at, minutes, where)
    agreed = (pairing.meeting_at, pairing.meeting_minutes, pairing.meeting_where)
    if agreed == (at, minutes, where):
        return
    _check_number(session, pairing, now)
    pairing.meeting_at, pairing.meeting_minutes, pairing.meeting_where = at, minutes, where
    pairing.meeting_number += 1
    pairing.no_contact_at = None
    session.flush()
    outbox.supersede(session, [pairing.id], *_OVERTAKEN)
    for person_id in (pairing.mentee_person_id, pairing.mentor_person_id):
        outbox.owe(
            session,
            EmailKind.MEETING_AGREED,
            to=person_id,
            about=pairing.id,
            program_id=pairing.program_id,
            number=pairing.meeting_number,
            due_at=now + datetime.timedelta(seconds=settings.undo_seconds),
        )
    audit.record(
        session,
        str(by),
        "meeting agreed",
        program_id=pairing.program_id,
        subject_id=pairing.id,
        number=pairing.meeting_number,
    )


def _check_number(session: Session, pairing: Pairing, now: datetime.datetime) -> None:
    lately = select(func.count(Email.number.distinct())).where(
        Email.kind == EmailKind.MEETING_AGREED,
        Email.cause_id == pairing.id,
        Email.created_at > now - datetime.timedelta(days=1),
    )
    if (session.scalar(lately) or 0) >= MOST_A_DAY:
        raise Invalid(
            _("you two have changed this often today; write to each other, and note it tomorrow")
        )


def _check(now: datetime.datetime, at: datetime.datetime, minutes: int, where: str) -> None:
    problems = {}
    if at < now:
        problems["day"] = _("that time is past; choose one to come")
    elif at > now + FURTHEST:
        problems["day"] = _("that is more than a year ahead; choose an earlier time")
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        problems["minutes"] = _(
            "a meeting lasts %(least)s to %(most)s minutes, not %(minutes)s",
            least=SHORTEST_MINUTES,
            most=LONGEST_MINUTES,
            minutes=minutes,
        )
    if len(where) > LONGEST_WHERE:
        problems["where"] = _(
            "the place has %(length)s characters; shorten it to %(limit)s",
            length=len(where),
            limit=LONGEST_WHERE,
        )
    elif not where.isprintable():
        problems["where"] = _("the place holds characters that cannot be shown; type it again")
    if problems:
        raise Invalid("; ".join(problems.values()), fields=problems)

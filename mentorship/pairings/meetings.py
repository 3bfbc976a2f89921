"""The meeting that two people schedule or cancel, and telling both."""

from __future__ import annotations

import datetime
import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship import audit, database, outbox
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import Email, EmailKind, Pairing
from mentorship.pairings import hearing
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING

SHORTEST_MINUTES, LONGEST_MINUTES = 10, 240
LONGEST_WHERE = 500
#: How often a day two people may change it, since both get an email each time.
MOST_A_DAY = 5
FURTHEST = datetime.timedelta(days=365)
#: Emails that put a meeting into a calendar, or take it out again.
_FILES = (EmailKind.MEETING_AGREED, EmailKind.MEETING_CALLED_OFF)
#: Emails that are withdrawn once two people agree on a time.
_OVERTAKEN = (*_FILES, EmailKind.FIRST_MEETING, EmailKind.NO_CONTACT_YET)


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
    _check_is_of(pairing, by)
    # In UTC from here on, as calendar files have it.
    at, where = at.astimezone(datetime.UTC), " ".join(where.split())
    session.refresh(pairing, with_for_update=True)
    if pairing.state not in MET_PAIRING:
        raise WrongState(_("a meeting can be scheduled only while you two are paired"))
    now = database.now(session)
    _check(now, at, minutes, where)
    agreed = (pairing.meeting_at, pairing.meeting_minutes, pairing.meeting_where)
    if agreed == (at, minutes, where):
        return
    _check_number(session, pairing, now)
    _write(pairing, at, minutes, where)
    pairing.called_off_meeting_at = None
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


def call_off(session: Session, settings: Settings, pairing: Pairing, by: uuid.UUID) -> None:
    """Cancel the meeting that two people scheduled, and tell those who have heard of it.

    The emails wait as those of `agree` do, so that another time at once sends one. Once more it
    changes nothing. Raises `NotFound` for a person who is not in the pairing, and `WrongState`
    where no meeting lies ahead.
    """
    _check_is_of(pairing, by)
    session.refresh(pairing, with_for_update=True)
    if pairing.called_off_meeting_at is not None:
        return
    if not lies_ahead(session, pairing):
        raise WrongState(_("there is no upcoming meeting to cancel"))
    undo = datetime.timedelta(seconds=settings.undo_seconds)
    _call_off(session, pairing, due_at=database.now(session) + undo)
    audit.record(
        session,
        str(by),
        "meeting called off",
        program_id=pairing.program_id,
        subject_id=pairing.id,
        number=pairing.meeting_number,
    )


def end(session: Session, pairing: Pairing) -> None:
    """Cancel the upcoming meeting of two people who part, if there is one."""
    if lies_ahead(session, pairing):
        _call_off(session, pairing, due_at=None)


def would_hear_of_end(session: Session, pairing: Pairing) -> set[uuid.UUID]:
    """Return who would be told that a meeting is off if the two parted now."""
    return _have_heard(session, pairing) if lies_ahead(session, pairing) else set()


def lies_ahead(session: Session, pairing: Pairing) -> bool:
    """Return whether the two have agreed on a meeting that has not begun."""
    return pairing.meeting_at is not None and pairing.meeting_at > database.now(session)


def _have_heard(session: Session, pairing: Pairing) -> set[uuid.UUID]:
    """Return who may have the meeting in a calendar: the last email about it put it there."""
    left = select(Email.person_id, Email.kind).where(
        Email.kind.in_(_FILES), Email.cause_id == pairing.id, ~hearing.has_not_left()
    )
    last = {row[0]: row[1] for row in session.execute(left.order_by(Email.number))}
    return {person_id for person_id, kind in last.items() if kind is EmailKind.MEETING_AGREED}


def _call_off(session: Session, pairing: Pairing, due_at: datetime.datetime | None) -> None:
    pairing.called_off_meeting_at = pairing.meeting_at
    _write(pairing, None, None, None)
    session.flush()
    outbox.supersede(session, [pairing.id], EmailKind.MEETING_AGREED)
    for person_id in sorted(_have_heard(session, pairing)):
        outbox.owe(
            session,
            EmailKind.MEETING_CALLED_OFF,
            to=person_id,
            about=pairing.id,
            program_id=pairing.program_id,
            number=pairing.meeting_number,
            due_at=due_at,
        )


def _write(
    pairing: Pairing, at: datetime.datetime | None, minutes: int | None, where: str | None
) -> None:
    pairing.meeting_at, pairing.meeting_minutes, pairing.meeting_where = at, minutes, where
    pairing.meeting_number += 1


def _check_is_of(pairing: Pairing, person_id: uuid.UUID) -> None:
    if person_id not in (pairing.mentee_person_id, pairing.mentor_person_id):
        raise NotFound(_("this pairing doesn't exist"))


def _check_number(session: Session, pairing: Pairing, now: datetime.datetime) -> None:
    lately = select(func.count(Email.number.distinct())).where(
        Email.kind == EmailKind.MEETING_AGREED,
        Email.cause_id == pairing.id,
        Email.created_at > now - datetime.timedelta(days=1),
    )
    if (session.scalar(lately) or 0) >= MOST_A_DAY:
        raise Invalid(
            _(
                "you two have changed this many times today; write to each other, and save it "
                "tomorrow"
            )
        )


def _check(now: datetime.datetime, at: datetime.datetime, minutes: int, where: str) -> None:
    problems = {}
    if at < now:
        problems["day"] = _("that time has passed; choose a later one")
    elif at > now + FURTHEST:
        problems["day"] = _("that's more than a year away; choose an earlier time")
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        problems["minutes"] = _(
            "a meeting lasts %(least)s to %(most)s minutes, not %(minutes)s",
            least=SHORTEST_MINUTES,
            most=LONGEST_MINUTES,
            minutes=minutes,
        )
    if len(where) > LONGEST_WHERE:
        problems["where"] = _(
            "the location has %(length)s characters; shorten it to %(limit)s",
            length=len(where),
            limit=LONGEST_WHERE,
        )
    elif not where.isprintable():
        problems["where"] = _("the location has characters that can't be shown; type it again")
    if problems:
        raise Invalid("; ".join(problems.values()), fields=problems)

"""Answers that people give by a button: each takes effect a while later, so it can be undone.

Until then no one else learns of it, and it can be changed or taken back. Afterwards it moves the
pairing, and those concerned are told. A stored answer is a `Reply`.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from mentorship import audit, database, outbox
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import (
    PENDING_REPLY,
    EmailKind,
    Pairing,
    Person,
    Profile,
    Question,
    Reply,
    Role,
)
from mentorship.pairings import pairings
from mentorship.pairings.choices import CHOICES
from mentorship.people import clock
from mentorship.programs import lessons
from mentorship.settings import Settings
from mentorship.states import LIVE_PAIRING, MET_PAIRING, PairingState

LONGEST_COMMENT = 2_000
#: The most replies that take effect in one transaction.
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Inquiry:
    """What one person is asked about one pairing, and what they have answered so far."""

    pairing: Pairing
    person: Person
    role: Role
    question: Question
    #: What can be chosen now; none if the question is closed.
    choices: tuple[str, ...]
    #: What was chosen and can still be undone.
    pending: Reply | None
    #: What took effect last.
    last: Reply | None
    #: Why nothing can be chosen, as a sentence for this person.
    closed: str | None


def inquiry(
    session: Session, pairing_id: uuid.UUID, person_id: uuid.UUID, question: Question
) -> Inquiry:
    """Return what a person is asked and has answered; nothing is changed.

    Raises `NotFound` if the person is not in the pairing, or has not heard of it yet.
    """
    pairing = session.get(Pairing, pairing_id)
    if pairing is None or pairing.state is PairingState.PROPOSED:
        raise NotFound(_("this pairing doesn't exist"))
    people = {
        pairing.mentee_person_id: (Role.MENTEE, pairing.mentee),
        pairing.mentor_person_id: (Role.MENTOR, pairing.mentor),
    }
    if person_id not in people:
        raise NotFound(_("this pairing doesn't exist"))
    role, profile = people[person_id]
    mine = (
        select(Reply)
        .where(
            Reply.pairing_id == pairing_id,
            Reply.person_id == person_id,
            Reply.question == question,
        )
        .execution_options(populate_existing=True)
    )
    closed = _closed(session, pairing, question, database.now(session))
    return Inquiry(
        pairing=pairing,
        person=profile.person,
        role=role,
        question=question,
        choices=() if closed else _choices(pairing, role, question),
        pending=session.scalar(mine.where(PENDING_REPLY)),
        last=session.scalar(
            mine.where(Reply.applied_at.is_not(None)).order_by(Reply.applied_at.desc()).limit(1)
        ),
        closed=closed,
    )


def give(
    session: Session,
    settings: Settings,
    pairing_id: uuid.UUID,
    person_id: uuid.UUID,
    question: Question,
    choice: str,
    *,
    comment: str | None = None,
    is_shared: bool = False,
) -> Reply:
    """Store what a person chose, in place of an earlier reply that they can still undo.

    The same choice sent again changes nothing but its comment, which may come after it took effect.
    Raises `NotFound` as `inquiry` does, `Invalid` for an unknown choice, and `WrongState` with the
    reason if the question is closed.
    """
    if choice not in CHOICES[question]:
        raise Invalid(_("%(choice)s is not one of the answers", choice=choice[:32]))
    comment = (comment or "").replace("\x00", "").strip() or None
    if comment and len(comment) > LONGEST_COMMENT:
        raise Invalid(
            _(
                "the comment has %(length)s characters; shorten it to %(limit)s",
                length=len(comment),
                limit=LONGEST_COMMENT,
            )
        )
    # Of two clicks at once, the second waits here and finds the first one's answer.
    session.execute(
        select(Pairing)
        .where(Pairing.id == pairing_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    asked = inquiry(session, pairing_id, person_id, question)
    reply = asked.pending
    if reply is None and comment is not None and asked.last and asked.last.choice == choice:
        # Words are written beside an answer, which may have taken effect meanwhile.
        reply = asked.last
    if reply is None or reply.choice != choice:
        if choice not in asked.choices:
            if asked.last is not None and asked.last.choice == choice:
                return asked.last
            raise WrongState(asked.closed or _("You've met since then, so this is settled."))
        at = database.now(session)
        effective_at = at + datetime.timedelta(seconds=settings.undo_seconds)
        if reply is None:
            reply = Reply(pairing_id=pairing_id, person_id=person_id, question=question)
            session.add(reply)
        reply.choice, reply.at, reply.effective_at = choice, at, effective_at
        reply.comment, reply.is_shared = None, False
        session.flush()
        _record(session, str(person_id), "answer given", reply, asked.pairing)
    if comment is not None:
        reply.comment, reply.is_shared = comment, is_shared
    session.flush()
    return reply


def shared(
    session: Session, profile: Profile, reader_id: uuid.UUID
) -> Sequence[tuple[Reply, Pairing]]:
    """Return the comments that a person shared with coordinators, the newest first.

    Left out is what can still be undone, and what is about the reader.
    """
    rows = session.execute(
        select(Reply, Pairing)
        .join(Pairing, Reply.pairing_id == Pairing.id)
        .where(
            Reply.person_id == profile.person_id,
            (Pairing.mentee_id == profile.id) | (Pairing.mentor_id == profile.id),
            Pairing.mentee_person_id != reader_id,
            Pairing.mentor_person_id != reader_id,
            Reply.is_shared,
            Reply.comment.is_not(None),
            Reply.applied_at.is_not(None),
        )
        .order_by(Reply.at.desc(), Reply.id)
    )
    return [(reply, pairing) for reply, pairing in rows]


def undo(session: Session, reply: Reply) -> None:
    """Take a reply back; doing so twice changes nothing.

    Raises `WrongState` if it has taken effect.
    """
    at = database.now(session)
    if _settle(session, reply, undone_at=at):
        pairing = session.get_one(Pairing, reply.pairing_id)
        _record(session, str(reply.person_id), "answer undone", reply, pairing)
    session.refresh(reply)
    if reply.applied_at is not None:
        raise WrongState(
            _("this answer has taken effect and can no longer be undone; write to your program")
        )


def apply_due(session: Session) -> int:
    """Carry out the replies that can no longer be undone, and return how many.

    Any number of workers can do this at once: each reply takes effect once. One that has become
    meaningless, because the pairing ended meanwhile, is closed without effect.
    """
    due = (
        select(Reply.id, Reply.pairing_id)
        .where(PENDING_REPLY, Reply.effective_at <= database.now(session))
        .order_by(Reply.effective_at, Reply.id)
        .limit(MOST_AT_ONCE)
    )
    rows = session.execute(due).all()
    if not rows:
        return 0
    # All locks are taken before anything is done, always people first and always in one order,
    # so that two transactions cannot wait for each other.
    affected = Pairing.id.in_({pairing_id for _id, pairing_id in rows})
    pairings.lock(session, affected)
    session.execute(select(Pairing.id).where(affected).order_by(Pairing.id).with_for_update())
    done = sum(_apply(session, reply_id) for reply_id, _pairing_id in rows)
    if done:
        # Last, since others wait for these locks: what became of a pairing teaches its program.
        lessons.note(session, session.scalars(select(Pairing.program_id).where(affected)))
    return done


def _apply(session: Session, reply_id: uuid.UUID) -> bool:
    """Let one reply take effect; return False, and touch no other, if it did not."""
    with database.apart(session, f"letting answer {reply_id} take effect"):
        reply = session.get_one(Reply, reply_id, populate_existing=True)
        pairing = session.get_one(Pairing, reply.pairing_id, populate_existing=True)
        at = database.now(session)
        if pairing.state not in _STATES[reply.question]:
            _settle(session, reply, undone_at=at)
            return False
        # It may have been changed while we waited for the locks, and can be undone again.
        if not _settle(session, reply, Reply.effective_at <= at, applied_at=at):
            return False
        _take_effect(session, pairing, reply)
        _record(session, "service", "answer applied", reply, pairing)
        return True
    return False


def _take_effect(session: Session, pairing: Pairing, reply: Reply) -> None:
    """Do what was chosen.

    "Well" and "slowly" both say that two are in touch, and do the same: what it does would tell
    others which of them was answered in private.
    """
    if ending := CHOICES[reply.question][reply.choice].ending:
        pairings.part(session, pairing, ending, by=reply.person_id)
    elif effect := _EFFECTS.get(reply.choice):
        effect(session, pairing, reply)


def _yes(session: Session, pairing: Pairing, reply: Reply) -> None:
    at = database.now(session)
    if reply.person_id == pairing.mentee_person_id:
        pairing.mentee_agreed_at = pairing.mentee_agreed_at or at
    else:
        pairing.mentor_agreed_at = pairing.mentor_agreed_at or at
    session.flush()
    if pairing.mentee_agreed_at and pairing.mentor_agreed_at:
        pairings.accept(session, pairing)
        for kind, person_id in (
            (EmailKind.MENTEE_INTRODUCTION, pairing.mentee_person_id),
            (EmailKind.MENTOR_INTRODUCTION, pairing.mentor_person_id),
        ):
            outbox.owe(session, kind, to=person_id, about=pairing.id, program_id=pairing.program_id)


def _met(session: Session, pairing: Pairing, reply: Reply) -> None:
    pairing.heard_at = max(pairing.heard_at or reply.at, reply.at)
    pairings.note_met(session, pairing)


def _no_contact(session: Session, pairing: Pairing, reply: Reply) -> None:
    # The mentor's reminder comes like all others: by day, and not too often.
    at = database.now(session)
    has_agreed_since = pairing.meeting_at is not None and pairing.meeting_at > at
    if not has_agreed_since:
        pairing.no_contact_at = at
        session.flush()


_EFFECTS = {"yes": _yes, "met": _met, "no_contact": _no_contact, "well": _met, "slow": _met}
#: The states of a pairing in which a question means something.
_STATES = {
    Question.ASK: (PairingState.ASKED,),
    Question.STEP_OUT: MET_PAIRING,
    Question.FIRST_MEETING: MET_PAIRING,
    Question.PULSE: MET_PAIRING,
}


def _choices(pairing: Pairing, role: Role, question: Question) -> tuple[str, ...]:
    if question is not Question.FIRST_MEETING:
        return tuple(CHOICES[question])
    # People who have met were in touch; and only the mentee waits for an answer.
    gone = {"met", "no_contact"} if pairing.met_at else set()
    if role is Role.MENTOR:
        gone.add("no_contact")
    return tuple(choice for choice in CHOICES[question] if choice not in gone)


def _closed(
    session: Session, pairing: Pairing, question: Question, at: datetime.datetime
) -> str | None:
    """Return why a question cannot be answered, None if it can be."""
    if pairing.state not in LIVE_PAIRING:
        return _("This pairing has ended, so there is nothing more to answer. Thank you.")
    if pairing.state not in _STATES[question]:
        if question is Question.ASK:
            return _("You both said yes, so this is settled; your introduction is on its way.")
        return _("You haven't been introduced yet, so there's nothing to say about it.")
    if question is Question.ASK and _is_over(
        session, pairing, pairing.asked_at, clock.DAYS_TO_ANSWER, at
    ):
        return _("The time to answer is over; your program will tell you what happens next.")
    introduced_at, most = pairing.introduced_at, clock.DAYS_TO_STEP_OUT
    if question is Question.STEP_OUT and _is_over(session, pairing, introduced_at, most, at):
        return _(
            "The first two weeks are over. Write to your program's coordinator, or choose "
            "“This isn't the right match” when the next email asks how it's going."
        )
    return None


def _is_over(
    session: Session,
    pairing: Pairing,
    start: datetime.datetime | None,
    most: int,
    at: datetime.datetime,
) -> bool:
    readers = (pairing.mentee, pairing.mentor)
    return start is not None and clock.is_over(session, start, most, readers, at)


def is_pending(
    pairing_id: uuid.UUID | InstrumentedAttribute[uuid.UUID],
    person_id: uuid.UUID | InstrumentedAttribute[uuid.UUID] | None = None,
) -> ColumnElement[bool]:
    """Match pairings with a reply that can still be undone; its question is not asked again."""
    by_person = () if person_id is None else (Reply.person_id == person_id,)
    return exists().where(Reply.pairing_id == pairing_id, PENDING_REPLY, *by_person)


def _settle(
    session: Session, reply: Reply, *conditions: ColumnElement[bool], **when: datetime.datetime
) -> bool:
    """Apply or undo a pending reply; of two who try, one succeeds."""
    result: Any = session.execute(
        update(Reply)
        .where(Reply.id == reply.id, PENDING_REPLY, *conditions)
        .values(**when)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)  # noqa: S101 - an update has a row count
    session.expire(reply)
    return result.rowcount == 1


def _record(session: Session, actor: str, action: str, reply: Reply, pairing: Pairing) -> None:
    audit.record(
        session,
        actor,
        action,
        program_id=pairing.program_id,
        subject_id=pairing.id,
        answer=str(reply.id),
        question=reply.question,
    )

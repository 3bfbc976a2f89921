"""Answers that people give by a button: each takes effect a while later, so it can be undone.

Until then nobody else learns of it, and the answer can be changed or taken back. Afterwards it
moves the pairing, and whoever has to know is told.
"""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from mentorship import audit, database, outbox
from mentorship.errors import Invalid, NotFound, PreceptorError, WrongState
from mentorship.language import gettext as _
from mentorship.language import mark as _mark
from mentorship.models import (
    PENDING_ANSWER,
    Answer,
    EmailKind,
    Pairing,
    Person,
    Profile,
    Question,
    Role,
)
from mentorship.pairings import pairings
from mentorship.people import clock
from mentorship.settings import Settings
from mentorship.states import LIVE_PAIRING, MET_PAIRING, Ending, PairingState

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What one can answer: the words on its button, and what it leads to, as that person reads it.

    `%(name)s` in the meaning is what the other of the two is called.
    """

    label: str
    meaning: str
    #: Why the pairing ends, if this ends it.
    ending: Ending | None = None


_NOT_FIT = (
    _mark("This isn't the right match"),
    _mark(
        "That's all right, and it happens often. We'll tell %(name)s kindly that it wasn't the "
        "right match, which says nothing about either of you. The place is free again."
    ),
)
#: All that can be answered, in the order of the buttons, in emails and on pages.
CHOICES: Mapping[Question, Mapping[str, Choice]] = {
    Question.ASK: {
        "yes": Choice(
            _mark("Yes, I'd like to"),
            _mark("If %(name)s says yes too, we'll introduce you by email."),
        ),
        "no": Choice(
            _mark("No, thank you"),
            _mark(
                "That's all right. We'll tell %(name)s kindly that it isn't happening, and not "
                "who decided. You stay in the program."
            ),
            Ending.DECLINED,
        ),
    },
    Question.STEP_OUT: {"step_out": Choice(*_NOT_FIT, Ending.STEPPED_OUT)},
    Question.FIRST_MEETING: {
        "met": Choice(_mark("We've met"), _mark("Great. We won't ask again whether you've met.")),
        "no_contact": Choice(
            _mark("We haven't been in touch yet"),
            _mark("Thank you. We'll send %(name)s a short, friendly reminder."),
        ),
        "not_fit": Choice(*_NOT_FIT, Ending.NOT_FIT),
    },
    Question.PULSE: {
        "well": Choice(
            _mark("It's going well"), _mark("Great to hear. We'll ask again in two months.")
        ),
        "slow": Choice(
            _mark("It's going slowly"),
            _mark(
                "Thank you for telling us. Setting the next date often helps: write to %(name)s "
                "today."
            ),
        ),
        "not_fit": Choice(*_NOT_FIT, Ending.NOT_FIT),
        "finished": Choice(
            _mark("We've finished"),
            _mark("Thank you both. We'll tell %(name)s that your pairing ends on a good note."),
            Ending.FINISHED,
        ),
    },
}
LONGEST_COMMENT = 2_000
#: So many answers take effect in one transaction.
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Standing:
    """Where one person stands with one question about one pairing."""

    pairing: Pairing
    person: Person
    role: Role
    question: Question
    #: What can be chosen now; none where it is closed.
    choices: tuple[str, ...]
    #: What was chosen and can still be undone.
    pending: Answer | None
    #: What took effect last.
    last: Answer | None
    #: Why nothing can be chosen, as a sentence for this person.
    closed: str | None


def standing(
    session: Session, pairing_id: uuid.UUID, person_id: uuid.UUID, question: Question
) -> Standing:
    """Return where a person stands with a question, and change nothing.

    Raises `NotFound` where the person is not in the pairing, or has not heard of it yet.
    """
    pairing = session.get(Pairing, pairing_id)
    if pairing is None or pairing.state is PairingState.PROPOSED:
        raise NotFound(_("there is no such pairing"))
    people = {
        pairing.mentee_person_id: (Role.MENTEE, pairing.mentee),
        pairing.mentor_person_id: (Role.MENTOR, pairing.mentor),
    }
    if person_id not in people:
        raise NotFound(_("there is no such pairing"))
    role, profile = people[person_id]
    mine = (
        select(Answer)
        .where(
            Answer.pairing_id == pairing_id,
            Answer.person_id == person_id,
            Answer.question == question,
        )
        .execution_options(populate_existing=True)
    )
    closed = _closed(session, pairing, question, database.now(session))
    return Standing(
        pairing=pairing,
        person=profile.person,
        role=role,
        question=question,
        choices=() if closed else _choices(pairing, role, question),
        pending=session.scalar(mine.where(PENDING_ANSWER)),
        last=session.scalar(
            mine.where(Answer.applied_at.is_not(None)).order_by(Answer.applied_at.desc()).limit(1)
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
) -> Answer:
    """Note what somebody chose, in place of what they chose before and can still undo.

    The same choice sent again changes nothing but its comment, which may come after it took effect.
    Raises `NotFound` as `standing` does, `Invalid` for what is no choice, and `WrongState` with the
    reason where it is closed.
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
    found = standing(session, pairing_id, person_id, question)
    answer = found.pending
    if answer is None and comment is not None and found.last and found.last.choice == choice:
        # Words are written beside an answer, which may have taken effect meanwhile.
        answer = found.last
    if answer is None or answer.choice != choice:
        if choice not in found.choices:
            if found.last is not None and found.last.choice == choice:
                return found.last
            raise WrongState(found.closed or _("You have met by now, so this is settled."))
        at = database.now(session)
        effective_at = at + datetime.timedelta(seconds=settings.undo_seconds)
        if answer is None:
            answer = Answer(pairing_id=pairing_id, person_id=person_id, question=question)
            session.add(answer)
        answer.choice, answer.at, answer.effective_at = choice, at, effective_at
        answer.comment, answer.is_shared = None, False
        session.flush()
        _record(session, str(person_id), "answer given", answer, found.pairing)
    if comment is not None:
        answer.comment, answer.is_shared = comment, is_shared
    session.flush()
    return answer


def shared(
    session: Session, profile: Profile, reader_id: uuid.UUID
) -> Sequence[tuple[Answer, Pairing]]:
    """Return what somebody wrote for coordinators to read, the newest first.

    Nothing that can still be undone, and nothing about the one who reads.
    """
    found = session.execute(
        select(Answer, Pairing)
        .join(Pairing, Answer.pairing_id == Pairing.id)
        .where(
            Answer.person_id == profile.person_id,
            (Pairing.mentee_id == profile.id) | (Pairing.mentor_id == profile.id),
            Pairing.mentee_person_id != reader_id,
            Pairing.mentor_person_id != reader_id,
            Answer.is_shared,
            Answer.comment.is_not(None),
            Answer.applied_at.is_not(None),
        )
        .order_by(Answer.at.desc(), Answer.id)
    )
    return [(answer, pairing) for answer, pairing in found]


def undo(session: Session, answer: Answer) -> None:
    """Take an answer back; doing so twice changes nothing.

    Raises `WrongState` where it has taken effect.
    """
    at = database.now(session)
    if _settle(session, answer, undone_at=at):
        pairing = session.get_one(Pairing, answer.pairing_id)
        _record(session, str(answer.person_id), "answer undone", answer, pairing)
    session.refresh(answer)
    if answer.applied_at is not None:
        raise WrongState(
            _("this answer has taken effect and cannot be undone any more; write to your program")
        )


def apply_due(session: Session) -> int:
    """Carry out answers whose time to be undone is over, and return how many.

    Any number of workers may do this at once: each answer takes effect once. One that means
    nothing any more, because the pairing ended meanwhile, is closed without effect.
    """
    due = (
        select(Answer.id, Answer.pairing_id)
        .where(PENDING_ANSWER, Answer.effective_at <= database.now(session))
        .order_by(Answer.effective_at, Answer.id)
        .limit(MOST_AT_ONCE)
    )
    found = session.execute(due).all()
    if not found:
        return 0
    # All locks are taken before anything is done, always people first and always in one order,
    # so that two transactions cannot wait for each other.
    theirs = Pairing.id.in_({pairing_id for _id, pairing_id in found})
    pairings.lock(session, theirs)
    session.execute(select(Pairing.id).where(theirs).order_by(Pairing.id).with_for_update())
    return sum(_apply(session, answer_id) for answer_id, _pairing_id in found)


def _apply(session: Session, answer_id: uuid.UUID) -> bool:
    """Let one answer take effect; False where it did not, and the others are untouched by it."""
    try:
        with session.begin_nested():
            answer = session.get_one(Answer, answer_id, populate_existing=True)
            pairing = session.get_one(Pairing, answer.pairing_id, populate_existing=True)
            at = database.now(session)
            if pairing.state not in _STATES[answer.question]:
                _settle(session, answer, undone_at=at)
                return False
            # It may have been changed while we waited for the locks, and can be undone again.
            if not _settle(session, answer, Answer.effective_at <= at, applied_at=at):
                return False
            _take_effect(session, pairing, answer)
            _record(session, "service", "answer applied", answer, pairing)
            return True
    except (PreceptorError, IntegrityError):
        log.exception("answer %s could not take effect and is tried again", answer_id)
        return False


def _take_effect(session: Session, pairing: Pairing, answer: Answer) -> None:
    """Do what was chosen. "Slow" changes nothing now: the digest reads the stored answer."""
    if ending := CHOICES[answer.question][answer.choice].ending:
        pairings.part(session, pairing, ending, by=answer.person_id)
    elif effect := _EFFECTS.get(answer.choice):
        effect(session, pairing, answer)


def _yes(session: Session, pairing: Pairing, answer: Answer) -> None:
    at = database.now(session)
    if answer.person_id == pairing.mentee_person_id:
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


def _met(session: Session, pairing: Pairing, answer: Answer) -> None:
    pairings.note_met(session, pairing)


def _no_contact(session: Session, pairing: Pairing, answer: Answer) -> None:
    # The mentor is reminded of it as of everything else: by day, and not too often.
    at = database.now(session)
    has_agreed_since = pairing.meeting_at is not None and pairing.meeting_at > at
    if not has_agreed_since:
        pairing.no_contact_at = at
        session.flush()


_EFFECTS = {"yes": _yes, "met": _met, "no_contact": _no_contact, "well": _met}
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
    # Whoever has met had contact; and only the mentee waits for the other to write back.
    gone = {"met", "no_contact"} if pairing.met_at else set()
    if role is Role.MENTOR:
        gone.add("no_contact")
    return tuple(choice for choice in CHOICES[question] if choice not in gone)


def _closed(
    session: Session, pairing: Pairing, question: Question, at: datetime.datetime
) -> str | None:
    """Return why a question cannot be answered, None where it can be."""
    if pairing.state not in LIVE_PAIRING:
        return _("This pairing has ended, so there is nothing more to answer. Thank you.")
    if pairing.state not in _STATES[question]:
        if question is Question.ASK:
            return _("You both said yes, so this is settled; your introduction is on its way.")
        return _("You have not been introduced yet, so there is nothing to say about it so far.")
    if question is Question.ASK and _is_over(
        session, pairing, pairing.asked_at, clock.DAYS_TO_ANSWER, at
    ):
        return _("The time to answer is over; your program will tell you how it goes on.")
    introduced_at, most = pairing.introduced_at, clock.DAYS_TO_STEP_OUT
    if question is Question.STEP_OUT and _is_over(session, pairing, introduced_at, most, at):
        return _(
            "The first two weeks are over. Write to your program's coordinator, or say that it "
            "does not fit when the next email asks how it is going."
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


def label(question: Question, choice: str) -> str:
    """Return what the button of a choice says."""
    return _(CHOICES[question][choice].label)


def meaning(question: Question, choice: str, other: str) -> str:
    """Return what a choice leads to once it takes effect; `other` is what the other is called."""
    return _(CHOICES[question][choice].meaning, name=other)


def is_pending(
    pairing_id: uuid.UUID | InstrumentedAttribute[uuid.UUID],
    person_id: uuid.UUID | InstrumentedAttribute[uuid.UUID] | None = None,
) -> ColumnElement[bool]:
    """Say that an answer about a pairing can still be undone; its question is not asked again."""
    by_person = () if person_id is None else (Answer.person_id == person_id,)
    return exists().where(Answer.pairing_id == pairing_id, PENDING_ANSWER, *by_person)


def _settle(
    session: Session, answer: Answer, *conditions: ColumnElement[bool], **when: datetime.datetime
) -> bool:
    """Apply or undo an answer that is pending; of two who try, one succeeds."""
    result: Any = session.execute(
        update(Answer)
        .where(Answer.id == answer.id, PENDING_ANSWER, *conditions)
        .values(**when)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)  # noqa: S101 - an update has a row count
    session.expire(answer)
    return result.rowcount == 1


def _record(session: Session, actor: str, action: str, answer: Answer, pairing: Pairing) -> None:
    audit.record(
        session,
        actor,
        action,
        program_id=pairing.program_id,
        subject_id=pairing.id,
        answer=str(answer.id),
        question=answer.question,
    )

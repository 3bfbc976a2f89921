"""Messages to people of a program in a coordinator's own words: written, looked at, then sent."""

from __future__ import annotations

import datetime
import enum
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from mentorship import audit, database, language, outbox
from mentorship.coordination import roster
from mentorship.coordination.roster import Sought
from mentorship.errors import Invalid, WrongState
from mentorship.language import gettext as _
from mentorship.models import Email, EmailKind, Letter, Person, Profile, Program
from mentorship.states import ProfileState

#: The longest subject and text.
LONGEST = {"subject": 150, "text": 5_000}
A_DAY = datetime.timedelta(days=1)
#: How many messages a program sends in a day, and how many of them one person gets.
MOST_LETTERS, MOST_TO_ONE = 50, 3
#: How long a message waits for its author to send it.
FORGOTTEN = datetime.timedelta(days=2)
#: Who takes part, or has asked to with an address that is confirmed.
_READERS = (ProfileState.READY, ProfileState.PAUSED, ProfileState.AWAITING_APPROVAL)
#: Rows of emails that are written at once.
_AT_ONCE = 1_000


class LeftOut(enum.StrEnum):
    """Why someone who was found does not get a message; of several reasons, the first holds."""

    LEFT = "left"
    UNCONFIRMED = "unconfirmed"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    OFTEN = "often"


@dataclass(frozen=True)
class Readers:
    """Who would get a message, by name, and how many of those who were found would not."""

    #: Of persons, each once, whatever roles they have.
    ids: list[uuid.UUID]
    left_out: Mapping[LeftOut, int]


def readers(session: Session, program_id: uuid.UUID, sought: Sought) -> Readers:
    """Return which of the people whom a search finds would get a message now."""
    lately = (
        select(Email.person_id, func.count().label("number"))
        .where(
            Email.program_id == program_id,
            Email.kind == EmailKind.LETTER,
            Email.created_at > database.now(session) - A_DAY,
        )
        .group_by(Email.person_id)
        .subquery()
    )
    found = roster.matching(session, program_id, sought)
    rows = session.execute(
        found.join(Person, Profile.person_id == Person.id)
        .outerjoin(lately, lately.c.person_id == Profile.person_id)
        .with_only_columns(
            Profile.person_id,
            Profile.state,
            Person.address_problem.is_not(None),
            Person.wants_reminders,
            func.coalesce(lately.c.number, 0),
        )
    )
    reasons: dict[uuid.UUID, LeftOut | None] = {}
    for person_id, *known in rows:
        # One who left as a mentee may be here as a mentor.
        if reasons.get(person_id, LeftOut.LEFT) is not None:
            reasons[person_id] = _reason(*known)
    left_out = Counter(reason for reason in reasons.values() if reason is not None)
    ids = [person_id for person_id, reason in reasons.items() if reason is None]
    return Readers(ids, {reason: left_out[reason] for reason in LeftOut if left_out[reason]})


def _reason(
    state: ProfileState, bounces: bool, wants_reminders: bool, lately: int
) -> LeftOut | None:
    if state not in _READERS:
        return LeftOut.LEFT if state is ProfileState.LEFT else LeftOut.UNCONFIRMED
    if bounces:
        return LeftOut.BOUNCED
    if not wants_reminders:
        return LeftOut.UNSUBSCRIBED
    return LeftOut.OFTEN if lately >= MOST_TO_ONE else None


def draft(
    session: Session,
    program: Program,
    author_id: uuid.UUID,
    sought: Sought,
    subject: str,
    text: str,
) -> Letter:
    """Keep a message to the people whom a search finds; nothing is sent yet.

    Raises `Invalid` for words that cannot be sent, by field.
    """
    subject, text = subject.strip(), text.replace("\r\n", "\n").replace("\t", " ").strip()
    _check("subject", subject)
    _check("text", text)
    if "\n" in subject:
        raise _refused("subject", _("a subject must be one line"))
    letter = Letter(
        program_id=program.id,
        author_id=author_id,
        sought=sought.to_stored(),
        subject=subject,
        text=text,
        created_at=database.now(session),
    )
    session.add(letter)
    session.flush()
    return letter


def _check(field: str, words: str) -> None:
    most = LONGEST[field]
    if not words:
        raise _refused(field, _("please answer this"))
    if len(words) > most:
        raise _refused(
            field, _("%(found)s characters; the limit is %(most)s", found=len(words), most=most)
        )
    if (place := language.unseen(words)) is not None:
        line = words.count("\n", 0, place) + 1
        raise _refused(field, _("line %(n)s contains an invisible character", n=line))


def _refused(field: str, problem: str) -> Invalid:
    return Invalid(problem, fields={field: problem})


def send(session: Session, program: Program, letter: Letter, actor: str, expected: int) -> None:
    """Owe a message to each of its readers, if they are still as many as were `expected`.

    Raises `WrongState` if it was sent before, if its readers are others by now, if there are none,
    or if the program has sent `MOST_LETTERS` today.
    """
    # Of two who send at once, the second waits here.
    session.refresh(program, with_for_update=True)
    session.refresh(letter)
    if letter.sent_at is not None:
        raise WrongState(_("this message was already sent"))
    if _sent_lately(session, program.id) >= MOST_LETTERS:
        raise WrongState(
            _("%(n)s messages were sent in one day, which is the limit", n=MOST_LETTERS)
        )
    found = readers(session, program.id, Sought.from_stored(letter.sought))
    if len(found.ids) != expected:
        raise WrongState(_("the list of people who get it has changed; review it, then send it"))
    if not found.ids:
        raise WrongState(_("no one would get this message"))
    with database.one_moment(session):
        for start in range(0, len(found.ids), _AT_ONCE):
            some = found.ids[start : start + _AT_ONCE]
            rows = [outbox.row(session, EmailKind.LETTER, id, letter.id, program.id) for id in some]
            session.execute(insert(Email), rows)
        letter.sent_at = database.now(session)
    letter.readers = len(found.ids)
    audit.record(
        session, actor, "message sent", program_id=program.id, subject_id=letter.id,
        people=letter.readers,
    )  # fmt: skip
    session.flush()


def _sent_lately(session: Session, program_id: uuid.UUID) -> int:
    query = select(func.count()).where(
        Letter.program_id == program_id, Letter.sent_at > database.now(session) - A_DAY
    )
    return session.scalar(query) or 0


def forget_old(session: Session) -> None:
    """Remove messages that no one sent."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(Letter).where(Letter.sent_at.is_(None), Letter.created_at < before))

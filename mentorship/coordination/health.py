"""How pairings are doing: the state of each, by meetings, questions and answers.

| state | when |
|---|---|
| asked | they have not both said yes yet |
| in trouble | the mentee says that they aren't in touch |
| | email to one of them fails, and there was no sign of contact yet |
| | there was no sign of contact in the four weeks since the introduction |
| | someone's last answer is "slowly", and they shared what they wrote with coordinators |
| quiet | two weeks ago or more they were introduced, or asked how it goes, and no sign since |
| | there was no sign for 90 days |
| first meeting due | they were introduced in the last two weeks, and there was no sign yet |
| on track | anything else |
| ended | they were introduced, and have parted |

A sign of contact is a meeting, held or agreed on, or any answer that tells of contact, whatever it
says of it: what people answer in private moves no pairing elsewhere than another answer would.
Coordinators' own pairings are for the others to look after: what was shared with coordinators is
not for the one whom it is about.
"""

from __future__ import annotations

import datetime
import enum
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from mentorship import database
from mentorship.coordination import paging
from mentorship.coordination.paging import Page
from mentorship.models import Email, EmailKind, Pairing, Person, Reply
from mentorship.pairings.pairings import WITH_PEOPLE
from mentorship.states import MET_PAIRING, Ending, PairingState

#: How long two people may be silent after their introduction, or after they were asked.
QUIET = datetime.timedelta(days=14)
#: How long without any sign after the introduction, until they are in trouble.
NEVER = datetime.timedelta(days=28)
#: How long without a sign at all, whether they were asked or not.
LONG = datetime.timedelta(days=90)
#: Answers that tell of contact.
SIGNS = ("met", "well", "slow")
#: In how many days after the introduction people should be in touch, for the trend.
SOON = datetime.timedelta(days=30)
MOST_MONTHS = 12
#: For how long coordinators are told that two have parted, of themselves.
LATELY = datetime.timedelta(days=14)
_BY_THEMSELVES = (Ending.STEPPED_OUT, Ending.NOT_FIT, Ending.FINISHED, Ending.LEFT)


class Health(enum.StrEnum):
    """How a pairing is doing, those first that need someone; the name stands in addresses."""

    TROUBLE = "trouble"
    QUIET = "quiet"
    FIRST = "first"
    ASKED = "asked"
    ON_TRACK = "on_track"
    ENDED = "ended"


class Finding(enum.StrEnum):
    """What is known of a pairing that makes its state; of several, the first counts."""

    _value_: str
    health: Health

    ENDED = "ended", Health.ENDED
    ASKED = "asked", Health.ASKED
    NO_CONTACT = "no_contact", Health.TROUBLE
    UNREACHED = "unreached", Health.TROUBLE
    NEVER = "never", Health.TROUBLE
    SLOW = "slow", Health.TROUBLE
    SILENT = "silent", Health.QUIET
    NO_ANSWER = "no_answer", Health.QUIET
    LONG = "long", Health.QUIET
    NEW = "new", Health.FIRST
    FINE = "fine", Health.ON_TRACK

    @property
    def has_sign(self) -> bool:
        """Return whether there is a sign of contact and no complaint since, whichever sign."""
        return self in (Finding.SLOW, Finding.NO_ANSWER, Finding.LONG, Finding.FINE)

    def __new__(cls, value: str, health: Health | None = None) -> Finding:
        if health is None:
            raise TypeError(f"the finding {value} names no state")
        finding = str.__new__(cls, value)
        finding._value_, finding.health = value, health
        return finding


@dataclass(frozen=True)
class Month:
    """Pairings that were introduced in one month, and what has become of them.

    `due` were introduced long enough ago to be in touch within `SOON`; `soon` of them were.
    """

    first: datetime.date
    introduced: int
    due: int
    soon: int
    live: int
    ended: int


def counts(session: Session, program_id: uuid.UUID, reader_id: uuid.UUID) -> dict[Health, int]:
    """Return how many of a program's pairings are in each state, but for the reader's own."""
    finding = _finding(database.now(session)).label("finding")
    found = select(finding).where(_is_of(program_id, reader_id)).subquery()
    rows = session.execute(select(found.c.finding, func.count()).group_by(found.c.finding))
    counted = dict.fromkeys(Health, 0)
    for name, number in rows:
        counted[Finding(name).health] += number
    return counted


def ended_lately(session: Session, program_id: uuid.UUID, reader_id: uuid.UUID) -> int:
    """Return how many pairings one of the two ended in the last two weeks."""
    query = select(func.count()).where(
        _is_of(program_id, reader_id),
        Pairing.state == PairingState.ENDED,
        Pairing.ended_at >= database.now(session) - LATELY,
        Pairing.ended_reason.in_(_BY_THEMSELVES),
    )
    return session.scalar(query) or 0


def find(
    session: Session,
    program_id: uuid.UUID,
    reader_id: uuid.UUID,
    number: int,
    state: Health | None = None,
) -> Page[Pairing]:
    """Return a page of pairings, those in trouble first and then the quiet ones.

    Without a state, all that go on. Of one state, the longest introduced come first; of those that
    ended, the last.
    """
    finding = _finding(database.now(session))
    wanted = [state] if state else [each for each in Health if each is not Health.ENDED]
    states = list(Health)
    rank = case(*((finding == each, states.index(each.health)) for each in Finding))
    since = func.coalesce(Pairing.introduced_at, Pairing.asked_at)
    at = Pairing.ended_at.desc() if state is Health.ENDED else since
    query = (
        select(Pairing)
        .where(
            _is_of(program_id, reader_id),
            finding.in_([each for each in Finding if each.health in wanted]),
        )
        .options(*WITH_PEOPLE)
        .order_by(*((at,) if state else (rank, at)), Pairing.id)
    )
    return paging.page(session, query, number)


def finding_of(session: Session, pairing: Pairing) -> Finding:
    """Return what is known of a pairing that came about, for what the service does by it."""
    finding = _finding(database.now(session))
    return Finding(session.scalars(select(finding).where(Pairing.id == pairing.id)).one())


def findings(
    session: Session, pairings: Collection[Pairing], reader_id: uuid.UUID
) -> dict[uuid.UUID, Finding]:
    """Return what is known of some pairings, by id; the reader's own are left out."""
    ids = [pairing.id for pairing in pairings]
    finding = _finding(database.now(session))
    rows = session.execute(
        select(Pairing.id, finding).where(Pairing.id.in_(ids), _was_told(), ~_is_own(reader_id))
    )
    return {id: Finding(name) for id, name in rows}


def months(session: Session, program_id: uuid.UUID) -> Sequence[Month]:
    """Return what became of pairings, by the month in which they were introduced, newest first."""
    now = database.now(session)
    answered = (
        select(func.min(Reply.at))
        .where(Reply.pairing_id == Pairing.id, *_tells_of_contact(Reply))
        .scalar_subquery()
    )
    rows: Any = session.execute(
        select(
            Pairing.introduced_at, Pairing.state, Pairing.met_at, Pairing.meeting_at, answered
        ).where(Pairing.program_id == program_id, Pairing.introduced_at.is_not(None))
    )
    by_month: dict[datetime.date, list[tuple[PairingState, bool, bool]]] = {}
    for introduced_at, state, *signs in rows:
        until = min(now, introduced_at + SOON)
        soon = any(sign is not None and sign <= until for sign in signs)
        month = introduced_at.date().replace(day=1)
        by_month.setdefault(month, []).append((state, introduced_at + SOON <= now, soon))
    newest = sorted(by_month, reverse=True)[:MOST_MONTHS]
    return [_month(first, by_month[first]) for first in newest]


def _month(first: datetime.date, rows: Sequence[tuple[PairingState, bool, bool]]) -> Month:
    return Month(
        first,
        introduced=len(rows),
        due=sum(is_due for _state, is_due, _soon in rows),
        soon=sum(is_due and soon for _state, is_due, soon in rows),
        live=sum(state in MET_PAIRING for state, _is_due, _soon in rows),
        ended=sum(state not in MET_PAIRING for state, _is_due, _soon in rows),
    )


def _was_told() -> ColumnElement[bool]:
    """Match pairings that someone was asked about or introduced by, and that came about."""
    return Pairing.state.in_((PairingState.ASKED, *MET_PAIRING, PairingState.ENDED))


def _is_of(program_id: uuid.UUID, reader_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(Pairing.program_id == program_id, _was_told(), ~_is_own(reader_id))


def _is_own(reader_id: uuid.UUID) -> ColumnElement[bool]:
    return or_(Pairing.mentee_person_id == reader_id, Pairing.mentor_person_id == reader_id)


def _finding(at: datetime.datetime) -> ColumnElement[str]:
    """Return what is known of a pairing at a time, as the table above says it."""
    conditions: Mapping[Finding, ColumnElement[bool]] = {
        Finding.ENDED: Pairing.state == PairingState.ENDED,
        Finding.ASKED: Pairing.state == PairingState.ASKED,
        Finding.NO_CONTACT: and_(
            Pairing.no_contact_at.is_not(None), ~_sign_since(Pairing.no_contact_at)
        ),
        Finding.UNREACHED: and_(_fails(), ~_sign_since(Pairing.introduced_at)),
        Finding.NEVER: and_(
            Pairing.introduced_at < at - NEVER, ~_sign_since(Pairing.introduced_at)
        ),
        Finding.SLOW: _says_slow(),
        Finding.SILENT: and_(
            Pairing.introduced_at < at - QUIET, ~_sign_since(Pairing.introduced_at)
        ),
        Finding.NO_ANSWER: _leaves_unanswered(at - QUIET),
        Finding.LONG: and_(Pairing.introduced_at < at - LONG, ~_sign_since(at - LONG)),
        Finding.NEW: ~_sign_since(Pairing.introduced_at),
    }
    return case(*((is_so, each.value) for each, is_so in conditions.items()), else_="fine")


def _tells_of_contact(reply: Any) -> tuple[ColumnElement[bool], ...]:
    return reply.applied_at.is_not(None), reply.choice.in_(SIGNS)


def _sign_since(moment: Any) -> ColumnElement[bool]:
    """Match pairings with a sign of contact at a time or later; a meeting ahead is one."""
    answered = exists().where(
        Reply.pairing_id == Pairing.id, *_tells_of_contact(Reply), Reply.at >= moment
    )
    # Without a value, a comparison is neither true nor false.
    met, meets = (
        and_(column.is_not(None), column >= moment)
        for column in (Pairing.met_at, Pairing.meeting_at)
    )
    return or_(met, meets, answered)


def _leaves_unanswered(before: datetime.datetime) -> ColumnElement[bool]:
    """Match pairings of which either was asked how it goes before a time, without a sign since."""
    of_mentee = and_(Email.kind == EmailKind.MENTEE_PULSE, Email.cause_id == Pairing.id)
    of_mentor = and_(Email.kind == EmailKind.MENTOR_PULSE, Email.cause_id == Pairing.mentor_id)
    asked = (
        Email.sent_at < before,
        # A mentor is asked about all mentees at once, maybe before this one was there.
        Email.sent_at > Pairing.introduced_at,
        ~_sign_since(Email.sent_at),
    )
    # Two conditions, so that a database looks at each pairing's few emails by their index.
    return or_(exists().where(of_mentee, *asked), exists().where(of_mentor, *asked))


def _says_slow() -> ColumnElement[bool]:
    """Match pairings of which someone's last answer, shared with coordinators, is "slowly"."""
    later = aliased(Reply)
    is_last = ~exists().where(
        later.pairing_id == Reply.pairing_id,
        later.person_id == Reply.person_id,
        later.applied_at.is_not(None),
        later.at > Reply.at,
    )
    return exists().where(
        Reply.pairing_id == Pairing.id,
        Reply.choice == "slow",
        Reply.is_shared,
        Reply.comment.is_not(None),
        Reply.applied_at.is_not(None),
        is_last,
    )


def _fails() -> ColumnElement[bool]:
    """Match pairings of which email to either doesn't arrive."""
    return exists().where(
        Person.id.in_((Pairing.mentee_person_id, Pairing.mentor_person_id)),
        Person.address_problem.is_not(None),
    )

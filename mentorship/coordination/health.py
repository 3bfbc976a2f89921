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
import functools
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    type_coerce,
)
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
#: How many are read at once where all are.
_AT_ONCE = 1_000
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


_FINDINGS = {finding.value: finding for finding in Finding}


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
    known = _known(session, _is_of(program_id, reader_id)).order_by(None)
    _id, finding = known.selected_columns
    # Grouping by it, SQLite would find out everything twice.
    numbers = Counter(session.scalars(known.with_only_columns(finding, maintain_column_froms=True)))
    return _counted({Finding(name): number for name, number in numbers.items()})


@dataclass(frozen=True)
class Survey:
    """What is known of all pairings of a program, looked at once for a page.

    Those in trouble come first, then the quiet ones; within a state the longest introduced, and of
    those that ended the last.
    """

    #: By id as the database gives it: to make an object of each takes longer than all the rest.
    findings: Mapping[Any, Finding]

    @property
    def counts(self) -> dict[Health, int]:
        """Return how many are in each state."""
        return _counted(Counter(self.findings.values()))

    def page(
        self, session: Session, number: int, state: Health | None = None
    ) -> Page[tuple[Pairing, Finding]]:
        """Return a page of the pairings in a state, or of all that go on, with what is known."""
        ids = self._in(state)
        start = (number - 1) * paging.SIZE
        return Page(self._read(session, ids[start : start + paging.SIZE]), number, len(ids))

    def every(
        self, session: Session, state: Health | None = None
    ) -> Iterator[tuple[Pairing, Finding]]:
        """Yield all pairings in a state, or all that go on, with what is known, in order."""
        ids = self._in(state)
        for start in range(0, len(ids), _AT_ONCE):
            yield from self._read(session, ids[start : start + _AT_ONCE])

    def _in(self, state: Health | None) -> list[Any]:
        states = [state] if state else [each for each in Health if each is not Health.ENDED]
        by_state: dict[Health, list[Any]] = {each: [] for each in Health}
        for id, finding in self.findings.items():
            by_state[finding.health].append(id)
        return [id for each in states for id in by_state[each]]

    def _read(self, session: Session, ids: Sequence[Any]) -> list[tuple[Pairing, Finding]]:
        wanted = {uuid.UUID(str(id)): self.findings[id] for id in ids}
        query = select(Pairing).where(Pairing.id.in_(wanted)).options(*WITH_PEOPLE)
        found = {pairing.id: pairing for pairing in session.scalars(query)}
        return [(found[id], each) for id, each in wanted.items()]


def survey(session: Session, program_id: uuid.UUID, reader_id: uuid.UUID) -> Survey:
    """Return what is known of a program's pairings, but for the reader's own."""
    known = _known(session, _is_of(program_id, reader_id))
    id, finding = known.selected_columns
    rows = session.execute(known.with_only_columns(type_coerce(id, String), finding))
    return Survey({id: _FINDINGS[name] for id, name in rows})


def _counted(numbers: Mapping[Finding, int]) -> dict[Health, int]:
    counted = dict.fromkeys(Health, 0)
    for finding, number in numbers.items():
        counted[finding.health] += number
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


def finding_of(session: Session, pairing: Pairing) -> Finding:
    """Return what is known of a pairing that came about, for what the service does by it."""
    ((_id, name),) = session.execute(_known(session, Pairing.id == pairing.id)).all()
    return Finding(name)


def findings(
    session: Session, pairings: Collection[Pairing], reader_id: uuid.UUID
) -> dict[uuid.UUID, Finding]:
    """Return what is known of some pairings, by id; the reader's own are left out."""
    ids = [pairing.id for pairing in pairings]
    mine = and_(Pairing.id.in_(ids), _was_told(), ~_is_own(reader_id))
    return {id: Finding(name) for id, name in session.execute(_known(session, mine))}


def months(session: Session, program_id: uuid.UUID) -> Sequence[Month]:
    """Return what became of pairings, by the month in which they were introduced, newest first."""
    now = database.now(session)
    introduced = and_(Pairing.program_id == program_id, Pairing.introduced_at.is_not(None))
    first = _answered(introduced, func.min)
    rows: Any = session.execute(
        select(Pairing.introduced_at, Pairing.state, functools.reduce(_earlier, _signs(first)))
        .outerjoin(first, first.c.id == Pairing.id)
        .where(introduced)
    )
    by_month: dict[datetime.date, list[tuple[PairingState, bool, bool]]] = {}
    for introduced_at, state, sign in rows:
        soon = sign is not None and sign <= min(now, introduced_at + SOON)
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


def _known(session: Session, of: ColumnElement[bool]) -> Select[uuid.UUID, str]:
    """Select the ids of pairings, and what is known of each as the table above says it."""
    at = database.now(session)
    last = _answered(of, func.max)

    def sign_since(moment: Any) -> ColumnElement[bool]:
        """Match pairings with a sign of contact at a time or later; a meeting ahead is one."""
        # Without a value, a comparison is neither true nor false.
        return or_(*(and_(sign.is_not(None), sign >= moment) for sign in _signs(last)))

    def was_asked(kind: EmailKind, cause: Any) -> ColumnElement[bool]:
        """Match pairings of which someone was asked how it goes, without a sign since."""
        return exists(Email.cause_id).where(
            # All that is asked for stands in one index.
            Email.program_id == Pairing.program_id,
            Email.kind == kind,
            Email.cause_id == cause,
            Email.sent_at < at - QUIET,
            # A mentor is asked about all mentees at once, maybe before this one was there.
            Email.sent_at > Pairing.introduced_at,
            ~sign_since(Email.sent_at),
        )

    never = ~sign_since(Pairing.introduced_at)
    conditions: Mapping[Finding, ColumnElement[bool]] = {
        Finding.ENDED: Pairing.state == PairingState.ENDED,
        Finding.ASKED: Pairing.state == PairingState.ASKED,
        Finding.NO_CONTACT: and_(
            Pairing.no_contact_at.is_not(None), ~sign_since(Pairing.no_contact_at)
        ),
        Finding.UNREACHED: and_(never, _fails()),
        Finding.NEVER: and_(never, Pairing.introduced_at < at - NEVER),
        Finding.SLOW: Pairing.id.in_(_says_slow()),
        Finding.SILENT: and_(never, Pairing.introduced_at < at - QUIET),
        Finding.NO_ANSWER: and_(
            # Both follow from the rest; they spare a look at the emails of most.
            Pairing.introduced_at < at - QUIET,
            ~sign_since(at - QUIET),
            or_(
                was_asked(EmailKind.MENTEE_PULSE, Pairing.id),
                was_asked(EmailKind.MENTOR_PULSE, Pairing.mentor_id),
            ),
        ),
        Finding.LONG: and_(Pairing.introduced_at < at - LONG, ~sign_since(at - LONG)),
        Finding.NEW: never,
    }
    finding = case(
        *((is_so, each.value) for each, is_so in conditions.items()), else_=Finding.FINE.value
    ).label("finding")
    since = func.coalesce(Pairing.introduced_at, Pairing.asked_at)
    return (
        select(Pairing.id, finding)
        .outerjoin(last, last.c.id == Pairing.id)
        .where(of)
        .order_by(Pairing.ended_at.desc(), since, Pairing.id)
    )


def _answered(of: ColumnElement[bool], which: Callable[..., Any]) -> Subquery:
    """Select the first or the last answer that tells of contact: its pairing, `id`, and `at`.

    Gathered once for all: asked of each pairing by itself, it would take many times as long.
    """
    return (
        select(Reply.pairing_id.label("id"), which(Reply.at).label("at"))
        .where(
            Reply.pairing_id.in_(select(Pairing.id).where(of)),
            Reply.applied_at.is_not(None),
            Reply.choice.in_(SIGNS),
        )
        .group_by(Reply.pairing_id)
        .subquery()
    )


def _signs(answered: Subquery) -> tuple[Any, ...]:
    """Return the signs of contact in a pairing: an answer, a meeting held, and one agreed on."""
    return answered.c.at, Pairing.met_at, Pairing.meeting_at


def _earlier(one: Any, other: Any) -> ColumnElement[Any]:
    """Return the earlier of two moments, either of which may be missing."""
    return case((other.is_(None), one), (one <= other, one), else_=other)


def _says_slow() -> Select[uuid.UUID]:
    """Select pairings of which someone's last answer, shared with coordinators, is "slowly"."""
    later = aliased(Reply)
    is_last = ~exists().where(
        later.pairing_id == Reply.pairing_id,
        later.person_id == Reply.person_id,
        later.applied_at.is_not(None),
        later.at > Reply.at,
    )
    return select(Reply.pairing_id).where(
        Reply.choice == "slow",
        Reply.is_shared,
        Reply.comment.is_not(None),
        Reply.applied_at.is_not(None),
        is_last,
    )


def _fails() -> ColumnElement[bool]:
    """Match pairings of which email to either doesn't arrive."""
    failing = select(Person.id).where(Person.address_problem.is_not(None))
    return or_(Pairing.mentee_person_id.in_(failing), Pairing.mentor_person_id.in_(failing))

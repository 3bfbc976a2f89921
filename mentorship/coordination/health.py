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
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    null,
    or_,
    select,
    union_all,
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

    @property
    def is_out_of_touch(self) -> bool:
        """Return whether two people need someone because there is no sign of contact."""
        return self.health in (Health.TROUBLE, Health.QUIET) and not self.has_sign

    def __new__(cls, value: str, health: Health | None = None) -> Finding:
        if health is None:
            raise TypeError(f"the finding {value} names no state")
        finding = str.__new__(cls, value)
        finding._value_, finding.health = value, health
        return finding


#: The signs of contact in a pairing: an answer that told of it, a meeting held, one agreed on.
_SIGNS = (Pairing.heard_at, Pairing.met_at, Pairing.meeting_at)


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


@dataclass(frozen=True)
class Survey:
    """How many pairings are in each state, and a page of those in one, with what is known of them.

    Those in trouble come first, then the quiet ones; within a state the longest introduced, and of
    those that ended the last.
    """

    counts: Mapping[Health, int]
    page: Page[tuple[Pairing, Finding]]


def counts(session: Session, program_id: uuid.UUID, reader_id: uuid.UUID) -> dict[Health, int]:
    """Return how many of a program's pairings are in each state, but for the reader's own."""
    numbers = _numbers(_known_of(session, program_id, reader_id))
    return _counted({row.finding: row.number for row in session.execute(numbers)})


def survey(
    session: Session,
    program_id: uuid.UUID,
    reader_id: uuid.UUID,
    number: int,
    state: Health | None = None,
) -> Survey:
    """Return a page of the pairings in a state, or of all that go on, and how many are in each.

    All of a program's but for the reader's own, which are looked at once.
    """
    known = _known_of(session, program_id, reader_id)
    states = _states(state)
    shown = _in(known, states).limit(paging.SIZE).offset((number - 1) * paging.SIZE).subquery()
    rows = session.execute(union_all(_numbers(known), select(shown))).all()
    counted = _counted({row.finding: row.number for row in rows if row.id is None})
    listed = sorted((row.number, row) for row in rows if row.id is not None)
    items = _read(session, [row for _place, row in listed])
    return Survey(counted, Page(items, number, sum(counted[each] for each in states)))


def every(
    session: Session, program_id: uuid.UUID, reader_id: uuid.UUID, state: Health | None = None
) -> Iterator[tuple[Pairing, Finding]]:
    """Yield all pairings in a state, or all that go on, with what is known, in the same order."""
    known = _known_of(session, program_id, reader_id)
    rows = session.execute(_in(known, _states(state))).all()
    for start in range(0, len(rows), _AT_ONCE):
        yield from _read(session, rows[start : start + _AT_ONCE])


def out_of_touch(
    session: Session, program_id: uuid.UUID, reader_id: uuid.UUID
) -> Select[uuid.UUID]:
    """Select the ids of a program's pairings that are out of touch, but for the reader's own."""
    known = _known_of(session, program_id, reader_id)
    return select(known.c.id).where(
        known.c.finding.in_([each.value for each in Finding if each.is_out_of_touch])
    )


def _known_of(session: Session, program_id: uuid.UUID, reader_id: uuid.UUID) -> CTE:
    known = _known(session, _is_of(program_id, reader_id)).cte("known")
    # Merged into what asks for it, it would be found out once for each time that it is named.
    return known.prefix_with("MATERIALIZED")


def _numbers(known: CTE) -> Select[Any]:
    """Select how many pairings there are of each finding; `id` is NULL."""
    id = cast(null(), Pairing.id.type).label("id")
    found = known.c.finding
    return select(id, found, func.count().label("number")).group_by(found)


def _in(known: CTE, states: Sequence[Health]) -> Select[Any]:
    """Select pairings in some states, with what is known of each and its place, `number`."""
    ranks = {each.value: states.index(each.health) for each in Finding if each.health in states}
    order = (
        case(ranks, value=known.c.finding), known.c.ended_at.desc(), known.c.since, known.c.id,
    )  # fmt: skip
    number = func.row_number().over(order_by=order).label("number")
    return (
        select(known.c.id, known.c.finding, number)
        .where(known.c.finding.in_(ranks))
        .order_by(number)
    )


def _states(state: Health | None) -> list[Health]:
    return [state] if state else [each for each in Health if each is not Health.ENDED]


def _counted(numbers: Mapping[str, int]) -> dict[Health, int]:
    counted = dict.fromkeys(Health, 0)
    for name, number in numbers.items():
        counted[Finding(name).health] += number
    return counted


def _read(session: Session, rows: Sequence[Any]) -> list[tuple[Pairing, Finding]]:
    wanted = {row.id: Finding(row.finding) for row in rows}
    query = select(Pairing).where(Pairing.id.in_(wanted)).options(*WITH_PEOPLE)
    found = {pairing.id: pairing for pairing in session.scalars(query)}
    return [(found[id], each) for id, each in wanted.items()]


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
    (row,) = session.execute(_known(session, Pairing.id == pairing.id)).all()
    return Finding(row.finding)


def findings(
    session: Session, pairings: Collection[Pairing], reader_id: uuid.UUID
) -> dict[uuid.UUID, Finding]:
    """Return what is known of some pairings, by id; the reader's own are left out."""
    ids = [pairing.id for pairing in pairings]
    mine = and_(Pairing.id.in_(ids), _was_told(), ~_is_own(reader_id))
    rows = session.execute(_known(session, mine))
    return {row.id: Finding(row.finding) for row in rows}


def months(session: Session, program_id: uuid.UUID) -> Sequence[Month]:
    """Return what became of pairings, by the month in which they were introduced, newest first."""
    introduced = Pairing.introduced_at
    is_due = introduced <= database.now(session) - SOON
    until = database.later(session, introduced, SOON)
    in_touch = or_(*(and_(sign.is_not(None), sign <= until) for sign in _SIGNS))
    is_live = Pairing.state.in_(MET_PAIRING)

    def number(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)

    year, month = extract("year", introduced), extract("month", introduced)
    rows = session.execute(
        select(year, month, func.count(), number(is_due), number(is_due, in_touch), number(is_live))
        .where(Pairing.program_id == program_id, introduced.is_not(None))
        .group_by(year, month)
        .order_by(year.desc(), month.desc())
        .limit(MOST_MONTHS)
    )
    return [
        Month(
            datetime.date(int(year), int(month), 1),
            introduced=introduced,
            due=due,
            soon=soon,
            live=live,
            ended=introduced - live,
        )
        for year, month, introduced, due, soon, live in rows
    ]


def _was_told() -> ColumnElement[bool]:
    """Match pairings that someone was asked about or introduced by, and that came about."""
    return Pairing.state.in_((PairingState.ASKED, *MET_PAIRING, PairingState.ENDED))


def _is_of(program_id: uuid.UUID, reader_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(Pairing.program_id == program_id, _was_told(), ~_is_own(reader_id))


def _is_own(reader_id: uuid.UUID) -> ColumnElement[bool]:
    return or_(Pairing.mentee_person_id == reader_id, Pairing.mentor_person_id == reader_id)


def _known(session: Session, of: ColumnElement[bool]) -> Select[Any]:
    """Select `id`, `finding` (what is known, as the table above says it), `ended_at` and `since`.

    Of `of` some pairings. It reads nothing that has to be gathered from other rows first: a
    database that does not know yet how many rows there are would gather it for each again.
    """
    at = database.now(session)

    def sign_since(moment: Any) -> ColumnElement[bool]:
        """Match pairings with a sign of contact at a time or later; a meeting ahead is one."""
        # Without a value, a comparison is neither true nor false.
        return or_(*(and_(sign.is_not(None), sign >= moment) for sign in _SIGNS))

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
    since = func.coalesce(Pairing.introduced_at, Pairing.asked_at).label("since")
    return select(Pairing.id, finding, Pairing.ended_at, since).where(of)


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

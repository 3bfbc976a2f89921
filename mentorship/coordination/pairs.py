"""The pairs of a round, filtered and sorted by what may worry a coordinator."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, case, cast, func, select, true, tuple_
from sqlalchemy.orm import Session, aliased, defer, joinedload

from mentorship import language
from mentorship.coordination import paging
from mentorship.coordination.paging import Page
from mentorship.coordination.review import Found
from mentorship.language import gettext as _
from mentorship.models import Decision, DecisionKind, Pairing, Profile, Role
from mentorship.pairings import cautions, reasons, why_unmatched
from mentorship.pairings.sentences import Reader
from mentorship.people import questions, sight
from mentorship.people.sight import Viewer

_VIEWER = Viewer.COORDINATOR
#: How many are read at once where all are.
_AT_ONCE = 1_000
_MENTEE, _MENTOR = aliased(Profile), aliased(Profile)


class Show(enum.StrEnum):
    """Which pairs are shown; the name stands in addresses."""

    ALL = "all"
    #: New ones with a caution, or that are held back.
    FIRST = "first"
    NEW = "new"
    KEPT = "kept"
    WEAK = "weak"
    HOURS = "hours"
    HELD = "held"
    FULL = "full"
    #: Of one institution; with a mentor who has had no mentee in the program before.
    SAME_INSTITUTION = "same_institution"
    FIRST_MENTEE = "first_mentee"
    BY_HAND = "by_hand"


class Sort(enum.StrEnum):
    """By what pairs are sorted: new ones with the lowest score first, or by a column."""

    REVIEW = "review"
    MENTEE = "mentee"
    MENTOR = "mentor"
    HIGHEST = "highest"


@dataclass(frozen=True)
class Pair:
    """A pair as a row of a list; `score` in millionths."""

    pairing: Pairing
    mentee: str
    mentor: str
    is_kept: bool
    score: int
    flags: Sequence[str]
    reasons: Sequence[str]
    decided: DecisionKind | None

    @property
    def key(self) -> tuple[uuid.UUID, uuid.UUID]:
        """Return the profile ids of the two, which stay when the round is matched again."""
        return self.pairing.mentee_id, self.pairing.mentor_id


@dataclass(frozen=True)
class Place:
    """Where a pair stands among those that are shown, from 1, and the keys of its neighbors."""

    number: int
    total: int
    before: tuple[uuid.UUID, uuid.UUID] | None
    after: tuple[uuid.UUID, uuid.UUID] | None


def of_round(
    session: Session,
    round_id: uuid.UUID,
    found: Found,
    decided: Sequence[Decision],
    show: Show,
    sort: Sort,
    number: int,
) -> Page[Pair]:
    """Return a page of a round's pairs."""
    query = _listed(round_id, found, decided, show, sort)
    shown = paging.page(session, query, number)
    kinds = _kinds(decided)
    return Page([_pair(p, found, kinds) for p in shown.items], shown.number, shown.total)


def every(
    session: Session,
    round_id: uuid.UUID,
    found: Found,
    decided: Sequence[Decision],
    show: Show,
    sort: Sort,
) -> Iterator[Pair]:
    """Yield all pairs of a round that are shown, in order."""
    query, kinds = _listed(round_id, found, decided, show, sort), _kinds(decided)
    for pairing in session.scalars(query, execution_options={"yield_per": _AT_ONCE}):
        yield _pair(pairing, found, kinds)


def _listed(
    round_id: uuid.UUID, found: Found, decided: Sequence[Decision], show: Show, sort: Sort
) -> Select[Pairing]:
    of = _of(round_id, found.kept)
    return _sorted(_all(of).where(_shown(show, round_id, of, decided)), sort, round_id).options(
        *(
            joinedload(side, innerjoin=True).options(
                defer(Profile.answers), joinedload(Profile.person, innerjoin=True)
            )
            for side in (Pairing.mentee, Pairing.mentor)
        )
    )


def _kinds(
    decided: Sequence[Decision],
) -> dict[tuple[uuid.UUID | None, uuid.UUID | None], DecisionKind]:
    return {(each.mentee_id, each.mentor_id): each.kind for each in decided}


def count(
    session: Session, round_id: uuid.UUID, found: Found, decided: Sequence[Decision]
) -> dict[Show, int]:
    """Return how many pairs each way of showing them has, in one look."""
    of = _of(round_id, found.kept)
    sums = [
        func.coalesce(func.sum(case((_shown(show, round_id, of, decided), 1), else_=0)), 0)
        for show in Show
    ]
    row = session.execute(_all(of).with_only_columns(*sums)).one()
    return dict(zip(Show, row, strict=True))


def place(
    session: Session,
    round_id: uuid.UUID,
    found: Found,
    decided: Sequence[Decision],
    show: Show,
    sort: Sort,
    pair: Pair,
) -> Place | None:
    """Return where a pair stands among those that are shown, None where it is none of them."""
    of = _of(round_id, found.kept)
    query = _all(of).where(_shown(show, round_id, of, decided))
    order = _order(sort, round_id)
    of_one = Pairing.id.type
    rows = (
        _named(query, sort)
        .with_only_columns(
            Pairing.id,
            func.count().over().label("total"),
            func.row_number().over(order_by=order).label("number"),
            func.lag(Pairing.id, type_=of_one).over(order_by=order).label("before"),
            func.lead(Pairing.id, type_=of_one).over(order_by=order).label("after"),
            maintain_column_froms=True,
        )
        .subquery()
    )
    row = session.execute(select(rows).where(rows.c.id == pair.pairing.id)).one_or_none()
    if row is None:
        return None
    ids = select(Pairing.id, Pairing.mentee_id, Pairing.mentor_id)
    beside = session.execute(ids.where(Pairing.id.in_((row.before, row.after))))
    keys = {id: (mentee, mentor) for id, mentee, mentor in beside}
    return Place(row.number, row.total, keys.get(row.before), keys.get(row.after))


def ids(
    session: Session, round_id: uuid.UUID, found: Found, decided: Sequence[Decision], show: Show
) -> list[uuid.UUID]:
    """Return the ids of all pairings that are shown."""
    of = _of(round_id, found.kept)
    query = _all(of).where(_shown(show, round_id, of, decided)).with_only_columns(Pairing.id)
    return list(session.scalars(query))


def partners(
    session: Session, round_id: uuid.UUID, found: Found, profile: Profile
) -> set[uuid.UUID]:
    """Return the profile ids of all whom someone has with a round."""
    is_mentee = profile.role is Role.MENTEE
    mine, theirs = Pairing.mentee_id, Pairing.mentor_id
    if not is_mentee:
        mine, theirs = theirs, mine
    of_round = (Pairing.round_id == round_id) | Pairing.id.in_(found.kept)
    return set(session.scalars(select(theirs).where(mine == profile.id, of_round)))


def one(
    session: Session,
    round_id: uuid.UUID,
    found: Found,
    decided: Sequence[Decision],
    mentee_id: uuid.UUID,
    mentor_id: uuid.UUID,
) -> Pair | None:
    """Return a pair of a round, None where the two are none in it."""
    query = _all(_of(round_id, found.kept)).where(
        Pairing.mentee_id == mentee_id, Pairing.mentor_id == mentor_id
    )
    pairing = session.scalar(query)
    return _pair(pairing, found, _kinds(decided)) if pairing else None


def _of(round_id: uuid.UUID, kept: Collection[uuid.UUID]) -> CTE:
    """Return the pairings that a round made or kept, named once however often asked for."""
    both = (Pairing.round_id == round_id) | Pairing.id.in_(kept)
    return select(Pairing.id, Pairing.mentor_id).where(both).cte("of_round")


def _all(of: CTE) -> Select[Pairing]:
    return select(Pairing).where(Pairing.id.in_(select(of.c.id)))


def _shown(
    show: Show, round_id: uuid.UUID, of: CTE, decided: Sequence[Decision]
) -> ColumnElement[bool]:
    is_new = Pairing.round_id == round_id
    if show is Show.ALL:
        return true()
    if show is Show.NEW:
        return is_new
    if show is Show.KEPT:
        return ~is_new
    if show is Show.HELD:
        return is_new & Pairing.held
    if show is Show.FULL:
        full = (
            select(of.c.mentor_id)
            .join(Profile, Profile.id == of.c.mentor_id)
            .group_by(of.c.mentor_id, Profile.capacity)
            .having(func.count() >= Profile.capacity)
        )
        return is_new & Pairing.mentor_id.in_(full)
    if show is Show.SAME_INSTITUTION:
        return is_new & Pairing.same_institution
    if show is Show.FIRST_MENTEE:
        return is_new & Pairing.mentor_id.not_in(_mentored())
    if show is Show.BY_HAND:
        made = [
            (d.mentee_id, d.mentor_id)
            for d in decided
            if d.mentee_id is not None and d.mentor_id is not None
        ]
        return tuple_(Pairing.mentee_id, Pairing.mentor_id).in_(made)
    if show is Show.FIRST:
        return is_new & (Pairing.held | (func.length(cast(Pairing.cautions, String)) > 2))
    caution = "score" if show is Show.WEAK else "hours"
    return is_new & _has_caution(caution)


def has_mentored(session: Session, mentor: Profile) -> bool:
    """Return whether a mentor has had a mentee in the program."""
    return bool(session.scalar(select(_mentored().where(Pairing.mentor_id == mentor.id).exists())))


def _mentored() -> Select[uuid.UUID]:
    """Return the mentors who have had a mentee."""
    return select(Pairing.mentor_id).where(Pairing.introduced_at.is_not(None))


def _has_caution(criterion: str) -> ColumnElement[bool]:
    # As text, which both kinds of database write alike.
    return cast(Pairing.cautions, String).contains(f'"criterion": "{criterion}"')


def _sorted(query: Select[Pairing], sort: Sort, round_id: uuid.UUID) -> Select[Pairing]:
    return _named(query, sort).order_by(*_order(sort, round_id))


def _named(query: Select[Pairing], sort: Sort) -> Select[Pairing]:
    """Join the people by whose names pairs are sorted, if they are."""
    if sort is Sort.MENTEE:
        return query.join(_MENTEE, Pairing.mentee_id == _MENTEE.id)
    if sort is Sort.MENTOR:
        return query.join(_MENTOR, Pairing.mentor_id == _MENTOR.id)
    return query


def _order(sort: Sort, round_id: uuid.UUID) -> tuple[Any, ...]:
    by: dict[Sort, tuple[Any, ...]] = {
        Sort.REVIEW: (Pairing.round_id != round_id, Pairing.score),
        Sort.HIGHEST: (Pairing.score.desc(),),
        Sort.MENTEE: (~sight.is_listed(_MENTEE), _MENTEE.full_name),
        Sort.MENTOR: (~sight.is_listed(_MENTOR), _MENTOR.full_name),
    }
    return (*by[sort], Pairing.id)


def _pair(
    pairing: Pairing,
    found: Found,
    kinds: Mapping[tuple[uuid.UUID | None, uuid.UUID | None], DecisionKind],
) -> Pair:
    flags = cautions.of_pairing(pairing)
    asked = questions.of_profile(pairing.mentee)
    rules = why_unmatched.rules_in_words(found.excluded.get(pairing.id, ()), asked)
    if rules:
        flags = [_("Now excluded by: %(rules)s", rules=language.listed(rules)), *flags]
    return Pair(
        pairing=pairing,
        mentee=sight.title(pairing.mentee, _VIEWER),
        mentor=sight.title(pairing.mentor, _VIEWER),
        is_kept=pairing.id in found.kept,
        score=found.kept.get(pairing.id, pairing.score),
        flags=flags,
        reasons=reasons.of_pairing(pairing, Reader.COORDINATOR),
        decided=kinds.get((pairing.mentee_id, pairing.mentor_id)),
    )

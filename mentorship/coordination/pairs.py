"""The pairs of a round, filtered and sorted by what may worry a coordinator."""

from __future__ import annotations

import enum
import functools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    case,
    cast,
    func,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased, defer, joinedload

from mentorship import language
from mentorship.coordination import paging, review
from mentorship.coordination.paging import Page
from mentorship.coordination.review import Found
from mentorship.language import gettext as _
from mentorship.models import Decision, DecisionKind, Existing, Pairing, Profile, Role, Round
from mentorship.pairings import cautions, reasons, why_unmatched
from mentorship.pairings.criteria import CRITERIA
from mentorship.pairings.sentences import Reader
from mentorship.people import questions, sight
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer
from mentorship.states import ProfileState

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
    """A pair as a row of a list; `score` in millionths.

    `parts` are the labels of the criteria, in the same order for all pairs that the round made, and
    what each adds to the usual score, from -1 to 1. None where that is not told, and of a pair that
    is kept: what is stored is how the round that made it counted.
    """

    pairing: Pairing
    mentee: str
    mentor: str
    is_kept: bool
    score: int
    flags: Sequence[str]
    reasons: Sequence[str]
    parts: Sequence[tuple[str, float]]
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


@dataclass(frozen=True)
class Listing:
    """Which pairs of a round are listed, and in what order; `decided` are decisions that hold."""

    round: Round
    found: Found
    decided: Sequence[Decision]
    show: Show = Show.ALL
    sort: Sort = Sort.REVIEW

    @functools.cached_property
    def kinds(self) -> Mapping[tuple[uuid.UUID | None, uuid.UUID | None], DecisionKind]:
        """Return what is decided, by the two whom it is about."""
        return {(each.mentee_id, each.mentor_id): each.kind for each in self.decided}


def page(session: Session, listing: Listing, number: int) -> Page[Pair]:
    """Return a page of the pairs that are listed."""
    shown = paging.page(session, _whole(listing), number)
    return Page([_pair(each, listing) for each in shown.items], shown.number, shown.total)


def every(session: Session, listing: Listing) -> Iterator[Pair]:
    """Yield all pairs that are listed, in order."""
    query = _whole(listing)
    for pairing in session.scalars(query, execution_options={"yield_per": _AT_ONCE}):
        yield _pair(pairing, listing)


def count(session: Session, listing: Listing) -> dict[Show, int]:
    """Return how many pairs each way of showing them has, in one look."""
    of = _of(listing)
    sums = [
        func.coalesce(func.sum(case((_shown(show, listing, of), 1), else_=0)), 0) for show in Show
    ]
    row = session.execute(_all(listing, of).with_only_columns(*sums)).one()
    return dict(zip(Show, row, strict=True))


def place(session: Session, listing: Listing, pair: Pair) -> Place | None:
    """Return where a pair stands among those that are listed, None where it is none of them."""
    # As the database gives them: to make an object of each would take longer than all the rest.
    id = type_coerce(Pairing.id, String)
    listed = session.scalars(_listed(listing).with_only_columns(id, maintain_column_froms=True))
    ids = [str(each).replace("-", "") for each in listed]
    if pair.pairing.id.hex not in ids:
        return None
    at = ids.index(pair.pairing.id.hex)
    before, after = ids[at - 1 : at], ids[at + 1 : at + 2]
    keys = select(Pairing.id, Pairing.mentee_id, Pairing.mentor_id).where(
        Pairing.id.in_(map(uuid.UUID, [*before, *after]))
    )
    by_id = {id.hex: (mentee, mentor) for id, mentee, mentor in session.execute(keys)}
    beside = [by_id.get(each[0]) if each else None for each in (before, after)]
    return Place(at + 1, len(ids), *beside)


def ids(session: Session, listing: Listing) -> list[uuid.UUID]:
    """Return the ids of all pairings that are listed."""
    query = _listed(listing).with_only_columns(Pairing.id, maintain_column_froms=True)
    return list(session.scalars(query))


def one(
    session: Session, listing: Listing, mentee_id: uuid.UUID, mentor_id: uuid.UUID
) -> Pair | None:
    """Return a pair of the round, listed or not, None where the two are none in it."""
    query = _all(listing, _of(listing)).where(
        Pairing.mentee_id == mentee_id, Pairing.mentor_id == mentor_id
    )
    pairing = session.scalar(query)
    return _pair(pairing, listing) if pairing else None


def partners(session: Session, listing: Listing, profile: Profile) -> dict[uuid.UUID, bool]:
    """Return the profile ids of all whom someone has with the round, and which can be pinned.

    A pairing from before cannot where existing ones are kept anyway, or where the other pauses.
    """
    is_mentee = profile.role is Role.MENTEE
    mine, theirs = Pairing.mentee_id, Pairing.mentor_id
    if not is_mentee:
        mine, theirs = theirs, mine
    rows = session.execute(
        select(theirs, Pairing.round_id, Profile.state)
        .join(Profile, Profile.id == theirs)
        .where(mine == profile.id, _is_of(listing))
    )
    is_fixed = listing.round.existing is Existing.KEEP
    return {
        id: round_id == listing.round.id or (not is_fixed and state is ProfileState.READY)
        for id, round_id, state in rows
    }


def _is_of(listing: Listing) -> ColumnElement[bool]:
    """Match the pairings that a round made or kept."""
    is_new = Pairing.round_id == listing.round.id
    # Of one that kept none, SQLite is not asked to look in two places.
    return is_new | Pairing.id.in_(listing.found.kept) if listing.found.kept else is_new


def _of(listing: Listing) -> CTE:
    """Return the pairings that a round made or kept, named once however often asked for."""
    return select(Pairing.id, Pairing.mentor_id).where(_is_of(listing)).cte("of_round")


def _all(listing: Listing, of: CTE) -> Select[Pairing]:
    named = Pairing.id.in_(select(of.c.id)) if listing.found.kept else _is_of(listing)
    return select(Pairing).where(named)


def _listed(listing: Listing) -> Select[Pairing]:
    of, sort = _of(listing), listing.sort
    query = _all(listing, of).where(_shown(listing.show, listing, of))
    if sort is Sort.MENTEE:
        query = query.join(_MENTEE, Pairing.mentee_id == _MENTEE.id)
    if sort is Sort.MENTOR:
        query = query.join(_MENTOR, Pairing.mentor_id == _MENTOR.id)
    by: dict[Sort, tuple[Any, ...]] = {
        Sort.REVIEW: (Pairing.round_id != listing.round.id, Pairing.score),
        Sort.HIGHEST: (Pairing.score.desc(),),
        Sort.MENTEE: (~sight.is_listed(_MENTEE), _MENTEE.full_name),
        Sort.MENTOR: (~sight.is_listed(_MENTOR), _MENTOR.full_name),
    }
    return query.order_by(*by[sort], Pairing.id)


def _whole(listing: Listing) -> Select[Pairing]:
    """Select the pairs that are listed, with their people."""
    return _listed(listing).options(
        *(
            joinedload(side, innerjoin=True).options(
                defer(Profile.answers), joinedload(Profile.person, innerjoin=True)
            )
            for side in (Pairing.mentee, Pairing.mentor)
        )
    )


def _shown(show: Show, listing: Listing, of: CTE) -> ColumnElement[bool]:
    is_new = Pairing.round_id == listing.round.id
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
        return is_new & Pairing.mentor_id.not_in(_mentored(listing.round.program_id))
    if show is Show.BY_HAND:
        made = [
            (d.mentee_id, d.mentor_id)
            for d in listing.decided
            if d.mentee_id is not None and d.mentor_id is not None
        ]
        return tuple_(Pairing.mentee_id, Pairing.mentor_id).in_(made)
    if show is Show.FIRST:
        return is_new & (Pairing.held | (func.length(cast(Pairing.cautions, String)) > 2))
    caution = "score" if show is Show.WEAK else "hours"
    return is_new & _has_caution(caution)


def has_mentored(session: Session, mentor: Profile) -> bool:
    """Return whether a mentor has had a mentee in the program."""
    theirs = _mentored(mentor.program_id).where(Pairing.mentor_id == mentor.id)
    return bool(session.scalar(select(theirs.exists())))


def _mentored(program_id: uuid.UUID) -> Select[uuid.UUID]:
    """Return a program's mentors who have had a mentee in it."""
    return select(Pairing.mentor_id).where(
        Pairing.program_id == program_id, Pairing.introduced_at.is_not(None)
    )


def _has_caution(criterion: str) -> ColumnElement[bool]:
    # As text, which both kinds of database write alike.
    return cast(Pairing.cautions, String).contains(f'"criterion": "{criterion}"')


def _pair(pairing: Pairing, listing: Listing) -> Pair:
    found = listing.found
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
        parts=() if pairing.id in found.kept else _parts(pairing, asked),
        decided=listing.kinds.get((pairing.mentee_id, pairing.mentor_id)),
    )


def _parts(pairing: Pairing, asked: Sequence[ProgramQuestion]) -> list[tuple[str, float]]:
    told = review.contributions(pairing)
    labels = {name: _(each.label) for name, each in CRITERIA.items()}
    labels |= {question.name: question.label for question in asked}
    parts = ((label, told.get(name)) for name, label in labels.items())
    return [(label, part) for label, part in parts if part is not None]

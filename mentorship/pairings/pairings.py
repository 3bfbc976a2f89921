"""Pairings: how a mentee and a mentor are introduced, meet and part."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Container, Iterable, Sequence

from sqlalchemy import ColumnElement, exists, select, union_all, update
from sqlalchemy.orm import Session, joinedload

from mentorship import database, outbox
from mentorship.errors import WrongState
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import (
    PENDING_REPLY,
    Email,
    EmailKind,
    Pairing,
    Profile,
    Reply,
    Role,
    Round,
    Trait,
)
from mentorship.pairings import hearing, meetings
from mentorship.people import capacity, conflicts, demand, profiles
from mentorship.states import (
    LIVE_PAIRING,
    MET_PAIRING,
    Ending,
    PairingState,
    ProfileState,
    in_words,
    move_or_refuse,
)

#: Of a query for pairings: both profiles and persons are read with them.
WITH_PEOPLE = (
    joinedload(Pairing.mentee).joinedload(Profile.person),
    joinedload(Pairing.mentor).joinedload(Profile.person),
)


def lock(session: Session, of: ColumnElement[bool]) -> dict[uuid.UUID, Profile]:
    """Lock and return the profiles of some pairings, always before the pairings themselves.

    Then lock the emails that would tell them first and have not left, so that none leaves while
    it is decided who has heard. Always in one order, so that two transactions cannot deadlock.
    """
    both = union_all(select(Pairing.mentor_id).where(of), select(Pairing.mentee_id).where(of))
    found = {
        profile.id: profile
        for profile in session.scalars(
            select(Profile)
            .where(Profile.id.in_(both))
            .order_by(Profile.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    first = select(Email.id).join(Pairing, hearing.tells_first()).where(of, hearing.has_not_left())
    session.execute(first.order_by(Email.id).with_for_update(of=Email)).all()
    return found


def introduce(session: Session, round: Round) -> Sequence[Pairing]:
    """proposed -> introduced, for the pairings of a round that are not held; each takes a place.

    Raises `WrongState` where a pair has become impossible since it was proposed.
    """
    found = _take_places(session, round)
    at = database.now(session)
    values = {"state": PairingState.INTRODUCED, "introduced_at": at}
    session.execute(update(Pairing).where(proposed_by(round)).values(values))
    return found


def ask(session: Session, round: Round) -> Sequence[Pairing]:
    """proposed -> asked, for the pairings of a round that are not held; each takes a place.

    Both are asked before either learns how to reach the other. Raises `WrongState` where a pair
    has become impossible since it was proposed.
    """
    found = _take_places(session, round)
    values = {"state": PairingState.ASKED, "asked_at": database.now(session)}
    session.execute(update(Pairing).where(proposed_by(round)).values(values))
    return found


def proposed_by(round: Round) -> ColumnElement[bool]:
    """Match the pairings of a round that can be published now; those held back cannot."""
    is_proposed = Pairing.state == PairingState.PROPOSED
    return (Pairing.round_id == round.id) & is_proposed & ~Pairing.held


def _take_places(session: Session, round: Round) -> Sequence[Pairing]:
    """Hold a place for each proposed pairing. Raises `WrongState` where that cannot be."""
    proposed = proposed_by(round)
    found = session.scalars(select(Pairing).where(proposed).order_by(Pairing.id)).all()
    people = lock(session, proposed)
    wanted = Counter(pairing.mentor_id for pairing in found)
    problems = [
        _("%(id)s is %(state)s", id=profile.listed_id, state=in_words(profile.state))
        for profile in people.values()
        if profile.state is not ProfileState.READY
    ]
    for mentor_id, places in wanted.items():
        mentor = people[mentor_id]
        free = (mentor.capacity or 0) - mentor.places_taken
        if places > free:
            problems.append(
                _(
                    "%(id)s has too few free places (%(free)s free, %(places)s needed)",
                    id=mentor.listed_id,
                    free=max(free, 0),
                    places=places,
                )
            )
    has = Counter(
        session.scalars(
            select(Pairing.mentee_id).where(
                Pairing.program_id == round.program_id, Pairing.state.in_(LIVE_PAIRING)
            )
        )
    )
    for mentee_id, mentors in Counter(pairing.mentee_id for pairing in found).items():
        mentee = people[mentee_id]
        may_have = demand.of(mentee, round.program)
        if has[mentee_id] + mentors > may_have:
            problems.append(
                _(
                    "%(id)s can have up to %(may_have)s mentors but would have %(mentors)s",
                    id=mentee.listed_id,
                    may_have=may_have,
                    mentors=has[mentee_id] + mentors,
                )
            )
    # Neither counted nor named: no one may read who ruled out whom.
    if any(conflicts.either_excludes(pairing.mentee, pairing.mentor) for pairing in found):
        problems.append(_("some pairs are no longer possible"))
    if problems:
        raise WrongState(
            _(
                "things changed since this was proposed (%(problems)s); match the round again, or "
                "discard it and start another",
                problems="; ".join(problems[-5:]),
            )
        )
    for mentor_id, places in wanted.items():
        people[mentor_id].places_taken += places
    return found


def accept(session: Session, pairing: Pairing) -> None:
    """asked -> active: both said yes, and the mentee waits no longer."""
    mentee = lock(session, Pairing.id == pairing.id)[pairing.mentee_id]
    at = database.now(session)
    _move(session, pairing, (PairingState.ASKED,), PairingState.ACTIVE, introduced_at=at)
    mentee.rounds_waiting = 0
    session.flush()


def decline(session: Session, pairing: Pairing, reason: str = Ending.DECLINED) -> set[uuid.UUID]:
    """asked -> declined: one of them said no; the place is free again. Return who is unaware."""
    return _close(session, pairing, (PairingState.ASKED,), PairingState.DECLINED, reason)


def expire(session: Session, pairing: Pairing) -> set[uuid.UUID]:
    """asked -> expired: the time to answer ran out; the place is free. Return who is unaware."""
    asked = (PairingState.ASKED,)
    return _close(session, pairing, asked, PairingState.EXPIRED, Ending.NO_ANSWER)


def begin(session: Session, pairing: Pairing) -> None:
    """introduced -> active: they have met."""
    met_at = pairing.met_at or database.now(session)
    _move(session, pairing, (PairingState.INTRODUCED,), PairingState.ACTIVE, met_at=met_at)


def end(session: Session, pairing: Pairing, reason: str) -> set[uuid.UUID]:
    """introduced or active -> ended: they part; the place is free. Return who is unaware."""
    return _close(session, pairing, MET_PAIRING, PairingState.ENDED, reason)


def note_met(session: Session, pairing: Pairing) -> None:
    """Record that two people have met, so that neither is asked again."""
    if pairing.state is PairingState.INTRODUCED:
        begin(session, pairing)
    elif pairing.met_at is None:
        pairing.met_at = database.now(session)
        session.flush()
    outbox.supersede(session, [pairing.id], EmailKind.FIRST_MEETING, EmailKind.NO_CONTACT_YET)


def stop(session: Session, pairing: Pairing, reason: str) -> set[uuid.UUID]:
    """Decline a pairing that is being asked about, or end one that was introduced.

    Return who is unaware of it.
    """
    if pairing.state is PairingState.ASKED:
        return decline(session, pairing, reason)
    return end(session, pairing, reason)


def part(session: Session, pairing: Pairing, reason: str, by: uuid.UUID | None) -> None:
    """End a pairing at one person's request: the other is told, and the mentee waits again.

    `by` None is the program, and both are told. People who have not heard of the pairing are told
    nothing.
    """
    lock(session, Pairing.id == pairing.id)
    session.refresh(pairing)
    kind = ending_kind(pairing)
    uninformed = stop(session, pairing, reason)
    if reason not in (Ending.FINISHED, Ending.CONCLUDED):
        _wait_again(session, pairing)
    _tell_of_end(session, pairing, kind, uninformed | {by})


def run_out(session: Session, pairing: Pairing) -> None:
    """Expire a pairing that one of the two did not answer: both are told, and the mentee waits."""
    uninformed = expire(session, pairing)
    _wait_again(session, pairing)
    _tell_of_end(session, pairing, EmailKind.PAIRING_NOT_MADE, uninformed)


def _tell_of_end(
    session: Session, pairing: Pairing, kind: EmailKind, without: Container[uuid.UUID | None]
) -> None:
    for profile in (pairing.mentee, pairing.mentor):
        if profile.state is not ProfileState.LEFT and profile.person_id not in without:
            outbox.owe(
                session, kind, to=profile.person_id, about=pairing.id,
                program_id=pairing.program_id,
            )  # fmt: skip


def ending_kind(pairing: Pairing) -> EmailKind:
    """Return the kind of email that will tell of the end of a live pairing."""
    is_asked = pairing.state is PairingState.ASKED
    return EmailKind.PAIRING_NOT_MADE if is_asked else EmailKind.PAIRING_ENDED


def leave(session: Session, profile: Profile) -> None:
    """Take a person out of a program: their pairings end, and the others are told."""
    mine = (Pairing.mentee_id == profile.id) | (Pairing.mentor_id == profile.id)
    lock(session, mine & Pairing.state.in_(LIVE_PAIRING))
    # A round that is being published holds this row until its pairings are there to be ended.
    session.refresh(profile, with_for_update=True)
    live = select(Pairing).where(mine, Pairing.state.in_(LIVE_PAIRING)).order_by(Pairing.id)
    for pairing in session.scalars(live).all():
        part(session, pairing, Ending.LEFT, by=profile.person_id)
    profiles.leave(session, profile)


def live(session: Session, program_id: uuid.UUID) -> Sequence[Pairing]:
    """Return the pairings of a program that hold a place."""
    return session.scalars(
        select(Pairing)
        .where(Pairing.program_id == program_id, Pairing.state.in_(LIVE_PAIRING))
        .order_by(Pairing.id)
    ).all()


def of_profile(session: Session, profile: Profile) -> Sequence[Pairing]:
    """Return the live pairings of a profile, the newest first."""
    mine = Pairing.mentee_id if profile.role is Role.MENTEE else Pairing.mentor_id
    return session.scalars(
        select(Pairing)
        .where(mine == profile.id, Pairing.state.in_(LIVE_PAIRING))
        .options(*WITH_PEOPLE)
        .order_by(Pairing.introduced_at.desc(), Pairing.id)
    ).all()


def known_of(session: Session, profile: Profile) -> Sequence[Pairing]:
    """Return all pairings of a profile that its person heard of, those that go on first."""
    mine = Pairing.mentee_id if profile.role is Role.MENTEE else Pairing.mentor_id
    is_over = Pairing.state.not_in(LIVE_PAIRING)
    return session.scalars(
        select(Pairing)
        .where(mine == profile.id, Pairing.state != PairingState.PROPOSED)
        .options(*WITH_PEOPLE)
        .order_by(is_over, Pairing.ended_at.desc(), Pairing.introduced_at.desc(), Pairing.id)
    ).all()


def by_id(session: Session, ids: Iterable[uuid.UUID]) -> Sequence[Pairing]:
    """Return some pairings, in the order of their ids."""
    return session.scalars(
        select(Pairing)
        .where(Pairing.id.in_(list(ids)))
        .order_by(Pairing.id)
        .execution_options(populate_existing=True)
    ).all()


def _wait_again(session: Session, pairing: Pairing) -> None:
    """Give a mentee who lost their only mentor priority in the next round."""
    theirs = exists().where(Pairing.mentee_id == pairing.mentee_id, Pairing.state.in_(LIVE_PAIRING))
    session.execute(
        update(Profile)
        .where(Profile.id == pairing.mentee_id, ~theirs)
        .values(rounds_waiting=Profile.rounds_waiting + 1)
    )


def _close(
    session: Session,
    pairing: Pairing,
    sources: tuple[PairingState, ...],
    target: PairingState,
    reason: str,
) -> set[uuid.UUID]:
    """Free the place, and withdraw what is pending about the pairing.

    Return who has not heard of it, and need not hear of its end.
    """
    lock(session, Pairing.id == pairing.id)
    uninformed = hearing.unaware(session, pairing)
    at = database.now(session)
    _move(session, pairing, sources, target, ended_at=at, ended_reason=reason)
    capacity.free_place(session, pairing.mentor)
    session.execute(
        update(Reply).where(Reply.pairing_id == pairing.id, PENDING_REPLY).values(undone_at=at)
    )
    outbox.supersede(session, [pairing.id], *EmailKind.having(Trait.WHILE_PAIRED))
    meetings.end(session, pairing)
    of_round = (Pairing.round_id == pairing.round_id) & Pairing.state.in_(LIVE_PAIRING)
    # What a mentor is sent about several mentees still names the others, and a mentee's other
    # introductions of this round still tell what it ended.
    still_said, still_told = (
        session.scalar(select(exists().where(of_round, mine)))
        for mine in (
            (Pairing.mentor_id == pairing.mentor_id) & (Pairing.part == pairing.part),
            Pairing.mentee_id == pairing.mentee_id,
        )
    )
    change = outbox.hold_back if still_said else outbox.supersede
    mentee, mentor = pairing.mentee_person_id, pairing.mentor_person_id
    change(
        session,
        [pairing.round_id],
        *hearing.OF_A_PART,
        readers=(Email.person_id == mentor) & (Email.number == pairing.part),
    )
    # An introduction also tells of what its round ended; where both were asked first, an email
    # of its own does.
    if pairing.asked_at is None:
        if mentee in uninformed and not still_told:
            hearing.tell_of_endings(session, pairing.round_id, mentee, Role.MENTEE)
        if mentor in uninformed and not still_said:
            hearing.tell_of_endings(session, pairing.round_id, mentor, Role.MENTOR)
    return uninformed


def _move(
    session: Session,
    pairing: Pairing,
    sources: tuple[PairingState, ...],
    target: PairingState,
    **changes: object,
) -> None:
    refusal = mark("the pairing is %(state)s, so it cannot become %(target)s")
    move_or_refuse(session, pairing, sources, target, refusal, **changes)

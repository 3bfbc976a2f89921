"""Pairings: how a mentee and a mentor are brought together and part."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from mentorship import database, mail, people
from mentorship.errors import WrongState
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Pairing, Profile, Role, Round
from mentorship.states import LIVE_PAIRING, PairingState, ProfileState, move


def introduce(session: Session, round: Round) -> Sequence[Pairing]:
    """proposed -> introduced, for all pairings of a round at once; each takes a place.

    Raises `WrongState` where a pair has become impossible since it was proposed.
    """
    proposed = (Pairing.round_id == round.id) & (Pairing.state == PairingState.PROPOSED)
    found = session.scalars(select(Pairing).where(proposed).order_by(Pairing.id)).all()
    for_mentors = select(Pairing.mentor_id).where(proposed)
    for_mentees = select(Pairing.mentee_id).where(proposed)
    # Locked in one order, so that two transactions cannot wait for each other.
    profiles = {
        profile.id: profile
        for profile in session.scalars(
            select(Profile)
            .where(Profile.id.in_(for_mentors) | Profile.id.in_(for_mentees))
            .order_by(Profile.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    wanted = Counter(pairing.mentor_id for pairing in found)
    problems = [
        _("%(id)s is %(state)s", id=profile.listed_id, state=profile.state.replace("_", " "))
        for profile in profiles.values()
        if profile.state is not ProfileState.READY
    ]
    for mentor_id, places in wanted.items():
        mentor = profiles[mentor_id]
        free = (mentor.capacity or 0) - mentor.places_taken
        if places > free:
            problems.append(
                _(
                    "%(id)s has %(free)s places for %(places)s mentees",
                    id=mentor.listed_id,
                    free=max(free, 0),
                    places=places,
                )
            )
    # Counted and not named: who ruled out whom is for nobody to read.
    ruled_out = sum(
        people.excludes(pairing.mentee, pairing.mentor)
        or people.excludes(pairing.mentor, pairing.mentee)
        for pairing in found
    )
    if ruled_out:
        problems.append(_("%(n)s pairs are no longer possible", n=ruled_out))
    if problems:
        raise WrongState(
            _(
                "things changed since this was proposed (%(problems)s); discard the round and "
                "start another",
                problems="; ".join(problems[-5:]),
            )
        )
    for mentor_id, places in wanted.items():
        profiles[mentor_id].places_taken += places
    session.execute(
        update(Pairing)
        .where(proposed)
        .values(state=PairingState.INTRODUCED, introduced_at=database.now(session))
    )
    return found


def ask(session: Session, pairing: Pairing) -> None:
    """proposed -> asked: both are asked before either learns how to reach the other."""
    people.take_place(session, pairing.mentor)
    _move(session, pairing, PairingState.PROPOSED, PairingState.ASKED)


def accept(session: Session, pairing: Pairing) -> None:
    """asked -> active: both said yes."""
    at = database.now(session)
    _move(session, pairing, PairingState.ASKED, PairingState.ACTIVE, introduced_at=at)


def decline(session: Session, pairing: Pairing) -> None:
    """asked -> declined: one of them said no; the place is free again."""
    _part(session, pairing, (PairingState.ASKED,), PairingState.DECLINED, "declined")


def expire(session: Session, pairing: Pairing) -> None:
    """asked -> expired: the time to answer ran out; the place is free again."""
    _part(session, pairing, (PairingState.ASKED,), PairingState.EXPIRED, "no answer")


def begin(session: Session, pairing: Pairing) -> None:
    """introduced -> active: they have met."""
    _move(session, pairing, PairingState.INTRODUCED, PairingState.ACTIVE)


def end(session: Session, pairing: Pairing, reason: str) -> None:
    """introduced or active -> ended: they part; the place is free again."""
    met = (PairingState.INTRODUCED, PairingState.ACTIVE)
    _part(session, pairing, met, PairingState.ENDED, reason)


def leave(session: Session, profile: Profile) -> None:
    """Let somebody leave a program: their pairings end, and their partners are told."""
    # A round that is being published holds this row until its pairings are there to be ended.
    session.refresh(profile, with_for_update=True)
    mine = (Pairing.mentee_id == profile.id) | (Pairing.mentor_id == profile.id)
    for pairing in session.scalars(select(Pairing).where(mine, Pairing.state.in_(LIVE_PAIRING))):
        if pairing.state is PairingState.ASKED:
            decline(session, pairing)
        else:
            end(session, pairing, "left the program")
        mail.supersede(session, [pairing.id], EmailKind.MENTEE_INTRODUCTION)
        other = pairing.mentor if pairing.mentee_id == profile.id else pairing.mentee
        kind = EmailKind.PAIRING_ENDED
        mail.owe(session, kind, profile.program_id, other.person_id, pairing.id)
    people.leave(session, profile)


def live(session: Session, program_id: uuid.UUID) -> Sequence[Pairing]:
    """Return the pairings of a program that hold a place."""
    return session.scalars(
        select(Pairing)
        .where(Pairing.program_id == program_id, Pairing.state.in_(LIVE_PAIRING))
        .order_by(Pairing.id)
    ).all()


def of_profile(session: Session, profile: Profile) -> Sequence[Pairing]:
    """Return the pairings that somebody is in now, the newest first."""
    mine = Pairing.mentee_id if profile.role is Role.MENTEE else Pairing.mentor_id
    return session.scalars(
        select(Pairing)
        .where(mine == profile.id, Pairing.state.in_(LIVE_PAIRING))
        .options(
            joinedload(Pairing.mentee).joinedload(Profile.person),
            joinedload(Pairing.mentor).joinedload(Profile.person),
        )
        .order_by(Pairing.introduced_at.desc(), Pairing.id)
    ).all()


def by_id(session: Session, ids: Iterable[uuid.UUID]) -> Sequence[Pairing]:
    """Return some pairings, in the order of their ids."""
    return session.scalars(
        select(Pairing).where(Pairing.id.in_(list(ids))).order_by(Pairing.id)
    ).all()


def _part(
    session: Session,
    pairing: Pairing,
    sources: tuple[PairingState, ...],
    target: PairingState,
    reason: str,
) -> None:
    at = database.now(session)
    mentor = pairing.mentor
    changes = {"ended_at": at, "ended_reason": reason}
    if not move(session, Pairing, pairing.id, sources, target, **changes):
        raise WrongState(
            _(
                "the pairing is %(state)s, so it cannot become %(target)s",
                state=pairing.state,
                target=target,
            )
        )
    people.free_place(session, mentor)


def _move(
    session: Session,
    pairing: Pairing,
    source: PairingState,
    target: PairingState,
    **changes: object,
) -> None:
    if not move(session, Pairing, pairing.id, (source,), target, **changes):
        raise WrongState(
            _(
                "the pairing is %(state)s, so it cannot become %(target)s",
                state=pairing.state,
                target=target,
            )
        )

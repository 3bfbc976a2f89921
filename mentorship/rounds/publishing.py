"""Publishing a round: pairings begin, and everyone is told once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, joinedload

from mentorship import database, outbox
from mentorship.errors import WrongState
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import (
    Email,
    EmailKind,
    Introduction,
    Pairing,
    Person,
    Profile,
    Role,
    Round,
    Unmatched,
)
from mentorship.pairings import hearing, pairings
from mentorship.rounds import results, rounds
from mentorship.states import (
    LIVE_PAIRING,
    Ending,
    PairingState,
    ProfileState,
    RoundState,
    move_or_refuse,
)


def publish(session: Session, round: Round, actor: str) -> bool:
    """proposed -> published: pairings begin and everybody is owed an email, in one transaction.

    Returns False where it was published before. Raises `WrongState` for a dry run, for a round
    that has nothing to publish, and where people changed so that a pair is no longer possible.
    """
    session.refresh(round, with_for_update=True)
    if round.state in (RoundState.PUBLISHED, RoundState.CLOSED):
        return False
    if round.dry_run:
        raise WrongState(_("this was a dry run, which is never published; start a real round"))
    published_at = database.now(session)
    refusal = mark("the round is %(state)s; only a proposed round can be published")
    proposed = (RoundState.PROPOSED,)
    move_or_refuse(
        session, round, proposed, RoundState.PUBLISHED, refusal, published_at=published_at
    )
    closed = []
    for earlier in rounds.of_program(session, round.program_id):
        if earlier.state is RoundState.PUBLISHED and earlier.id != round.id:
            rounds.close(session, earlier)
            closed.append(earlier.id)
    _withdraw_results(session, round, closed)
    # It was this one that had been announced.
    announced = round.program.next_round_on
    if announced is not None and announced <= published_at.date():
        round.program.next_round_on = None
    # Everybody whom this touches is locked at once, in the order that all use.
    pairings.lock(session, (Pairing.round_id == round.id) | Pairing.id.in_(_broken_ids(round)))
    broken = _broken(session, round)
    endings = _endings(session, broken)
    for pairing in broken:
        pairings.stop(session, pairing, f"{Ending.BY_ROUND} {round.number}")
    asks_first = round.program.introduction is Introduction.ASK_FIRST
    found = (pairings.ask if asks_first else pairings.introduce)(session, round)
    _count_waiting(session, round, asks_first)
    for owed in _owed(round, found, endings, _left(session, round), asks_first):
        outbox.owe(
            session, owed.kind, to=owed.person.id, about=owed.cause_id, program_id=round.program_id
        )
    rounds.record(session, actor, "round published", round, pairings=len(found), ended=len(broken))
    return True


def _withdraw_results(session: Session, round: Round, closed: list[uuid.UUID]) -> None:
    """Take back what earlier rounds have not yet told those whom this one tells another result."""
    for role, kind in (
        (Role.MENTEE, EmailKind.NOT_THIS_TIME),
        (Role.MENTOR, EmailKind.NO_MENTEE_THIS_TIME),
    ):
        told_anew = exists().where(
            Profile.program_id == round.program_id,
            Profile.role == role,
            Profile.person_id == Email.person_id,
            results.has_result(Profile.id, Round.id == round.id),
        )
        for email in outbox.supersede(session, closed, kind, readers=told_anew):
            hearing.tell_of_endings(session, email.cause_id, email.person_id, role)


def _count_waiting(session: Session, round: Round, asks_first: bool) -> None:
    """Mentees who found somebody wait no longer; those who did not wait one round more.

    Whoever is asked first has waited as long as before until both said yes.
    """
    matched = select(Pairing.mentee_id).where(Pairing.round_id == round.id)
    left = select(Unmatched.profile_id).where(Unmatched.round_id == round.id)
    waits = update(Profile).where(Profile.role == Role.MENTEE)
    if not asks_first:
        session.execute(
            waits.where(Profile.id.in_(matched))
            .values(rounds_waiting=0)
            .execution_options(synchronize_session=False)
        )
    session.execute(
        waits.where(Profile.id.in_(left))
        .values(rounds_waiting=Profile.rounds_waiting + 1)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class Owed:
    """An email that publishing a round owes to somebody."""

    kind: EmailKind
    person: Person
    cause_id: uuid.UUID
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Ending:
    """A pairing that a round ends, and which email tells of it."""

    pairing: Pairing
    kind: EmailKind
    #: Who has not heard that there was one.
    unaware: set[uuid.UUID]


def owed_by(session: Session, round: Round) -> list[Owed]:
    """Return the emails that publishing a proposed round would owe, and write nothing."""
    proposed = (Pairing.round_id == round.id) & (Pairing.state == PairingState.PROPOSED)
    people = (
        joinedload(Pairing.mentee).joinedload(Profile.person),
        joinedload(Pairing.mentor).joinedload(Profile.person),
    )
    found = session.scalars(select(Pairing).where(proposed).options(*people)).all()
    asks_first = round.program.introduction is Introduction.ASK_FIRST
    endings = _endings(session, _broken(session, round))
    return _owed(round, found, endings, _left(session, round), asks_first)


def _broken_ids(round: Round) -> list[uuid.UUID]:
    return [uuid.UUID(id) for id in (round.result or {}).get("broken", [])]


def _broken(session: Session, round: Round) -> list[Pairing]:
    """Return the pairings that a round ends; some may have ended by themselves meanwhile."""
    broken = pairings.by_id(session, _broken_ids(round))
    return [pairing for pairing in broken if pairing.state in LIVE_PAIRING]


def _endings(session: Session, broken: Sequence[Pairing]) -> list[_Ending]:
    """Return how the end of each pairing is told, as long as they still live."""
    return [
        _Ending(pairing, pairings.ending_kind(pairing), hearing.unaware(session, pairing))
        for pairing in broken
    ]


def _left(session: Session, round: Round) -> Sequence[Unmatched]:
    return session.scalars(
        select(Unmatched)
        .where(Unmatched.round_id == round.id)
        .options(joinedload(Unmatched.profile).joinedload(Profile.person))
    ).all()


def _owed(
    round: Round,
    found: Sequence[Pairing],
    endings: Sequence[_Ending],
    left: Sequence[Unmatched],
    asks_first: bool,
) -> list[Owed]:
    """One email for each person and role: what is new, what ended, or why there is nothing.

    Where both are asked first, each is asked about each pairing by itself, and reads of what
    ended in an email of its own.
    """
    owed: list[Owed] = []
    if asks_first:
        for pairing in found:
            for profile in (pairing.mentee, pairing.mentor):
                name = pairing.other(profile.person_id).person.full_name
                kind = EmailKind.PAIRING_QUESTION
                owed.append(Owed(kind, profile.person, pairing.id, (name,)))
        introduced: Sequence[Pairing] = ()
    else:
        introduced = found

    mentees_of: dict[uuid.UUID, list[Pairing]] = {}
    for pairing in introduced:
        mentees_of.setdefault(pairing.mentor_person_id, []).append(pairing)
        name = pairing.mentor.person.full_name
        kind = EmailKind.MENTEE_INTRODUCTION
        owed.append(Owed(kind, pairing.mentee.person, pairing.id, (name,)))
    for _person_id, theirs in sorted(mentees_of.items()):
        about = tuple(pairing.mentee.person.full_name for pairing in theirs)
        kind = EmailKind.MENTOR_INTRODUCTION
        owed.append(Owed(kind, theirs[0].mentor.person, round.id, about))
    # Whoever got somebody new, or is told that there is nobody, reads there what ended; but not
    # what had only been asked about.
    told = {(Role.MENTEE, pairing.mentee_person_id) for pairing in introduced}
    told |= {(Role.MENTOR, person_id) for person_id in mentees_of}
    told |= {(unmatched.profile.role, unmatched.profile.person_id) for unmatched in left}
    for ending in endings:
        pairing = ending.pairing
        for profile, other in (
            (pairing.mentee, pairing.mentor),
            (pairing.mentor, pairing.mentee),
        ):
            reads_it = (profile.role, profile.person_id) in told
            if ending.kind is EmailKind.PAIRING_ENDED and reads_it:
                continue
            if profile.state is not ProfileState.LEFT and profile.person_id not in ending.unaware:
                name = other.person.full_name
                owed.append(Owed(ending.kind, profile.person, pairing.id, (name,)))
    for unmatched in left:
        if unmatched.profile.state is ProfileState.LEFT:
            continue
        is_mentee = unmatched.profile.role is Role.MENTEE
        kind = EmailKind.NOT_THIS_TIME if is_mentee else EmailKind.NO_MENTEE_THIS_TIME
        owed.append(Owed(kind, unmatched.profile.person, round.id))
    return owed

"""Publishing a round: pairings begin, and everyone is told once."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select, update
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
    Profile,
    Role,
    Round,
    Unmatched,
)
from mentorship.pairings import hearing, meetings, pairings
from mentorship.rounds import decisions, results, rounds
from mentorship.states import (
    LIVE_PAIRING,
    EmailState,
    Ending,
    PairingState,
    ProfileState,
    RoundState,
    move_or_refuse,
)

#: Which email tells someone that they are unmatched.
_UNMATCHED = {
    Role.MENTEE: EmailKind.NOT_THIS_TIME,
    Role.MENTOR: EmailKind.NO_MENTEE_THIS_TIME,
}
#: How many ids a statement names.
_MOST_IDS = 1_000


def publish(session: Session, round: Round, actor: str) -> bool:
    """proposed -> published: pairings begin and emails are queued, in one transaction.

    Pairings that are held back wait, and so does the end of pairings in whose place they come; see
    `publish_held`. Returns False if the round was published before. Raises `WrongState` for a dry
    run, for a round that has nothing to publish or that was matched around other decisions than
    hold now, and where people changed so that a pair is no longer possible.
    """
    session.refresh(round, with_for_update=True)
    if round.state in (RoundState.PUBLISHED, RoundState.CLOSED):
        return False
    if round.dry_run:
        raise WrongState(_("this was a dry run, which is never published; start a real round"))
    if round.state is RoundState.PROPOSED and decisions.pending(session, round):
        raise WrongState(
            _("decisions were made since the round was matched; match it again around them first")
        )
    published_at = database.now(session)
    refusal = mark("the round is %(state)s; only a proposed round can be published")
    proposed = (RoundState.PROPOSED,)
    move_or_refuse(
        session,
        round,
        proposed,
        RoundState.PUBLISHED,
        refusal,
        published_at=published_at,
        publish_at=None,
        publish_by=None,
    )
    closed = []
    for earlier in rounds.of_program(session, round.program_id):
        if earlier.state is RoundState.PUBLISHED and earlier.id != round.id:
            rounds.close(session, earlier)
            closed.append(earlier.id)
    _withdraw_results(session, round, closed)
    # The announced day was that of this round.
    announced = round.program.next_round_on
    if announced is not None and announced <= published_at.date():
        round.program.next_round_on = None
    begun, ended = _begin(session, round, tells_unmatched=True)
    rounds.record(session, actor, "round published", round, pairings=begun, ended=ended)
    return True


def publish_held(session: Session, round: Round, actor: str) -> int:
    """Publish the pairings that were held back when their round was published; return how many.

    Raises `WrongState` for any other round, and where a pair is no longer possible.
    """
    session.refresh(round, with_for_update=True)
    if round.state is not RoundState.PUBLISHED:
        raise WrongState(_("only what the last published round held back can be published"))
    last = session.scalar(select(func.max(Pairing.part)).where(Pairing.round_id == round.id))
    held = (Pairing.round_id == round.id) & (Pairing.state == PairingState.PROPOSED)
    session.execute(update(Pairing).where(held).values(held=False, part=(last or 0) + 1))
    begun, ended = _begin(session, round, tells_unmatched=False)
    rounds.record(session, actor, "held pairings published", round, pairings=begun, ended=ended)
    return begun


def hold(session: Session, round: Round, pairing_ids: Collection[uuid.UUID], held: bool) -> None:
    """Hold pairings of a round back, or let them go. Raises `WrongState` once it is published."""
    session.refresh(round, with_for_update=True)
    if round.state is not RoundState.PROPOSED:
        raise WrongState(_("the round is no longer proposed, so nothing in it can be held back"))
    session.execute(
        update(Pairing)
        .where(Pairing.round_id == round.id, Pairing.id.in_(pairing_ids))
        .values(held=held)
    )


def _begin(session: Session, round: Round, *, tells_unmatched: bool) -> tuple[int, int]:
    """Begin the pairings of a round that are not held, and end those in whose place they come.

    Everyone is told once. Return how many begin and how many end.
    """
    # Everyone this touches is locked at once, in the order that all transactions use.
    pairings.lock(session, (Pairing.round_id == round.id) | Pairing.id.in_(_broken_ids(round)))
    broken = _broken(session, round)
    endings = _endings(session, broken)
    for pairing in broken:
        pairings.stop(session, pairing, f"{Ending.BY_ROUND} {round.number}")
    asks_first = round.program.introduction is Introduction.ASK_FIRST
    mentees = set(session.scalars(select(Pairing.mentee_id).where(pairings.proposed_by(round))))
    begun = (pairings.ask if asks_first else pairings.introduce)(session, round)
    unmatched = _unmatched(session, round) if tells_unmatched else ()
    _count_waiting(session, mentees, unmatched, asks_first)
    to_tell = _to_tell(session, round, unmatched)
    for owed in _owed(round, begun, endings, to_tell, asks_first):
        outbox.owe(
            session,
            owed.kind,
            to=owed.reader.person_id,
            about=owed.cause_id,
            program_id=round.program_id,
            number=owed.number,
        )
    return len(begun), len(broken)


def _withdraw_results(session: Session, round: Round, closed: list[uuid.UUID]) -> None:
    """Withdraw unsent results of earlier rounds from people to whom this round has another."""
    for role, kind in _UNMATCHED.items():
        told_anew = exists().where(
            Profile.program_id == round.program_id,
            Profile.role == role,
            Profile.person_id == Email.person_id,
            results.has_result(Profile.id, Round.id == round.id),
        )
        for email in outbox.supersede(session, closed, kind, readers=told_anew):
            hearing.tell_of_endings(session, email.cause_id, email.person_id, role)


def _count_waiting(
    session: Session,
    matched: Collection[uuid.UUID],
    unmatched: Sequence[Unmatched],
    asks_first: bool,
) -> None:
    """Reset the waiting of matched mentees, and add a round to that of unmatched ones.

    Mentees who are asked first keep waiting until both said yes.
    """
    waits = update(Profile).where(Profile.role == Role.MENTEE)
    left = [each.profile_id for each in unmatched]
    for ids, waiting in (
        ([] if asks_first else list(matched), 0),
        (left, Profile.rounds_waiting + 1),
    ):
        for start in range(0, len(ids), _MOST_IDS):
            session.execute(
                waits.where(Profile.id.in_(ids[start : start + _MOST_IDS]))
                .values(rounds_waiting=waiting)
                .execution_options(synchronize_session=False)
            )


@dataclass(frozen=True)
class Owed:
    """An email that publishing a round queues."""

    kind: EmailKind
    reader: Profile
    cause_id: uuid.UUID
    about: tuple[Profile, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class _Ending:
    """A pairing that a round ends, and which email tells of it."""

    pairing: Pairing
    kind: EmailKind
    #: People who have not heard of it.
    unaware: set[uuid.UUID]


def owed_by(session: Session, round: Round) -> list[Owed]:
    """Return the emails that publishing a proposed round would queue; writes nothing."""
    proposed = pairings.proposed_by(round)
    pairs = session.scalars(select(Pairing).where(proposed).options(*pairings.WITH_PEOPLE)).all()
    asks_first = round.program.introduction is Introduction.ASK_FIRST
    broken = _broken(session, round)
    endings = _endings(session, broken)
    unmatched = _to_tell(session, round, _unmatched(session, round))
    owed = _owed(round, pairs, endings, unmatched, asks_first)
    return owed + [called_off for pairing in broken for called_off in _called_off(session, pairing)]


def _called_off(session: Session, pairing: Pairing) -> list[Owed]:
    """Return the emails about the meeting that the end of a pairing calls off."""
    return [
        Owed(
            EmailKind.MEETING_CALLED_OFF,
            pairing.side(person_id),
            pairing.id,
            (pairing.other(person_id),),
        )
        for person_id in sorted(meetings.would_hear_of_end(session, pairing))
    ]


def _broken_ids(round: Round) -> list[uuid.UUID]:
    return [uuid.UUID(id) for id in (round.result or {}).get("broken", [])]


def _broken(session: Session, round: Round) -> list[Pairing]:
    """Return the live pairings that a round ends now; others have ended meanwhile.

    While a new pairing of their mentee is held back, they go on.
    """
    broken = pairings.by_id(session, _broken_ids(round))
    held = set(
        session.scalars(
            select(Pairing.mentee_id).where(
                Pairing.round_id == round.id,
                Pairing.state == PairingState.PROPOSED,
                Pairing.held,
            )
        )
    )
    return [
        pairing
        for pairing in broken
        if pairing.state in LIVE_PAIRING and pairing.mentee_id not in held
    ]


def _endings(session: Session, broken: Sequence[Pairing]) -> list[_Ending]:
    """Return how the end of each pairing is told, as long as they still live."""
    return [
        _Ending(pairing, pairings.ending_kind(pairing), hearing.unaware(session, pairing))
        for pairing in broken
    ]


def _unmatched(session: Session, round: Round) -> Sequence[Unmatched]:
    return session.scalars(
        select(Unmatched)
        .where(Unmatched.round_id == round.id)
        .options(joinedload(Unmatched.profile).joinedload(Profile.person))
    ).all()


def _to_tell(session: Session, round: Round, unmatched: Sequence[Unmatched]) -> Sequence[Unmatched]:
    """Return those of the unmatched who have not been told so within the program's interval."""
    days = round.program.days_between_results
    if not days:
        return unmatched
    since = database.now(session) - datetime.timedelta(days=days)
    told = session.execute(
        select(Email.person_id, Email.kind).where(
            Email.program_id == round.program_id,
            Email.kind.in_(_UNMATCHED.values()),
            Email.cause_id != round.id,
            Email.created_at > since,
            Email.state != EmailState.SUPERSEDED,
        )
    ).all()
    lately = {(person_id, kind) for person_id, kind in told}
    return [
        each
        for each in unmatched
        if (each.profile.person_id, _UNMATCHED[each.profile.role]) not in lately
    ]


def _owed(
    round: Round,
    pairs: Sequence[Pairing],
    endings: Sequence[_Ending],
    unmatched: Sequence[Unmatched],
    asks_first: bool,
) -> list[Owed]:
    """Return one email for each person and role: what is new, what ended, or why unmatched.

    Where both are asked first, a mentee is asked about each mentor, a mentor about all mentees at
    once, and an email of its own tells of what ended.
    """
    owed: list[Owed] = []
    to_mentee, to_mentor = (
        (EmailKind.PAIRING_QUESTION, EmailKind.PAIRING_QUESTION)
        if asks_first
        else (EmailKind.MENTEE_INTRODUCTION, EmailKind.MENTOR_INTRODUCTION)
    )
    mentees_of: dict[uuid.UUID, list[Pairing]] = {}
    for pairing in pairs:
        mentees_of.setdefault(pairing.mentor_person_id, []).append(pairing)
        owed.append(Owed(to_mentee, pairing.mentee, pairing.id, (pairing.mentor,)))
    for _person_id, theirs in sorted(mentees_of.items()):
        about = tuple(pairing.mentee for pairing in theirs)
        owed.append(Owed(to_mentor, theirs[0].mentor, round.id, about, theirs[0].part))
    # Emails about a new match, or about none, tell of what ended as well; but not of what was
    # only asked about.
    told: set[tuple[Role, uuid.UUID]] = set()
    if not asks_first:
        told |= {(Role.MENTEE, pairing.mentee_person_id) for pairing in pairs}
        told |= {(Role.MENTOR, person_id) for person_id in mentees_of}
    told |= {(each.profile.role, each.profile.person_id) for each in unmatched}
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
                owed.append(Owed(ending.kind, profile, pairing.id, (other,)))
    for each in unmatched:
        if each.profile.state is ProfileState.LEFT:
            continue
        owed.append(Owed(_UNMATCHED[each.profile.role], each.profile, round.id))
    return owed

"""Where a program stands, and what there is to do in it: everything counted from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship.coordination import ledger, roster
from mentorship.coordination.roster import Need
from mentorship.models import Pairing, Person, Profile, Program, Role, Round
from mentorship.people import sight
from mentorship.people.sight import Viewer
from mentorship.states import LIVE_PAIRING, OPEN_ROUND, ProfileState, RoundState

#: How many earlier rounds are shown, and how many names a task gives.
MOST_ROUNDS, MOST_NAMES = 3, 2


@dataclass(frozen=True)
class PastRound:
    """A round that was published: who took part and who had a mentor in the end."""

    round: Round
    mentees: int
    matched: int


@dataclass(frozen=True)
class Overview:
    """A program in numbers, `people` and `paired` among them, and what waits for its coordinators.

    `waiting` counts mentees who are ready and have no mentor, `to_approve` people by role, who
    would add `places_to_approve`. `unreached` names a few of the people whose address fails.
    """

    people: dict[Role, int]
    paired: int
    places: int
    free: int
    waiting: int
    to_approve: dict[Role, int]
    places_to_approve: int
    invited: int
    drafts: int
    over: int
    unreached: int
    unreached_names: list[str]
    emails_failed: int
    emails_back: int
    open_round: Round | None
    past: Sequence[PastRound]


def of_program(session: Session, program: Program) -> Overview:
    """Return where a program stands."""
    counts = roster.counts(session, program.id)

    def people(state: ProfileState) -> dict[Role, int]:
        return {role: counts.get((role, state), 0) for role in Role}

    supply = roster.supply(session, program.id)
    to_approve = people(ProfileState.AWAITING_APPROVAL)
    unreached = roster.count(session, program.id, Need.UNREACHED)
    return Overview(
        people=people(ProfileState.READY),
        paired=_count(session, Pairing.state.in_(LIVE_PAIRING), program),
        places=supply.offered,
        free=supply.free,
        waiting=roster.count(session, program.id, Need.WAITING),
        to_approve=to_approve,
        places_to_approve=supply.to_approve,
        invited=sum(people(ProfileState.UNCONFIRMED).values()),
        drafts=sum(people(ProfileState.DRAFT).values()),
        over=supply.over,
        unreached=unreached,
        unreached_names=_unreached(session, program) if unreached else [],
        emails_failed=ledger.failed(session, program.id),
        emails_back=ledger.came_back(session, program.id),
        open_round=session.scalar(
            select(Round).where(
                Round.program_id == program.id, Round.state.in_(OPEN_ROUND), ~Round.dry_run
            )
        ),
        past=_past(session, program),
    )


def _count(session: Session, condition: object, program: Program) -> int:
    query = select(func.count()).select_from(Pairing)
    return session.scalar(query.where(Pairing.program_id == program.id, condition)) or 0  # type: ignore[arg-type]


def _unreached(session: Session, program: Program) -> list[str]:
    found = session.scalars(
        select(Profile)
        .join(Person, Profile.person_id == Person.id)
        .where(Profile.program_id == program.id, roster.needs(session, program.id, Need.UNREACHED))
        .order_by(Person.address_problem_at.desc(), Profile.id)
        .limit(MOST_NAMES)
    )
    return [sight.name(profile, Viewer.COORDINATOR) for profile in found]


def _past(session: Session, program: Program) -> list[PastRound]:
    """Return the last rounds that were published, without reading their proofs."""
    measures = Round.result["measures"]
    rows = session.execute(
        select(Round, measures["matched"].as_integer(), measures["unmatched"].as_integer())
        .where(
            Round.program_id == program.id,
            Round.state.in_((RoundState.PUBLISHED, RoundState.CLOSED)),
        )
        .order_by(Round.number.desc())
        .limit(MOST_ROUNDS)
    )
    # Rounds of earlier versions measured less.
    return [
        PastRound(round, matched + unmatched, matched)
        for round, matched, unmatched in rows
        if matched is not None and unmatched is not None
    ]

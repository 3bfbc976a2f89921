"""Rounds that are matched in the process of a test, as a worker matches them, and decided on."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import DecisionKind, Email, Pairing, Person, Profile, Program, Round
from mentorship.rounds import decisions, publishing, rounds, snapshots
from mentorship.states import LIVE_PAIRING, PairingState
from worker import solver

LEASE = datetime.timedelta(seconds=20)


def propose(session: Session, program: Program, **options: Any) -> Round:
    """Start a round and match it as a worker does, in this process."""
    started, is_new = rounds.start(session, program, requested_by="test", **options)
    assert is_new
    return match(session, started)


def match(session: Session, started: Round) -> Round:
    """Match a round that was started."""
    round = rounds.claim(session, started.id, LEASE)
    assert round is not None
    problem = json.loads(json.dumps(snapshots.take(session, round)))
    answer = json.loads(json.dumps(solver.solve(problem, lambda stage, done, total: None)))
    assert snapshots.record(session, round.id, round.fence, problem, answer)
    return round


def release(session: Session, round: Round) -> None:
    """Let pairs go that are held back, as those without a reason to be told are."""
    ids = session.scalars(select(Pairing.id).where(Pairing.round_id == round.id)).all()
    publishing.hold(session, round, ids, held=False)


def publish(session: Session, program: Program, **options: Any) -> Round:
    """A whole round, from its start to its publication."""
    round = propose(session, program, **options)
    release(session, round)
    assert publishing.publish(session, round, "test")
    return round


def live(session: Session) -> set[tuple[str, str]]:
    """Who is paired with whom, by listed id."""
    found = session.scalars(select(Pairing).where(Pairing.state.in_(LIVE_PAIRING)))
    return {(pair.mentee.listed_id, pair.mentor.listed_id) for pair in found}


def couples(session: Session, *states: PairingState) -> set[tuple[str, str]]:
    """Who is paired with whom, by listed id."""
    found = session.scalars(select(Pairing).where(Pairing.state.in_(states)))
    return {(p.mentee.listed_id, p.mentor.listed_id) for p in found}


def owed(session: Session) -> Counter[tuple[str, str]]:
    """Which emails are owed to whom."""
    rows = session.execute(
        select(Email.kind, Person.email).join(Person, Email.person_id == Person.id)
    )
    return Counter((str(kind), address) for kind, address in rows)


def pairs(session: Session, round: Round) -> set[tuple[str, str]]:
    """Who is paired with whom in a round, by listed id."""
    found = session.scalars(select(Pairing).where(Pairing.round_id == round.id))
    return {(pair.mentee.listed_id, pair.mentor.listed_id) for pair in found}


def decide(
    session: Session, round: Round, people: dict[str, Profile], kind: str, *names: str, **more: bool
) -> None:
    """Make a decision about people, who are named by their keys in `people`."""
    of = {people[name].role.value: people[name] for name in names}
    decisions.make(
        session,
        round,
        DecisionKind(kind),
        mentee=of.get("mentee"),
        mentor=of.get("mentor"),
        by="test",
        **more,
    )


def again(session: Session, round: Round) -> Round:
    """Match a round again, with the decisions that were made."""
    rounds.match_again(session, round, "test")
    return match(session, round)

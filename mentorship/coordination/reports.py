"""A program and its rounds as a coordinator reads them, on a page or as JSON."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, defer, joinedload

from mentorship.coordination import ledger, paging, roster
from mentorship.coordination.paging import Page
from mentorship.models import EmailKind, Pairing, Person, Profile, Program, Role, Round, Unmatched
from mentorship.pairings import reasons
from mentorship.pairings.reasons import Reader
from mentorship.rounds import publishing, rounds
from mentorship.rounds.publishing import Owed
from mentorship.states import LIVE_PAIRING, EmailState, ProfileState, RoundState


@dataclass(frozen=True)
class Found:
    """What a round found in sum: measures, whether it is proved, scores of kept pairings.

    `proof` holds the certificate's figures, None where a round's certificate has no such figure.
    """

    measures: dict[str, Any]
    is_optimal: bool
    proof: dict[str, Any]
    kept: dict[uuid.UUID, int]


#: What is read of a certificate; its prices, one a mentor and stage, are not.
_PROOF = ("objective", "value", "upper_bound", "gap", "considered")

_BOTH = (
    joinedload(Pairing.mentee).joinedload(Profile.person),
    joinedload(Pairing.mentor).joinedload(Profile.person),
)


def of_round(session: Session, round: Round) -> dict[str, Any]:
    """Return a round as plain data: people by address, reasons as sentences.

    Pairs are those the round kept and those it found, the lowest score first: they want a look.
    """
    result = round.result or {}
    kept = _kept(result.get("kept"))
    found = session.scalars(
        select(Pairing).where((Pairing.round_id == round.id) | Pairing.id.in_(kept)).options(*_BOTH)
    ).all()
    left = session.scalars(
        select(Unmatched)
        .where(Unmatched.round_id == round.id)
        .options(joinedload(Unmatched.profile).joinedload(Profile.person))
    ).all()
    pairs = [
        _pair(p, kept.get(p.id, p.score), p.id in kept) | {"contributions": p.contributions}
        for p in found
    ]
    return {
        "id": str(round.id),
        "number": round.number,
        "state": round.state.value,
        "dry_run": round.dry_run,
        "progress": round.progress,
        "failure": round.failure,
        "pairs": sorted(pairs, key=lambda pair: (pair["score"], pair["mentee"], pair["mentor"])),
        "unmatched": sorted(
            (_unmatched(person) for person in left),
            key=lambda person: (person["role"], person["person"]),
        ),
        "measures": result.get("measures"),
        "certificate": result.get("certificate"),
    }


def found_by(session: Session, round_id: uuid.UUID) -> Found | None:
    """Return what a round found in sum, without reading all of its certificate."""
    result, certificate = Round.result, Round.result["certificate"]
    measures, is_optimal, kept, *figures = session.execute(
        select(
            result["measures"],
            certificate["is_optimal"].as_boolean(),
            result["kept"],
            *(certificate[name] for name in _PROOF),
        ).where(Round.id == round_id)
    ).one()
    if measures is None:
        return None
    return Found(measures, bool(is_optimal), dict(zip(_PROOF, figures, strict=True)), _kept(kept))


def pairs(session: Session, round_id: uuid.UUID, found: Found, number: int) -> Page[dict[str, Any]]:
    """Return a page of a round's pairs, new ones with the lowest score first, then kept ones."""
    kept = found.kept
    query = (
        select(Pairing)
        .where((Pairing.round_id == round_id) | Pairing.id.in_(kept))
        .options(
            defer(Pairing.contributions),
            joinedload(Pairing.mentee).options(defer(Profile.answers), joinedload(Profile.person)),
            joinedload(Pairing.mentor).options(defer(Profile.answers), joinedload(Profile.person)),
        )
        .order_by(Pairing.round_id != round_id, Pairing.score, Pairing.id)
    )
    shown = paging.page(session, query, number)
    made = [_pair(p, kept.get(p.id, p.score), p.id in kept) for p in shown.items]
    return Page(made, shown.number, shown.total)


def unmatched(session: Session, round_id: uuid.UUID, number: int) -> Page[dict[str, Any]]:
    """Return a page of the people whom a round left without anybody, mentees first."""
    query = (
        select(Unmatched)
        .join(Profile, Unmatched.profile_id == Profile.id)
        .join(Person, Profile.person_id == Person.id)
        .where(Unmatched.round_id == round_id)
        .options(contains_eager(Unmatched.profile).contains_eager(Profile.person))
        .order_by(Profile.role, Person.full_name, Profile.id)
    )
    found = paging.page(session, query, number)
    return Page([_unmatched(person) for person in found.items], found.number, found.total)


def last_reason(session: Session, profile: Profile) -> str | None:
    """Return why the last published round found nobody for somebody, for their own eyes."""
    row = session.execute(
        select(Unmatched.reason)
        .join(Round, Unmatched.round_id == Round.id)
        .where(Unmatched.profile_id == profile.id, Round.state == RoundState.PUBLISHED)
    ).first()
    return reasons.of_unmatched(row[0], Reader(profile.role)) if row else None


def of_publishing(session: Session, round: Round) -> list[tuple[EmailKind, list[Owed]]]:
    """Return what publishing a round would send to whom, by kind, names in order."""
    found: dict[EmailKind, list[Owed]] = {}
    for owed in publishing.owed_by(session, round):
        found.setdefault(owed.kind, []).append(owed)
    return [
        (kind, sorted(of_kind, key=lambda owed: owed.person.full_name))
        for kind, of_kind in found.items()
    ]


def of_program(session: Session, program: Program) -> dict[str, Any]:
    """Return where a program stands: people by role and state, places, rounds, emails."""
    counts = roster.counts(session, program.id)

    def ready(role: Role) -> int:
        return counts.get((role, ProfileState.READY), 0)

    offered, taken = roster.places(session, program.id)
    emails = ledger.counts(session, program.id)
    waiting = {role: counts.get((role, ProfileState.AWAITING_APPROVAL), 0) for role in Role}
    latest = rounds.of_program(session, program.id)[:5]
    return {
        "mentees": ready(Role.MENTEE),
        "mentors": ready(Role.MENTOR),
        "waiting": sum(waiting.values()),
        "unconfirmed": sum(counts.get((role, ProfileState.UNCONFIRMED), 0) for role in Role),
        "paired": session.scalar(
            select(func.count()).where(
                Pairing.program_id == program.id, Pairing.state.in_(LIVE_PAIRING)
            )
        ),
        "places": offered,
        "free": max(0, offered - taken),
        "emails_failed": emails.get(EmailState.FAILED, 0),
        "emails_ready": sum(
            emails.get(state, 0)
            for state in (EmailState.READY, EmailState.CLAIMED, EmailState.SUBMITTING)
        ),
        "rounds": latest,
        "open_round": next((r for r in latest if r.is_open and not r.dry_run), None),
    }


def _kept(entries: Sequence[dict[str, Any]] | None) -> dict[uuid.UUID, int]:
    """Return the scores of the pairings that a round kept, by id."""
    return {uuid.UUID(entry["pairing"]): entry["score"] for entry in entries or []}


def _pair(pairing: Pairing, score: int, kept: bool) -> dict[str, Any]:
    mentee, mentor = pairing.mentee.person, pairing.mentor.person
    return {
        "mentee": mentee.email,
        "mentor": mentor.email,
        "mentee_name": mentee.full_name,
        "mentor_name": mentor.full_name,
        "state": pairing.state.value,
        "kept": kept,
        "score": score,
        "reasons": reasons.of_pair(
            pairing.reasons, Reader.COORDINATOR, mentee.called, mentor.called
        ),
    }


def _unmatched(unmatched: Unmatched) -> dict[str, Any]:
    person = unmatched.profile.person
    return {
        "person": person.email,
        "name": person.full_name,
        "role": unmatched.profile.role.value,
        "cause": unmatched.reason["cause"],
        "reason": reasons.of_unmatched(unmatched.reason, Reader.COORDINATOR),
    }

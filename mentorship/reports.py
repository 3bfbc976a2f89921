"""A round as a coordinator reads it, on a page or as JSON."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from mentorship import sentences
from mentorship.models import Pairing, Profile, Round, Unmatched
from mentorship.sentences import Reader


def of_round(session: Session, round: Round) -> dict[str, Any]:
    """Return a round as plain data: people by address, reasons as sentences.

    Pairs are those the round kept and those it found, the lowest score first: they want a look.
    """
    result = round.result or {}
    people = (
        joinedload(Pairing.mentee).joinedload(Profile.person),
        joinedload(Pairing.mentor).joinedload(Profile.person),
    )
    kept = {uuid.UUID(entry["pairing"]): entry["score"] for entry in result.get("kept", [])}
    found = session.scalars(
        select(Pairing)
        .where((Pairing.round_id == round.id) | Pairing.id.in_(kept))
        .options(*people)
    ).all()
    left = session.scalars(
        select(Unmatched)
        .where(Unmatched.round_id == round.id)
        .options(joinedload(Unmatched.profile).joinedload(Profile.person))
    ).all()
    pairs = [
        _pair(pairing, kept.get(pairing.id, pairing.score), pairing.id in kept) for pairing in found
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
        "contributions": pairing.contributions,
        "reasons": sentences.of_pair(
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
        "reason": sentences.of_unmatched(unmatched.reason, Reader.COORDINATOR),
    }

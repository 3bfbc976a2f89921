"""A round as a coordinator reads it, on a page or as JSON."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, defer, joinedload

from mentorship.coordination import paging
from mentorship.coordination.paging import Page
from mentorship.models import EmailKind, Pairing, Person, Profile, Round, Unmatched
from mentorship.pairings import reasons, why_unmatched
from mentorship.pairings.pairings import WITH_PEOPLE
from mentorship.pairings.sentences import Reader
from mentorship.rounds import publishing, readiness
from mentorship.rounds.publishing import Owed


@dataclass(frozen=True)
class Found:
    """A round's results in brief: measures, whether it is proved, scores of kept pairings.

    `proof` holds the certificate's figures, None for one that it does not have. `excluded` names
    the rules that exclude a kept pairing by now; `parted` counts those that end because a
    requirement of one of the two excludes them; `no_effect` is what `readiness.look` found.
    """

    measures: dict[str, Any]
    is_optimal: bool
    proof: dict[str, Any]
    kept: dict[uuid.UUID, int]
    excluded: dict[uuid.UUID, list[str]]
    parted: int
    no_effect: dict[str, Any]


#: What is read of a certificate; its prices, one for each mentor and stage, are not.
_PROOF = ("objective", "value", "upper_bound", "gap", "considered")


def of_round(session: Session, round: Round) -> dict[str, Any]:
    """Return a round as plain data: people by address, reasons as sentences.

    Pairs are those that the round kept and those that it made, the lowest score first.
    """
    result = round.result or {}
    kept = _kept(result.get("kept"))
    excluded = _excluded(result.get("excluded"))
    pairings = session.scalars(
        select(Pairing)
        .where((Pairing.round_id == round.id) | Pairing.id.in_(kept))
        .options(*WITH_PEOPLE)
    ).all()
    alone = session.scalars(
        select(Unmatched)
        .where(Unmatched.round_id == round.id)
        .options(joinedload(Unmatched.profile).joinedload(Profile.person))
    ).all()
    pairs = [_pair(p, kept, excluded) | {"contributions": p.contributions} for p in pairings]
    return {
        "id": str(round.id),
        "number": round.number,
        "state": round.state.value,
        "dry_run": round.dry_run,
        "progress": round.progress,
        "failure": round.failure,
        "pairs": sorted(pairs, key=lambda pair: (pair["score"], pair["mentee"], pair["mentor"])),
        "unmatched": sorted(
            (_unmatched(person) for person in alone),
            key=lambda person: (person["role"], person["person"]),
        ),
        "parted": result.get("parted", 0),
        "notes": readiness.in_words(session, result.get("no_effect", {})),
        "measures": result.get("measures"),
        "certificate": result.get("certificate"),
    }


def found_by(session: Session, round_id: uuid.UUID) -> Found | None:
    """Return a round's results in brief, without reading all of its certificate."""
    result, certificate = Round.result, Round.result["certificate"]
    measures, is_optimal, kept, excluded, parted, no_effect, *figures = session.execute(
        select(
            result["measures"],
            certificate["is_optimal"].as_boolean(),
            result["kept"],
            result["excluded"],
            result["parted"].as_integer(),
            result["no_effect"],
            *(certificate[name] for name in _PROOF),
        ).where(Round.id == round_id)
    ).one()
    if measures is None:
        return None
    return Found(
        measures,
        bool(is_optimal),
        dict(zip(_PROOF, figures, strict=True)),
        _kept(kept),
        _excluded(excluded),
        parted or 0,
        no_effect or {},
    )


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
    made = [_pair(p, kept, found.excluded) for p in shown.items]
    return Page(made, shown.number, shown.total)


def unmatched(session: Session, round_id: uuid.UUID, number: int) -> Page[dict[str, Any]]:
    """Return a page of the people whom a round left unmatched, mentees first."""
    query = (
        select(Unmatched)
        .join(Profile, Unmatched.profile_id == Profile.id)
        .join(Person, Profile.person_id == Person.id)
        .where(Unmatched.round_id == round_id)
        .options(contains_eager(Unmatched.profile).contains_eager(Profile.person))
        .order_by(Profile.role, Person.full_name, Profile.id)
    )
    page = paging.page(session, query, number)
    return Page([_unmatched(person) for person in page.items], page.number, page.total)


def of_publishing(session: Session, round: Round) -> list[tuple[EmailKind, list[Owed]]]:
    """Return what publishing a round would send to whom, by kind and name."""
    by_kind: dict[EmailKind, list[Owed]] = {}
    for owed in publishing.owed_by(session, round):
        by_kind.setdefault(owed.kind, []).append(owed)
    return [
        (kind, sorted(of_kind, key=lambda owed: owed.person.full_name))
        for kind, of_kind in by_kind.items()
    ]


def _kept(entries: Sequence[dict[str, Any]] | None) -> dict[uuid.UUID, int]:
    """Return the scores of the pairings that a round kept, by id."""
    return {uuid.UUID(entry["pairing"]): entry["score"] for entry in entries or []}


def _excluded(entries: Mapping[str, list[str]] | None) -> dict[uuid.UUID, list[str]]:
    """Return the rules that exclude kept pairings by now, by id; none in rounds of before."""
    return {uuid.UUID(id): rules for id, rules in (entries or {}).items()}


def _pair(
    pairing: Pairing,
    kept: Mapping[uuid.UUID, int],
    excluded: Mapping[uuid.UUID, Sequence[str]],
) -> dict[str, Any]:
    mentee, mentor = pairing.mentee.person, pairing.mentor.person
    return {
        "mentee": mentee.email,
        "mentor": mentor.email,
        "mentee_name": mentee.full_name,
        "mentor_name": mentor.full_name,
        "state": pairing.state.value,
        "kept": pairing.id in kept,
        "excluded_by": why_unmatched.rules_in_words(excluded.get(pairing.id, ())),
        "score": kept.get(pairing.id, pairing.score),
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
        "reason": why_unmatched.in_words(unmatched.reason, Reader.COORDINATOR),
    }

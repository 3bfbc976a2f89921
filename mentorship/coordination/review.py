"""A round as a coordinator reads it, on a page or as JSON."""

from __future__ import annotations

import operator
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from mentorship.coordination import paging
from mentorship.coordination.paging import Page
from mentorship.models import EmailKind, Pairing, Person, Profile, Round, Unmatched
from mentorship.pairings import cautions, reasons, why_unmatched
from mentorship.pairings.pairings import WITH_PEOPLE
from mentorship.pairings.sentences import Reader
from mentorship.people import questions, sight
from mentorship.people.sight import Viewer
from mentorship.rounds import coverage, publishing, readiness
from mentorship.rounds.trials import Beside
from mentorship.states import PairingState, RoundState


@dataclass(frozen=True)
class Found:
    """A round's results in brief: measures, whether it is proved, scores of kept pairings.

    `proof` holds the certificate's figures, None for one that it does not have. `excluded` names
    the rules that exclude a kept pairing by now; `parted` counts those that end because a
    requirement of one of the two excludes them; `no_effect` is what `readiness.look` found.
    `fills` says that second mentors came before scores; `others` counts the pairs of a dry run of
    another policy that the program's own would not make, and `beside` is the round that this one
    would. `decisions` counts those by hand that it
    was matched around, and `free` is what it came to without them, None where that is not known.
    `waiting` is its coverage, None where that was not counted; `changed` counts existing pairs that
    end; `has_options` says that it tells what changing more or fewer of them would gain.
    """

    measures: dict[str, Any]
    is_optimal: bool
    proof: dict[str, Any]
    kept: dict[uuid.UUID, int]
    excluded: dict[uuid.UUID, list[str]]
    parted: int
    no_effect: dict[str, Any]
    fills: bool
    others: int | None
    beside: Beside | None
    decisions: int
    free: dict[str, int] | None
    waiting: dict[str, int] | None
    changed: int | None
    has_options: bool


_VIEWER = Viewer.COORDINATOR
#: What is read of a certificate; its prices, one for each mentor and stage, are not.
_PROOF = ("objective", "value", "upper_bound", "gap", "considered")


@dataclass(frozen=True)
class Letter:
    """An email that publishing would send: its reader, and whom it is about."""

    name: str
    address: str
    about: tuple[str, ...]


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
    few = _took_part(result.get("measures") or {}) < sight.FEW
    pairs = [_pair(p, kept, excluded) | {"contributions": contributions(p)} for p in pairings]
    return {
        "id": str(round.id),
        "number": round.number,
        "state": round.state.value,
        "dry_run": round.dry_run,
        "progress": round.progress,
        "failure": round.failure,
        "options": result.get("options"),
        "shortfall": coverage.shortfall(round, result.get("waiting")),
        "pairs": sorted(pairs, key=lambda pair: (pair["score"], pair["mentee"], pair["mentor"])),
        "unmatched": sorted(
            (_unmatched(person, few) for person in alone),
            key=lambda person: (person["role"], person["person"]),
        ),
        "parted": result.get("parted", 0),
        "notes": readiness.in_words(session, result.get("no_effect", {})),
        "measures": _told_of(round.state, result["measures"]) if "measures" in result else None,
        "certificate": result.get("certificate"),
    }


def found_by(session: Session, round_id: uuid.UUID) -> Found | None:
    """Return a round's results in brief, without reading all of its certificate."""
    result, certificate = Round.result, Round.result["certificate"]
    row = session.execute(
        select(
            Round.state,
            result["measures"].label("measures"),
            certificate["is_optimal"].as_boolean().label("is_optimal"),
            result["kept"].label("kept"),
            result["excluded"].label("excluded"),
            result["parted"].as_integer().label("parted"),
            result["no_effect"].label("no_effect"),
            result["fills"].as_boolean().label("fills"),
            result["others"].as_integer().label("others"),
            result["beside"]["measures"].label("usual"),
            result["beside"]["counts"].label("changes"),
            result["beside"]["first"].label("first"),
            result["decisions"].label("decisions"),
            result["free"].label("free"),
            result["waiting"].label("waiting"),
            result["changed"].as_integer().label("changed"),
            result["options"]["is_complete"].as_boolean().label("options"),
            *(certificate[name].label(name) for name in _PROOF),
        ).where(Round.id == round_id)
    ).one()
    if row.measures is None:
        return None
    return Found(
        measures=_told_of(row.state, row.measures),
        is_optimal=bool(row.is_optimal),
        proof={name: getattr(row, name) for name in _PROOF},
        kept=_kept(row.kept),
        excluded=_excluded(row.excluded),
        parted=row.parted or 0,
        no_effect=row.no_effect or {},
        fills=bool(row.fills),
        others=row.others,
        beside=Beside(row.usual, row.changes, row.first) if row.usual else None,
        decisions=len(row.decisions or ()),
        free=row.free,
        waiting=row.waiting,
        changed=row.changed,
        has_options=row.options is not None,
    )


def _told_of(state: RoundState, measures: dict[str, Any]) -> dict[str, Any]:
    """Return measures as coordinators may know them.

    By community only of rounds that were published: many that differ by one person, such as dry
    runs, would tell what that person said.
    """
    is_published = state in (RoundState.PUBLISHED, RoundState.CLOSED)
    if is_published or "groups" not in measures:
        return measures
    groups = {name: rows for name, rows in measures["groups"].items() if name != "identity"}
    return measures | {"groups": groups}


def unmatched(
    session: Session, round_id: uuid.UUID, found: Found, number: int
) -> Page[dict[str, Any]]:
    """Return a page of the people whom a round left unmatched, mentees first."""
    query = (
        select(Unmatched)
        .join(Profile, Unmatched.profile_id == Profile.id)
        .join(Person, Profile.person_id == Person.id)
        .where(Unmatched.round_id == round_id)
        .options(contains_eager(Unmatched.profile).contains_eager(Profile.person))
        # Where someone who has left would stand by name says who they were.
        .order_by(Profile.role, ~sight.is_listed(), _name_if_listed(), Profile.id)
    )
    page = paging.page(session, query, number)
    few = _took_part(found.measures) < sight.FEW
    told = [_unmatched(each, few) | {"id": each.profile_id} for each in page.items]
    return Page(told, page.number, page.total)


def held(session: Session, round_id: uuid.UUID) -> int:
    """Return how many pairs of a round are held back."""
    query = select(func.count()).where(
        Pairing.round_id == round_id, Pairing.held, Pairing.state == PairingState.PROPOSED
    )
    return session.scalar(query) or 0


def reason_of(session: Session, round_id: uuid.UUID, profile: Profile) -> str:
    """Return why a round left someone unmatched, nothing where it did not."""
    found = session.scalar(
        select(Unmatched).where(Unmatched.round_id == round_id, Unmatched.profile_id == profile.id)
    )
    if found is None or sight.is_hidden(profile, _VIEWER):
        return ""
    result = found_by(session, round_id)
    few = result is not None and _took_part(result.measures) < sight.FEW
    asked = questions.of_profile(profile)
    return why_unmatched.in_words(found.reason, Reader.COORDINATOR, asked, few=few)


def of_publishing(session: Session, round: Round) -> list[tuple[EmailKind, list[Letter]]]:
    """Return what publishing a round would send to whom, by kind and name."""
    by_kind: dict[EmailKind, list[Letter]] = {}
    for owed in publishing.owed_by(session, round):
        about = tuple(sight.name(profile, _VIEWER) for profile in owed.about)
        reader = owed.reader
        letter = Letter(sight.title(reader, _VIEWER), sight.address(reader, _VIEWER), about)
        by_kind.setdefault(owed.kind, []).append(letter)
    return [(kind, sorted(letters, key=_by_name)) for kind, letters in by_kind.items()]


_by_name = operator.attrgetter("name")


def _name_if_listed() -> ColumnElement[str]:
    return case((sight.is_listed(), Profile.full_name), else_="")


def _kept(entries: Sequence[dict[str, Any]] | None) -> dict[uuid.UUID, int]:
    """Return the scores of the pairings that a round kept, by id."""
    return {uuid.UUID(entry["pairing"]): entry["score"] for entry in entries or []}


def _excluded(entries: Mapping[str, list[str]] | None) -> dict[uuid.UUID, list[str]]:
    """Return the rules that exclude kept pairings by now, by id; none in earlier rounds."""
    return {uuid.UUID(id): rules for id, rules in (entries or {}).items()}


def _pair(
    pairing: Pairing,
    kept: Mapping[uuid.UUID, int],
    excluded: Mapping[uuid.UUID, Sequence[str]],
) -> dict[str, Any]:
    rules = excluded.get(pairing.id, ())
    return {
        "mentee": sight.address(pairing.mentee, _VIEWER),
        "mentor": sight.address(pairing.mentor, _VIEWER),
        "mentee_name": sight.title(pairing.mentee, _VIEWER),
        "mentor_name": sight.title(pairing.mentor, _VIEWER),
        "state": pairing.state.value,
        "kept": pairing.id in kept,
        "excluded_by": why_unmatched.rules_in_words(rules, questions.of_profile(pairing.mentee)),
        "score": kept.get(pairing.id, pairing.score),
        "reasons": reasons.of_pairing(pairing, Reader.COORDINATOR),
        "cautions": cautions.of_pairing(pairing),
    }


def contributions(pairing: Pairing) -> dict[str, float | None]:
    """Return what each criterion adds to a score, but for that of answers no one may read.

    Where there is one of those, no figure is told: what the others leave of the score would be its.
    """
    hidden = {"identity"} | {
        question.name
        for question in questions.of_profile(pairing.mentee)
        if not sight.sees_answers(_VIEWER, question)
    }
    told = {name: part for name, part in pairing.contributions.items() if name not in hidden}
    return told if len(told) == len(pairing.contributions) else dict.fromkeys(told)


def _took_part(measures: Mapping[str, Any]) -> int:
    """Return the number of mentors of a round; 0 where an earlier version did not measure it."""
    return sum(measures.get("mentors_by_load", {}).values())


def _unmatched(unmatched: Unmatched, few: bool) -> dict[str, Any]:
    profile = unmatched.profile
    is_hidden = sight.is_hidden(profile, _VIEWER)
    asked = questions.of_profile(profile)
    return {
        "person": sight.address(profile, _VIEWER),
        "name": sight.title(profile, _VIEWER),
        "role": profile.role.value,
        "cause": "" if is_hidden else why_unmatched.told_cause(unmatched.reason, asked),
        "reason": ""
        if is_hidden
        else why_unmatched.in_words(unmatched.reason, Reader.COORDINATOR, asked, few=few),
    }

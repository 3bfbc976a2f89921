"""What matching a round reads from the database, and what it writes back."""

from __future__ import annotations

import base64
import uuid
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matching.profiles import normal_forms
from matching.profiles.questions import COMPARED
from mentorship import database
from mentorship.models import (
    Decision,
    DecisionKind,
    Existing,
    Fill,
    Pairing,
    Profile,
    Program,
    Role,
    Round,
    Scope,
    Unmatched,
)
from mentorship.pairings import pairings, reasons
from mentorship.pairings.sentences import Reader
from mentorship.people import conflicts, demand, questions
from mentorship.people.conflicts import LISTS_OF_PEOPLE, names_of
from mentorship.people.sight import Viewer
from mentorship.rounds import coverage, decisions, readiness, rematch, rounds, trials
from mentorship.rounds.decisions import Decided
from mentorship.states import PairingState, ProfileState

#: How much higher the score of another pairing must be to end one, for `Existing.BETTER`: a spread.
KEEP_BONUS = 0.05
_OVER = (PairingState.ENDED, PairingState.DECLINED, PairingState.EXPIRED)


@dataclass(frozen=True)
class Plan:
    """What a round, or a forecast of one, is for: see `Round`. Equals are drawn by the `seed`.

    Those who are `joining` are taken for ready, though they are not yet.
    """

    program: Program
    policy: Mapping[str, Any]
    scope: Scope
    existing: Existing
    seed: str
    decisions: Sequence[Decision] = ()
    joining: Container[uuid.UUID] = ()


def take(session: Session, round: Round) -> dict[str, Any]:
    """Return everything that matching a round needs, as plain data; see `of_plan`."""
    return of_plan(
        session,
        Plan(
            round.program,
            round.tried or round.policy.body,
            round.scope,
            round.existing,
            str(round.id),
            decisions.in_force(session, round.id),
        ),
    ) | {
        "beside": _asking(round.program, round.policy.body) if round.tried else None,
        "options": rematch.is_asked(round),
        **rematch.chosen(round),
    }


def of_plan(session: Session, plan: Plan) -> dict[str, Any]:
    """Return everything that matching by a plan needs, as plain data.

    Ids are those of profiles, so nothing depends on a coordinator's own list. A live pairing is
    `lost` if one of the two has left: publishing ends it. It is `held` if the round does not look
    at it: its place stays taken. All others are `existing`.
    """
    profiles = {
        profile.id: profile
        for profile in session.scalars(
            select(Profile)
            .where(Profile.program_id == plan.program.id)
            .options(joinedload(Profile.person))
            .order_by(Profile.id)
        )
    }
    ready = {
        id
        for id, profile in profiles.items()
        if profile.state is ProfileState.READY or id in plan.joining
    }
    gone = {id for id, profile in profiles.items() if profile.state is ProfileState.LEFT}
    live = pairings.live(session, plan.program.id)
    lost = [p for p in live if p.mentee_id in gone or p.mentor_id in gone]
    lasting = [p for p in live if p not in lost]
    troubled = {pairing.id for pairing in lasting if _is_troubled(pairing, profiles)}
    # Mentees who pause keep their mentor, and are not matched.
    in_scope = ready & _scope(session, plan, profiles, lost, lasting, troubled)
    by_hand = [each for each in plan.decisions if each.kind is DecisionKind.PAIR]
    in_scope |= {each.mentee_id for each in by_hand if each.mentee_id} & ready
    existing = [pairing for pairing in lasting if pairing.mentee_id in in_scope]
    left_alone = [pairing for pairing in lasting if pairing.mentee_id not in in_scope]
    held = Counter(pairing.mentor_id for pairing in left_alone)
    names = _names(profiles.values())
    compared = {each.name for each in questions.of(plan.program) if each.kind in COMPARED}
    meeting = {pairing.mentor_id for pairing in existing}
    mentors = [
        _table_row(profile, names, compared, held[id])
        for id, profile in profiles.items()
        if profile.role is Role.MENTOR and (id in ready or id in meeting)
    ]
    mode = plan.existing
    pinned: list[Pairing] = []
    if plan.scope is Scope.UNMATCHED:
        # It is about mentors who are wanted besides.
        mode = Existing.KEEP
    elif plan.scope is Scope.AFFECTED:
        # Those affected are matched again: to keep what troubles them would change nothing.
        mode = Existing.BETTER if mode is Existing.KEEP else mode
        pinned = [pairing for pairing in existing if pairing.id not in troubled]
    decided = Decided.of(plan.decisions, existing)
    if mode is not Existing.KEEP:
        pinned += [pairing for pairing in decided.untouched if pairing not in pinned]
    former = session.execute(
        select(Pairing.mentee_id, Pairing.mentor_id).where(
            Pairing.program_id == plan.program.id,
            Pairing.state.in_(_OVER),
        )
    ).all()
    meets = {(pairing.mentee_id, pairing.mentor_id) for pairing in existing}
    listed = {uuid.UUID(row["mentor_id"]) for row in mentors}
    policy = _asking(plan.program, plan.policy)
    waiting_bonus = policy["waiting_bonus"]
    return {
        "policy": policy,
        "mentees": [
            _table_row(profiles[id], names, compared)
            | {demand.COLUMN: demand.of(profiles[id], plan.program)}
            for id in sorted(in_scope)
        ],
        "mentors": mentors,
        "existing": [[str(p.mentee_id), str(p.mentor_id)] for p in existing],
        "pinned": [[str(p.mentee_id), str(p.mentor_id)] for p in pinned],
        "existing_ids": [str(p.id) for p in existing],
        "lost_ids": [str(p.id) for p in lost],
        "held": {str(id): number for id, number in held.items()},
        "mode": mode.value,
        "fill": _fill(plan.program, policy).value,
        "keep_bonus": KEEP_BONUS,
        "forbidden": [
            [str(mentee), str(mentor)]
            for mentee, mentor in dict.fromkeys((mentee, mentor) for mentee, mentor in former)
            if mentee in in_scope
            and mentor in listed
            and (mentee, mentor) not in meets
            and (mentee, mentor) not in decided.pairs
        ]
        + [
            [str(mentee), str(mentor)]
            for mentee, mentor in sorted(decided.kept_apart(in_scope, listed))
        ],
        "parted": [
            [str(p.mentee_id), str(p.mentor_id)]
            for p in existing
            if (p.mentee_id, p.mentor_id) in decided.apart
        ],
        "by_hand": [
            {"mentee": str(mentee), "mentor": str(mentor), "overrides": overrides}
            for (mentee, mentor), overrides in decided.pairs.items()
            if mentee in in_scope and mentor in listed
        ],
        "demand": {str(id): number for id, number in decided.demand.items() if id in in_scope},
        "decisions": [str(each.id) for each in plan.decisions],
        "left_out": [str(id) for id in decided.left_out],
        "priority": {
            str(id): waiting_bonus * profiles[id].rounds_waiting
            for id in in_scope
            if profiles[id].rounds_waiting
        },
        "seed": plan.seed,
        "no_effect": readiness.look(profiles, ready, left_alone),
        "on": database.now(session).date().isoformat(),
    }


def record(
    session: Session,
    round_id: uuid.UUID,
    fence: int,
    problem: dict[str, Any],
    answer: dict[str, Any],
) -> bool:
    """Write the results; return False if the round is no longer this worker's."""
    round = rounds.get(session, round_id)
    decisions.note_refused(session, round, problem["decisions"], answer["refused"])
    persons = dict(
        session.execute(
            select(Profile.id, Profile.person_id).where(Profile.program_id == round.program_id)
        ).all()
    )
    existing = {
        (mentee, mentor): id
        for (mentee, mentor), id in zip(problem["existing"], problem["existing_ids"], strict=True)
    }
    # Coordinators may not read whose requirement ended a pair, so such pairs are only counted.
    excluded = {
        existing[pair["mentee"], pair["mentor"]]: pair["rules"]
        for pair in answer["ruled_out"]
        if pair["kept"]
    }
    parted = sum(pair["by_person"] and not pair["kept"] for pair in answer["ruled_out"])
    asked = questions.of(round.program)
    institutions = {
        person[f"{role}_id"]: normal_forms.institution(person.get("institution") or "")
        for role in Role
        for person in problem[f"{role}s"]
    }
    new, kept = [], []
    for pair in answer["pairs"]:
        ids = (pair["mentee"], pair["mentor"])
        if ids in existing:
            kept.append({"pairing": existing.pop(ids), "score": pair["score"]})
            continue
        mentee, mentor = (uuid.UUID(id) for id in ids)
        new.append(
            Pairing(
                # No one is introduced without a reason before someone has looked.
                held=not reasons.of_pair(
                    pair["reasons"], Reader.MENTEE, Viewer.MATCH, "", "", asked
                ),
                program_id=round.program_id,
                round_id=round.id,
                mentee_id=mentee,
                mentor_id=mentor,
                mentee_person_id=persons[mentee],
                mentor_person_id=persons[mentor],
                state=PairingState.PROPOSED,
                score=pair["score"],
                contributions=pair["contributions"],
                reasons=pair["reasons"],
                cautions=pair["cautions"],
                standings=pair["standings"],
                same_institution=institutions[pair["mentee"]] == institutions[pair["mentor"]] != "",
            )
        )
    # A mentor who has mentees, or whom this round was not about, does not count as unmatched.
    spared = {*problem["held"], *problem["left_out"]}
    unmatched = [
        Unmatched(
            round_id=round.id, profile_id=uuid.UUID(person["person"]), reason=person["reason"]
        )
        for person in answer["unmatched"]
        if (person["role"] == "mentee" and person["person"] not in problem["left_out"])
        or (round.scope is Scope.EVERYONE and person["person"] not in spared)
    ]
    result = {
        "measures": answer["measures"] | {"mentors_by_load": _loads(problem, answer)},
        "certificate": answer["certificate"],
        "kept": kept,
        "broken": [*existing.values(), *problem["lost_ids"]],
        "excluded": excluded,
        "parted": parted,
        "no_effect": problem["no_effect"],
        "fills": problem["fill"] == "all",
        "waiting": coverage.count(problem, answer),
        "changed": answer["changed"],
        "options": answer["options"],
        **trials.kept(answer["pairs"], answer["beside"]),
        "decisions": problem["decisions"],
        "free": decisions.free_of(round, problem["decisions"], answer["certificate"]),
    }
    return rounds.propose(
        session,
        round_id,
        fence,
        pairings=new,
        unmatched=unmatched,
        result=result,
        candidates=base64.b64decode(answer["candidates"]) if answer["candidates"] else None,
    )


def _loads(problem: dict[str, Any], answer: dict[str, Any]) -> dict[str, int]:
    """Return how many mentors have how many mentees, those whom the round left alone counted."""
    has = Counter(problem["held"])
    has.update(pair["mentor"] for pair in answer["pairs"])
    loads = Counter(has[mentor["mentor_id"]] for mentor in problem["mentors"])
    return {str(load): mentors for load, mentors in sorted(loads.items())}


def _scope(
    session: Session,
    plan: Plan,
    profiles: Mapping[uuid.UUID, Profile],
    lost: Sequence[Pairing],
    lasting: Sequence[Pairing],
    troubled: Container[uuid.UUID],
) -> set[uuid.UUID]:
    """Return the ids of the mentees a round is for.

    Everyone: all. Unmatched: those with fewer mentors than they wish for, or none. Affected: those
    of them who lost one, and those of whom a pairing is `troubled`.
    """
    mentees = {id for id, profile in profiles.items() if profile.role is Role.MENTEE}
    if plan.scope is Scope.EVERYONE:
        return mentees
    has = Counter(pairing.mentee_id for pairing in lasting)
    short = {id for id in mentees if has[id] < demand.of(profiles[id], plan.program)}
    if plan.scope is Scope.UNMATCHED:
        return short
    over = select(Pairing.mentee_id).where(
        Pairing.program_id == plan.program.id, Pairing.state.in_(_OVER)
    )
    lost_one = {pairing.mentee_id for pairing in lost} | set(session.scalars(over))
    return (short & lost_one) | {each.mentee_id for each in lasting if each.id in troubled}


def _fill(program: Program, policy: Mapping[str, Any]) -> Fill:
    """Return what comes before scores: with the objective "total" nothing does."""
    is_total = policy["objective"] == "total"
    return Fill.FIRST if is_total or program.most_mentors == 1 else program.fill


def _is_troubled(pairing: Pairing, profiles: Mapping[uuid.UUID, Profile]) -> bool:
    """Return whether a mentor pauses or has more mentees than places, or was ruled out since."""
    mentee, mentor = profiles[pairing.mentee_id], profiles[pairing.mentor_id]
    return (
        mentor.state is not ProfileState.READY
        or mentor.excess > 0
        or conflicts.either_excludes(mentee, mentor)
    )


def _asking(program: Program, policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy's body that names all own questions of which people may have answers here."""
    unused = {each.name: 0 for each in questions.of(program) if each.kind in COMPARED}
    return {**policy, "questions": unused | policy.get("questions", {})}


def _names(profiles: Iterable[Profile]) -> dict[tuple[Role, str], str]:
    """Return profile ids by what lists call people: their listed id or address."""
    names: dict[tuple[Role, str], str] = {}
    for profile in profiles:
        for name in names_of(profile):
            names[profile.role, name] = str(profile.id)
    return names


def _table_row(
    profile: Profile, names: dict[tuple[Role, str], str], compared: Container[str], held: int = 0
) -> dict[str, Any]:
    """Return a profile's answers as matching reads them, with profile ids for all ids.

    Of a program's own questions those that are `compared`.
    """
    other = Role.MENTOR if profile.role is Role.MENTEE else Role.MENTEE
    row = {
        name: value
        for name, value in profile.answers.items()
        if not questions.is_own(name) or name in compared
    } | {f"{profile.role}_id": str(profile.id)}
    for column in LISTS_OF_PEOPLE:
        if column in row:
            listed = [(other, normal_forms.person(name)) for name in row[column]]
            row[column] = [names[name] for name in listed if name in names]
    if profile.role is Role.MENTOR:
        row["capacity"] = max(0, (profile.capacity or 0) - held)
        row["status"] = "active" if profile.state is ProfileState.READY else "paused"
    return row

"""Decisions by hand about a round: who is paired, kept apart or left out, whatever scores say.

A decision is a row, and holds until it is taken back. A round that was matched names those that it
was matched around; the others are pending, and it is matched again before it is published.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from matching.profiles.columns import quote
from mentorship import audit, database
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import (
    Decision,
    DecisionKind,
    Existing,
    Pairing,
    Person,
    Profile,
    Role,
    Round,
)
from mentorship.people import addresses, demand, sight
from mentorship.people.sight import Viewer
from mentorship.states import LIVE_PAIRING, ProfileState, RoundState

#: How long a reason may be, and how many people can be named at once.
MOST_CHARACTERS, MOST_NAMED = 500, 200


@dataclass(frozen=True)
class Decided:
    """Decisions by hand, in profile ids; `untouched` are pairings of people who are left out.

    `pairs` are to be made, with whether rules of the program are overridden.
    """

    pairs: Mapping[tuple[uuid.UUID, uuid.UUID], bool]
    apart: Set[tuple[uuid.UUID, uuid.UUID]]
    left_out: Set[uuid.UUID]
    untouched: Sequence[Pairing]

    @classmethod
    def of(cls, decisions: Iterable[Decision], existing: Iterable[Pairing]) -> Decided:
        pairs, apart, left_out = {}, set(), set()
        for each in decisions:
            if each.mentee_id is None or each.mentor_id is None:
                left_out |= {id for id in (each.mentee_id, each.mentor_id) if id}
            elif each.kind is DecisionKind.PAIR:
                pairs[each.mentee_id, each.mentor_id] = each.overrides
            else:
                apart.add((each.mentee_id, each.mentor_id))
        untouched = [p for p in existing if {p.mentee_id, p.mentor_id} & left_out]
        return cls(pairs, apart, left_out, untouched)

    @property
    def demand(self) -> dict[uuid.UUID, int]:
        """Return how many mentors those who are left out have and keep."""
        has = Counter(pairing.mentee_id for pairing in self.untouched)
        return {id: has[id] for id in self.left_out}

    def kept_apart(
        self, mentees: Set[uuid.UUID], mentors: Set[uuid.UUID]
    ) -> set[tuple[uuid.UUID, uuid.UUID]]:
        """Return the pairs that must not be made, with all new ones of people left out."""
        meets = {(pairing.mentee_id, pairing.mentor_id) for pairing in self.untouched}
        closed = {(mentee, j) for j in self.left_out & mentors for mentee in mentees}
        # Without a pairing they ask for no mentor. With one that has to end, they would.
        have_one = {pairing.mentee_id for pairing in self.untouched} & self.left_out & mentees
        closed |= {(i, mentor) for i in have_one for mentor in mentors}
        return (closed - meets) | {
            pair for pair in self.apart if pair[0] in mentees and pair[1] in mentors
        }


def in_force(session: Session, round_id: uuid.UUID) -> Sequence[Decision]:
    """Return the decisions about a round that hold, in order."""
    return [each for each in of_round(session, round_id) if each.undone_at is None]


def of_round(session: Session, round_id: uuid.UUID) -> Sequence[Decision]:
    """Return all decisions about a round in order, those taken back too."""
    return session.scalars(
        select(Decision)
        .where(Decision.round_id == round_id)
        .options(joinedload(Decision.mentee), joinedload(Decision.mentor))
        .order_by(Decision.made_at, Decision.id)
    ).all()


def get(session: Session, round: Round, decision_id: uuid.UUID) -> Decision:
    """Return a decision about a round. Raises `NotFound`."""
    found = session.get(Decision, decision_id)
    if found is None or found.round_id != round.id:
        raise NotFound(_("this decision is not about this round"))
    return found


def pending(session: Session, round: Round) -> bool:
    """Return whether a proposed round was matched around other decisions than hold now."""
    matched = session.scalar(select(Round.result["decisions"]).where(Round.id == round.id))
    return {str(each.id) for each in in_force(session, round.id)} != set(matched or ())


def make(
    session: Session,
    round: Round,
    kind: DecisionKind,
    *,
    mentee: Profile | None,
    mentor: Profile | None,
    by: str,
    why: str = "",
    overrides: bool = False,
    beside: Collection[uuid.UUID] = (),
) -> Decision:
    """Write a decision down; earlier ones that contradict it are taken back.

    A new pair takes the place of none by hand with a mentor `beside`, by id. Raises `WrongState`
    for a round that is not proposed, and `Invalid` where it cannot be: someone is not ready, or has
    no place for one more.
    """
    _check_open(session, round)
    if overrides and not round.program.may_override:
        raise Invalid(_("the program's settings don't allow overriding its rules"))
    people = [profile for profile in (mentee, mentor) if profile is not None]
    if kind is DecisionKind.PAIR:
        for profile in people:
            if profile.state is not ProfileState.READY:
                name = sight.name(profile, Viewer.COORDINATOR)
                raise Invalid(_("%(name)s isn't taking part in rounds now", name=name))
    held = in_force(session, round.id)
    for earlier in held:
        if _contradicts(earlier, kind, mentee, mentor):
            _undo(session, round, earlier, by)
    if kind is DecisionKind.PAIR and mentee is not None and mentor is not None:
        _make_room(session, round, mentee, mentor, by, beside)
    decision = Decision(
        kind=kind,
        mentee_id=mentee.id if mentee else None,
        mentor_id=mentor.id if mentor else None,
        overrides=overrides,
        why=why.strip()[:MOST_CHARACTERS],
        made_by=by,
        made_at=database.now(session),
    )
    return _write(session, round, decision)


def swap(
    session: Session,
    round: Round,
    mentee: Profile,
    mentor: Profile,
    *,
    stays: Sequence[Profile],
    instead_of: Profile | None,
    by: str,
    why: str = "",
    overrides: bool = False,
) -> Decision:
    """Pair a mentee with another mentor, beside those of the mentee's mentors who stay.

    These are pinned first, so that none of them is given up instead; what is decided about them
    already stays as it is, with its reason and its override. `instead_of` is kept apart from the
    mentee. Raises what `make` does.
    """
    pinned = {
        each.mentor_id
        for each in in_force(session, round.id)
        if each.kind is DecisionKind.PAIR and each.mentee_id == mentee.id
    }
    beside = {other.id for other in stays}
    for other in stays:
        if other.id not in pinned:
            make(
                session, round, DecisionKind.PAIR, mentee=mentee, mentor=other, by=by, why=why,
                beside=beside,
            )  # fmt: skip
    if instead_of is not None:
        make(session, round, DecisionKind.PART, mentee=mentee, mentor=instead_of, by=by, why=why)
    return make(
        session, round, DecisionKind.PAIR, mentee=mentee, mentor=mentor, by=by, why=why,
        overrides=overrides, beside=beside,
    )  # fmt: skip


def adopt(session: Session, round: Round, others: Sequence[Decision]) -> None:
    """Take over decisions about another round, before anyone matches this one."""
    for other in others:
        decision = Decision(
            kind=other.kind,
            mentee_id=other.mentee_id,
            mentor_id=other.mentor_id,
            overrides=other.overrides,
            why=other.why,
            made_by=other.made_by,
            made_at=other.made_at,
        )
        _write(session, round, decision)


def leave_out(session: Session, round: Round, profiles: Sequence[Profile], by: str) -> None:
    """Leave people out of a round that has just been started, before anyone matches it."""
    for profile in profiles:
        is_mentee = profile.role is Role.MENTEE
        decision = Decision(
            kind=DecisionKind.LEAVE_OUT,
            mentee_id=profile.id if is_mentee else None,
            mentor_id=None if is_mentee else profile.id,
            made_by=by,
            made_at=database.now(session),
        )
        _write(session, round, decision)


def _write(session: Session, round: Round, decision: Decision) -> Decision:
    decision.round_id = round.id
    session.add(decision)
    session.flush()
    _record(session, round, decision, "decided by hand", decision.made_by)
    return decision


def named(session: Session, program_id: uuid.UUID, text: str) -> list[Profile]:
    """Return the people whom a text names by email address or ID, one per line or between commas.

    Both profiles of someone who has two. Raises `Invalid` with names that no one here has.
    """
    names = dict.fromkeys(part.strip() for part in re.split(r"[,;\n]", text) if part.strip())
    if len(names) > MOST_NAMED:
        raise Invalid(_("at most %(most)s people can be named at once", most=MOST_NAMED))
    keys = {name: addresses.address_key(name) for name in names}
    profiles = session.scalars(
        select(Profile)
        .join(Person, Profile.person_id == Person.id)
        .where(
            Profile.program_id == program_id,
            sight.is_listed(),
            or_(Profile.listed_id.in_(names), Person.email_key.in_(keys.values())),
        )
        .options(contains_eager(Profile.person))
        .order_by(Profile.id)
    ).all()
    known = {profile.listed_id for profile in profiles}
    known |= {profile.person.email_key for profile in profiles}
    if unknown := [name for name in names if name not in known and keys[name] not in known]:
        raise Invalid(
            _(
                "no one here has this address or ID: %(names)s",
                names=", ".join(quote(name) for name in unknown[:5]),
            )
        )
    return list(profiles)


def undo(session: Session, round: Round, decision: Decision, by: str) -> None:
    """Take a decision back. Raises `WrongState` for a round that is not proposed."""
    _check_open(session, round)
    if decision.undone_at is None:
        _undo(session, round, decision, by)


def note_refused(
    session: Session, round: Round, ids: Sequence[str], refused: Sequence[Mapping[str, Any]]
) -> None:
    """Note which of the decisions that a round was matched around its must-rules refused."""
    rules = {(each["mentee"], each["mentor"]): list(each["rules"]) for each in refused}
    for decision in in_force(session, round.id):
        if str(decision.id) in ids:
            decision.refused = rules.get((str(decision.mentee_id), str(decision.mentor_id)))


def free_of(
    round: Round, ids: Sequence[str], certificate: Mapping[str, Any]
) -> dict[str, int] | None:
    """Return what the round came to without any decision, None where that was never matched."""
    if not ids:
        return {"value": certificate["value"], "covered": certificate["covered"]}
    free: dict[str, int] | None = (round.result or {}).get("free")
    return free


def _contradicts(
    earlier: Decision, kind: DecisionKind, mentee: Profile | None, mentor: Profile | None
) -> bool:
    theirs = {earlier.mentee_id, earlier.mentor_id} - {None}
    ours = {profile.id for profile in (mentee, mentor) if profile is not None}
    if DecisionKind.LEAVE_OUT in (kind, earlier.kind):
        # Someone who is left out is not paired by hand; keeping them apart as well changes nothing.
        both = {kind, earlier.kind}
        is_same = theirs == ours and both == {DecisionKind.LEAVE_OUT}
        return is_same or (bool(theirs & ours) and DecisionKind.PAIR in both)
    return theirs == ours


def _make_room(
    session: Session,
    round: Round,
    mentee: Profile,
    mentor: Profile,
    by: str,
    beside: Collection[uuid.UUID],
) -> None:
    """Take back decisions whose place a new pair takes; raise `Invalid` where no place is left."""
    held = in_force(session, round.id)
    pairs = [each for each in held if each.kind is DecisionKind.PAIR]
    parted = {(each.mentee_id, each.mentor_id) for each in held if each.kind is DecisionKind.PART}
    live = session.execute(
        select(Pairing.mentee_id, Pairing.mentor_id).where(
            Pairing.program_id == round.program_id,
            Pairing.state.in_(LIVE_PAIRING),
            or_(Pairing.mentee_id == mentee.id, Pairing.mentor_id == mentor.id),
        )
    ).all()
    staying = (
        []
        if round.existing is not Existing.KEEP
        else [pair for pair in map(tuple, live) if pair not in parted]
    )
    if (mentee.id, mentor.id) in staying:
        raise Invalid(_("these two are already paired"))
    theirs = [d for d in pairs if d.mentee_id == mentee.id and d.mentor_id not in beside]
    may_have = demand.of(mentee, round.program)
    has = sum(one == mentee.id for one, _other in staying)
    has += sum(d.mentee_id == mentee.id and d.mentor_id in beside for d in pairs)
    for earlier in theirs[: max(0, has + len(theirs) + 1 - may_have)]:
        _undo(session, round, earlier, by)
    if has >= may_have:
        raise Invalid(
            _(
                "%(name)s already has the maximum number of mentors; end one of the pairings first",
                name=sight.name(mentee, Viewer.COORDINATOR),
            )
        )
    taken = Counter(other for _one, other in staying)[mentor.id]
    taken += sum(d.mentor_id == mentor.id and d.mentee_id != mentee.id for d in pairs)
    if taken >= (mentor.capacity or 0):
        raise Invalid(
            _(
                "%(name)s has no free places: all are taken by pairings that stay or were made "
                "by hand; raise their number of mentees, or free a place first",
                name=sight.name(mentor, Viewer.COORDINATOR),
            )
        )


def _check_open(session: Session, round: Round) -> None:
    # Two coordinators who decide at once come one after the other.
    session.refresh(round, with_for_update=True)
    if round.state is not RoundState.PROPOSED:
        raise WrongState(_("only a proposed round can be changed by hand"))


def _undo(session: Session, round: Round, decision: Decision, by: str) -> None:
    decision.undone_at, decision.undone_by = database.now(session), by
    session.flush()
    _record(session, round, decision, "decision taken back", by)


def _record(session: Session, round: Round, decision: Decision, action: str, by: str) -> None:
    audit.record(
        session,
        by,
        action,
        program_id=round.program_id,
        subject_id=round.id,
        kind=decision.kind,
        mentee=str(decision.mentee_id or ""),
        mentor=str(decision.mentor_id or ""),
    )

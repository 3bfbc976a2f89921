"""Two rounds beside each other, person by person: who gained, who lost, who moved, and why."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, joinedload

from mentorship.coordination import review
from mentorship.models import Pairing, Profile, Round, Unmatched
from mentorship.pairings import reasons, why_unmatched
from mentorship.pairings.sentences import Reader
from mentorship.people import questions, sight
from mentorship.people.sight import Viewer
from mentorship.rounds import trials
from mentorship.rounds.trials import Beside, Change

#: Each mentee's mentors, with score in millionths and pairing.
_Pairs = dict[uuid.UUID, dict[uuid.UUID, tuple[int, Pairing]]]


@dataclass(frozen=True)
class Row:
    """A mentee with the mentors that each of two rounds has for them, and why the later has these.

    `scores` are those of each round's best pair, in millionths, None without one. Both are left out
    where only who changes is told.
    """

    mentee: Profile
    change: Change
    before: Sequence[Profile]
    after: Sequence[Profile]
    scores: tuple[int | None, int | None] = (None, None)
    why: str = ""


@dataclass(frozen=True)
class Comparison:
    """All mentees for whom two rounds differ, and of how many others they say the same."""

    rows: Sequence[Row]
    same: int

    def count(self, change: Change) -> int:
        """Return how many mentees changed so."""
        return sum(row.change is change for row in self.rows)


def compare(session: Session, earlier: Round, later: Round) -> Comparison:
    """Return what is different in the later round, those who lost first, then by name."""
    before = {mentee: _scores(mentors) for mentee, mentors in _pairs(session, earlier).items()}
    return _compare(session, before, later, _pairs(session, later))


def compare_with_own(session: Session, trial: Round) -> Comparison | None:
    """Return what a policy that was tried would change, None where the dry run does not say.

    It is compared with the round that the program's own policy would make for the same people.
    """
    changed = session.scalar(select(Round.result["beside"]["before"]).where(Round.id == trial.id))
    if changed is None:
        return None
    after = _pairs(session, trial)
    before = {mentee: _scores(mentors) for mentee, mentors in after.items()} | {
        uuid.UUID(mentee): {uuid.UUID(mentor): score for mentor, score in mentors.items()}
        for mentee, mentors in changed.items()
    }
    return _compare(session, before, trial, after)


def first_changes(session: Session, beside: Beside) -> list[Row]:
    """Return a few of those for whom a policy that was tried changes something, see `trials`."""
    ids = {uuid.UUID(id) for mentee, *both in beside.first for id in (mentee, *chain(*both))}
    query = select(Profile).where(Profile.id.in_(ids))
    people = {
        str(profile.id): profile
        for profile in session.scalars(
            query.options(defer(Profile.answers), joinedload(Profile.person))
        )
    }
    found = []
    for mentee, *both in beside.first:
        before, after = ([people[id] for id in mentors if id in people] for mentors in both)
        kind = trials.change(dict.fromkeys(both[0], 0), dict.fromkeys(both[1], 0))
        if mentee in people and kind:
            found.append(Row(people[mentee], kind, before, after))
    return found


def _compare(
    session: Session,
    before: Mapping[uuid.UUID, Mapping[uuid.UUID, int]],
    later: Round,
    after: _Pairs,
) -> Comparison:
    left = {
        each.profile_id: each
        for each in session.scalars(select(Unmatched).where(Unmatched.round_id == later.id))
    }
    people = {
        profile.id: profile
        for profile in session.scalars(
            select(Profile)
            .where(Profile.program_id == later.program_id)
            .options(defer(Profile.answers), joinedload(Profile.person))
        )
    }
    rows, same = [], 0
    for mentee_id in {*before, *after}:
        old, pairs = before.get(mentee_id, {}), after.get(mentee_id, {})
        new = _scores(pairs)
        change = trials.change(old, new)
        if change is None:
            same += 1
            continue
        rows.append(
            Row(
                mentee=people[mentee_id],
                change=change,
                before=[people[id] for id in old],
                after=[people[id] for id in new],
                scores=(max(old.values(), default=None), max(new.values(), default=None)),
                why=_why(pairs, left.get(mentee_id)),
            )
        )
    order = list(Change)
    rows.sort(
        key=lambda row: (order.index(row.change), sight.title(row.mentee, Viewer.COORDINATOR))
    )
    return Comparison(rows, same)


def comparable(session: Session, round: Round) -> Sequence[Round]:
    """Return the other rounds of a program that have a result, the newest first."""
    return session.scalars(
        select(Round)
        .where(
            Round.program_id == round.program_id,
            Round.id != round.id,
            Round.proposed_at.is_not(None),
        )
        .order_by(Round.number.desc())
    ).all()


def _scores(pairs: Mapping[uuid.UUID, tuple[int, Pairing]]) -> dict[uuid.UUID, int]:
    return {mentor: score for mentor, (score, _pairing) in pairs.items()}


def _pairs(session: Session, round: Round) -> _Pairs:
    """Return score and pairing of each mentee's mentors in a round, by mentee and mentor."""
    found = review.found_by(session, round.id)
    kept: Mapping[uuid.UUID, int] = found.kept if found else {}
    pairings = session.scalars(
        select(Pairing)
        .where((Pairing.round_id == round.id) | Pairing.id.in_(kept))
        .options(defer(Pairing.contributions), defer(Pairing.cautions))
    )
    pairs: _Pairs = {}
    for pairing in pairings:
        score = kept.get(pairing.id, pairing.score)
        pairs.setdefault(pairing.mentee_id, {})[pairing.mentor_id] = score, pairing
    return pairs


def _why(pairs: Mapping[uuid.UUID, tuple[int, Pairing]], left: Unmatched | None) -> str:
    """Return the first reason of a new pair, or why there is none."""
    if pairs:
        _score, pairing = max(pairs.values(), key=lambda pair: pair[0])
        return next(iter(reasons.of_pairing(pairing, Reader.COORDINATOR)), "")
    if left is None or sight.is_hidden(left.profile, Viewer.COORDINATOR):
        return ""
    asked = questions.of_profile(left.profile)
    return why_unmatched.in_words(left.reason, Reader.COORDINATOR, asked)

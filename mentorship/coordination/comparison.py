"""Two rounds beside each other, person by person: who gained, who lost, who moved, and why."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, joinedload

from mentorship.coordination import review
from mentorship.models import Pairing, Profile, Round, Unmatched
from mentorship.pairings import reasons, why_unmatched
from mentorship.pairings.sentences import Reader
from mentorship.people import questions, sight
from mentorship.people.sight import Viewer


class Change(enum.StrEnum):
    """What is different for a mentee; the name stands in addresses."""

    GAINED = "gained"
    LOST = "lost"
    MOVED = "moved"


@dataclass(frozen=True)
class Row:
    """A mentee with the mentors that each of two rounds has for them, and why the later has these.

    `scores` are those of each round's best pair, in millionths, None without one.
    """

    mentee: Profile
    change: Change
    before: Sequence[Profile]
    after: Sequence[Profile]
    scores: tuple[int | None, int | None]
    why: str


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
    before, after = _pairs(session, earlier), _pairs(session, later)
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
        old, new = before.get(mentee_id, {}), after.get(mentee_id, {})
        if old.keys() == new.keys():
            same += 1
            continue
        change = Change.MOVED if old and new else Change.GAINED if new else Change.LOST
        rows.append(
            Row(
                mentee=people[mentee_id],
                change=change,
                before=[people[id] for id in old],
                after=[people[id] for id in new],
                scores=(_best(old), _best(new)),
                why=_why(new, left.get(mentee_id)),
            )
        )
    order = {Change.LOST: 0, Change.MOVED: 1, Change.GAINED: 2}
    rows.sort(key=lambda row: (order[row.change], sight.title(row.mentee, Viewer.COORDINATOR)))
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


def _pairs(session: Session, round: Round) -> dict[uuid.UUID, dict[uuid.UUID, tuple[int, Pairing]]]:
    """Return score and pairing of each mentee's mentors in a round, by mentee and mentor."""
    found = review.found_by(session, round.id)
    kept: Mapping[uuid.UUID, int] = found.kept if found else {}
    pairings = session.scalars(
        select(Pairing)
        .where((Pairing.round_id == round.id) | Pairing.id.in_(kept))
        .options(defer(Pairing.contributions), defer(Pairing.cautions))
    )
    pairs: dict[uuid.UUID, dict[uuid.UUID, tuple[int, Pairing]]] = {}
    for pairing in pairings:
        score = kept.get(pairing.id, pairing.score)
        pairs.setdefault(pairing.mentee_id, {})[pairing.mentor_id] = score, pairing
    return pairs


def _best(pairs: Mapping[uuid.UUID, tuple[int, Pairing]]) -> int | None:
    return max((score for score, _pairing in pairs.values()), default=None)


def _why(pairs: Mapping[uuid.UUID, tuple[int, Pairing]], left: Unmatched | None) -> str:
    """Return the first reason of a new pair, or why there is none."""
    if pairs:
        _score, pairing = max(pairs.values(), key=lambda pair: pair[0])
        return next(iter(reasons.of_pairing(pairing, Reader.COORDINATOR)), "")
    if left is None or sight.is_hidden(left.profile, Viewer.COORDINATOR):
        return ""
    asked = questions.of_profile(left.profile)
    return why_unmatched.in_words(left.reason, Reader.COORDINATOR, asked)

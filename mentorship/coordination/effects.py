"""What decisions by hand would change in a round, in words, from its stored candidates.

An effect is None where it is not known before the round is matched again: of fair rounds, of pairs
that are not stored, and after a decision was taken back.
"""

from __future__ import annotations

import functools
import math
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matching.candidates import Candidates
from matching.effects import Change, Effect, Effects, Move, Unknown
from mentorship.language import gettext as _
from mentorship.language import ngettext, signed
from mentorship.models import Decision, DecisionKind, Existing, Pairing, Profile, Round
from mentorship.people import demand, sight
from mentorship.people.sight import Viewer
from mentorship.states import LIVE_PAIRING

_VIEWER = Viewer.COORDINATOR
#: How many are tried to find those that cost the round least.
MOST_TRIED = 12
#: Up to so many stored pairs, the effects of several changes are worked out for one page.
MOST_AT_ONCE = 100_000
#: How many suggestions there are for someone, and how many moves are told by name.
MOST_SUGGESTED, MOST_MOVES = 3, 2
_POINT = 10_000


@dataclass(frozen=True)
class Told:
    """An effect in words; `harms` where someone loses a mentor or fewer are matched.

    `total` is in millionths of a score, `points` the same of 100 with its sign.
    """

    total: int
    points: str
    words: str
    harms: bool


@dataclass(frozen=True)
class Suggestion:
    """Another partner for someone: their score together, in millionths, and the effect."""

    profile: Profile
    score: int
    told: Told | None


@dataclass(frozen=True)
class Swap:
    """Another mentor for a mentee in the place of one: all others whom the mentee has stay.

    `stays` are those whom a round might take instead, and `instead_of` is kept apart from a mentee
    who could have both; None where the new one takes the place anyway.
    """

    mentee: uuid.UUID
    stays: tuple[uuid.UUID, ...] = ()
    instead_of: uuid.UUID | None = None

    @classmethod
    def of(
        cls, round: Round, mentee: Profile, mentor_id: uuid.UUID, has: Mapping[uuid.UUID, bool]
    ) -> Swap:
        """Return the swap of a mentor; `has` are all of the mentee's, and which can be pinned."""
        others = {id: can_be_pinned for id, can_be_pinned in has.items() if id != mentor_id}
        could_have_both = demand.of(mentee, round.program) > len(has)
        # A round that may end pairings could take this one again in the place of another.
        could_have_both |= round.existing is not Existing.KEEP and not all(others.values())
        return cls(
            mentee.id,
            tuple(sorted(id for id, can_be_pinned in others.items() if can_be_pinned)),
            mentor_id if could_have_both else None,
        )

    def changes(self, mentor_id: uuid.UUID) -> list[Change]:
        """Return the changes that put a mentor there: what stays first, so that it is not taken."""
        found = [Change("pair", str(self.mentee), str(id)) for id in self.stays]
        if self.instead_of is not None:
            found.append(Change("part", str(self.mentee), str(self.instead_of)))
        return [*found, Change("pair", str(self.mentee), str(mentor_id))]


class Deciding:
    """A round with the decisions that are pending, of which further effects can be asked."""

    def __init__(self, session: Session, round: Round, decided: Sequence[Decision]) -> None:
        self._session, self._round = session, round
        result = select(Round.result["decisions"]).where(Round.id == round.id)
        matched = set(session.scalar(result) or ())
        holding = {str(each.id) for each in decided if each.undone_at is None}
        self._fresh = [d for d in decided if str(d.id) in holding - matched]
        self._is_known = not matched - holding
        self.is_pending = holding != matched

    @functools.cached_property
    def why_unknown(self) -> str | None:
        """Return why no effect is told before the round is matched again, None where they are."""
        if self._candidates is not None and (not self._fresh or self._effects is not None):
            return None
        if self._round.policy.body["objective"] == "fair":
            return _(
                "This policy raises the lowest scores first, so one change can move any number of "
                "pairs. What a decision changes is known once the round is matched again."
            )
        if not self._is_known:
            return _(
                "A decision was taken back. The effect of other decisions is known once the "
                "round is matched again."
            )
        return _("What a decision changes is known once the round is matched again.")

    @functools.cached_property
    def pending(self) -> Told | None:
        """Return what the decisions do together that the round was not matched around."""
        if not self._fresh or not self._solved:
            return None
        made = [_change(decision) for decision in self._fresh]
        return self._told(self._solved[1], made, repeats=True)

    @functools.cached_property
    def _candidates(self) -> Candidates | None:
        """Return the stored pairs, None where effects are not known; read on demand."""
        if not self._is_known:
            return None
        stored = self._session.scalar(select(Round.candidates).where(Round.id == self._round.id))
        return None if stored is None else Candidates.from_bytes(stored)

    @functools.cached_property
    def _solved(self) -> tuple[Effects, Effect] | None:
        """Return the round with all decisions, and what those that are fresh do."""
        if self._candidates is None:
            return None
        effects = Effects(self._candidates)
        try:
            _check(self._session, self._round, self._fresh)
            effect = effects.make(*(_change(decision) for decision in self._fresh))
        except (Unknown, KeyError, ValueError):
            # It is known once the round is matched again.
            return None
        return effects, effect

    @property
    def _effects(self) -> Effects | None:
        return self._solved[0] if self._solved else None

    @property
    def tells_at_once(self) -> bool:
        """Return whether a page can work out the effects of several changes."""
        candidates = self._candidates
        is_small = candidates is not None and len(candidates.columns) <= MOST_AT_ONCE
        return is_small and self._effects is not None

    def of(self, *changes: Change) -> Told | None:
        """Return what some changes would do to the round, None where that is not known."""
        if self._effects is None:
            return None
        try:
            effect = self._effects.of(*changes)
        except (Unknown, KeyError, ValueError):
            return None
        return self._told(effect, changes)

    def mentors_for(
        self,
        mentee: Profile,
        without: Collection[uuid.UUID],
        told: uuid.UUID | None = None,
        swap: Swap | None = None,
    ) -> list[Suggestion]:
        """Return the best other mentors for a mentee; `told` is one whose effect is asked for.

        Of someone who has no mentor, those who cost the round least come first. `swap` says in
        whose place they would come.
        """
        put = swap or Swap(mentee.id)
        scores = self._known(lambda stored: stored.scores_of(str(mentee.id)))
        return self._suggested(scores, without, told, put.changes)

    def mentees_for(
        self, mentor: Profile, without: Collection[uuid.UUID], told: uuid.UUID | None = None
    ) -> list[Suggestion]:
        """Return the best other mentees for a mentor; `told` is one whose effect is asked for."""
        scores = self._known(lambda stored: stored.scores_with(str(mentor.id)))
        return self._suggested(
            scores, without, told, lambda id: [Change("pair", str(id), str(mentor.id))]
        )

    def places_for(self, mentee: Profile) -> list[tuple[Profile, Told]]:
        """Return mentors with whom a mentee could be paired if they had one more place."""
        scores = self._known(lambda stored: stored.scores_of(str(mentee.id)))
        if not self.tells_at_once:
            return []
        best = sorted(scores, key=lambda id: -scores[id])[:MOST_TRIED]
        people = self._people(uuid.UUID(id) for id in best)
        found = []
        for id in best:
            pair = Change("pair", str(mentee.id), id)
            told = self.of(Change("add_place", mentor=id), pair)
            without = self.of(pair)
            if told is not None and not told.harms and (without is None or without.harms):
                found.append((people[uuid.UUID(id)], told))
        return found[:MOST_SUGGESTED]

    def _known(self, of: Callable[[Candidates], Mapping[str, int]]) -> Mapping[str, int]:
        """Return stored scores; none where decisions do something that is not known."""
        if self._candidates is None or (self._fresh and self._effects is None):
            return {}
        try:
            return of(self._candidates)
        except KeyError:
            return {}

    def _suggested(
        self,
        scores: Mapping[str, int],
        without: Collection[uuid.UUID],
        told: uuid.UUID | None,
        changes: Callable[[uuid.UUID], Sequence[Change]],
    ) -> list[Suggestion]:
        left_out = {str(id) for id in without}
        best = sorted((id for id in scores if id not in left_out), key=lambda id: -scores[id])
        by_effect = self.tells_at_once and not without
        tried = [uuid.UUID(id) for id in best[: MOST_TRIED if by_effect else MOST_SUGGESTED]]
        people = self._people(tried)
        found = []
        for id in tried:
            asked = self.tells_at_once or id == told
            effect = self.of(*changes(id)) if asked else None
            found.append(Suggestion(people[id], scores[str(id)], effect))
        if by_effect:
            found.sort(key=lambda each: -each.told.total if each.told else math.inf)
        return found[:MOST_SUGGESTED]

    def _people(self, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Profile]:
        query = select(Profile).where(Profile.id.in_(list(ids))).options(joinedload(Profile.person))
        return {profile.id: profile for profile in self._session.scalars(query)}

    def _told(self, effect: Effect, changes: Sequence[Change], *, repeats: bool = False) -> Told:
        """Return the effect of changes in words; whom they name only if it `repeats` them."""
        named = set() if repeats else {change.mentee for change in changes}
        others = [move for move in effect.moves if move.mentee not in named or move.after is None]
        ids = {id for m in others for id in (m.mentee, m.before, m.after) if id}
        people = self._people(uuid.UUID(id) for id in ids)
        names = {str(id): sight.title(profile, _VIEWER) for id, profile in people.items()}
        lost = [move for move in others if move.after is None]
        gone = [move for move in others if move.after is not None]
        told = [_move(move, names) for move in [*lost, *gone]]
        more = len(told) - MOST_MOVES
        if more > 0:
            told = told[:MOST_MOVES]
            told.append(ngettext("1 other changes", "%(n)s others change", more))
        if not lost:
            # Who is left out may lose theirs, which the decision itself says.
            if any(change.kind == "leave_out" for change in changes):
                told.append(_("no one else loses a mentor"))
            else:
                told.append(_("no one loses a mentor"))
        harms = bool(lost) or effect.matched < 0
        return Told(effect.total, signed(effect.total / _POINT), ", ".join(told), harms)


def parting(mentee: Profile, mentor: Profile) -> Change:
    """Return the change that keeps two people apart."""
    return Change("part", str(mentee.id), str(mentor.id))


def _move(move: Move, names: Mapping[str, str]) -> str:
    mentee = names[move.mentee]
    if move.after is None:
        return _("%(mentee)s loses a mentor", mentee=mentee)
    if move.before is None:
        return _("%(mentee)s gets %(mentor)s", mentee=mentee, mentor=names[move.after])
    return _("%(mentee)s moves to %(mentor)s", mentee=mentee, mentor=names[move.after])


def _change(decision: Decision) -> Change:
    mentee, mentor = (id and str(id) for id in (decision.mentee_id, decision.mentor_id))
    kinds = {DecisionKind.PAIR: "pair", DecisionKind.PART: "part"}
    return Change(kinds.get(decision.kind, "leave_out"), mentee, mentor)  # type: ignore[arg-type]


def _check(session: Session, round: Round, decided: Sequence[Decision]) -> None:
    """Raise `Unknown` for someone left out whose pairings might end otherwise."""
    ids = [d.mentee_id or d.mentor_id for d in decided if d.kind is DecisionKind.LEAVE_OUT]
    if round.existing is Existing.KEEP or not ids:
        return
    mine = Pairing.mentee_id.in_(ids) | Pairing.mentor_id.in_(ids)
    live = select(Pairing.id).where(mine, Pairing.state.in_(LIVE_PAIRING)).limit(1)
    if session.scalar(live) is not None:
        raise Unknown("whom they have stays, whatever was proposed")

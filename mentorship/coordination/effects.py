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
from mentorship.people import sight
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
    def pending(self) -> Told | None:
        """Return what the decisions do together that the round was not matched around."""
        if not self._fresh or not self._solved:
            return None
        made = [_change(decision) for decision in self._fresh]
        return self._told(self._solved[1], made, repeats=True)

    @functools.cached_property
    def _solved(self) -> tuple[Effects, Effect] | None:
        """Return the round with all decisions, read on demand, and what those that are fresh do."""
        stored = None
        if self._is_known:
            stored = self._session.scalar(
                select(Round.candidates).where(Round.id == self._round.id)
            )
        if stored is None:
            return None
        effects = Effects(Candidates.from_bytes(stored))
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
        return self._effects is not None and (len(self._effects.candidates.columns) <= MOST_AT_ONCE)

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
        self, mentee: Profile, without: Collection[uuid.UUID], told: uuid.UUID | None = None
    ) -> list[Suggestion]:
        """Return the best other mentors for a mentee; `told` is one whose effect is asked for.

        Of someone who has no mentor, those who cost the round least come first.
        """
        scores = self._known(lambda effects: effects.scores_of(str(mentee.id)))
        return self._suggested(
            scores, without, told, lambda mentor: Change("pair", str(mentee.id), mentor)
        )

    def mentees_for(
        self, mentor: Profile, without: Collection[uuid.UUID], told: uuid.UUID | None = None
    ) -> list[Suggestion]:
        """Return the best other mentees for a mentor; `told` is one whose effect is asked for."""
        scores = self._known(lambda effects: effects.scores_with(str(mentor.id)))
        return self._suggested(
            scores, without, told, lambda mentee: Change("pair", mentee, str(mentor.id))
        )

    def places_for(self, mentee: Profile) -> list[tuple[Profile, Told]]:
        """Return mentors with whom a mentee could be paired if they had one more place."""
        scores = self._known(lambda effects: effects.scores_of(str(mentee.id)))
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

    def _known(self, of: Callable[[Effects], Mapping[str, int]]) -> Mapping[str, int]:
        if self._effects is None:
            return {}
        try:
            return of(self._effects)
        except KeyError:
            return {}

    def _suggested(
        self,
        scores: Mapping[str, int],
        without: Collection[uuid.UUID],
        told: uuid.UUID | None,
        change: Callable[[str], Change],
    ) -> list[Suggestion]:
        left_out = {str(id) for id in without}
        best = sorted((id for id in scores if id not in left_out), key=lambda id: -scores[id])
        by_effect = self.tells_at_once and not without
        tried = [uuid.UUID(id) for id in best[: MOST_TRIED if by_effect else MOST_SUGGESTED]]
        people = self._people(tried)
        found = []
        for id in tried:
            asked = self.tells_at_once or id == told
            effect = self.of(change(str(id))) if asked else None
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

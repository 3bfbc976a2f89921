"""What a round under some wishes leaves to be assigned, in indices of its people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from matching.arrays import Flags, Ints
from matching.assignment.constraints import Constraints, PairSet
from matching.assignment.draws import Order
from matching.assignment.solver import Progress
from matching.features.encoding import Apart, minutes_apart
from matching.language import gettext as _
from matching.policy import Policy
from matching.profiles.columns import DEFAULT_CAPACITY, DEFAULT_WANTED
from matching.profiles.people import Table
from matching.scoring import must_rules
from matching.scoring.scores import Scores
from matching.wishes import IdPair, InvalidWishes, PairLike, Wishes, id_pairs


@dataclass(frozen=True)
class Problem:
    """One assignment to be made, in indices; `places` (n,) counts those of each mentor.

    `against` says by rule which of the pairs `before` it forbids.
    """

    policy: Policy
    scores: Scores
    constraints: Constraints
    order: Order
    places: Ints
    before: PairSet
    could_stay: PairSet
    against: Mapping[str, Flags]
    apart: Apart


def state(
    mentees: Table,
    mentors: Table,
    policy: Policy,
    wishes: Wishes,
    tell: Progress,
    scores: Scores | None = None,
) -> Problem:
    """Return the assignment to be made; `scores` are those of the wishes' day, if at hand.

    Raises `InvalidWishes` for unknown ids and for pairs that can never be.
    """
    shape = (len(mentees), len(mentors))
    before = PairSet("existing", indices("existing", mentees, mentors, wishes.existing), shape)
    pinned = indices("pinned", mentees, mentors, wishes.pinned)
    ids = [person["mentee_id"] for person in mentees], [m["mentor_id"] for m in mentors]
    wishes.check_mentees(ids[0])
    asked = np.concatenate([pinned, before.pairs]) if wishes.mode == "keep" else pinned
    _check_pinned(mentees, mentors, asked, set(id_pairs("forbidden", wishes.forbidden)))
    former = PairSet("forbidden", indices("forbidden", mentees, mentors, wishes.forbidden), shape)
    tell("scoring", 0, 1)
    if scores is None:
        scores = Scores(mentees, mentors, policy, wishes.on)
    against = scores.under(former=former).against(before)
    could_stay = PairSet("kept", _without(before, against), shape)
    if wishes.mode == "keep":
        personal = {name: against[name] for name in must_rules.PERSONAL if name in against}
        pinned = np.unique(np.concatenate([pinned, _without(before, personal)]), axis=0)
    wanted = np.array(
        [
            wishes.demand.get(person["mentee_id"], person.get("mentors_wanted", DEFAULT_WANTED))
            for person in mentees
        ],
        dtype=np.int64,
    )
    is_better = wishes.mode == "better"
    if is_better:
        # More mentors than a mentee wants are the coordinator's to end, not the round's.
        held = np.bincount(could_stay.pairs[:, 0], minlength=len(mentees))
        excess = could_stay.pairs[(held > wanted)[could_stay.pairs[:, 0]]]
        pinned = np.unique(np.concatenate([pinned, excess]), axis=0)
    pinned_pairs = PairSet("pinned", pinned, shape)
    # A pair that already meets stays even if a rule has changed since it was made.
    exempt = pinned_pairs.pairs
    if is_better:
        exempt = np.concatenate([exempt, could_stay.pairs])
    exempt_pairs = PairSet("exempt", np.unique(exempt, axis=0), shape)
    # An excess of mentees over capacity is the coordinator's to end, not the round's; but
    # no one is added to it.
    stay = before.pairs if is_better else pinned_pairs.pairs
    offered = np.array([m.get("capacity", DEFAULT_CAPACITY) for m in mentors], dtype=np.int64)
    loads, pinned_loads = (
        np.bincount(pairs[:, 1], minlength=len(mentors)) for pairs in (stay, pinned_pairs.pairs)
    )
    loads = np.maximum(loads, pinned_loads)
    places = np.maximum(offered, loads)
    return Problem(
        policy=policy,
        scores=scores.under(former=former, exempt=exempt_pairs, full=loads > offered),
        constraints=Constraints(
            capacity=places,
            demand=np.maximum(
                wanted, np.bincount(pinned_pairs.pairs[:, 0], minlength=len(mentees))
            ),
            pinned=pinned_pairs,
            kept=could_stay if is_better else None,
            keep_bonus=wishes.keep_bonus if is_better else 0.0,
            priority=np.array([wishes.priority.get(id, 0.0) for id in ids[0]]),
            floor=policy.floor,
            fill=wishes.fill,
        ),
        order=Order.drawn(*ids, wishes.seed),
        places=places,
        before=before,
        could_stay=could_stay,
        against=against,
        apart=minutes_apart(mentees, mentors, wishes.on),
    )


def indices(wish: str, mentees: Table, mentors: Table, pairs: Iterable[PairLike]) -> Ints:
    """Return (k, 2) indices of pairs of ids. Raises `InvalidWishes` for an unknown id."""
    rows = {person["mentee_id"]: row for row, person in enumerate(mentees)}
    columns = {person["mentor_id"]: row for row, person in enumerate(mentors)}
    found = []
    for mentee, mentor in id_pairs(wish, pairs):
        if mentee not in rows or mentor not in columns:
            raise InvalidWishes(
                _(
                    "%(wish)s: %(mentee)s and %(mentor)s are not both in the tables",
                    wish=wish,
                    mentee=mentee,
                    mentor=mentor,
                )
            )
        found.append((rows[mentee], columns[mentor]))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _check_pinned(mentees: Table, mentors: Table, pinned: Ints, forbidden: set[IdPair]) -> None:
    """Raise `InvalidWishes` for a pinned pair, (k, 2) in indices, that can never be one."""
    for i, j in pinned.tolist():
        mentee, mentor = mentees[i]["mentee_id"], mentors[j]["mentor_id"]
        if (mentee, mentor) in forbidden:
            raise InvalidWishes(
                _(
                    "pinned: %(mentee)s and %(mentor)s are also forbidden",
                    mentee=mentee,
                    mentor=mentor,
                )
            )
        if must_rules.is_one_person(mentees[i], mentors[j]):
            raise InvalidWishes(
                _(
                    "pinned: %(mentee)s and %(mentor)s are the same person",
                    mentee=mentee,
                    mentor=mentor,
                )
            )


def _without(pairs: PairSet, against: Mapping[str, Flags]) -> Ints:
    """Return the pairs, (k, 2) in indices, that nothing is against."""
    keeps = np.ones(len(pairs.pairs), dtype=bool)
    for flags in against.values():
        keeps &= ~flags
    return pairs.pairs[keeps]

"""A last pass over all pairs: what each match is based on, and why people are unmatched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.arrays import Codes, Flags, Ints
from matching.assignment import blocks
from matching.assignment.blocks import MILLION
from matching.assignment.solver import Assignment, Progress
from matching.nearest import Nearest, Search
from matching.policy import Policy
from matching.reasons import Left, Reason
from matching.scoring import must_rules
from matching.scoring.scores import Block, Scores, Standing


@dataclass
class Explanation:
    """What all pairs say about an assignment of k pairs to n mentors.

    `similarities` of its pairs by criterion, and their `standings`; `suitable` (n,) counts mentees
    who would suit each mentor; `blocking` counts pairs who would prefer each other; `left` holds
    the index of each unmatched mentee and the reason; `nearest` what a search for candidates found.
    """

    similarities: list[dict[str, float]]
    standings: list[dict[str, Standing]]
    suitable: Ints
    blocking: int
    left: list[tuple[int, Reason]]
    nearest: list[Nearest]


def explain(
    scores: Scores,
    assignment: Assignment,
    policy: Policy,
    places: Ints,
    apart: Callable[[int, int], Codes],
    tell: Progress,
    search: Search | None = None,
) -> Explanation:
    """Return the explanation of an assignment; `apart` gives minutes between clocks.

    The pass is shared with a `search` for candidates, where one is given.
    """
    mentees, mentors = scores.shape
    floor, step = round(policy.floor * MILLION), round(policy.waiting_bonus * MILLION)
    pairs = assignment.pairs
    # The first place of a mentor without places would be worth nothing to others.
    ceilings = np.where(places == 0, 0, assignment.ceilings)
    has = np.bincount(pairs[:, 0], minlength=mentees)
    # Who wants no mentor, as someone whom a coordinator leaves out, is neither left nor suitable.
    wanted = has + assignment.open_demand
    is_left = (has == 0) & (wanted > 0)
    # A fair assignment is not the best total, so its prices say nothing about one more pair.
    with_changes = policy.objective != "fair"
    least_of_mentee, least_of_mentor = _least(assignment, places)

    def look(start: int, stop: int) -> tuple[int, Explanation]:
        block = scores.block(start, stop)
        first, last = np.searchsorted(pairs[:, 0], [start, stop])
        at = pairs[first:last, 0] - start, pairs[first:last, 1]
        score = np.rint(block.score.astype(np.float64) * MILLION)
        fits: Flags = block.allowed & (score >= floor)
        suitable = fits[wanted[start:stop] > 0].sum(axis=0)
        nearest = [search.look(start, stop, score, fits)] if search else []
        # A mentee and a mentor who each have a worse partner, or room for another.
        fits &= score > least_of_mentee[start:stop, None]
        fits &= score > least_of_mentor
        fits[at] = False
        rows = np.flatnonzero(is_left[start:stop])
        minutes = np.zeros((len(rows), mentors), np.int32)
        if len(rows) and must_rules.HoursApart.name in block.excluded:
            minutes = apart(start, stop)[rows]
        left = Left.of(block, score, rows, assignment.first[start:stop][rows], ceilings, minutes)
        reasons = left.reasons(floor, step, with_changes=with_changes)
        return stop, Explanation(
            similarities=_similarities(block, at),
            standings=scores.standings(block, *at),
            suitable=suitable,
            blocking=int(fits.sum()),
            left=list(zip((rows + start).tolist(), reasons, strict=True)),
            nearest=nearest,
        )

    whole = Explanation([], [], np.zeros(mentors, dtype=np.int64), 0, [], [])
    for done, part in blocks.each(scores.shape, look):
        whole.similarities += part.similarities
        whole.standings += part.standings
        whole.suitable += part.suitable
        whole.blocking += part.blocking
        whole.left += part.left
        whole.nearest += part.nearest
        tell("explaining", done, mentees)
    return whole


def _least(assignment: Assignment, places: Ints) -> tuple[Ints, Ints]:
    """Return the worst score that each mentee and each mentor has, -1 with room for another."""
    of_mentee = np.full(len(assignment.open_demand), np.iinfo(np.int64).max)
    np.minimum.at(of_mentee, assignment.pairs[:, 0], assignment.scores)
    of_mentee[assignment.open_demand > 0] = -1
    of_mentor = np.full(len(places), np.iinfo(np.int64).max)
    np.minimum.at(of_mentor, assignment.pairs[:, 1], assignment.scores)
    of_mentor[np.bincount(assignment.pairs[:, 1], minlength=len(places)) < places] = -1
    return of_mentee, of_mentor


def _similarities(block: Block, at: tuple[Ints, Ints]) -> list[dict[str, float]]:
    """Return the known similarities of some pairs, one mapping for each."""
    values = {name: array[at].tolist() for name, array in block.similarity.items()}
    return [{name: values[name][k] for name in values} for k in range(len(at[0]))]

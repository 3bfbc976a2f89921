"""Among assignments with the same total: most pairs, most mentees, and loads spread evenly.

Which assignments these are follows from optimal prices (complementary slackness): each uses all
pairs that are worth more to the mentee than the price, some of those that are worth just as much,
and no others. Among them, one flow over pairs of the second kind, few as a rule, finds the best.

What is to be as small as possible is how many couples of mentees share a mentor, the sum of
load (load - 1) / 2 over all mentors. For a given number of pairs, that is the smallest sum of the
squares of loads; by how many others a mentee shares a mentor with, places that stay free make no
difference. In the load vectors of flows the smallest such sum is also the most even in any other
sense (Frank and Murota 2022, decreasing minimization on base polyhedra).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.arrays import Flags, Ints
from matching.assignment import flow
from matching.assignment.constraints import Limits
from matching.assignment.flow import Arcs, FlowProblem, Listed


def finer(problem: FlowProblem, limits: Limits, free: Flags) -> FlowProblem:
    """Return the problem with what decides among equal totals added to it, in finer units.

    `free` (m,) marks mentees without a pinned pair: one who is covered counts like one more pair.
    """
    return replace(
        problem,
        unit=limits.unit,
        each=problem.each * limits.unit + limits.most_held,
        first=problem.first * limits.unit + np.where(free, limits.most_held, 0),
        fill=problem.fill * limits.unit,
        shares=True,
    )


def ceilings(problem: FlowProblem, limits: Limits, prices: Ints) -> Ints:
    """Return what the last place of each mentor is worth in whole units of the problem, (n,).

    A mentee without a mentor who were worth more, first match included, would be matched: one who
    were worth just as much may lose the place to someone else.
    """
    whole = (prices - 2 * limits.most_held) // limits.unit - problem.each
    return np.where(prices == flow.SETTLED, flow.SETTLED, whole)


def settled(
    problem: FlowProblem,
    limits: Limits,
    free: Flags,
    listed: Listed,
    chosen: Listed,
    prices: Ints,
) -> Listed:
    """Return the pairs that are best among all listed ones with the total of the `chosen`.

    `prices` (n,) prove that no total is larger; `free` (m,) marks mentees without a pinned pair.
    """
    mentees, mentors = len(problem.demand), len(problem.capacity)
    wanted = flow.thresholds(problem, chosen, prices)
    beyond = listed.weights(problem) - prices[listed.columns]
    # Pairs that are worth more were all chosen, or the prices would not prove them.
    certain = listed.at(beyond > wanted[listed.rows])
    open_pairs = listed.at(beyond == wanted[listed.rows])
    if not len(open_pairs):
        return chosen
    # A mentee's first match is open if none would be worth as much, later ones likewise.
    is_matched = np.bincount(chosen.rows, minlength=mentees) > 0
    later = np.maximum(problem.demand - 1, 0)
    has_first = is_matched & (wanted > -problem.first)
    may_first = (problem.demand > 0) & (wanted == -problem.first)
    has_later = np.where(is_matched & (wanted > 0), later, 0)
    may_later = np.where(wanted == 0, later, 0)
    # So are the places of mentors without a price; more than there are pairs cannot be taken.
    sure = np.bincount(certain.columns, minlength=mentors)
    most = np.minimum(problem.capacity, sure + np.bincount(open_pairs.columns, minlength=mentors))
    has_places = np.where(
        prices > 0, np.bincount(chosen.columns, minlength=mentors), problem.minimum
    )
    may_places = np.where(prices == 0, np.maximum(most - has_places, 0), 0)
    of_place = np.repeat(np.arange(mentors), may_places)
    nth = np.arange(len(of_place)) - np.repeat(np.cumsum(may_places) - may_places, may_places)
    rest = mentees + mentors
    supplies = np.concatenate(
        [
            has_first + has_later - np.bincount(certain.rows, minlength=mentees),
            sure - has_places,
            [0],
        ]
    )
    supplies[rest] = -supplies.sum()
    gain = limits.most_held
    flows = flow.cheapest(
        problem.order,
        supplies,
        Arcs(open_pairs.rows, mentees + open_pairs.columns, 1, 0),
        Arcs(rest, np.arange(mentees), may_first, -gain * (1 + free)),
        Arcs(rest, np.arange(mentees), may_later, -gain),
        Arcs(mentees + of_place, rest, 1, (problem.held + has_places)[of_place] + nth),
    )
    return certain.joined(open_pairs.at(flows[: len(open_pairs)] > 0), mentors)

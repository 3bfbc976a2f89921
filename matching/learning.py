"""What the outcomes of pairs say about a program's weights, and how sure that is.

A logistic regression on what a mentor adds. With d the deviation of a pair in each criterion, its
similarity less the mean of the mentee's allowed mentors in spreads, m that mean in the sum of all,
and v the shares of the weights in use:

    log odds of going well = a + g m + k (v . d) + e . d
    k ~ N(0, SLOPE^2),  g ~ N(0, SLOPE^2),  each e ~ N(0, (width SLOPE / criteria)^2),  a flat

With a width of 0 only k is left, so the weights are right as they are and the question is no more
than how much scores matter. Half of what is believed beforehand is that; the other half is shared
among `WIDTHS`. A width of 1 lets each share be off by as much as an average share. What is believed
afterwards is that times the evidence of each width, the integral of its likelihood (MacKay 1992,
"Bayesian interpolation"), here by Laplace's approximation (Tierney and Kadane 1986). Suggested are
the weights k v + e, averaged over widths by that, none below 0, with the sum that they have; but a
step at a time. Outcomes are of pairs that the weights chose: what they say holds nearby, and the
pairs of the next version say what lies beyond.

Criteria without a weight stay without one. What rests on identity or on what people wrote is not
looked at, and keeps its weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from matching.arrays import Flags, Floats
from matching.criteria import CRITERIA
from matching.policy import LEAST_WEIGHT
from matching.scoring.scores import Standing

#: How far from the weights in use those are that outcomes may suggest, in average shares.
WIDTHS = (0.25, 0.5, 1.0, 2.0)
#: What is believed beforehand of "the weights are right", and below what something is suggested.
BELIEVED, GATE = 0.5, 0.05
#: In log odds: what one spread more in every criterion at once may well change.
SLOPE = 2.0
#: With fewer outcomes nothing is suggested: gains could not be told from 0 (docs/figures.md).
ENOUGH = 100
#: A suggestion multiplies or divides a weight by this at most, before the sum is restored.
STEP = 2.0
#: An interval holds this much of what is believed of a weight.
CREDIBLE = 0.9
_DRAWS = 4_000


@dataclass(frozen=True)
class Outcome:
    """Where a pair stood when it was made, and whether it went well."""

    standings: Mapping[str, Standing]
    went_well: bool


@dataclass(frozen=True)
class Lesson:
    """What outcomes say.

    `leave` is the probability that the weights in use are right; `weights` are those in use unless
    it is below `GATE`; `intervals` hold `CREDIBLE` of what is believed of each weight that outcomes
    may speak for, and are empty where nothing could be learned.
    """

    outcomes: int
    well: int
    leave: float
    weights: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class _Fit:
    """The mode of a posterior, (1 + columns,), its precision there, and the log evidence.

    The evidence is known up to a constant that all fits to the same outcomes share.
    """

    mode: Floats
    precision: Floats
    evidence: float


def learn(weights: Mapping[str, float], outcomes: Sequence[Outcome]) -> Lesson:
    """Return what outcomes, in any order, say about the weights of a policy.

    Where there are fewer than `ENOUGH`, where all went alike, and where there is no second weight,
    nothing is learned.
    """
    names = [each.name for each in CRITERIA if each.is_learned and weights[each.name] > 0]
    went_well = np.array([outcome.went_well for outcome in outcomes], dtype=bool)
    well = int(went_well.sum())
    nothing = Lesson(len(outcomes), well, BELIEVED, dict(weights), {})
    if len(outcomes) < ENOUGH or well in (0, len(outcomes)) or len(names) < 2:
        return nothing
    in_use = np.array([weights[name] for name in names], dtype=np.float64)
    deviations, means = _deviations(names, outcomes)
    # Sums of floats depend on their order, so it is always the same.
    order = np.lexsort(np.column_stack([deviations, means, went_well]).T)
    deviations, means, went_well = deviations[order], means[order], went_well[order]
    believed, betas, draws = _posterior(in_use / in_use.sum(), deviations, means, went_well)
    beta = np.maximum(believed @ betas, 0)
    if not beta.sum():
        return nothing
    total = float(in_use.sum())
    # Divided by the sum of those that are above 0, as the weights below are.
    sums = draws[:, beta > 0].sum(axis=1, keepdims=True)
    shares = np.clip(draws[sums[:, 0] > 0] / sums[sums[:, 0] > 0], 0, 1)
    near = np.clip(beta / beta.sum() * total, in_use / STEP, in_use * STEP)
    suggested = _rounded(dict(zip(names, (near / near.sum() * total).tolist(), strict=True)), total)
    ends = np.quantile(shares * total, [(1 - CREDIBLE) / 2, (1 + CREDIBLE) / 2], axis=0).T
    return Lesson(
        outcomes=len(outcomes),
        well=well,
        leave=float(believed[0]),
        weights={**weights, **(suggested if believed[0] < GATE else {})},
        intervals={
            name: (low, high) for name, (low, high) in zip(names, ends.tolist(), strict=True)
        },
    )


def _deviations(names: Sequence[str], outcomes: Sequence[Outcome]) -> tuple[Floats, Floats]:
    """Return by outcome and criterion, in spreads: what the mentor adds, and the mentee's mean.

    Both are 0 for a criterion that was not there when the pair was made.
    """
    deviations, means = np.zeros((2, len(outcomes), len(names)))
    for row, outcome in enumerate(outcomes):
        for column, name in enumerate(names):
            if (at := outcome.standings.get(name)) is not None:
                similarity = at.usual if at.similarity is None else at.similarity
                deviations[row, column] = (similarity - at.mean) / at.spread
                means[row, column] = (at.mean - at.usual) / at.spread
    return deviations, means


def _posterior(
    shares: Floats, deviations: Floats, means: Floats, went_well: Flags
) -> tuple[Floats, Floats, Floats]:
    """Return what is believed of each width, 0 first, its weights, and draws from all of it.

    Weights are (widths, criteria) and draws (k, criteria), in log odds a spread.
    """
    number = len(shares)
    # Columns scaled so that a coefficient of 1 is as large as is plausible.
    common = SLOPE * np.column_stack([means @ shares, deviations @ shares])
    evidence, betas, ways = [], [], []
    for width in (0.0, *WIDTHS):
        unit = width * SLOPE / number
        fit = _fit(np.column_stack([common, unit * deviations] if width else [common]), went_well)
        # From coefficients (a, g, k, e) to weights k v + e.
        way = np.zeros((len(fit.mode), number))
        way[2] = SLOPE * shares
        if width:
            way[3:] = unit * np.eye(number)
        evidence.append(fit.evidence)
        betas.append(fit.mode @ way)
        ways.append((fit, way))
    beforehand = np.array([BELIEVED, *[(1 - BELIEVED) / len(WIDTHS)] * len(WIDTHS)])
    believed = beforehand * np.exp(np.array(evidence) - max(evidence))
    believed /= believed.sum()
    generator = np.random.default_rng(0)
    drawn = []
    for (fit, way), share in zip(ways, believed.tolist(), strict=True):
        root = np.linalg.cholesky(np.linalg.inv(fit.precision))
        normal = generator.standard_normal((round(_DRAWS * share), len(fit.mode)))
        drawn.append((fit.mode + normal @ root.T) @ way)
    return believed, np.array(betas), np.concatenate(drawn)


def _fit(columns: Floats, went_well: Flags) -> _Fit:
    """Return the fit of a logistic regression whose coefficients are N(0, 1), its intercept flat.

    `columns` are (outcomes, columns). scikit-learn's penalty with C = 1 is that prior.
    """
    model: Any = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-9, max_iter=1_000)
    model.fit(columns, went_well)
    mode: Floats = np.concatenate([model.intercept_, model.coef_[0]])
    design = np.column_stack([np.ones(len(columns)), columns])
    odds = design @ mode
    of_one = np.exp(-np.logaddexp(0, -odds) - np.logaddexp(0, odds))  # p (1 - p), never inf
    prior = np.diag([0.0, *[1.0] * columns.shape[1]])
    precision: Floats = (design * of_one[:, None]).T @ design + prior
    likelihood = -np.logaddexp(0, np.where(went_well, -odds, odds)).sum()
    # The factors of 2 pi cancel, but for one that all fits share.
    evidence = likelihood - mode @ prior @ mode / 2 - np.linalg.slogdet(precision)[1] / 2
    return _Fit(mode, precision, float(evidence))


def _rounded(weights: Mapping[str, float], total: float) -> dict[str, float]:
    """Return weights as a person would write them, to about a thousandth of their sum, `total`.

    They keep it: what rounding lost or won goes to the largest.
    """
    digits = 3 - math.floor(math.log10(total))
    rounded = {name: round(weight, digits) for name, weight in weights.items()}
    rounded = {name: weight if weight >= LEAST_WEIGHT else 0.0 for name, weight in rounded.items()}
    largest = max(rounded, key=lambda name: rounded[name])
    others = math.fsum(weight for name, weight in rounded.items() if name != largest)
    return rounded | {largest: round(total - others, 9)}

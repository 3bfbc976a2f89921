"""What outcomes say about weights: the right mode and evidence, the gate, and what is not used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import crowds
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats
from small_rounds import ON, WITH_IDENTITY

from matching import Matcher, learning
from matching.criteria import CRITERIA
from matching.learning import BELIEVED, ENOUGH, GATE, SLOPE, STEP, WIDTHS, Outcome, learn
from matching.policy import default
from matching.scoring.scores import Scores, Standing

LEARNED = [criterion.name for criterion in CRITERIA if criterion.is_learned]
NEVER = {"identity", "text"}
TWO: dict[str, float] = dict.fromkeys(default().weights, 0) | {"help": 30, "hours": 10}


def made_up(
    number: int,
    seed: int = 1,
    effects: Mapping[str, float] | None = None,
    names: list[str] = LEARNED,
) -> list[Outcome]:
    """Outcomes whose log odds grow by these effects for each spread a pair stands out by."""
    generator = np.random.default_rng(seed)
    outcomes = []
    for _ in range(number):
        standings = {
            name: Standing(float(similarity), float(mean), 0.4, 0.2)
            for name, similarity, mean in zip(
                names, generator.random(len(names)), 0.3 + 0.3 * generator.random(len(names)),
                strict=True,
            )
        }  # fmt: skip
        odds = sum(
            effect * ((standings[name].similarity or 0) - standings[name].mean) / 0.2
            for name, effect in (effects or {}).items()
        )
        outcomes.append(Outcome(standings, bool(generator.random() < special.expit(odds))))
    return outcomes


def log_posterior(coefficients: Any, columns: Any, went_well: Any) -> Any:
    """Written from the definition: coefficients N(0, 1), intercept flat, without constants.

    Of one vector of coefficients, or of each row of a matrix.
    """
    at = np.atleast_2d(coefficients)
    odds = at[:, :1] + at[:, 1:] @ columns.T
    chance = special.log_expit(np.where(went_well, odds, -odds)).sum(axis=1)
    found = chance + stats.norm.logpdf(at[:, 1:]).sum(axis=1)
    return found if np.ndim(coefficients) == 2 else float(found[0])


@pytest.mark.parametrize("seed", range(5))
def test_the_fit_is_where_an_optimizer_of_scipy_finds_it(seed: int) -> None:
    generator = np.random.default_rng(seed)
    columns = generator.standard_normal((80, 6)) * generator.uniform(0.2, 3, 6)
    went_well = generator.random(80) < special.expit(0.5 + columns[:, 0])

    found = learning._fit(columns, went_well)
    optimum = optimize.minimize(
        lambda at: -log_posterior(at, columns, went_well), np.zeros(7), method="BFGS", tol=1e-10
    )

    assert found.mode == pytest.approx(optimum.x, abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_evidence_is_an_integral(seed: int) -> None:
    """Of two models of one column, numerical integration gives the same ratio."""
    generator = np.random.default_rng(seed)
    column = generator.standard_normal((150, 1))
    went_well = generator.random(150) < special.expit(0.3 + 0.8 * column[:, 0])

    def integral(scale: float) -> float:
        intercepts, slopes = np.linspace(-2, 3, 201), np.linspace(-6, 6, 601)
        at = np.stack(np.meshgrid(intercepts, slopes, indexing="ij"), axis=-1).reshape(-1, 2)
        heights = np.exp(100 + log_posterior(at, scale * column, went_well)).reshape(201, 601)
        return float(integrate.simpson(integrate.simpson(heights, x=slopes), x=intercepts))

    narrow, wide = (learning._fit(scale * column, went_well).evidence for scale in (0.2, 2.0))

    assert wide - narrow == pytest.approx(math.log(integral(2.0) / integral(0.2)), abs=0.03)


def test_what_is_believed_of_each_width_is_that_of_a_sampled_integral() -> None:
    """All of it, by importance sampling from a wider distribution: five and seven dimensions."""
    outcomes = made_up(300, 4, {"help": 0.1, "hours": 0.35}, ["help", "hours"])
    deviations = np.array(
        [
            [((s.similarity or 0) - s.mean) / s.spread for s in o.standings.values()]
            for o in outcomes
        ]
    )
    means = np.array(
        [[(s.mean - s.usual) / s.spread for s in o.standings.values()] for o in outcomes]
    )
    went_well = np.array([outcome.went_well for outcome in outcomes])
    shares = np.array([0.75, 0.25])
    logs = []
    for width in (0.0, *WIDTHS):
        columns = [SLOPE * means @ shares, SLOPE * deviations @ shares]
        columns += [width * SLOPE / 2 * column for column in deviations.T] if width else []
        table = np.column_stack(columns)
        fit = learning._fit(table, went_well)
        wide = stats.multivariate_t(fit.mode, np.linalg.inv(fit.precision) * 1.5, df=8, seed=7)
        at = wide.rvs(20_000)
        ratios = log_posterior(at, table, went_well) - wide.logpdf(at)
        logs.append(special.logsumexp(ratios))
    prior = np.log([BELIEVED, *[(1 - BELIEVED) / len(WIDTHS)] * len(WIDTHS)])
    sampled = special.softmax(prior + logs)

    believed, betas, draws = learning._posterior(shares, deviations, means, went_well)

    assert believed == pytest.approx(sampled, abs=0.01)
    assert draws.mean(axis=0) == pytest.approx(believed @ betas, abs=0.01)
    assert learn(TWO, outcomes).leave == pytest.approx(believed[0])


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from(list(default().weights)), st.floats(0.001, 1000), min_size=1),
    st.integers(0, 3 * ENOUGH),
    st.integers(0, 100),
    st.dictionaries(st.sampled_from(LEARNED), st.floats(-0.5, 0.5)),
)
def test_a_suggestion_is_a_policy_of_the_same_sum_and_only_past_the_gate(
    some: dict[str, float], number: int, seed: int, effects: dict[str, float]
) -> None:
    weights = dict.fromkeys(default().weights, 0.0) | some
    outcomes = made_up(number, seed, effects)

    lesson = learn(weights, outcomes)

    assert (lesson.outcomes, lesson.well) == (number, sum(o.went_well for o in outcomes))
    assert 0 <= lesson.leave <= 1
    assert list(lesson.weights) == list(weights)
    assert sum(lesson.weights.values()) == pytest.approx(sum(weights.values()))
    for name, weight in lesson.weights.items():
        assert weight == 0 or weight >= 0.001 or weight == weights[name]
        rounding = sum(weights.values()) / 200
        assert weights[name] / STEP**2 - rounding <= weight <= weights[name] * STEP**2 + rounding
        if weights[name] == 0 or name in NEVER:
            assert weight == weights[name]
            assert name not in lesson.intervals
    if lesson.leave >= GATE or number < ENOUGH:
        assert lesson.weights == weights
    learned = sum(weights[name] for name in LEARNED)
    for low, high in lesson.intervals.values():
        assert 0 <= low <= high <= learned * (1 + 1e-9)


def test_without_outcomes_the_weights_stay_to_the_bit() -> None:
    weights = {**default().weights, "help": 0.1 + 0.2}
    alike = [Outcome(one.standings, True) for one in made_up(500)]

    for outcomes in ([], made_up(ENOUGH - 1, effects={"hours": 2}), alike, made_up(ENOUGH)[:0]):
        lesson = learn(weights, outcomes)
        assert {n: float(w).hex() for n, w in lesson.weights.items()} == {
            n: float(w).hex() for n, w in weights.items()
        }
        assert (lesson.leave, lesson.intervals) == (BELIEVED, {})


def test_a_criterion_alone_has_nothing_to_be_weighed_against() -> None:
    weights = dict.fromkeys(default().weights, 0.0) | {"help": 3.0, "text": 5.0}

    assert learn(weights, made_up(500, effects={"help": 1})).weights == weights


def test_what_decides_gets_more_weight_and_the_interval_holds_it() -> None:
    lesson = learn(default().weights, made_up(1_500, effects={"hours": 0.6, "help": 0.1}))

    assert lesson.leave < GATE
    assert lesson.weights["hours"] > 2 * default().weights["hours"]
    assert lesson.weights["style"] < default().weights["style"]
    low, high = lesson.intervals["hours"]
    assert default().weights["hours"] < low < high
    learned = sum(default().weights[name] for name in LEARNED)
    assert low < learned * 0.6 / 0.7 < high


def test_outcomes_that_follow_the_weights_leave_them() -> None:
    shares = {name: default().weights[name] / 131 for name in LEARNED}

    for seed in range(20):
        outcomes = made_up(1_000, seed, {name: 1.5 * share for name, share in shares.items()})
        lesson = learn(default().weights, outcomes)
        assert lesson.leave > 0.5
        assert lesson.weights == dict(default().weights)


@pytest.mark.parametrize("sign", [1, -1])
def test_outcomes_against_every_criterion_suggest_nothing_below_0(sign: int) -> None:
    lesson = learn(TWO, made_up(1_000, effects={"help": -0.6, "hours": sign * 0.3}))

    if sign > 0:
        # Half of 30 and twice 10, brought to their sum.
        assert (lesson.weights["help"], lesson.weights["hours"]) == (17.14, 22.86)
    else:
        assert lesson.weights == TWO  # there is nothing to weigh


def test_the_order_of_outcomes_makes_no_difference() -> None:
    outcomes = made_up(400, effects={"hours": 0.6})
    shuffled = [outcomes[k] for k in np.random.default_rng(3).permutation(400)]

    assert learn(default().weights, shuffled) == learn(default().weights, outcomes)


def test_a_criterion_of_later_and_unknown_answers_say_nothing() -> None:
    """As the round had it: what is unknown counts as usual, what was not there as the mean."""
    outcomes = made_up(300, effects={"hours": 0.5})
    unknown = [
        Outcome({**o.standings, "place": Standing(None, 0.4, 0.4, 0.2)}, o.went_well)
        for o in outcomes
    ]
    missing = [
        Outcome({n: s for n, s in o.standings.items() if n != "place"}, o.went_well)
        for o in outcomes
    ]

    assert learn(default().weights, unknown) == learn(default().weights, missing)


@pytest.mark.parametrize("policy", [default(), WITH_IDENTITY])
def test_pairs_come_with_where_they_stand_in_all_that_may_be_learned(policy: Any) -> None:
    """By the definition, from all similarities, and without identity and what people wrote."""
    weighed = {**policy.weights, "place": 0, "choice": 0}
    some = type(policy).from_dict({**policy.to_dict(), "weights": weighed})
    people, mentors = crowds.make(120, 60, seed=5)
    result = Matcher(some).fit(people, mentors).match(on=ON)
    # Here they all have a weight.
    all_of_them = Scores(people, mentors, policy, ON)
    block = all_of_them.block(0, len(people))
    rows = {person["mentee_id"]: k for k, person in enumerate(people)}
    columns = {mentor["mentor_id"]: k for k, mentor in enumerate(mentors)}

    assert len(result.pairs) > 20
    for pair in result.pairs:
        assert set(pair.standings) <= set(LEARNED)
        assert set(pair.standings) >= {"help", "specialty", "hours", "place"}
        assert NEVER.isdisjoint(pair.standings)
        row, column = rows[pair.mentee], columns[pair.mentor]
        for name, at in pair.standings.items():
            of_row = block.similarity[name][row].astype(float)
            usual = all_of_them.usual[name]
            counted = np.where(np.isnan(of_row), usual, of_row)[block.allowed[row]]
            assert at.mean == pytest.approx(counted.mean(), abs=2e-6)
            assert at.usual == pytest.approx(usual, abs=1e-6)
            assert at.spread == pytest.approx(all_of_them.spreads[name], abs=1e-6)
            if at.similarity is None:
                assert np.isnan(of_row[column])
            else:
                assert at.similarity == pytest.approx(of_row[column], abs=1e-6)


def test_where_pairs_stand_does_not_depend_on_the_order_of_people() -> None:
    people, mentors = crowds.make(150, 70, seed=6)
    turned = Matcher().fit(people[::-1], mentors[::-1]).match(on=ON)
    straight = Matcher().fit(people, mentors).match(on=ON)

    assert {(p.mentee, p.mentor): p.standings for p in turned.pairs} == {
        (p.mentee, p.mentor): p.standings for p in straight.pairs
    }

"""A matcher keeps scikit-learn's habits, and proves nothing that it did not compute afresh."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle
import crowds
import joblib
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from small_rounds import ON, mentee, mentor

from matching import Matcher, Policy, Refuted
from matching.policy import InvalidPolicy, default

PEOPLE = crowds.make(40, 15, 1)


def with_weight(**weights: float) -> Policy:
    return Policy.from_dict(default().to_dict() | {"weights": {**default().weights, **weights}})


OTHER = with_weight(specialty=60)


def given_by_name(model: Matcher) -> None:
    model.set_params(policy=OTHER)


def assigned(model: Matcher) -> None:
    model.policy = OTHER


@pytest.mark.parametrize("change", [given_by_name, assigned])
def test_a_policy_that_was_changed_after_the_fit_scores_everything(
    change: Callable[[Matcher], None],
) -> None:
    model = Matcher(default()).fit(*PEOPLE)
    before = model.match(on=ON)

    change(model)

    afresh = Matcher(OTHER).fit(*PEOPLE)
    assert model.match(on=ON) == afresh.match(on=ON)
    assert model.match(on=ON).assignment.value != before.assignment.value
    for each in (model, afresh):
        with pytest.raises(Refuted):
            each.verify(before.pairs, before.certificate(), on=ON)


def test_people_who_were_changed_after_the_fit_are_not_those_of_the_fit() -> None:
    people, mentors = [mentee("a", goals=["teaching"])], [mentor("x", capacity=1)]
    model = Matcher().fit(people, mentors)
    before = model.match(on=ON)

    people[0]["goals"].append("leadership")
    people[0]["languages"].clear()
    mentors[0]["capacity"] = 0
    people.append(mentee("b"))

    assert model.match(on=ON) == before
    model.verify(before.pairs, before.certificate(), on=ON)
    model.mentors_[0]["capacity"] = 0
    assert model.match(on=ON).pairs == []
    with pytest.raises(Refuted):
        model.verify(before.pairs, before.certificate(), on=ON)


def test_a_policy_cannot_be_changed_in_place() -> None:
    weights = dict(default().weights)
    policy = dataclasses.replace(default(), weights=weights)

    weights["specialty"] = 60

    assert policy == default()
    with pytest.raises(TypeError):
        policy.weights["specialty"] = 60  # type: ignore[index]
    with pytest.raises(TypeError):
        policy.rules["stage"] = False  # type: ignore[index]


def test_what_is_proved_is_what_came_of_these_people_under_these_wishes() -> None:
    model = Matcher().fit(*PEOPLE)
    result = model.match(on=ON)
    proof = result.certificate()

    proved = model.verify(result.pairs, proof, on=ON)

    assert proved.value == result.assignment.value == proof["value"]
    ids = [(pair.mentee, pair.mentor) for pair in result.pairs]
    assert model.verify(ids, result.assignment.certificate, on=ON).pairs.tolist() == (
        result.assignment.pairs.tolist()
    )
    higher = [dataclasses.replace(result.pairs[0], score=result.pairs[0].score + 1)]
    with pytest.raises(Refuted, match="the score of .* is 0"):
        model.verify([*higher, *result.pairs[1:]], proof, on=ON)
    for claim, value in {
        "value": 1,
        "gap": 1,
        "covered": 1,
        "mentors": [],
        "is_optimal": 0,
    }.items():
        with pytest.raises(Refuted, match=f"certificate: {claim} is"):
            model.verify(result.pairs, proof | {claim: value}, on=ON)
    with pytest.raises(Refuted):
        model.verify(result.pairs[1:], proof, on=ON)
    with pytest.raises(Refuted):
        model.verify(result.pairs, proof, on=ON, forbidden=ids[:1])
    with pytest.raises(Refuted):
        Matcher(OTHER).fit(*PEOPLE).verify(result.pairs, proof, on=ON)
    with pytest.raises(Refuted):
        Matcher().fit(PEOPLE[0][::-1], PEOPLE[1][1:]).verify(result.pairs, proof, on=ON)


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.match(),
        lambda model: model.verify([], {}),
        lambda model: model.frontier(),
    ],
)
def test_a_matcher_without_people_says_that_it_is_not_fitted(ask: Any) -> None:
    with pytest.raises(NotFittedError, match="This Matcher instance is not fitted yet"):
        ask(Matcher())


COPIES = {
    "pickle": lambda each: pickle.loads(pickle.dumps(each)),
    "cloudpickle": lambda each: pickle.loads(cloudpickle.dumps(each)),
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("how", [*COPIES, "joblib"])
def test_a_matcher_and_its_results_can_be_kept(how: str, tmp_path: Any) -> None:
    model = Matcher(OTHER).fit(*PEOPLE)
    result = model.match(on=ON)
    if how == "joblib":
        joblib.dump((model, result), tmp_path / "kept")
        kept, same = joblib.load(tmp_path / "kept")
    else:
        kept, same = COPIES[how]((model, result))

    assert kept.policy == OTHER
    assert same == result == kept.match(on=ON)
    kept.verify(same.pairs, same.certificate(), on=ON)


def test_a_clone_has_the_policy_and_no_people() -> None:
    model = Matcher(OTHER).fit(*PEOPLE)

    fresh = clone(model)

    assert fresh.get_params() == {"policy": OTHER}
    with pytest.raises(NotFittedError):
        fresh.match()


def test_no_policy_is_the_default_policy() -> None:
    result = Matcher().fit(*PEOPLE).match(on=ON)

    assert Matcher(None).fit(*PEOPLE).match(on=ON) == result
    assert Matcher(default()).fit(*PEOPLE).match(on=ON) == result


@pytest.mark.parametrize("policy", [{"floor": 0.2}, "policy.yaml", 3, Policy])
def test_what_is_no_policy_is_refused(policy: Any) -> None:
    with pytest.raises(InvalidPolicy, match="policy: must be a Policy, not .* Policy.from_dict"):
        Matcher(policy).fit(*PEOPLE)
    with pytest.raises(InvalidPolicy, match="policy: must be a Policy, not"):
        Matcher().fit(*PEOPLE).set_params(policy=policy).match()


def test_scikit_learn_is_told_that_people_are_no_matrix() -> None:
    tags = get_tags(Matcher())

    assert not tags.input_tags.two_d_array
    assert tags.no_validation

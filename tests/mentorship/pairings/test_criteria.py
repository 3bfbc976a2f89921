"""The words of the criteria are those of the criteria that there are."""

from __future__ import annotations

from matching import policy
from mentorship.pairings.criteria import CRITERIA
from webapp.coordinators import policy_form


def test_words_weights_and_criteria_name_the_same() -> None:
    assert tuple(CRITERIA) == policy.criteria()
    assert [amount.name for amount in policy_form.WEIGHTS] == [
        f"weights.{name}" for name in policy.criteria()
    ]

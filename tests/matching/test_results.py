"""Results can be shown, compared and kept, and cannot be changed."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import crowds
import numpy as np
import pytest
from small_rounds import match

from matching import Constraints, assign, verify

SCORES = np.random.default_rng(7).random((3_000, 600))
CONSTRAINTS = Constraints(capacity=5)
FOUND = assign(SCORES, CONSTRAINTS)
PROVED = verify(SCORES, FOUND.pairs, FOUND.certificate, CONSTRAINTS)
ROUND = match(*crowds.make(120, 50, 3))


@pytest.mark.parametrize("result", [FOUND, PROVED, ROUND])
def test_equal_results_are_equal_and_have_no_hash(result: Any) -> None:
    same = pickle.loads(pickle.dumps(result))

    assert result == result
    assert result == same
    assert result != "result"
    with pytest.raises(TypeError, match="unhashable type: '(Assignment|Verified|RoundResult)'"):
        hash(result)


def test_other_results_are_others() -> None:
    pairs = FOUND.pairs.copy()
    pairs[0, 1] += 1

    assert dataclasses.replace(FOUND, pairs=pairs) != FOUND
    assert dataclasses.replace(FOUND, pairs=FOUND.pairs[1:]) != FOUND
    assert dataclasses.replace(FOUND, value=FOUND.value + 1) != FOUND


@pytest.mark.parametrize("kept", [FOUND, pickle.loads(pickle.dumps(FOUND)), copy.deepcopy(FOUND)])
def test_no_array_of_a_result_can_be_changed(kept: Any) -> None:
    arrays = [value for value in vars(kept).values() if isinstance(value, np.ndarray)]

    assert len(arrays) >= 4
    for array in [*arrays, kept.rows, kept.columns]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        kept.value = 9


@pytest.mark.parametrize("result", [FOUND, PROVED, FOUND.certificate, ROUND])
def test_a_result_is_shown_in_a_few_lines(result: Any) -> None:
    assert len(repr(result)) < 900
    assert f"value {FOUND.value:,}, gap 0, 3,000 covered" in repr(FOUND)


def test_an_assignment_is_read_as_rows_columns_and_a_total() -> None:
    assert FOUND.total == pytest.approx(SCORES[FOUND.rows, FOUND.columns].sum(), abs=0.002)
    kept = assign([[0.5]], Constraints(capacity=1, kept=[(0, 0)], keep_bonus=0.2, priority=0.1))
    assert (kept.total, kept.value) == (0.5, 800_000)

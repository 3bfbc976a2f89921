"""Texts are compared by rare words, and one without words is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from matching.features.comparisons import cosines
from matching.features.words import vectors


def likeness(left: Sequence[str | None], right: Sequence[str | None]) -> Any:
    weights = vectors([*left, *right])
    assert weights is not None
    sides = (sparse.csr_array(side) for side in (weights[: len(left)], weights[len(left) :]))
    return cosines(*sides)(0, len(left))


def test_texts_are_compared_by_rare_words_and_an_empty_one_is_not_known() -> None:
    texts = ["the heart and its valves", "kidneys and dialysis", None]

    found = likeness(["heart valves", None], texts)

    assert found[0, 0] > found[0, 1] == 0
    assert np.isnan(found[0, 2])
    assert np.isnan(found[1]).all()


def test_texts_of_nothing_but_common_words_are_not_known() -> None:
    assert vectors(["the", "and"]) is None
    assert vectors([None, None]) is None


def test_texts_that_are_all_alike_are_not_known() -> None:
    assert vectors(["I would like a mentor please"] * 12) is None


def test_the_same_text_is_as_like_as_can_be() -> None:
    text = "the heart and its valves"

    assert likeness([text], [text, "kidneys"])[0].tolist() == pytest.approx([1, 0], abs=1e-3)

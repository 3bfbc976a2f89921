"""Arguments that could be read in two ways are refused, and names are kept to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from assignments import assign_with

from matching import Constraints, assign, verify

SCORES = [[0.99, 0.1], [0.1, 0.9], [0.2, 0.3]]
NAMED = pd.DataFrame(SCORES, index=["mina", "noor", "omar"], columns=["abara", "bell"])


@pytest.mark.parametrize(
    "scores",
    [
        np.ma.masked_array([[0.99, 0.1], [0.1, 0.9]], [[1, 0], [0, 0]]),
        [np.ma.masked_array([0.99, 0.1], [1, 0]), np.ma.masked_array([0.1, 0.9], [0, 0])],
    ],
)
def test_a_mask_is_not_dropped(scores: Any) -> None:
    with pytest.raises(ValueError, match=r"scores: is a masked array; .*\.filled\(-1\)"):
        assign_with(scores, capacity=1)


def test_masks_of_other_arguments_are_not_dropped() -> None:
    hidden = np.ma.masked_array([1, 1], [1, 0])
    for name in ("capacity", "minimum_load"):
        with pytest.raises(ValueError, match=f"{name}: is a masked array"):
            assign_with(SCORES, **({"capacity": 1} | {name: hidden}))
    with pytest.raises(ValueError, match="forbidden: is a masked array"):
        assign_with(SCORES, capacity=1, forbidden=np.ma.masked_array([[0, 1]], [[1, 0]]))


class _Masked:
    shape = (1, 1)

    def rows(self, start: int, stop: int) -> Any:
        return np.ma.masked_array([[0.5]], [[1]])


def test_a_mask_of_a_block_is_not_dropped() -> None:
    with pytest.raises(ValueError, match="scores: is a masked array"):
        assign_with(_Masked(), capacity=1)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("0.5", "text: '0.5'"),
        (b"0.5", "text"),
        (0.5 + 1j, "complex numbers"),
        (True, "true and false"),
        (Decimal("0.5"), r"objects: Decimal\('0.5'\)"),
        (None, "objects: None"),
        (np.datetime64("2026-11-23"), "dates"),
        (np.timedelta64(1, "s"), "times"),
    ],
)
def test_what_only_looks_like_a_number_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=f"scores: must be numbers, not {kind}"):
        assign_with([[value]], capacity=1)
    for name in ("capacity", "demand", "minimum_load", "priority", "keep_bonus", "floor"):
        for given in (value, [value]):
            with pytest.raises(ValueError, match=f"{name}: must be numbers, not {kind}"):
                assign_with([[0.5]], **({"capacity": 1} | {name: given}))


def test_the_entry_that_is_no_number_is_shown() -> None:
    with pytest.raises(ValueError, match="must be numbers, not objects: <NA>"):
        assign_with(pd.DataFrame([[0.5, pd.NA]]), capacity=1)


ZEROS_AND_ONES = np.array([[1, 0], [0, 1], [0, 0]])


@pytest.mark.parametrize("name", ["forbidden", "pinned", "kept"])
@pytest.mark.parametrize(
    "mask",
    [
        ZEROS_AND_ONES,
        ZEROS_AND_ONES.astype(float),
        ZEROS_AND_ONES.astype(np.uint8),
        ZEROS_AND_ONES.tolist(),
        pd.DataFrame(ZEROS_AND_ONES),
    ],
)
def test_zeros_and_ones_in_the_shape_of_the_scores_are_refused(name: str, mask: Any) -> None:
    with pytest.raises(ValueError, match=f"{name}: .* for a mask use bool"):
        assign_with(SCORES, capacity=2, **{name: mask})


@pytest.mark.parametrize("name", ["forbidden", "pinned", "kept"])
def test_whole_numbers_in_the_shape_of_wider_scores_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: .* for a mask use bool"):
        assign_with(np.full((3, 3), 0.5), capacity=1, **{name: np.eye(3, dtype=int)})


@pytest.mark.parametrize(
    "pairs",
    [
        [(1, 0), (0, 1), (0, 0)],
        {(1, 0), (0, 1), (0, 0)},
        np.nonzero([[True, True], [True, False], [False, False]]),
        [[1, 0], [0, 1], [0, 0], [0, 0]],
        [[True, True], [True, False], [False, False]],
        pd.DataFrame([[True, True], [True, False], [False, False]]),
        pd.DataFrame([[True, True], [True, False], [False, False]], dtype="boolean"),
    ],
)
def test_pairs_and_masks_say_the_same(pairs: Any) -> None:
    found = assign_with(SCORES, capacity=2, forbidden=pairs)
    assert found.pairs.tolist() == [[1, 1], [2, 1]]
    pinned = assign_with(SCORES, capacity=2, demand=[2, 2, 0], pinned=pairs)
    assert pinned.pairs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_two_pairs_from_nonzero_are_not_turned() -> None:
    # As rows and columns, (0, 2) and (0, 1): not the pairs [0, 2] and [0, 1].
    hits = np.nonzero([[True, False], [False, False], [False, True]])

    assert assign_with(SCORES, capacity=1, pinned=hits).pairs.tolist() == [[0, 0], [2, 1]]


@pytest.mark.parametrize(
    "places", [pd.Series({"bell": 2, "abara": 0}), {"bell": 2, "abara": 0}, [0, 2]]
)
def test_places_by_name_are_those_of_the_name(places: Any) -> None:
    assert assign_with(NAMED, capacity=places).pairs.tolist() == [[1, 1], [2, 1]]


def test_every_number_by_name_is_that_of_the_name() -> None:
    wanted = pd.Series({"omar": 0, "noor": 1, "mina": 1})
    loads = pd.Series({"bell": 0, "abara": 1})
    waited = {"omar": 1.0, "mina": 0.0, "noor": 0.0}

    assert assign_with(NAMED, capacity=3, demand=wanted).covered == 2
    assert 0 in assign_with(NAMED, capacity=3, minimum_load=loads).pairs[:, 1]
    (pair,) = assign_with(NAMED, capacity=[0, 1], priority=waited).pairs.tolist()
    assert pair == [2, 1]


def test_a_mask_by_name_is_that_of_the_names() -> None:
    mask = pd.DataFrame(
        [[False, True], [False, False], [False, False]],
        index=["omar", "noor", "mina"],
        columns=["bell", "abara"],
    )
    named = assign_with(NAMED, capacity=3, forbidden=mask).pairs.tolist()
    assert named == [[0, 0], [1, 1], [2, 1]]
    only = assign_with(NAMED, capacity=3, forbidden=~mask, floor=0.0).pairs.tolist()
    assert only == [[2, 0]]


@pytest.mark.parametrize(
    ("scores", "places"),
    [
        (NAMED, pd.Series({"bell": 2, "cole": 0})),
        (NAMED, pd.Series({"bell": 2})),
        (NAMED, pd.Series([2, 0])),
        (NAMED, pd.Series([2, 1, 0], index=["bell", "bell", "abara"])),
        (SCORES, pd.Series({"bell": 2, "abara": 0})),
        (SCORES, {"bell": 2, "abara": 0}),
    ],
)
def test_names_that_the_scores_do_not_have_are_refused(scores: Any, places: Any) -> None:
    with pytest.raises(ValueError, match=r"capacity: is indexed by .*\.to_numpy\(\)"):
        assign_with(scores, capacity=places)


def test_positions_are_the_names_of_scores_without_any() -> None:
    places = pd.Series([0, 2], index=[1, 0])

    assert assign_with(SCORES, capacity=places).pairs.tolist() == [[0, 0], [2, 0]]


def test_a_table_with_a_column_called_rows_is_a_table() -> None:
    assert assign_with(pd.DataFrame({"rows": [0.5]}), capacity=1).pairs.tolist() == [[0, 0]]


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_similarities_a_little_beyond_the_ends_are_the_ends(kind: Any) -> None:
    scores = np.array([[1.0000000000000002, -1e-17], [1.0000001, -1e-7]], dtype=kind)

    found = assign_with(scores, capacity=[1, 1], objective="coverage")

    assert found.value == 1_000_000
    assert sorted(found.scores.tolist()) == [0, 1_000_000]
    constraints = Constraints(capacity=[1, 1])
    assert verify(scores, found.pairs, found.certificate, constraints).value == 1_000_000


@pytest.mark.parametrize("score", [1.00001, -0.00001, -0.9999999, 2.0])
def test_scores_further_beyond_are_refused(score: float) -> None:
    with pytest.raises(ValueError, match="row 0, column 1 is .*; must be 0 to 1, or -1"):
        assign_with([[0.5, score]], capacity=1)


def test_a_certificate_can_be_given_as_plain_data() -> None:
    constraints = Constraints(capacity=1)
    found = assign(SCORES, constraints)

    assert verify(SCORES, found.pairs, found.certificate.to_dict(), constraints).covered == 2

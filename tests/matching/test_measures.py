"""What a round is measured by, and what would give people away."""

from __future__ import annotations

import pytest
from small_rounds import match, mentee, mentor

from matching import Policy
from matching.policy import default


def test_small_groups_are_not_told_apart() -> None:
    people = [mentee(f"a{k}", country="GB") for k in range(6)]
    people += [mentee(f"b{k}", country="FR") for k in range(7)] + [mentee("c", country="IS")]

    groups = match(people, [mentor("x", capacity=14)]).measures["groups"]

    assert groups["country"] == [
        {"group": "FR", "people": 7, "matched": 7, "mean": 0.5},
        # One person alone could be worked out from the sum, so the next smallest is hidden too.
        {"group": "GB", "people": None, "matched": None, "mean": None},
        {"group": "IS", "people": None, "matched": None, "mean": None},
    ]


def test_blocking_pairs_are_counted() -> None:
    """Both mentees suit both mentors best the other way round."""
    people = [mentee("a"), mentee("b", goals=["teaching"], specialty_interests=["nephrology"])]
    mentors = [mentor("x"), mentor("y", topics=["teaching"], specialties=["nephrology"])]

    crossed = match(people, mentors, pinned=[("a", "y"), ("b", "x")])

    assert crossed.measures["blocking_pairs"] == 2
    assert match(people, mentors).measures["blocking_pairs"] == 0


def test_few_who_opted_into_something_are_not_even_named() -> None:
    body = default().to_dict()
    shared = Policy.from_dict(body | {"weights": body["weights"] | {"identity": 10}})
    people = [mentee(f"a{k}", communities=["parents"] if k < 2 else None) for k in range(9)]

    groups = match(people, [mentor("x", capacity=9)], policy=shared).measures["groups"]

    assert [row["group"] for row in groups["identity"]] == []
    assert "identity" not in match(people, [mentor("x")]).measures["groups"]


@pytest.mark.parametrize(
    ("parents", "others", "places", "told"),
    [
        (6, 4, 10, None),  # all but few are in it
        (10, 0, 10, None),
        (6, 8, 14, (6, None)),  # all were matched, so who was not is not in it
        (12, 6, 1, (12, None)),
        (14, 14, 14, (14, 7)),
    ],
)
def test_a_community_tells_nothing_of_few(
    parents: int, others: int, places: int, told: tuple[int, int | None] | None
) -> None:
    body = default().to_dict()
    shared = Policy.from_dict(body | {"weights": body["weights"] | {"identity": 0.001}})
    # Every second one speaks a language that the mentor speaks, and can be matched.
    people = [
        mentee(
            f"a{k}",
            communities=["parents"] if k < parents else None,
            languages=["en" if places != 14 or parents != 14 or k % 2 else "ja"],
        )
        for k in range(parents + others)
    ]

    found = match(people, [mentor("x", capacity=places)], policy=shared).measures["groups"]

    rows = {row["group"]: (row["people"], row["matched"]) for row in found["identity"]}
    assert rows.get("parents") == told

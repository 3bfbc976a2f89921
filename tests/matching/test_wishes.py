"""Wishes are read alike however they are held, and kept as they were when they were made."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import time_machine
from small_rounds import ON, couples, match, mentee, mentor

from matching import Matcher, Wishes

PEOPLE = [mentee("a"), mentee("b")]
MENTORS = [mentor("x", capacity=1), mentor("y", capacity=1)]
FIRST = match(PEOPLE, MENTORS)


@pytest.mark.parametrize("on", [None, "2026-11-23", 20261123, pd.NaT, datetime.date(1, 1, 1)])
def test_a_day_is_a_day_of_our_time(on: Any) -> None:
    with pytest.raises(ValueError, match="on: must be"):
        Wishes(on)


@pytest.mark.parametrize(
    "moment",
    [
        datetime.datetime(2026, 11, 23, 23, 59, tzinfo=datetime.UTC),
        pd.Timestamp("2026-11-23 23:59", tz="Asia/Tokyo"),
        pd.Timestamp("2026-11-23"),
    ],
)
def test_the_date_of_a_moment_counts(moment: Any) -> None:
    assert Wishes(moment).on == datetime.date(2026, 11, 23)
    assert type(Wishes(moment).on) is datetime.date


def test_the_day_is_today_where_this_machine_is() -> None:
    with time_machine.travel(datetime.datetime(2027, 3, 4, 12, tzinfo=datetime.UTC)):
        assert Wishes().on == datetime.datetime.now().astimezone().date()
        assert Matcher().fit(PEOPLE, MENTORS).match() == FIRST


@pytest.mark.parametrize("wish", ["existing", "pinned", "forbidden"])
@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "y"), ("b", "x")],
        [["a", "y"], ["b", "x"]],
        {("a", "y"), ("b", "x")},
        np.array([["a", "y"], ["b", "x"]]),
        np.array([["a", "y"], ["b", "x"]], dtype=object),
        pd.DataFrame({"mentee": ["a", "b"], "mentor": ["y", "x"]}).to_numpy(),
        match(PEOPLE, MENTORS, pinned=[("a", "y")]).pairs,
        [("a", "y"), ("b", "x"), ("a", "y")],
    ],
    ids=["tuples", "lists", "set", "array", "objects", "table", "result", "twice"],
)
def test_pairs_are_read_alike_for_every_wish(wish: str, pairs: Any) -> None:
    other = [("a", "x"), ("b", "y")] if wish == "forbidden" else [("a", "y"), ("b", "x")]

    assert couples(match(PEOPLE, MENTORS, **{wish: pairs})) == other
    assert all(
        type(id) is str for pair in getattr(Wishes(ON, **{wish: pairs}), wish) for id in pair
    )


@pytest.mark.parametrize("wish", ["existing", "pinned", "forbidden"])
@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["ax"], "'ax' is not a pair"),
        (np.array(["ax", "by"]), "is not a pair"),
        ([("a", "x", "y")], "is not a pair"),
        ([("a", float("nan"))], "is not a pair"),
        ([{"a", "x"}], "is not a pair"),
        ([(0, 1)], "is not a pair"),
        (np.array([[0, 1]]), "is not a pair"),
        ("ax", "must be pairs"),
        ({"a": "x"}, "must be pairs"),
        (7, "must be pairs"),
        (FIRST, r"must be pairs .* such as a result's \.pairs"),
        (pd.DataFrame([["a", "x"]]), r"two columns of a table as \.to_numpy\(\)"),
    ],
)
def test_what_is_no_list_of_pairs_is_refused(wish: str, pairs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"{wish}: .*{message}"):
        Wishes(ON, **{wish: pairs})


@pytest.mark.parametrize("priority", [{"b": 1.0}, pd.Series({"b": 1, "a": 0})])
def test_priority_is_by_id(priority: Any) -> None:
    (pair,) = match(PEOPLE, MENTORS[:1], priority=priority).pairs

    assert pair.mentee == "b"


def test_a_priority_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="priority: a is listed twice"):
        Wishes(ON, priority=pd.Series([0.1, 0.2], index=["a", "a"]))  # type: ignore[arg-type]


def test_later_changes_of_what_was_given_do_not_count() -> None:
    forbidden, priority = [("a", "x")], {"a": 0.5}
    wishes = Wishes(ON, forbidden=forbidden, priority=priority)

    forbidden.append(("b", "y"))
    priority["b"] = 0.9

    assert wishes == Wishes(ON, forbidden=[("a", "x")], priority={"a": 0.5})


def test_wishes_come_in_one_of_two_ways() -> None:
    model = Matcher().fit(PEOPLE, MENTORS)

    assert model.match(Wishes(ON, pinned=[("a", "y")])) == model.match(on=ON, pinned=[("a", "y")])
    with pytest.raises(TypeError, match="give Wishes, or pinned by name, not both"):
        model.match(Wishes(ON), pinned=[("a", "y")])
    with pytest.raises(TypeError, match="wishes: must be Wishes, not"):
        model.match(ON)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unexpected keyword argument 'pined'"):
        model.match(pined=[("a", "y")])

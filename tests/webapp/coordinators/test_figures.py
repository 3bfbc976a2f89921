"""The figures of a round in a coordinator's words; what it did not measure is left out."""

from __future__ import annotations

import re
from typing import Any

import factories
import pytest
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.coordination import review
from mentorship.models import Program, Round
from mentorship.rounds import rounds
from mentorship.states import RoundState


@pytest.fixture
def found(engine: Engine, coordinated: Program) -> str:
    """The address of the figures of a round that measured everything."""
    return address(engine, coordinated, factories.round_result())


def address(engine: Engine, program: Program, result: dict[str, Any]) -> str:
    with database.transaction(engine) as session:
        round, _ = rounds.start(session, session.merge(program), requested_by="test", dry_run=True)
        round.state = RoundState.PROPOSED
        round.result = result
        session.flush()
        return f"/programs/{program.slug}/rounds/{round.id}?view=figures"


def test_the_figures_of_a_round_in_words(signed_in: Any, found: str) -> None:
    page = " ".join(re.sub(r"<[^>]+>", " ", signed_in.get(found).text).split())
    for words in (
        "Proved best: all 27,000 possible pairs were looked at. This round scores 17,241 "
        "points; no other round that matches as many mentees could score more than 17,241.",
        "Lowest 41", "Mean of the lowest tenth 45", "Mean 66", "Spread of scores 0.08",
        "None 4 1 mentee 10 2 mentees 63 10 mentees 1",
        "Suitable mentors have no free places 36 The rules exclude all remaining mentors 3",
        "In 7 cases, a mentee and a mentor would both prefer each other",
        "25% end with this round",
        "Resident or specialty trainee 40 31 78% 61", "Too few to show: Clinical fellow",
        "XQ 9 0 0% –",
    ):  # fmt: skip
        assert words in page, (words, page)


def test_a_round_says_how_many_mentees_wish_for_more_mentors(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    result = factories.round_result()
    result["measures"]["wanting_more"] = {"1": 2, "2": 1}

    page = signed_in.get(address(engine, coordinated, result)).text

    assert "<p>2 mentees with a mentor asked for 1 more.</p>" in page
    assert "<p>1 mentee with a mentor asked for 2 more.</p>" in page


def test_a_round_for_those_who_lack_a_mentor_is_worded_as_the_program_allows(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/rounds"
    assert "Only free places are used; pairings stay as they are." in signed_in.get(path).text

    with database.transaction(engine) as session:
        session.merge(coordinated).most_mentors = 2
    assert "or fewer than they asked for" in signed_in.get(path).text


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ("coverage", "no other round that matches as many mentees could score more"),
        ("fair", "with as good a lowest pair, could score more"),
        ("total", "no other round could score more"),
    ],
)
def test_a_round_that_is_not_proved_says_how_far_it_may_be_from_the_best(
    engine: Engine, signed_in: Any, coordinated: Program, objective: str, words: str
) -> None:
    # More than a 32-bit number holds, as large programs come to.
    result = factories.round_result(
        objective=objective, value=3_000_000_000, upper_bound=3_030_000_000, gap=30_000_000
    )
    page = signed_in.get(address(engine, coordinated, result)).text

    assert "Proved best" not in page
    assert "not proved to be the best" in page
    assert words in page
    assert "up to 3,000 points better, which is 1%" in page


@pytest.mark.parametrize(
    "measures",
    [
        {"matched": 0, "unmatched": 0, "mean": None},
        {"matched": 0, "unmatched": 2, "unmatched_by_cause": {"new": 2}, "total": 0.0, "mean": None,
         "lowest": None, "mean_of_lowest_tenth": None, "gini": 0.0, "mentors_by_load": {},
         "churn": None, "blocking_pairs": 0, "groups": {}},
        {"matched": 2, "unmatched": 0, "unmatched_by_cause": {}, "mean": 0.5, "churn": 0.0,
         "blocking_pairs": 1, "groups": {"stage": [], "country": [
             {"group": "", "people": 5, "matched": 5, "mean": 0.5}]}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("certificate", [{"is_optimal": True}, {}])
def test_what_a_round_did_not_measure_is_left_out(
    engine: Engine, signed_in: Any, coordinated: Program, measures: Any, certificate: Any
) -> None:
    result = {"broken": [], "kept": [], "certificate": certificate, "measures": measures}
    answer = signed_in.get(address(engine, coordinated, result))

    assert answer.status_code == 200
    assert "How good the round is as a whole" not in answer.text
    assert ("Not specified" in answer.text) is ("groups" in measures and bool(measures["groups"]))


def test_the_prices_of_a_proof_are_not_read(
    engine: Engine, coordinated: Program, found: str
) -> None:
    with database.reading(engine) as session:
        round_id = session.scalars(select(Round.id)).one()
        told = review.found_by(session, round_id)

    assert told
    assert told.is_optimal
    assert told.proof == {
        "objective": "coverage", "value": 172_410_000, "upper_bound": 172_410_000, "gap": 0,
        "considered": 27_000,
    }  # fmt: skip
    assert "123456789" not in repr(told)

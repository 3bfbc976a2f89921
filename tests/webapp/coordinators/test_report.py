"""The page of the report: its figures, its time, and what it says about few."""

from __future__ import annotations

import datetime
import html
import re

import factories
import pytest
from sqlalchemy import Engine

from mentorship import database
from mentorship.models import Program, Round


@pytest.fixture
def pairs(engine: Engine, coordinated: Program) -> None:
    """Six pairs of one mentee and one mentor each, of whom three have met."""
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for number in range(6):
            pairing = factories.make_pairing(session, program)
            session.get_one(Round, pairing.round_id).published_at = database.now(session)
            if number % 2:
                pairing.met_at = database.now(session)


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_page_says_what_became_of_people(
    signed_in,
    coordinated: Program,
    pairs: None,  # noqa: ANN001
) -> None:
    page = text(signed_in.get(f"/programs/{coordinated.slug}/report").text)

    assert "Everyone who has joined so far" in page
    assert "Mentees 6 6 100% 3 50% –" in page
    assert "Mentors 6 6 100% 3 50% –" in page
    # Each of these rounds made one pair.
    assert "Round 6" in page
    assert "fewer than 5 – – –" in page
    assert "Mentees by career stage Group Joined Matched Met Satisfied Medical student" in page


def test_a_time_can_be_chosen(signed_in, coordinated: Program, pairs: None) -> None:  # noqa: ANN001
    place = f"/programs/{coordinated.slug}/report"
    today = datetime.datetime.now(datetime.UTC).date()
    yesterday = today - datetime.timedelta(days=1)

    now = text(
        signed_in.get(f"{place}?since={yesterday}&until={today + datetime.timedelta(1)}").text
    )
    before = text(signed_in.get(f"{place}?until={yesterday}").text)

    assert "Mentees 6 6 100%" in now
    assert "Mentees 0 –" in before
    assert "Round 6" not in before
    for odd in ("0001-01-01", "9999-12-31"):
        assert signed_in.get(f"{place}?since={odd}&until={odd}").status_code == 200


def test_a_day_that_is_none_is_said_beside_its_field(
    signed_in,
    coordinated: Program,
    pairs: None,  # noqa: ANN001
) -> None:
    answer = signed_in.get(f"/programs/{coordinated.slug}/report?since=tomorrow")

    assert answer.status_code == 422
    assert 'id="since-error"' in answer.text
    assert 'value="tomorrow"' in answer.text


def test_of_a_program_of_few_no_figure_is_given(
    signed_in,
    engine: Engine,
    coordinated: Program,  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for _ in range(4):
            factories.make_pairing(session, program)

    page = text(signed_in.get(f"/programs/{coordinated.slug}/report").text)

    assert "Mentees fewer than 5 – – –" in page
    assert "by career stage" not in page

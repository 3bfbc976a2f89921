"""What changing existing pairs would gain, as coordinators read it and choose from it."""

from __future__ import annotations

import datetime
import html
import re
from typing import Any

import factories
import pytest
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import Existing, Program, Round
from mentorship.rounds import rounds
from mentorship.states import PairingState, RoundState

POINTS = [
    {"keep_bonus": None, "changed": 0, "matched": 20, "moved": 0, "lost": 0, "total": 9.0,
     "worth": 10.0, "gain": None},
    {"keep_bonus": 0.25, "changed": 1, "matched": 20, "moved": 1, "lost": 0, "total": 8.9,
     "worth": 10.3, "gain": 0.3},
    {"keep_bonus": 0.07, "changed": 6, "matched": 22, "moved": 5, "lost": 1, "total": 8.7,
     "worth": 10.726, "gain": 0.021},
]  # fmt: skip


def words(page: Any) -> str:
    assert page.status_code == 200, page.text
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text).split()))


@pytest.fixture
def desk(coordinated: Program) -> str:
    return f"/programs/{coordinated.slug}/rounds"


def trial(
    engine: Engine, program: Program, points: list[dict[str, Any]], *, is_complete: bool = True
) -> Round:
    with database.transaction(engine) as session:
        round, _ = rounds.start(
            session, session.merge(program), requested_by="test", existing=Existing.BETTER,
            dry_run=True,
        )  # fmt: skip
        round.state = RoundState.PROPOSED
        round.created_at = database.now(session) + datetime.timedelta(minutes=1)
        round.result = factories.round_result() | {
            "options": {"points": points, "is_complete": is_complete}
        }
        return round


def test_options_are_a_picture_and_a_table_to_choose_from(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str
) -> None:
    address = f"{desk}/{trial(engine, coordinated, POINTS).id}"

    page = signed_in.get(address)

    told = words(page)
    assert page.text.count('<circle class="c1"') == 3
    places = re.findall(r'<circle class="c1" cx="([0-9.]+)%" cy="([0-9.]+)"', page.text)
    assert places == [("14.0", "180.0"), ("27.8", "110.6"), ("97.0", "12.0")]
    assert "Keep all pairs 0.0 No one loses their mentor" in told
    assert (
        "Change 1 pair +30.0 +30.0 points for the mentee who gets another mentor · No one loses "
        "their mentor"
    ) in told
    assert (
        "Change 6 pairs +72.6 +2.1 points on average for the 5 mentees who get another mentor · "
        "2 more mentees matched · 1 mentee loses their only mentor"
    ) in told
    assert "Each option is proved best" in told
    assert "not all were computed" not in told
    assert "Out of date" not in told
    # The pairs are one click away.
    pairs = signed_in.get(f"{address}?view=pairs")
    assert "261" in words(pairs)
    # From a narrowed list "All" leads back to all of them, and not to the options.
    narrowed = signed_in.get(f"{address}?view=pairs&show=new").text
    assert re.search(r'href="[^"]*\?view=pairs"[^>]*>All ', narrowed)


def test_an_option_starts_a_round_that_is_set_so(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str
) -> None:
    address = f"{desk}/{trial(engine, coordinated, POINTS).id}"

    answer = signed_in.post(f"{address}/rematch", on=address, changed="6")

    assert answer.status_code == 303
    with database.reading(engine) as session:
        started = session.scalars(select(Round).where(~Round.dry_run)).one()
        assert answer.location.endswith(str(started.id))
        assert (started.keep_bonus, started.most_changed) == (70_000, 6)
        assert started.existing is Existing.BETTER
    assert "at most 6 pairs change" in words(signed_in.get(desk))
    again = signed_in.post(f"{address}/rematch", on=address, changed="1")
    assert again.location == answer.location
    assert "still open" in words(signed_in.get(again.location))


@pytest.mark.parametrize("changed", ["5", "-1", "many", ""])
def test_only_an_option_that_is_there_can_be_chosen(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str, changed: str
) -> None:
    address = f"{desk}/{trial(engine, coordinated, POINTS).id}"

    assert signed_in.post(f"{address}/rematch", on=address, changed=changed).status_code == 404
    with database.reading(engine) as session:
        assert session.scalars(select(Round).where(~Round.dry_run)).all() == []


def test_what_was_not_computed_or_is_out_of_date_is_told(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str
) -> None:
    found = trial(engine, coordinated, POINTS, is_complete=False)
    with database.transaction(engine) as session:
        factories.make_mentee(session, session.merge(coordinated))
        session.get_one(Round, found.id).created_at -= datetime.timedelta(days=1)

    told = words(signed_in.get(f"{desk}/{found.id}"))

    assert "not all were computed" in told
    assert "Out of date" in told


def test_nothing_to_gain_is_said_so(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str
) -> None:
    told = words(signed_in.get(f"{desk}/{trial(engine, coordinated, POINTS[:1]).id}"))

    assert "Nothing to gain" in told


def test_options_are_offered_where_there_are_pairs(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str
) -> None:
    assert "Compare options" not in words(signed_in.get(desk))
    with database.transaction(engine) as session:
        factories.make_pairing(session, session.merge(coordinated), PairingState.ACTIVE)

    page = signed_in.get(desk)

    assert "Compare options" in words(page)


def test_a_round_that_had_to_change_more_says_so(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str
) -> None:
    with database.transaction(engine) as session:
        round, _ = rounds.start(
            session, session.merge(coordinated), requested_by="test", existing=Existing.BETTER,
            keep_bonus=70_000, most_changed=6,
        )  # fmt: skip
        round.state, round.result = RoundState.PROPOSED, factories.round_result() | {"changed": 8}
        address = f"{desk}/{round.id}"

    told = words(signed_in.get(address))
    assert "You chose to change at most 6 of the existing pairs." in told
    assert "at least 8 must change" in told

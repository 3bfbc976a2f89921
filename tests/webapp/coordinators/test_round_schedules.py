"""When rounds start by themselves, as coordinators set and read it."""

from __future__ import annotations

import datetime
import html
import re
import zoneinfo
from typing import Any

import factories
import pytest
from sqlalchemy import Engine

from mentorship import database
from mentorship.models import Existing, Program, Round, RoundSchedule, Scope, Skipped
from mentorship.rounds import rounds, schedules
from mentorship.states import RoundState

WEEKLY = {
    "rhythm": "weekly", "first_on": "2099-01-05", "time": "09:00", "zone": "America/New_York",
    "scope": "unmatched", "least_coverage": "70",
}  # fmt: skip


def words(page: Any) -> str:
    assert page.status_code == 200
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text).split()))


def stored(engine: Engine, program: Program) -> RoundSchedule | None:
    with database.reading(engine) as session:
        return schedules.of_program(session, program.id)


@pytest.fixture
def desk(coordinated: Program) -> str:
    return f"/programs/{coordinated.slug}/rounds"


def test_a_schedule_is_set_shown_paused_and_removed(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str
) -> None:
    assert "Set a schedule" in words(signed_in.get(desk))

    assert signed_in.post(f"{desk}/schedule", **WEEKLY).status_code == 303

    page = words(signed_in.get(desk))
    # The coordinator reads times in UTC.
    assert re.search(r"Next round: Monday, January 5, 2099, 2:00\sPM", page)
    assert "Every week. Only unmatched mentees. Proposed if at least 70% of those" in page
    overview = words(signed_in.get(f"/programs/{coordinated.slug}/desk"))
    assert "It starts by itself if mentees are waiting." in overview
    assert "January 5, 2099" in overview
    row = stored(engine, coordinated)
    assert row is not None
    assert row.next_at == datetime.datetime(
        2099, 1, 5, 9, tzinfo=zoneinfo.ZoneInfo("America/New_York")
    )
    paused = WEEKLY | {"is_paused": "yes"}
    assert signed_in.post(f"{desk}/schedule", **paused).status_code == 303
    page = words(signed_in.get(desk))
    assert "Paused" in page
    assert "Next round" not in page

    assert signed_in.post(f"{desk}/schedule", **WEEKLY | {"rhythm": "never"}).status_code == 303
    assert stored(engine, coordinated) is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"first_on": ""}, "Enter a date like 2026-03-04."),
        ({"time": ""}, "Enter a time like 14:30."),
        ({"least_coverage": ""}, "Please answer this."),
        ({"time": "25:00"}, "Enter a time like 14:30."),
        ({"rhythm": "hourly"}, "Choose one of these."),
        ({"zone": "Nowhere"}, "Choose a time zone from the list."),
        ({"zone": ""}, "Choose a time zone from the list."),
        ({"scope": "affected"}, "Choose everyone or only unmatched mentees."),
        ({"least_coverage": "101"}, "Choose a number from 1 to 100."),
        ({"least_coverage": "many"}, "Enter it as a number."),
        ({"first_on": "0001-01-01"}, "Choose a day from 2000 to 2100."),
        ({"rhythm": "once", "first_on": "2020-01-05"}, "Choose a time in the future."),
    ],
)
def test_what_cannot_be_scheduled_is_told_beside_its_field(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str, changes: Any, told: str
) -> None:
    answer = signed_in.post(f"{desk}/schedule", **WEEKLY | changes)

    assert answer.status_code == 422
    assert told in html.unescape(answer.text)
    assert stored(engine, coordinated) is None


def test_a_schedule_that_was_changed_meanwhile_comes_back(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, desk: str
) -> None:
    address = f"{desk}/schedule"
    keys = second.keys(address)
    signed_in.post(address, **WEEKLY)

    answer = second.send(address, keys | WEEKLY | {"time": "18:00"})

    assert answer.status_code == 409
    row = stored(engine, coordinated)
    assert row is not None
    assert row.time == datetime.time(9)


@pytest.mark.parametrize(
    ("skipped", "told"),
    [
        (Skipped.ROUND_OPEN, "no round was started, because a round was still open"),
        (Skipped.NO_ONE_WAITS, "no round was started, because no one was waiting"),
    ],
)
def test_why_none_was_started_is_told(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str, skipped: Skipped, told: str
) -> None:
    signed_in.post(f"{desk}/schedule", **WEEKLY)
    with database.transaction(engine) as session:
        row = schedules.of_program(session, coordinated.id)
        assert row is not None
        row.last_at, row.skipped = database.now(session), skipped

    assert told in words(signed_in.get(desk))


def test_a_round_below_its_cutoff_says_why_it_was_not_proposed(
    engine: Engine, signed_in: Any, coordinated: Program, desk: str
) -> None:
    with database.transaction(engine) as session:
        round, _ = rounds.start(
            session, session.merge(coordinated), requested_by="test", least_coverage=70
        )
        round.state, round.dry_run = RoundState.PROPOSED, True
        round.result = factories.round_result() | {"waiting": {"mentees": 100, "matched": 61}}
        assert (round.scope, round.existing) == (Scope.EVERYONE, Existing.KEEP)
        address = f"{desk}/{round.id}"
        number = round.number

    page = words(signed_in.get(address))

    assert f"Round {number} was not proposed" in page
    assert "61 of 100 waiting mentees would get a mentor: 61%, and your cutoff is 70%." in page
    assert "Review and publish" not in page
    assert "Not proposed" in words(signed_in.get(desk))
    with database.reading(engine) as session:
        assert session.get_one(Round, round.id).dry_run

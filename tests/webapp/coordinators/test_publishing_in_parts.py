"""A round that is published in parts, or at a time that was set, on its pages."""

from __future__ import annotations

import datetime
import re

import pytest
from desks import Desk, states, taken
from sqlalchemy import select

from mentorship import database
from mentorship.models import Pairing, Person
from mentorship.states import PairingState


def test_a_round_is_published_in_two_parts_and_a_pairing_taken_back(desk: Desk) -> None:
    with database.reading(desk.engine) as session:
        held = session.scalars(select(Pairing).where(Pairing.mentee_id == desk.ids["ben"])).one()
    assert desk.post("/hold", show="all", pairing=str(held.id), held="yes").status_code == 303
    assert "1 pair is held back." in desk.get("/publish")

    desk.post("/publish")
    assert states(desk) == {"ben": PairingState.PROPOSED, taken(desk): PairingState.INTRODUCED}
    assert "Publish the pair held back" in desk.get()
    assert desk.post("/publish-held").status_code == 303
    assert states(desk)["ben"] is PairingState.INTRODUCED

    panel = desk.get(desk.pair("ben", "yara"))
    assert "Take this pairing back" in panel
    end = re.search(r'action="(/programs/[^"]*/pairings/[^"]*/end)"', panel)
    assert end is not None
    assert desk.browser.post(end[1], reason="ended by a coordinator").status_code == 303
    assert states(desk)["ben"] is PairingState.ENDED


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_a_day_at_the_end_of_the_calendar_is_refused_in_every_zone(desk: Desk, zone: str) -> None:
    with database.transaction(desk.engine) as session:
        for person in session.scalars(select(Person)):
            person.timezone = zone
    for day in ("9999-12-31T23:59", "0001-01-01T00:00"):
        assert desk.post("/schedule", at=day).status_code == 422


def test_a_round_is_scheduled_and_that_is_cancelled(desk: Desk) -> None:
    in_two_years = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=730)
    for wrong in (
        "", "yesterday", "2020-01-01T10:00", f"{in_two_years:%Y-%m-%dT%H:%M}", "9999-12-31T23:59",
        "0001-01-01T00:00",
    ):  # fmt: skip
        answer = desk.post("/schedule", at=wrong)
        assert answer.status_code == 422, wrong
        assert 'class="error"' in answer.text

    in_a_month = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    assert desk.post("/schedule", at=f"{in_a_month:%Y-%m-%dT%H:%M}").status_code == 303
    assert "Will be published" in desk.get("/publish")
    assert desk.post("/unschedule").status_code == 303
    assert "Will be published" not in desk.get("/publish")

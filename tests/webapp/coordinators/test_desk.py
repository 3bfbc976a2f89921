"""What coordinators set and mend: how people meet, and addresses that no email reaches."""

from __future__ import annotations

from typing import Any

import pytest
from sites import World
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import AuditEntry, Introduction, Profile, Program
from mentorship.people import persons


def introduction(engine: Engine, program: Program) -> Introduction:
    with database.reading(engine) as session:
        return session.get_one(Program, program.id).introduction


def test_a_program_chooses_how_people_meet(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    page = signed_in.get(path).text
    assert 'value="at_once" checked' in page
    assert "They learn how to reach each other only once both said yes" in page

    assert signed_in.post(path, name="P", introduction="ask_first").status_code == 303
    assert introduction(engine, coordinated) is Introduction.ASK_FIRST
    assert 'value="ask_first" checked' in signed_in.get(path).text
    assert signed_in.post(path, name="P").status_code == 303
    assert introduction(engine, coordinated) is Introduction.ASK_FIRST, "nothing was chosen"


@pytest.mark.parametrize("value", ["", "later", "at_once "])
def test_a_way_to_meet_that_there_is_not_is_refused(
    engine: Engine, signed_in: Any, coordinated: Program, value: str
) -> None:
    answer = signed_in.post(f"/programs/{coordinated.slug}/settings", name="P", introduction=value)

    assert answer.status_code == 422
    assert "Choose one of these." in answer.text
    assert introduction(engine, coordinated) is Introduction.AT_ONCE


def test_an_address_that_no_email_reaches_is_shown_and_mended(world: World, engine: Engine) -> None:
    coordinator = world.browsers["coordinator"]
    person_page = world.address("people.show", world.ours)

    def get(path: str) -> str:
        return str(coordinator.get(path, base_url="https://localhost").text)

    assert "No email reaches" not in get(person_page)
    with database.transaction(engine) as session:
        person_id = session.get_one(Profile, world.ours["profile_id"]).person_id
        persons.flag_address(session, person_id, "550 <unknown> user")
    assert "550 &lt;unknown&gt; user" in get(person_page)
    assert "no email reaches it" in get(world.address("people.index", world.ours))

    answer = coordinator.post(
        world.address("people.clear_address", world.ours), base_url="https://localhost",
        data={"form_key": "0" * 32},
    )  # fmt: skip
    assert answer.status_code == 303
    assert "No email reaches" not in get(person_page)
    with database.reading(engine) as session:
        cleared = select(AuditEntry).where(AuditEntry.action == "address cleared")
        assert session.scalars(cleared).one().subject_id == person_id

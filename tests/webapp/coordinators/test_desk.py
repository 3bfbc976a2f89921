"""What coordinators set and fix: how people meet, and addresses that no email reaches."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sites import World
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import AuditEntry, Fill, Introduction, Profile, Program
from mentorship.people import persons
from mentorship.states import ProfileState


def introduction(engine: Engine, program: Program) -> Introduction:
    with database.reading(engine) as session:
        return session.get_one(Program, program.id).introduction


def test_a_program_chooses_how_people_meet(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    page = signed_in.get(path).text
    assert 'value="at_once" checked' in page
    assert "Names and addresses are shared only after both say yes" in page

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


def test_a_program_chooses_how_many_mentors_a_mentee_may_wish_for(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/settings"

    def chosen() -> tuple[int, Fill]:
        with database.reading(engine) as session:
            program = session.get_one(Program, coordinated.id)
            return program.most_mentors, program.fill

    assert 'name="most_mentors" value="1" checked' in signed_in.get(path).text
    assert signed_in.post(path, name="P", most_mentors="3", fill="all").status_code == 303
    assert chosen() == (3, Fill.ALL)
    page = signed_in.get(path).text
    assert 'name="most_mentors" value="3" checked' in page
    assert 'name="fill" value="all" checked' in page
    assert signed_in.post(path, name="P").status_code == 303
    assert chosen() == (3, Fill.ALL), "nothing was chosen"
    for wrong in ("0", "4", "two", ""):
        answer = signed_in.post(path, name="P", most_mentors=wrong)
        assert answer.status_code == 422
        assert "Choose one of these." in answer.text.split('id="most_mentors-error">')[1]
    assert chosen() == (3, Fill.ALL)


def test_an_address_that_no_email_reaches_is_shown_and_cleared(
    world: World, engine: Engine
) -> None:
    coordinator = world.browsers["coordinator"]
    person_page = world.address("people.show", world.ours)

    def get(path: str) -> str:
        return str(coordinator.get(path, base_url="https://localhost").text)

    assert "No email reaches" not in get(person_page)
    with database.transaction(engine) as session:
        person_id = session.get_one(Profile, world.ours["profile_id"]).person_id
        persons.flag_address(session, person_id, "550 5.1.1 <unknown> user")
    page = get(person_page)
    assert "status 5.1.1: the mailbox does not exist" in page
    folded = page.index("<details", page.index("status 5.1.1"))
    assert folded < page.index("550 5.1.1 &lt;unknown&gt; user"), "its words may be anyone's"
    assert "Email bounces" in get(world.address("people.index", world.ours))

    answer = coordinator.post(
        world.address("people.clear_address", world.ours), base_url="https://localhost",
        data={"form_key": "0" * 32},
    )  # fmt: skip
    assert answer.status_code == 303
    assert "No email reaches" not in get(person_page)
    with database.reading(engine) as session:
        cleared = select(AuditEntry).where(AuditEntry.action == "address cleared")
        assert session.scalars(cleared).one().subject_id == person_id


def test_everything_wrong_in_the_settings_is_said_at_once_and_what_was_typed_is_kept(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    typed = {"name": "x" * 201, "about": "y" * 5001, "next_round_on": "4.3.2026",
             "email_domains": "example.org, !"}  # fmt: skip
    answer = signed_in.post(path, registration_open="yes", **typed)

    assert answer.status_code == 422
    assert re.findall('aria-current="page">([^<]+)<', answer.text) == ["Settings"]
    expected = {
        "name": "1 to 200",
        "about": "At most 5000",
        "next_round_on": "2026-03-04",
        "email_domains": "not a domain",
    }
    for field, words in expected.items():
        error = answer.text.split(f'id="{field}-error">')[1].split("</p>")[0]
        assert words in error
        assert typed[field] in answer.text
    for field, is_ticked in (("registration_open", True), ("approve_mentors", False)):
        (box,) = re.findall(f'<input [^>]*name="{field}"[^>]*>', answer.text)
        assert (" checked " in box) is is_ticked
    with database.reading(engine) as session:
        assert session.get_one(Program, coordinated.id).name != typed["name"]


@pytest.mark.parametrize(
    ("page", "form", "errors"),
    [
        ("rounds", {}, ["scope", "existing"]),
        ("rounds", {"scope": "everyone", "existing": "x"}, ["existing"]),
        ("uploads", {}, ["role", "file"]),
        ("uploads", {"role": "mentor"}, ["file"]),
        ("uploads", {"role": "mentor", "file": "a text"}, ["file"]),
        ("people/admit", {}, ["profile"]),
        ("people/admit", {"profile": "x"}, ["profile"]),
    ],
)
def test_a_form_that_is_not_filled_in_is_shown_again_with_what_is_missing(
    world: World, engine: Engine, page: str, form: dict[str, str], errors: list[str]
) -> None:
    with database.transaction(engine) as session:
        profile = session.get_one(Profile, world.ours["profile_id"])
        profile.state = ProfileState.AWAITING_APPROVAL
    answer = world.browsers["coordinator"].post(
        f"/programs/{world.ours['slug']}/{page}", base_url="https://localhost",
        data=form | {"form_key": "0" * 32},
    )  # fmt: skip

    assert answer.status_code == 422
    assert re.findall('class="error" id="([a-z_]+)-error"', answer.text) == errors
    for value in form.values():
        if value in ("everyone", "mentor"):
            assert f'value="{value}" checked' in answer.text.replace(" required", "")

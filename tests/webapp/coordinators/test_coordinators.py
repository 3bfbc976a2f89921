"""The page on which coordinators are added and removed, and signing out everywhere."""

from __future__ import annotations

from typing import Any

from sites import World, ask
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.accounts import coordinators
from mentorship.models import Coordinator, Person, Profile, Program
from mentorship.programs import programs


def page_of(program: Program) -> str:
    return f"/programs/{program.slug}/coordinators"


def addresses(engine: Engine, program: Program) -> set[str]:
    with database.reading(engine) as session:
        return {each.person.email for each in programs.coordinators(session, program.id)}


def test_a_coordinator_is_added_and_removed(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    (first,) = addresses(engine, coordinated)
    page = page_of(coordinated)
    assert "/remove" not in signed_in.get(page).text, "the only one cannot be removed"

    assert signed_in.post(page, email="Second@Example.org").status_code == 303
    assert addresses(engine, coordinated) == {first, "Second@example.org"}
    with database.reading(engine) as session:
        second = session.scalars(select(Person).where(Person.email_key.startswith("second"))).one()
    assert f"/{second.id}/remove" in signed_in.get(page).text

    answer = signed_in.post(f"{page}/{second.id}/remove", on=page)
    assert (answer.status_code, answer.location) == (303, page)
    assert addresses(engine, coordinated) == {first}


def test_an_invalid_address_is_refused(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    for wrong in ("", "nobody", "a@b@c.org", "x" * 5000):
        answer = signed_in.post(page_of(coordinated), email=wrong)
        assert answer.status_code == 422
        assert 'id="email-error"' in answer.text
    assert len(addresses(engine, coordinated)) == 1


def test_the_desk_closes_at_once_for_a_removed_coordinator(world: World, engine: Engine) -> None:
    desk = ("coordinator", "desk.show", world.ours, "GET")
    with database.transaction(engine) as session:
        program = session.scalars(select(Program).where(Program.slug == world.ours["slug"])).one()
        coordinators.appoint(session, program, "another@example.org", "command")
    assert ask(world, *desk).status_code == 200

    with database.transaction(engine) as session:
        first = session.scalars(
            select(Coordinator).where(Coordinator.program_id == program.id)
            .order_by(Coordinator.created_at)
        ).first()  # fmt: skip
        assert first is not None
        coordinators.dismiss(session, program, first.person_id, "command")

    assert ask(world, *desk).status_code == 302


def test_a_mentee_who_becomes_a_coordinator_signs_in_again(world: World, engine: Engine) -> None:
    assert ask(world, "mentee", "account.show", world.ours, "GET").status_code == 200
    with database.transaction(engine) as session:
        person = session.get_one(Profile, world.ours["profile_id"]).person
        program = session.scalars(select(Program).where(Program.slug == world.ours["slug"])).one()
        coordinators.appoint(session, program, person.email, "command")

    assert ask(world, "mentee", "account.show", world.ours, "GET").status_code == 302
    assert ask(world, "mentee", "desk.show", world.ours, "GET").status_code == 302


def test_signing_out_everywhere_ends_this_browser_too(world: World, engine: Engine) -> None:
    answer = ask(world, "mentee", "account.end_access", world.ours, "POST")
    assert (answer.status_code, answer.location) == (303, "/")

    assert ask(world, "mentee", "account.show", world.ours, "GET").status_code == 302
    assert ask(world, "mentor", "account.show", world.ours, "GET").status_code == 200
    home = world.browsers["mentee"].get("/", base_url="https://localhost").text
    assert "You&#39;re signed out everywhere." in home

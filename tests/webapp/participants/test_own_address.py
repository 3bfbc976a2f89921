"""The page on which people change their own address."""

from __future__ import annotations

import uuid
from typing import Any

import factories
import pytest
from sites import World, everything, sign_in
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import Email, EmailKind, Person, Profile, Program

pytestmark = pytest.mark.usefixtures("tokens")

ACCOUNT = "/account"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on every database."""
    return sqlite_url


@pytest.fixture
def mentee(world: World, browser: Any) -> Any:
    return type(browser)(world.browsers["mentee"])


def link(world: World) -> str:
    """The page of the link that was sent to the mentee's new address."""
    return f"/account/address/{world.ours['tokens']['account']}"


def wanted(engine: Engine) -> list[str]:
    """The addresses to which links went, the newest first."""
    asked = select(Email).where(Email.kind == EmailKind.ADDRESS_CONFIRMATION)
    with database.reading(engine) as session:
        return [row.recipient for row in session.scalars(asked.order_by(Email.number.desc()))]


def address(world: World, engine: Engine) -> str:
    with database.reading(engine) as session:
        return session.get_one(Profile, world.ours["profile_id"]).person.email


def test_a_new_address_is_asked_for_and_what_is_wrong_stands_beside_the_field(
    world: World, engine: Engine, mentee: Any
) -> None:
    before = address(world, engine)
    for typed in ("", "nobody", before):
        refused = mentee.post(f"{ACCOUNT}/address", on=ACCOUNT, email=typed)
        assert refused.status_code == 422
        assert 'id="email-error"' in refused.text
        assert f'value="{typed}"' in refused.text

    answer = mentee.post(f"{ACCOUNT}/address", on=ACCOUNT, email=" New@Example.org ")

    assert (answer.status_code, answer.location) == (303, ACCOUNT)
    assert "We sent a link to New@example.org." in mentee.get(ACCOUNT).text
    assert wanted(engine)[0] == "New@example.org"
    assert address(world, engine) == before


def test_opening_the_link_changes_nothing_and_its_button_signs_out_everywhere(
    world: World, engine: Engine, mentee: Any, browser: Any
) -> None:
    (new,) = {mail for mail in wanted(engine) if mail in mentee.get(link(world)).text}
    before = everything(engine)
    page = mentee.get(link(world)).text
    assert address(world, engine) in page
    assert everything(engine) == before

    answer = mentee.post(link(world))

    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert f"Your address is {new} now." in mentee.get("/sign-in").text
    assert address(world, engine) == new
    assert mentee.get(ACCOUNT).status_code == 302
    with database.transaction(engine) as session:
        person = session.scalars(select(Person).where(Person.email == new)).one()
        sign_in(session, browser.client, person.id)
    assert browser.get(link(world)).status_code in (302, 410)


def test_the_link_is_no_use_signed_out_or_as_someone_else(
    world: World, engine: Engine, browser: Any
) -> None:
    before = address(world, engine)
    assert browser.get(link(world)).location == f"/sign-in?then={link(world)}"
    mentor = type(browser)(world.browsers["mentor"])
    assert mentor.get(link(world)).status_code == 404
    sent = mentor.send(link(world), mentor.keys(ACCOUNT) | {"form_key": uuid.uuid4().hex})
    assert sent.status_code == 404
    assert "sign out, then sign in with the account that asked for it" in sent.text
    assert address(world, engine) == before


def test_an_address_that_someone_else_has_by_now_is_said_on_the_page(
    world: World, engine: Engine, mentee: Any
) -> None:
    before = address(world, engine)
    page = mentee.get(link(world)).text
    (new,) = {mail for mail in wanted(engine) if mail in page}
    with database.transaction(engine) as session:
        program = session.scalars(select(Program).limit(1)).one()
        factories.make_mentee(session, program, email=new)

    refused = mentee.post(link(world))

    assert refused.status_code == 422
    assert "belongs to someone else here; nothing was changed." in refused.text
    assert address(world, engine) == before
    assert mentee.get(ACCOUNT).status_code == 200

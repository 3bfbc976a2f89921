"""Which emails people want: chosen signed out and signed in, and by the one click of RFC 8058."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sites import World, everything, routes
from sqlalchemy import Engine

from mentorship import database
from mentorship.models import Person, Profile

pytestmark = pytest.mark.usefixtures("tokens")


def person_of(world: World, engine: Engine) -> Person:
    with database.reading(engine) as session:
        return session.get_one(Profile, world.ours["profile_id"]).person


def test_preferences_are_kept_signed_out_and_signed_in(
    world: World, engine: Engine, browser: Any
) -> None:
    place = f"/preferences/{world.ours['tokens']['preferences']}"
    assert browser.post(place).status_code == 303
    assert not person_of(world, engine).wants_reminders
    quiet = {"quiet_from": "2026-12-20", "quiet_until": "2027-01-06"}
    assert browser.post(place, wants_reminders="yes", **quiet).status_code == 303
    found = person_of(world, engine)
    assert found.wants_reminders
    assert str(found.quiet_until) == "2027-01-06"
    assert 'value="2026-12-20"' in browser.get(place).text

    mentee = type(browser)(world.browsers["mentee"])
    for signed_in, address in ((mentee, "/account/preferences"), (browser, place)):
        for wrong in ({"quiet_until": "2026-01-01"}, {"quiet_until": ""}, {"quiet_from": "soon"}):
            on = "/account" if signed_in is mentee else place
            answer = signed_in.post(address, on=on, **(quiet | wrong))
            assert answer.status_code == 422
            assert 'id="quiet-error"' in answer.text
    assert mentee.post("/account/preferences", on="/account").status_code == 303
    assert not person_of(world, engine).wants_reminders
    assert person_of(world, engine).quiet_from is None


def test_one_click_unsubscribes_without_cookies_tokens_or_redirect(
    world: World, engine: Engine
) -> None:
    world.app.config["WTF_CSRF_ENABLED"] = True
    place = f"/unsubscribe/{world.ours['tokens']['unsubscribe']}"
    before = everything(engine)
    assert "Stop reminders" in world.app.test_client().get(
        place, base_url="https://localhost"
    ).text  # fmt: skip
    assert everything(engine) == before
    for _ in range(2):
        client = world.app.test_client(use_cookies=False)
        answer = client.post(
            place, base_url="https://localhost", data={"List-Unsubscribe": "One-Click"},
            headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"},
        )  # fmt: skip
        assert answer.status_code == 200
        assert "You get no reminders" in answer.text
        assert not person_of(world, engine).wants_reminders
    client = world.app.test_client()
    for data in ({}, {"List-Unsubscribe": "x"}):
        assert client.post(place, base_url="https://localhost", data=data).status_code == 422
    for name in ("answers", "invitations", "preferences"):
        token = world.ours["tokens"][name]
        wrong = client.post(
            f"/unsubscribe/{token}", base_url="https://localhost",
            data={"List-Unsubscribe": "One-Click"},
        )  # fmt: skip
        assert wrong.status_code == 404


def test_the_link_in_the_header_unsubscribes_and_nothing_else(
    world: World, engine: Engine, browser: Any
) -> None:
    token = world.ours["tokens"]["unsubscribe"]
    name = person_of(world, engine).full_name

    page = browser.get(f"/unsubscribe/{token}").text
    assert name not in page
    assert "/preferences/" not in page
    assert browser.get(f"/preferences/{token}").status_code == 404
    answer = browser.post(f"/preferences/{token}", on="/sign-in", wants_reminders="yes")
    assert answer.status_code == 404


def test_only_one_route_takes_what_comes_from_elsewhere(world: World) -> None:
    app: Flask = world.app
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    refused = set()
    for endpoint, method in routes(app):
        if method == "POST":
            answer = client.post(
                world.address(endpoint, world.ours), base_url="https://localhost",
                headers={"Sec-Fetch-Site": "cross-site"},
            )  # fmt: skip
            if answer.status_code == 403:
                refused.add(endpoint)
    posts = {endpoint for endpoint, method in routes(app) if method == "POST"}
    assert posts - refused == {"preferences.unsubscribe"}
    assert app.extensions["csrf"]._exempt_views == {"webapp.participants.preferences.unsubscribe"}

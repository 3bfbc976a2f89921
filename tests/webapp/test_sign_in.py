"""Signing in: a code or a link, once, in the browser that asked, and nothing learned by asking."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from signing_in import another, answered, is_in
from sqlalchemy import Engine, func, select, update

from mentorship import database
from mentorship.accounts import sessions, sign_in_links
from mentorship.delivery import claims, outcomes
from mentorship.emails import messages
from mentorship.models import BrowserSession, Email, EmailKind, Profile, Program, SignInLink
from mentorship.settings import Settings
from webapp import gate, sign_in


def test_a_code_signs_in_once_the_browser_that_asked(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    asked = browser.post("/sign-in", email=known.upper(), then="/account")
    assert (asked.status_code, asked.location) == (303, "/sign-in/code")
    cookie = next(c for c in asked.headers.getlist("Set-Cookie") if c.startswith(sign_in.COOKIE))
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    _, code = answered(engine, settings)

    stranger = another(browser)
    stranger.post("/sign-in/code", code=code)
    assert not is_in(stranger)
    entered = browser.post("/sign-in/code", code=f" {code[:4].lower()}-{code[4:]} ")
    assert (entered.status_code, entered.location) == (303, "/account")
    assert is_in(browser)

    browser.post("/sign-out", on="/")
    assert not is_in(browser)
    browser.post("/sign-in/code", code=code)
    assert not is_in(browser)


def test_an_emailed_link_works_only_where_it_was_asked_for(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    browser.post("/sign-in", email=known)
    secret, _ = answered(engine, settings)
    path = f"/sign-in/{secret}"

    stranger = another(browser)
    assert "belongs to another browser" in stranger.get(path).text
    assert stranger.post(path, on="/sign-in").status_code == 410
    assert not is_in(stranger)
    assert known in browser.get(path).text
    assert browser.post(path).status_code == 303
    assert is_in(browser)
    assert browser.get(path).status_code == 410


def test_the_email_says_what_signs_in_and_is_forgotten_once_sent(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    browser.post("/sign-in", email=known)
    secret, code = answered(engine, settings)
    with database.transaction(engine) as session:
        row = session.scalars(select(Email).where(Email.kind == EmailKind.SIGN_IN)).one()
        message = messages.compose(session, row.id, settings)
        assert secret.encode() in message.data.replace(b"=\r\n", b"")
        assert f"{code[:4]} {code[4:]}".encode() in message.data
        claimed = claims.claim(session, row.id, settings)
        assert claimed is not None
        assert claims.submit(session, claimed, message.data, message.message_id, settings)
        outcomes.sent(session, claimed, "250 OK")
    with database.reading(engine) as session:
        row = session.scalars(select(Email).where(Email.kind == EmailKind.SIGN_IN)).one()
        assert row.state == "sent"
        assert row.message is None
        stored = repr(session.execute(select(SignInLink.__table__)).all())
    assert secret not in stored
    assert code not in stored


@pytest.mark.parametrize("way", ["code", "link"])
def test_ten_minutes_later_neither_works(
    engine: Engine, browser: Any, known: str, settings: Settings, way: str
) -> None:
    browser.post("/sign-in", email=known)
    secret, code = answered(engine, settings)
    with database.transaction(engine) as session:
        link = session.scalars(select(SignInLink)).one()
        assert link.expires_at - link.created_at == datetime.timedelta(minutes=10)
        session.execute(update(SignInLink).values(expires_at=database.now(session)))

    if way == "code":
        browser.post("/sign-in/code", code=code)
    else:
        assert browser.post(f"/sign-in/{secret}", on="/sign-in").status_code == 410
    assert not is_in(browser)


@pytest.mark.parametrize(
    "address",
    ["", " ", "x", "a@b@c.org", "x" * 5000, "ana@exa\nmple.org", "а@example.org"],
)
def test_what_is_no_address_is_told_so(browser: Any, address: str) -> None:
    answer = browser.post("/sign-in", email=address)

    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


@pytest.mark.parametrize(
    ("then", "leads_to"),
    [
        ("/account", "/account"),
        ("/programs/x/people?q=a&page=2", "/programs/x/people?q=a&page=2"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/" + "x" * 500, "/"),
        (None, "/"),
    ],
)
def test_only_a_page_of_ours_is_gone_on_to(then: str | None, leads_to: str) -> None:
    assert sign_in.own_page(then) == leads_to


def test_coordinators_stay_signed_in_shorter(
    engine: Engine, signed_in: Any, known: str, browser: Any, settings: Settings
) -> None:
    other = another(browser)
    other.post("/sign-in", email=known)
    _, code = answered(engine, settings)
    other.post("/sign-in/code", code=code)

    with database.reading(engine) as session:
        lives = sorted(s.expires_at - s.created_at for s in session.scalars(select(BrowserSession)))
    assert lives == [sessions.COORDINATOR_SESSION_LIVES, sessions.SESSION_LIVES]


def test_devices_are_listed_and_can_be_signed_out(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    browsers = [browser, another(browser)]
    for one in browsers:
        one.post("/sign-in", email=known)
        _, code = answered(engine, settings)
        one.post("/sign-in/code", code=code)
    page = browser.get("/account").text
    assert page.count("This browser") == 1
    (device,) = re.findall(r"/account/devices/([0-9a-f-]+)/sign-out", page)

    browser.post(f"/account/devices/{device}/sign-out", on="/account")
    assert is_in(browser)
    assert not is_in(browsers[1])


def test_a_session_that_ran_out_signs_no_one_in(engine: Engine, signed_in: Any) -> None:
    with database.transaction(engine) as session:
        session.execute(update(BrowserSession).values(expires_at=database.now(session)))

    assert not is_in(signed_in)
    assert signed_in.get("/account").status_code == 302


def test_people_who_join_are_new_to_us_until_they_ask(
    engine: Engine, browser: Any, coordinated: Program, settings: Settings
) -> None:
    join = f"/programs/{coordinated.slug}/join/mentee"
    browser.post(f"{join}/address", on=join, email="New@Example.org")
    _, code = answered(engine, settings)
    entered = browser.post("/sign-in/code", code=code)

    assert entered.location == join
    assert "About you" in browser.get(join).text
    with database.reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Profile)) == 0


def test_old_requests_are_forgotten(engine: Engine, browser: Any, known: str) -> None:
    browser.post("/sign-in", email=known)
    with database.transaction(engine) as session:
        long_ago = database.now(session) - 2 * sign_in_links.FORGOTTEN
        session.execute(update(SignInLink).values(expires_at=long_ago))
        sign_in_links.forget_old(session)
        assert session.scalar(select(func.count()).select_from(SignInLink)) == 0


def test_the_cookie_of_a_session_is_bound_to_this_host_and_hidden_from_scripts(
    signed_in: Any, link: str, browser: Any
) -> None:
    assert gate.COOKIE.startswith("__Host-")
    assert sign_in.COOKIE.startswith("__Host-")


def test_signing_in_again_ends_the_former_session_of_that_browser(
    engine: Engine, signed_in: Any, known: str, settings: Settings
) -> None:
    former = signed_in.client.get_cookie(gate.COOKIE, domain="localhost")
    signed_in.post("/sign-in", email=known)
    _, code = answered(engine, settings)
    signed_in.post("/sign-in/code", code=code)

    assert is_in(signed_in)
    with database.reading(engine) as session:
        assert sessions.signed_in(session, former.value) is None

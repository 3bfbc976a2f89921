"""Signing in: a code or a link, once, in the browser that asked, and nothing learned by asking."""

from __future__ import annotations

import datetime
import re
from typing import Any

import factories
import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, update

from mentorship import database, links
from mentorship.accounts import sessions, sign_in_links
from mentorship.delivery import claims, outcomes
from mentorship.emails import messages
from mentorship.models import (
    BrowserSession,
    Email,
    EmailKind,
    Person,
    Profile,
    Program,
    SignInLink,
)
from mentorship.settings import Settings
from webapp import gate, security, sign_in


@pytest.fixture
def known(engine: Engine, coordinated: Program) -> str:
    """The address of someone who takes part."""
    with database.transaction(engine) as session:
        return factories.make_mentee(session, session.merge(coordinated)).person.email


def answered(engine: Engine, settings: Settings) -> tuple[str, str]:
    """Do what the sweep does; return the secret and the code of the newest email."""
    with database.transaction(engine) as session:
        sign_in_links.answer_requests(session)
    with database.reading(engine) as session:
        link = session.scalars(select(SignInLink).order_by(SignInLink.created_at.desc())).first()
        assert link is not None
        return links.sign_in_secrets(link.id, settings)


def another(browser: Any) -> Any:
    return type(browser)(browser.client.application.test_client())


def is_in(browser: Any) -> bool:
    return "Your account" in browser.get("/").text


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


def test_known_and_unknown_addresses_are_answered_alike(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    def shown(address: str) -> tuple[int, str, str]:
        fresh = another(browser)
        asked = fresh.post("/sign-in", email=address)
        page = fresh.get("/sign-in/code").text.replace(address, "ADDRESS")
        page = re.sub(r'(csrf_token|form_key|nonce)(" value)?="[^"]+"', "", page)
        wrong = fresh.post("/sign-in/code", code="AAAAAAAA")
        return asked.status_code, page, wrong.location

    assert shown(known) == shown("nobody.here@example.org")
    with database.transaction(engine) as session:
        sign_in_links.answer_requests(session)
        assert session.scalar(select(func.count()).select_from(Email)) == 1
        assert session.scalar(select(Person).where(Person.email_key.contains("nobody"))) is None


def test_five_wrong_codes_end_a_request_and_are_recorded(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    browser.post("/sign-in", email=known)
    _, code = answered(engine, settings)
    for wrong in ("", "AAAAAAAA", "x" * 500, "????????", "é" * 8):
        answer = browser.post("/sign-in/code", code=wrong)
        assert answer.location == "/sign-in/code?wrong=yes"
    page = browser.get(answer.location).text
    assert re.search('<p class="error" id="code-error">That code didn&#39;t work', page)

    browser.post("/sign-in/code", code=code)
    assert not is_in(browser)
    with database.reading(engine) as session:
        assert session.scalars(select(SignInLink)).one().wrong_codes == 5


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


def test_an_address_gets_five_emails_whoever_asks_and_the_page_says_so(
    engine: Engine, browser: Any, known: str
) -> None:
    for address in (known, "nobody.here@example.org"):
        for number in range(8):
            fresh = another(browser)
            case = address if number % 2 else address.upper()
            assert fresh.post("/sign-in", email=case).location == "/sign-in/code"
            page = fresh.get("/sign-in/code").text
            is_enough = number >= sign_in_links.MOST_EMAILS
            assert ("No more emails were sent" in page) == is_enough
    with database.transaction(engine) as session:
        sign_in_links.answer_requests(session)
        sign_in_links.answer_requests(session)
        assert session.scalar(select(func.count()).select_from(Email)) == sign_in_links.MOST_EMAILS


def asked_by_strangers(engine: Engine, address: str, settings: Settings, places: int = 60) -> None:
    """Strangers ask for emails to an address, from as many places."""
    with database.transaction(engine) as session:
        for number in range(places):
            sign_in_links.ask(
                session, address, settings, origin=f"10.0.{number}.1", for_joining=False
            )
        sign_in_links.answer_requests(session)


@pytest.mark.parametrize("way", ["code", "link"])
def test_strangers_who_ask_for_an_address_keep_nobody_out(
    engine: Engine, browser: Any, known: str, settings: Settings, way: str
) -> None:
    asked_by_strangers(engine, known, settings)

    browser.post("/sign-in", email=known, then="/account")
    assert "Any code in those emails works here" in browser.get("/sign-in/code").text
    with database.reading(engine) as session:
        emailed = session.scalars(select(SignInLink).where(SignInLink.is_emailed)).all()
        assert len(emailed) == sign_in_links.MOST_EMAILS
        secret, code = links.sign_in_secrets(emailed[2].id, settings)
    if way == "code":
        assert browser.post("/sign-in/code", code=code).location == "/account"
    else:
        assert browser.post(f"/sign-in/{secret}").status_code == 303
    assert is_in(browser)

    for used in ("code", "link"):
        stranger = another(browser)
        stranger.post("/sign-in", email=known)
        if used == "code":
            stranger.post("/sign-in/code", code=code)
        else:
            assert stranger.post(f"/sign-in/{secret}", on="/sign-in").status_code == 410
        assert not is_in(stranger), "each works once"


def test_a_code_is_good_only_for_browsers_that_asked_for_its_address(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    asked_by_strangers(engine, known, settings, places=1)
    _, code = answered(engine, settings)

    browser.post("/sign-in", email="other@example.org")
    browser.post("/sign-in/code", code=code)
    assert not is_in(browser)


def test_a_browser_that_asks_again_keeps_its_open_request(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    browser.post("/sign-in", email=known)
    _, code = answered(engine, settings)
    asked_by_strangers(engine, known, settings)
    for _again in range(3):
        browser.post("/sign-in", email=known)

    browser.post("/sign-in/code", code=code)
    assert is_in(browser)


def test_after_very_many_wrong_codes_only_the_own_one_is_good(
    engine: Engine, browser: Any, known: str, settings: Settings
) -> None:
    asked_by_strangers(engine, known, settings, places=4)
    browser.post("/sign-in", email=known)
    with database.transaction(engine) as session:
        sign_in_links.answer_requests(session)
        newest = SignInLink.created_at.desc()
        mine, theirs = session.scalars(select(SignInLink).order_by(newest).limit(2)).all()
        session.execute(
            update(SignInLink)
            .where(SignInLink.id == theirs.id)
            .values(wrong_codes=sign_in_links.MOST_WRONG_IN_ALL)
        )
        ours, other = (links.sign_in_secrets(link.id, settings)[1] for link in (mine, theirs))

    browser.post("/sign-in/code", code=other)
    assert not is_in(browser)
    browser.post("/sign-in/code", code=ours)
    assert is_in(browser)


def test_a_place_asks_for_many_emails_and_is_told_when_it_is_enough(
    engine: Engine, browser: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_links, "MOST_FROM_PLACE", 3)
    for number in range(5):
        fresh = another(browser)
        fresh.post("/sign-in", email=f"person{number}@example.org")
        page = fresh.get("/sign-in/code").text
        assert ("from your network in the last hour" in page) == (number >= 3)
    with database.reading(engine) as session:
        emailed = select(func.count()).select_from(SignInLink).where(SignInLink.is_emailed)
        assert session.scalar(emailed) == 3
        (origin,) = set(session.scalars(select(SignInLink.origin_hash)))
    assert origin not in {sessions.hashed(f"127.0.0.{n}") for n in range(256)}
    other = settings.replace(secret_key="another key, which is also long enough to be one")
    with database.transaction(engine) as session:
        sign_in_links.ask(session, "a@example.org", other, origin="127.0.0.1", for_joining=False)
        assert len(set(session.scalars(select(SignInLink.origin_hash)))) == 2


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_place_is_an_address_or_a_line(app: Flask, address: str, place: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert security.place() == place


def test_a_lecture_hall_signs_in_within_a_minute(
    app: Flask, browser: Any, engine: Engine, coordinated: Program, settings: Settings
) -> None:
    join = f"/programs/{coordinated.slug}/join/mentee"
    people = [(another(browser), f"person{number}@example.org") for number in range(60)]
    security.limiter.enabled = True
    try:
        for fresh, address in people:
            assert fresh.post(f"{join}/address", on=join, email=address).status_code == 303
        with database.transaction(engine) as session:
            sign_in_links.answer_requests(session)
            assert session.scalar(select(func.count()).select_from(Email)) == 60
            codes = {
                link.address: links.sign_in_secrets(link.id, settings)[1]
                for link in session.scalars(select(SignInLink))
            }
        for fresh, address in people:
            assert (
                fresh.post("/sign-in/code", code="AAAAAAAA").location == "/sign-in/code?wrong=yes"
            )
            assert fresh.post("/sign-in/code", code=codes[address]).location == join
    finally:
        security.limiter.enabled = False
        security.limiter.reset()


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


def test_a_session_that_ran_out_signs_nobody_in(engine: Engine, signed_in: Any) -> None:
    with database.transaction(engine) as session:
        session.execute(update(BrowserSession).values(expires_at=database.now(session)))

    assert not is_in(signed_in)
    assert signed_in.get("/account").status_code == 302


def test_whoever_joins_is_new_to_us_until_they_ask(
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


def test_limits_hold_in_the_process(app: Flask, browser: Any) -> None:
    security.limiter.enabled = True
    try:
        keys = browser.keys("/sign-in")
        answers = [browser.send("/sign-in", keys | {"email": "x"}).status_code for _ in range(125)]
    finally:
        security.limiter.enabled = False
        security.limiter.reset()

    assert answers[:120] == [422] * 120
    assert set(answers[120:]) == {429}


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

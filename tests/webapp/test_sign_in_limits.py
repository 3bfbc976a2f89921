"""How often anyone may ask for an email or enter a code; strangers who do keep no one out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from signing_in import another, answered, is_in
from sqlalchemy import Engine, func, select, update

from mentorship import database, links
from mentorship.accounts import sessions, sign_in_links
from mentorship.models import Email, Person, Program, SignInLink
from mentorship.settings import Settings
from webapp import security


def asked_by_strangers(engine: Engine, address: str, settings: Settings, places: int = 60) -> None:
    """Strangers ask for emails to an address, from as many places."""
    with database.transaction(engine) as session:
        for number in range(places):
            sign_in_links.ask(
                session, address, settings, origin=f"10.0.{number}.1", for_joining=False
            )
        sign_in_links.answer_requests(session)


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


def test_an_address_gets_five_emails_no_matter_who_asks_and_the_page_says_so(
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


@pytest.mark.parametrize("way", ["code", "link"])
def test_strangers_who_ask_for_an_address_keep_no_one_out(
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

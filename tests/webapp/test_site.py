"""The site: who may see what, what every answer carries, and that looking changes nothing."""

from __future__ import annotations

import datetime
import re
import uuid
from pathlib import Path
from typing import Any

import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text, update

from mentorship import database, links
from mentorship.links import Purpose
from mentorship.models import BrowserSession, Profile, Program, SignInLink
from mentorship.settings import Settings
from mentorship.states import ProfileState
from webapp import errors, gate
from webapp.mailbox import create_mailbox


def test_a_view_that_says_nothing_is_refused(settings: Settings) -> None:
    from webapp import create_app

    app = create_app(settings)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")

    assert app.test_client().get("/forgotten").status_code == 403
    app.extensions["engine"].dispose()


def test_no_template_holds_inline_code() -> None:
    for template in Path("webapp/templates").rglob("*.html"):
        words = template.read_text()
        for forbidden in ("<style", " style=", " onclick=", "javascript:"):
            assert forbidden not in words, template
        for script in re.findall(r"<script[^>]*>", words):
            assert "src=" in script, template
            assert "nonce=" in script, template


def is_in(client: FlaskClient) -> bool:
    """Whether a browser is signed in: then it may open the account, else it is asked to sign in."""
    answer = client.get("/account", base_url="https://localhost")
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


def test_a_link_signs_in_once(app: Flask, browser: Any, link: str) -> None:
    answer = browser.post(link)
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(gate.COOKIE))
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie
    assert is_in(browser.client)

    again = type(browser)(app.test_client())
    assert again.get(link).status_code == 410
    assert again.post(link).status_code in (400, 410)
    assert not is_in(again.client)


def test_secrets_are_stored_as_hashes(engine: Engine, signed_in: Any, link: str) -> None:
    secret = link.rsplit("/", 1)[1]
    with engine.connect() as connection:
        stored = repr(connection.execute(select(SignInLink.token_hash)).all())
        stored += repr(connection.execute(select(BrowserSession.token_hash)).all())
    cookie = signed_in.client.get_cookie(gate.COOKIE, domain="localhost")

    assert secret not in stored
    assert cookie is not None
    assert cookie.value not in stored


def test_an_old_link_no_longer_works(engine: Engine, browser: Any, link: str) -> None:
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    with database.transaction(engine) as session:
        session.execute(update(SignInLink).values(expires_at=long_ago))

    assert browser.get(link).status_code == 410


def test_signing_out_ends_the_session_for_anyone_who_kept_the_cookie(
    app: Flask, signed_in: Any
) -> None:
    cookie = signed_in.client.get_cookie(gate.COOKIE, domain="localhost")
    assert signed_in.post("/sign-out", on="/").status_code == 303

    thief = app.test_client()
    thief.set_cookie(gate.COOKIE, cookie.value, domain="localhost")
    assert not is_in(thief)


@pytest.mark.parametrize("cookie", ["", "x", "a" * 4000, "\x00", "../../etc"])
def test_a_made_up_cookie_signs_no_one_in(app: Flask, cookie: str) -> None:
    client = app.test_client()
    client.set_cookie(gate.COOKIE, cookie, domain="localhost")

    assert not is_in(client)


def test_another_site_can_post_nothing(signed_in: Any) -> None:
    page = signed_in.get("/account").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    for site in ("cross-site", "same-site"):
        answer = signed_in.client.post(
            "/sign-out",
            data={"csrf_token": token},
            base_url="https://localhost",
            headers={"Sec-Fetch-Site": site, "Referer": "https://localhost"},
        )
        assert answer.status_code == 403, site

    without_token = signed_in.client.post(
        "/sign-out", base_url="https://localhost", headers={"Referer": "https://localhost"}
    )
    assert without_token.status_code == 400
    assert "too long" in without_token.text


def test_another_name_for_this_host_is_refused(app: Flask) -> None:
    assert app.test_client().get("/", base_url="https://evil.example").status_code == 400


def test_every_meaning_of_error_has_a_page_and_an_exit_code() -> None:
    from mentorship.commands.frame import EXIT_CODES
    from mentorship.errors import PreceptorError

    direct = PreceptorError.__subclasses__()
    meanings = {*direct, *(kind for each in direct for kind in each.__subclasses__())}
    assert meanings == set(errors.STATUS)
    assert set(EXIT_CODES) == set(errors.STATUS)


@pytest.fixture
def invited(engine: Engine, coordinated: Program, settings: Settings) -> tuple[uuid.UUID, str]:
    """Someone who has yet to say yes, and the path of their invitation."""
    with database.transaction(engine) as session:
        profile = factories.make_mentee(
            session,
            session.merge(coordinated),
            do_not_match=["mr-secret"],
            statement="<b>I hope</b>",
        )
        profile.state = ProfileState.UNCONFIRMED
        at = database.now(session)
        token = links.token(Purpose.INVITATION, profile.person, profile.id, at, settings)
        return profile.id, f"/invitations/{token}"


def state_of(engine: Engine, profile_id: uuid.UUID) -> ProfileState:
    with database.reading(engine) as session:
        return session.get_one(Profile, profile_id).state


def test_an_invited_person_sees_what_we_were_told_and_says_yes(
    engine: Engine, browser: Any, invited: tuple[uuid.UUID, str]
) -> None:
    profile_id, path = invited
    page = browser.get(path).text
    assert "Will you take part" in page
    assert "Interview practice" in page
    assert "&lt;b&gt;I hope" in page
    assert "mr-secret" not in page

    answer = browser.post(path, answer="yes")
    assert answer.status_code == 422
    assert "18 or older" in answer.text.split('id="adult-error">')[1].split("</p>")[0]
    assert state_of(engine, profile_id) is ProfileState.UNCONFIRMED

    assert browser.post(path, answer="yes", adult="yes").status_code == 303
    assert state_of(engine, profile_id) is ProfileState.READY
    after = browser.get(path).text
    assert "You&#39;re taking part" in after
    assert "Interview practice" not in after
    # The link in an old email neither shows nor changes anything any more.
    assert browser.post(path, on="/sign-in", answer="no").status_code == 303
    assert state_of(engine, profile_id) is ProfileState.READY


def test_an_invited_person_says_no_and_is_shown_nothing_more(
    engine: Engine, browser: Any, invited: tuple[uuid.UUID, str]
) -> None:
    profile_id, path = invited
    browser.post(path, answer="no")

    assert state_of(engine, profile_id) is ProfileState.LEFT
    assert "Interview practice" not in browser.get(path).text


@pytest.mark.parametrize("token", ["x", "a.b", "é", "x" * 3000])
def test_a_forged_invitation_is_no_page(browser: Any, token: str) -> None:
    assert browser.get(f"/invitations/{token}").status_code == 404


def test_an_answer_that_is_neither_yes_nor_no_is_refused(
    browser: Any, invited: tuple[uuid.UUID, str]
) -> None:
    assert browser.post(invited[1], answer="maybe").status_code == 422


def test_readyz_says_so_where_the_tables_are_not_there(engine: Engine, browser: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))

    assert browser.get("/readyz").json["checks"]["database"] is False


def test_the_mailbox_shows_emails_and_lets_nothing_of_them_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mailbox
    from email.message import EmailMessage

    message = EmailMessage()
    message["To"], message["Subject"] = "Ana <ana@example.org>", "Hello <b>"
    message.set_content("plain words")
    message.add_alternative("<script>alert(1)</script><p>rich words</p>", subtype="html")
    mailbox.Maildir(tmp_path / "box", create=True).add(message)
    monkeypatch.setenv("PRECEPTOR_MAILBOX", str(tmp_path / "box"))
    monkeypatch.setenv("PRECEPTOR_MAILBOX_KEY", "a-key")
    client = create_mailbox().test_client()

    assert client.get("/?key=a-key").status_code == 200
    listed = client.get("/").text
    assert "Hello &lt;b&gt;" in listed
    assert "No email here" in client.get("/?to=nobody").text
    path = listed.split('href="/emails/')[1].split('"')[0]
    assert "plain words" in client.get(f"/emails/{path}").text
    rich = client.get(f"/emails/{path}/html")
    assert "rich words" in rich.text
    assert rich.headers["Content-Security-Policy"].endswith("sandbox")
    assert "script-src" not in rich.headers["Content-Security-Policy"]
    for wrong in ("/emails/..%2f..%2fetc%2fpasswd", "/emails/none", "/emails/none/html"):
        assert client.get(wrong).status_code == 404


def test_probes_of_this_machine_are_answered_under_any_address(settings: Settings) -> None:
    from webapp import create_app

    app = create_app(settings.replace(base_url="https://mentoring.example.org", proxy_hops=1))
    for host in ("http://localhost:8000", "http://127.0.0.1", "https://mentoring.example.org"):
        assert app.test_client().get("/healthz", base_url=host).status_code == 200
    assert app.test_client().get("/healthz", base_url="https://evil.example").status_code == 400
    app.extensions["engine"].dispose()


def test_only_a_real_host_asks_browsers_for_https_alone(settings: Settings) -> None:
    from webapp import create_app

    app = create_app(settings.replace(base_url="https://mentoring.example.org"))
    answer = app.test_client().get("/sign-in", base_url="https://mentoring.example.org")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    app.extensions["engine"].dispose()
    app = create_app(settings.replace(base_url="https://localhost"))
    answer = app.test_client().get("/sign-in", base_url="https://localhost")
    assert "Strict-Transport-Security" not in answer.headers
    app.extensions["engine"].dispose()


def test_without_a_database_pages_say_so_and_healthz_lives(settings: Settings) -> None:
    from webapp import create_app

    app = create_app(settings.replace(database_url="postgresql://x@127.0.0.1:1/x"))
    client = app.test_client()
    client.set_cookie(gate.COOKIE, "somebody", domain="localhost")

    assert client.get("/healthz", base_url="https://localhost").status_code == 200
    assert client.get("/readyz", base_url="https://localhost").status_code == 503
    answer = client.get("/", base_url="https://localhost")
    assert answer.status_code == 503
    assert "database cannot be reached" in answer.text
    app.extensions["engine"].dispose()

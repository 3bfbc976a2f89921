"""What watches over the service can ask: probes, figures, the log, and the banner."""

from __future__ import annotations

import datetime
import logging
import math
import uuid
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sites import World
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import OperationalError

from mentorship import database
from mentorship.delivery import relays
from mentorship.models import Email, EmailKind, MailboxHealth, Profile, Relay, WorkerPulse
from mentorship.service import alarms, heartbeats
from mentorship.settings import Settings
from mentorship.states import EmailState
from webapp import create_app, gate, storage

TOKEN = "made up for the tests"


def ago(**span: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(**span)


def beat(engine: Engine) -> None:
    """Let every part give a sign of life."""
    with database.transaction(engine) as session:
        for kind in heartbeats.KINDS:
            heartbeats.record(session, kind)


def silence(engine: Engine, kind: str, **span: float) -> None:
    with database.transaction(engine) as session:
        session.execute(
            update(WorkerPulse).where(WorkerPulse.kind == kind).values(seen_at=ago(**span))
        )


def pause(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        name = relays.name(settings)
        session.add(Relay(name=name, down_since=ago(minutes=3), reason="421 <too> busy"))


def page(world: World, visitor: str = "coordinator", path: str = "/account") -> str:
    """A page, as it is once what was found before is not good any more."""
    world.app.extensions["alarms"] = (0.0, [])
    return str(world.browsers[visitor].get(path, base_url="https://localhost").text)


@pytest.fixture
def alive(engine: Engine, world: World) -> World:
    """A world in which every part gives signs of life and no email waits."""
    beat(engine)
    with database.transaction(engine) as session:
        session.execute(update(Email).values(due_at=ago(), state=EmailState.SUPERSEDED))
    return world


def test_readyz_says_what_is_missing(engine: Engine, browser: Any, settings: Settings) -> None:
    assert browser.get("/healthz").json == {"status": "ok"}
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"] == {
        "database": True, "matching": False, "mail": False, "beat": False,
    }  # fmt: skip
    beat(engine)
    assert browser.get("/readyz").status_code == 200
    for kind in heartbeats.KINDS:
        silence(engine, kind, seconds=40)
        assert [k for k, ok in browser.get("/readyz").json["checks"].items() if not ok] == [kind]
        beat(engine)
    pause(engine, settings)
    assert [k for k, ok in browser.get("/readyz").json["checks"].items() if not ok] == ["mail"]


def test_a_part_that_has_been_gone_for_days_is_not_forgotten(engine: Engine) -> None:
    beat(engine)
    silence(engine, "mail", days=3)
    with database.transaction(engine) as session:
        session.add(WorkerPulse(name="mail@gone:1", kind="mail", seen_at=ago(days=4)))
    with database.transaction(engine) as session:
        heartbeats.record(session, "matching")

    with database.reading(engine) as session:
        assert heartbeats.last_seen(session).keys() == set(heartbeats.KINDS)
        assert session.get(WorkerPulse, "mail@gone:1") is None


def test_nothing_is_said_while_all_is_well(alive: World) -> None:
    assert "alert" not in page(alive)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("matching", "Matching has stopped, since"),
        ("mail", "No emails are being sent, since"),
        ("beat", "The scheduler has stopped, since"),
    ],
)
def test_a_silent_part_is_told_to_coordinators_alone_and_on_every_page(
    alive: World, engine: Engine, kind: str, title: str
) -> None:
    silence(engine, kind, seconds=25)
    assert title not in page(alive), "a worker may be busy for a moment"
    silence(engine, kind, seconds=31)
    slug = alive.ours["slug"]
    for path in (
        "/account",
        f"/programs/{slug}/desk",
        f"/programs/{slug}/emails",
        "/programs/none/desk",
    ):
        assert title in page(alive, path=path), path
    assert "Please tell the operator of this service" in page(alive)
    for visitor in ("stranger", "mentee", "mentor"):
        assert title not in page(alive, visitor)
    with database.transaction(engine) as session:
        session.execute(delete(WorkerPulse).where(WorkerPulse.kind == kind))
    assert title.removesuffix(", since") in page(alive)


def test_a_relay_that_is_down_is_told_in_its_own_words(
    alive: World, engine: Engine, settings: Settings
) -> None:
    pause(engine, settings)

    shown = page(alive)
    assert "The mail server isn&#39;t accepting emails, since" in shown
    assert "421 &lt;too&gt; busy" in shown


def test_a_bounce_mailbox_that_fails_for_an_hour_is_told(alive: World, engine: Engine) -> None:
    health = MailboxHealth(name="mail.example.org", failing_since=ago(minutes=59), reason="a <no>")
    with database.transaction(engine) as session:
        session.add(health)
    assert "Bounced emails aren&#39;t being detected" not in page(alive)

    with database.transaction(engine) as session:
        session.execute(update(MailboxHealth).values(failing_since=ago(minutes=61)))
    shown = page(alive)
    assert "Bounced emails aren&#39;t being detected, since" in shown
    assert "a &lt;no&gt;" in shown
    assert page(alive, "mentee").count("being detected") == 0


def test_emails_that_wait_are_told_unless_it_is_said_why(alive: World, engine: Engine) -> None:
    with database.transaction(engine) as session:
        session.execute(update(Email).values(state=EmailState.READY, due_at=ago(seconds=30)))
    assert "Emails are late" not in page(alive)
    with database.transaction(engine) as session:
        session.execute(update(Email).values(due_at=ago(seconds=50)))
    assert "Emails are late, since" in page(alive)
    with database.transaction(engine) as session:
        session.execute(update(Email).values(slot_at=ago(minutes=-2)))
    assert "Emails are late" not in page(alive), "they have a turn of their own"
    with database.transaction(engine) as session:
        session.execute(update(Email).values(slot_at=None))
    silence(engine, "mail", minutes=6)
    assert "Emails are late" not in page(alive)


def test_a_backlog_that_moves_is_not_late_and_limits_give_it_more_time(
    alive: World, engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        session.execute(update(Email).values(state=EmailState.READY, due_at=ago(minutes=4)))
        sent = session.scalars(select(Email)).first()
        assert sent is not None
        sent.state, sent.sent_at = EmailState.SENT, ago(seconds=20)
    assert "Emails are late" not in page(alive), "one of them left just now"

    with database.transaction(engine) as session:
        session.execute(update(Email).where(Email.id == sent.id).values(sent_at=ago(seconds=60)))
        limited = settings.replace(mail_per_minute=1.0)
        assert alarms.raised(session, limited) == []
        assert [alarm.part for alarm in alarms.raised(session, settings)] == [alarms.Part.EMAILS]


def test_the_database_is_asked_once_in_a_while_and_its_hiccups_spoil_no_page(
    alive: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def look(session: Any, settings: Any) -> list[Any]:
        asked.append(session)
        raise OperationalError("", None, Exception("away"))

    monkeypatch.setattr("mentorship.service.alarms.raised", look)
    assert "Your account" in page(alive)
    for _ in range(5):
        answer = alive.browsers["coordinator"].get("/account", base_url="https://localhost")
        assert answer.status_code == 200
    assert len(asked) == 1


@pytest.fixture
def measured(settings: Settings) -> Any:
    app = create_app(settings.replace(metrics_token=TOKEN))
    yield app.test_client()
    app.extensions["engine"].dispose()


def test_metrics_are_there_only_with_a_setting_and_its_token(browser: Any, measured: Any) -> None:
    assert browser.get("/metrics").status_code == 404
    for sent in (None, "", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer é"):
        headers = {} if sent is None else {"Authorization": sent}
        answer = measured.get("/metrics", headers=headers, base_url="https://localhost")
        assert answer.status_code == 401, sent
        assert answer.text == ""


def test_metrics_count_and_name_no_one(
    world: World, engine: Engine, measured: Any, settings: Settings
) -> None:
    beat(engine)
    silence(engine, "mail", seconds=100)
    with database.transaction(engine) as session:
        session.execute(delete(WorkerPulse).where(WorkerPulse.kind == "beat"))
    pause(engine, settings)
    with database.transaction(engine) as session:
        email = session.get_one(Email, world.ours["email_id"])
        email.state, email.due_at, email.doubt_since = EmailState.READY, ago(minutes=10), ago()
        person = session.get_one(Profile, world.ours["profile_id"]).person
        person.address_problem, address, name = "550", person.email, person.full_name
        returned = Email(
            kind=EmailKind.WELCOME, person_id=person.id, cause_id=uuid.uuid4(), due_at=ago(),
            state=EmailState.SENT, created_at=ago(), sent_at=ago(), came_back_at=ago(),
        )  # fmt: skip
        session.add(returned)
        session.add(MailboxHealth(name="mail", failing_since=ago(), reason="no", not_understood=3))
    answer = measured.get(
        "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, base_url="https://localhost"
    )
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }

    assert found[("preceptor_emails", "welcome", "ready")] >= 1
    assert found[("preceptor_emails_in_doubt",)] == 1
    assert 600 <= found[("preceptor_email_oldest_due_seconds",)] < 700
    assert found[("preceptor_rounds", "queued")] == 2
    assert found[("preceptor_rounds", "failed")] == 0
    assert 100 <= found[("preceptor_pulse_age_seconds", "mail")] < 160
    assert found[("preceptor_pulse_age_seconds", "beat")] == math.inf
    assert found[("preceptor_relay_paused",)] == 1
    assert found[("preceptor_address_problems",)] == 1
    assert found[("preceptor_emails_returned",)] == 1
    assert found[("preceptor_bounce_mailbox_failing",)] == 1
    assert found[("preceptor_reports_not_understood",)] == 3
    for secret in (address, name, world.ours["slug"], "busy"):
        assert secret not in answer.text


def test_every_request_is_one_line_without_addresses(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "preceptor.access")
    browser = world.browsers["coordinator"]
    token = world.ours["tokens"]["invitations"]
    for path in (
        f"/invitations/{token}", f"/programs/{world.ours['slug']}/people?q=Ana", f"/no/{token}",
        "/static/icon.svg",
    ):  # fmt: skip
        browser.get(path, base_url="https://localhost").close()
    lines = [r.getMessage() for r in caplog.records if r.name == "preceptor.access"]

    assert [line.rsplit(" ", 2)[0] for line in lines] == [
        "GET /invitations/<token> 200", "GET /programs/<slug>/people 200", "GET - 404",
        "GET /static/<path:filename> 200",
    ]  # fmt: skip


def test_what_a_request_logs_carries_its_id(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from mentorship import logs

    caplog.handler.addFilter(logs._add_ids)
    caplog.set_level(logging.INFO, "preceptor.access")

    def away() -> Any:
        raise OperationalError("", None, Exception("away"))

    monkeypatch.setattr(storage, "reading", away)
    client = app.test_client()
    client.set_cookie(gate.COOKIE, uuid.uuid4().hex, domain="localhost")
    client.get("/account", base_url="https://localhost")
    records = [r for r in caplog.records if hasattr(r, "request")]

    assert len(records) == 2
    assert len({record.request for record in records}) == 1

"""Forms that are sent twice, stale, or without their key."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
from flask import Flask
from sites import count
from sqlalchemy import Engine, select
from uploaded import CSV

from mentorship import database, sent_forms
from mentorship.models import Program, Round, SentForm, Upload
from mentorship.programs import programs


def test_the_same_form_sent_twice_is_acted_on_once_and_answered_alike(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/rounds"
    form = signed_in.keys(path) | {"scope": "everyone", "existing": "keep", "dry_run": "yes"}
    first, second = (signed_in.send(path, form) for _ in range(2))

    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(engine, Round) == 1
    assert signed_in.send(path, form | signed_in.keys(path)).location != first.location


def test_a_form_changed_after_coming_back_is_acted_on(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    form = signed_in.keys("/account") | {"locale": ""}
    for zone in ("Asia/Tokyo", "Asia/Seoul"):
        assert signed_in.send("/account", form | {"timezone": zone}).status_code == 303
    with database.reading(engine) as session:
        person = programs.coordinators(session, coordinated.id)[0].person
        assert person.timezone == "Asia/Seoul"


def test_sent_from_many_threads_at_once_a_form_is_acted_on_once(
    engine: Engine, app: Flask, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    form = signed_in.keys(path) | {"role": "mentee"}
    cookies = list(signed_in.client._cookies.values())
    answers: list[tuple[int, str]] = []

    def send() -> None:
        client = app.test_client()
        for cookie in cookies:
            client.set_cookie(cookie.key, cookie.value, domain="localhost")
        answer = client.post(
            path, data=form | {"file": (io.BytesIO(CSV), "list.csv")}, base_url="https://localhost"
        )
        answers.append((answer.status_code, answer.location))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 303
    assert count(engine, Upload) == 1


@pytest.mark.parametrize("key", [None, "", "x", "A" * 32, "0" * 33])
def test_a_form_without_its_key_changes_nothing(
    engine: Engine, signed_in: Any, coordinated: Program, key: str | None
) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    form = signed_in.keys(path) | {"name": "Changed"}
    del form["form_key"]
    answer = signed_in.send(path, form | ({"form_key": key} if key is not None else {}))

    assert answer.status_code == 422
    assert "reload" in answer.text
    with database.reading(engine) as session:
        assert session.get_one(Program, coordinated.id).name != "Changed"


def test_a_stale_form_says_what_to_do(signed_in: Any, coordinated: Program) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    form = signed_in.keys(path) | {"name": "Changed", "csrf_token": "forged"}
    answer = signed_in.send(path, form)

    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text


def test_what_is_refused_may_be_sent_again_with_the_same_key(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    form = signed_in.keys(path)
    assert signed_in.send(path, form | {"name": ""}).status_code == 422
    assert count(engine, SentForm) == 1  # Signing in was a form as well.
    assert signed_in.send(path, form | {"name": "Good"}).status_code == 303


def test_sent_forms_are_forgotten_after_a_day(engine: Engine) -> None:
    with database.transaction(engine) as session:
        at = database.now(session)
        session.add(SentForm(digest="old", location="/", at=at - 2 * sent_forms.FORGOTTEN))
        session.add(SentForm(digest="new", location="/", at=at))
        sent_forms.forget_old(session)
    with database.reading(engine) as session:
        assert session.scalars(select(SentForm.digest)).all() == ["new"]

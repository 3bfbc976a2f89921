"""A program's own words for its emails, and how each email looks with them."""

from __future__ import annotations

import html
from typing import Any

import pytest
from sites import World
from sqlalchemy import Engine

from mentorship import database
from mentorship.emails import wordings
from mentorship.emails.kinds import SHOWN
from mentorship.models import EmailKind, Program


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Words are the same on every database."""
    return sqlite_url


def stored(engine: Engine, program: Program) -> dict[str, Any]:
    with database.reading(engine) as session:
        return session.get_one(Program, program.id).wordings


def test_every_kind_can_be_looked_at_and_none_runs_anything(world: World) -> None:
    slug = world.ours["slug"]
    for kind in EmailKind:
        client = world.browsers["coordinator"]
        path = f"/programs/{slug}/wording/{kind}"
        page, frame = (
            client.get(place, base_url="https://localhost") for place in (path, f"{path}/html")
        )
        if kind not in SHOWN:
            assert (page.status_code, frame.status_code) == (404, 404)
            continue
        assert page.status_code == frame.status_code == 200, kind
        assert ('name="opening"' in page.text) is (kind in wordings.EDITABLE), kind
        assert "</html>" in frame.text
        assert frame.headers["Content-Security-Policy"].endswith("; sandbox")
    assert (
        client.get(f"/programs/{slug}/wording/x", base_url="https://localhost").status_code == 404
    )


def test_own_words_are_kept_shown_and_taken_back(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/wording/welcome"
    page = signed_in.get(path).text
    assert "Restore default text" not in page
    assert "{coordinator}" in page

    words = {"subject": "Hooray, {name}", "opening": "<b>We</b> are glad, {name}.", "closing": ""}
    assert signed_in.post(path, **words).status_code == 303
    assert stored(engine, coordinated)["welcome"]["subject"] == "Hooray, {name}"
    page = html.unescape(signed_in.get(path).text)
    assert 'value="Hooray, {name}"' in page
    assert "Hooray, Example Mentee" in page
    assert "&lt;b&gt;We&lt;/b&gt; are glad" in signed_in.get(f"{path}/html").text
    assert "Customized" in signed_in.get(f"/programs/{coordinated.slug}/wording").text

    assert signed_in.post(path, standard="yes", **words).status_code == 303
    assert stored(engine, coordinated) == {}


@pytest.mark.parametrize(
    ("passage", "text", "said"),
    [
        ("subject", "Hello {nme}", "did you mean {name}"),
        ("opening", "first\n{", "Line 2, character 1"),
        ("closing", "x" * 2001, "2001 characters; the limit is 2000".capitalize()),
        ("subject", "two\nlines", "one line"),
        ("opening", "{{7*7}}", "unmatched brace"),
        ("opening", "{name.__class__}", "there is no field"),
    ],
)
def test_what_cannot_be_said_is_told_beside_its_passage(
    engine: Engine, signed_in: Any, coordinated: Program, passage: str, text: str, said: str
) -> None:
    words = {"subject": "Fine", "opening": "Fine.", "closing": ""} | {passage: text}
    answer = signed_in.post(f"/programs/{coordinated.slug}/wording/welcome", **words)

    assert answer.status_code == 422
    error = answer.text.split(f'id="{passage}-error">')[1].split("</p>")[0]
    assert said in html.unescape(error)
    assert answer.text.count('class="error"') == 1
    assert html.escape(text).split("\n")[0][:80] in answer.text.replace("&#39;", "&#x27;")
    assert stored(engine, coordinated) == {}


def test_what_coordinators_are_sent_cannot_be_reworded(
    signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/wording/round_finished"

    assert signed_in.post(path, on="/account", subject="x").status_code == 404

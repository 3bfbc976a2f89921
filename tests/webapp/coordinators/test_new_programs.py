"""A program is created in the browser, the first of an installation too."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.accounts import coordinators, sign_in_links
from mentorship.models import Coordinator, Program
from mentorship.programs import programs
from mentorship.settings import Settings


def test_the_first_program_is_created_by_someone_allowed_to(
    engine: Engine, browser: Any, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        person = coordinators.let_create(session, "rosa@example.org")
        link = sign_in_links.make_link(session, person, settings).removeprefix(settings.base_url)
        id = person.id
    assert browser.post(link).status_code == 303
    assert browser.get("/").location == "/programs/new"

    answer = browser.post("/programs/new", name="Great Lakes Mentoring", organizer="GL School")
    assert answer.location == "/programs/great-lakes-mentoring/uploads"
    assert "Your program is ready" in browser.get(answer.location).text
    with database.reading(engine) as session:
        program = programs.get(session, "great-lakes-mentoring")
        assert program.organizer == "GL School"
        assert [c.person_id for c in session.scalars(select(Coordinator))] == [id]


def test_someone_who_runs_a_program_creates_another(signed_in: Any, coordinated: Program) -> None:
    first = signed_in.post("/programs/new", name="Été 2027: mentors!").location
    second = signed_in.post("/programs/new", name="Ete 2027 / Mentors").location

    assert first == "/programs/ete-2027-mentors/uploads"
    assert second == "/programs/ete-2027-mentors-2/uploads"
    assert signed_in.get(f"/programs/{coordinated.slug}/desk").status_code == 200


@pytest.mark.parametrize(
    ("form", "field"),
    [({"name": ""}, "name"), ({"name": "A", "next_round_on": "soon"}, "next_round_on")],
)
def test_what_is_missing_is_said_beside_its_field(
    signed_in: Any, form: dict[str, str], field: str
) -> None:
    answer = signed_in.post("/programs/new", **form)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


@pytest.mark.parametrize(
    ("name", "slug"), [("New", "new-2"), ("学校", "program"), ("x" * 200, "x" * 56)]
)
def test_every_name_gives_a_short_name(engine: Engine, name: str, slug: str) -> None:
    with database.reading(engine) as session:
        assert programs.free_slug(session, name) == slug

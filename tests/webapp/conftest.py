"""A site on a fresh database, and a browser-like client of it."""

from __future__ import annotations

import contextlib
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import factories
import flask
import jinja2
import pytest
import servers
import sites
from databases import fresh_database
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.accounts import sign_in_links
from mentorship.models import Program
from mentorship.settings import Settings
from webapp import create_app, security, storage

#: On SQLite only in the long form, unless it is all there is: PostgreSQL is stricter about types,
#: lengths and transactions. The domain is tried on both, and browsers visit sites on SQLite.
DATABASES = [
    pytest.param("sqlite", marks=[pytest.mark.chaos_long] if servers.postgres_binaries() else []),
    "postgresql",
]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database."""
    return fresh_database(request)


@pytest.fixture(scope="session")
def shared_app() -> Flask:
    """A site for every test: its pages are compiled once."""
    unused = Settings(database_url="sqlite://", secret_key="made up, and never used by any test")
    return create_app(unused)


@pytest.fixture
def app(shared_app: Flask, settings: Settings, engine: Engine) -> Iterator[Flask]:
    """The site on this test's database, as `create_app` makes it of these settings."""
    config, extensions = dict(shared_app.config), dict(shared_app.extensions)
    shared_app.config["SECRET_KEY"] = settings.secret_key
    shared_app.extensions |= {"settings": settings, "engine": engine}
    # Many tests come from one address; the limits have a test of their own.
    security.limiter.enabled = False
    yield shared_app
    security.limiter.enabled = True
    for changed, before in ((shared_app.config, config), (shared_app.extensions, extensions)):
        changed.clear()
        changed.update(before)


@pytest.fixture(autouse=True)
def pages_are_made_while_others_can_write(
    shared_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """No page is made inside a transaction: on SQLite everyone who writes would wait for it."""
    held = threading.local()
    transaction = storage.transaction

    @contextlib.contextmanager
    def watched() -> Iterator[Session]:
        held.depth = getattr(held, "depth", 0) + 1
        try:
            with transaction() as session:
                yield session
        finally:
            held.depth -= 1

    def check(_app: Flask, template: jinja2.Template, **_context: Any) -> None:
        assert not getattr(held, "depth", 0), f"{template.name} is made inside a transaction"

    monkeypatch.setattr(storage, "transaction", watched)
    with flask.before_render_template.connected_to(check, shared_app):
        yield


class Browser:
    """A client that keeps cookies as a browser does and fills in the forms it is shown."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str):  # noqa: ANN201 - werkzeug's test response
        return self.client.get(path, base_url="https://localhost")

    def keys(self, page: str) -> dict[str, str]:
        """The hidden fields of the forms on a page, or of a page for everyone where it has none."""
        fields = r'name="(csrf_token|form_key|seen)" value="([^"]+)"'
        found = re.findall(fields, self.get(page).text)
        return dict(found or re.findall(fields, self.get("/sign-in").text))

    def post(self, path: str, *, on: str | None = None, **fields: Any):  # noqa: ANN201
        """Open a page (the form's own, unless it is `on` another) and send the form."""
        return self.send(path, self.keys(on or path) | fields)

    def send(self, path: str, data: dict[str, Any]):  # noqa: ANN201
        """Send exactly this."""
        return self.client.post(path, data=data, base_url="https://localhost")


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def coordinated(engine: Engine) -> Program:
    """A program that is stored, with its coordinator."""
    with database.transaction(engine) as session:
        return factories.make_program(session)


@pytest.fixture
def link(engine: Engine, coordinated: Program, settings: Settings) -> str:
    """The path of a link that signs the coordinator in."""
    from mentorship.programs import programs

    with database.transaction(engine) as session:
        person = programs.coordinators(session, coordinated.id)[0].person
        return sign_in_links.make_link(session, person, settings).removeprefix(settings.base_url)


@pytest.fixture
def signed_in(browser: Browser, link: str) -> Browser:
    """A browser in which the coordinator is signed in."""
    assert browser.post(link).status_code == 303
    return browser


@pytest.fixture
def browse(app: Flask, engine: Engine) -> Callable[[uuid.UUID], Browser]:
    """Return a browser in which a person is signed in."""

    def browse(person_id: uuid.UUID) -> Browser:
        client = app.test_client()
        with database.transaction(engine) as session:
            sites.sign_in(session, client, person_id)
        return Browser(client)

    return browse


@pytest.fixture
def known(engine: Engine, coordinated: Program) -> str:
    """The address of someone who takes part."""
    with database.transaction(engine) as session:
        return factories.make_mentee(session, session.merge(coordinated)).person.email


@pytest.fixture
def second(engine: Engine, coordinated: Program, browse: Callable[[uuid.UUID], Browser]) -> Browser:
    """The browser of another coordinator of the program."""
    from mentorship.programs import programs

    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        person = programs.add_coordinator(session, program, "second@example.org")
        person.full_name = "Sam Second"
        person_id = person.id
    return browse(person_id)


@pytest.fixture(scope="session")
def worlds() -> sites.Worlds:
    """What the worlds of all tests are copies of."""
    return sites.Worlds()


@pytest.fixture
def world(worlds: sites.Worlds, app: Flask, engine: Engine, settings: Settings) -> sites.World:
    """Two programs with everything in them, and a browser of everyone."""
    return worlds.one(app, engine, settings)


@pytest.fixture
def tokens(world: sites.World) -> None:
    """Forms need their token, at a site with everything in it."""
    world.app.config["WTF_CSRF_ENABLED"] = True

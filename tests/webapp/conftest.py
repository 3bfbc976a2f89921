"""A site on a fresh SQLite database, and a browser-like client of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from mentorship import accounts, database
from mentorship.models import Program
from mentorship.settings import Settings
from webapp import create_app


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.testing = True
    yield app
    app.extensions["engine"].dispose()


class Browser:
    """A client that keeps cookies as a browser does and fills in the forms it is shown."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str):  # noqa: ANN201 - werkzeug's test response
        return self.client.get(path, base_url="https://localhost")

    def post(self, path: str, **fields: str):  # noqa: ANN201
        """Open a page and send its form."""
        page = self.get(path).get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        data = fields | ({"csrf_token": token[1]} if token else {})
        return self.client.post(
            path, data=data, base_url="https://localhost", headers={"Referer": "https://localhost"}
        )


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
    from mentorship import programs

    with database.transaction(engine) as session:
        person = programs.coordinators(session, coordinated.id)[0].person
        return accounts.make_link(session, person, settings).removeprefix(settings.base_url)


@pytest.fixture
def signed_in(browser: Browser, link: str) -> Browser:
    """A browser in which the coordinator is signed in."""
    assert browser.post(link).status_code == 303
    return browser

"""A running service on each database, shared by all tests, and a real browser."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import browsing
import pytest
import servers
from playwright.sync_api import Browser, sync_playwright
from services import RunningService


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as playwright:
        browser = browsing.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sqlite_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service on SQLite; `tests/support/scheduling.py` keeps together what uses it."""
    running = RunningService(tmp_path_factory.mktemp("service"), None)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def postgresql_service(
    tmp_path_factory: pytest.TempPathFactory, postgres: servers.Postgres
) -> Iterator[RunningService]:
    """A service on PostgreSQL."""
    url = postgres.url(postgres.create_database(f"service-{uuid.uuid4().hex}"))
    running = RunningService(tmp_path_factory.mktemp("service"), url)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest) -> RunningService:
    """A service on each database."""
    return request.getfixturevalue(f"{request.param}_service")  # type: ignore[no-any-return]
